"""Which features a project starts with: those of the reference project whose columns exist, and the columns of the export."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lead_ml.init.export import ExportColumn
from lead_ml.init.leads import LeadsDraft
from lead_ml.init.names import feature_name, same_wording
from lead_ml.init.questions import Findings
from lead_ml.init.source_text import Call, call, strings
from lead_ml.init.words import label, read_toml, word_pattern
from lead_ml.project.words import says_sensitive

MOST_LEVELS = 120  # values of a category; more are kept only if each occurs in many leads
LEAST_CONVERTED = 100  # with fewer, what converted leads have in common is mostly chance
_LEADS_PER_LEVEL = 10
_RATE_WITHIN = 30
_TITLES = 30  # with more job titles only the level is used
_LEVELS = ("intern_student", "staff", "manager", "director", "c_level")
_MOST_SIZES = 12
_BOUND = re.compile(r"\d[\d,. ]*")


@dataclass
class FeatureGroup:
    """The features of one file: calls, the constants that they use, and columns that are left out with the reason."""

    name: str
    group: str
    calls: list[Call] = field(default_factory=list)
    constants: dict[str, Sequence[str]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


@dataclass
class FeatureDraft:
    """What features are declared from, and the names of those that are: each is given once."""

    leads: LeadsDraft
    findings: Findings
    taken: set[str] = field(default_factory=set)

    def fresh(self, name: str) -> str:
        """Return the name, followed by a number if it is taken."""
        found, number = name, 1
        while found in self.taken:
            number += 1
            found = f"{name}_{number}"
        self.taken.add(found)
        return found

    def declare(self, kind: str, column: str, name: str = "", **options: str) -> Call:
        """Declare a column of the lead; the name is left out if it is that of the column."""
        own = self.fresh(name or column)
        return call(kind, column, name="" if own == column else own, **options)

    def categories(self, *roles: str) -> Iterator[Call]:
        """Declare the roles that there are as categories."""
        for role in roles:
            if role in self.leads.roles:
                yield self.declare("category", role, **label(role))


def fit_group(draft: FeatureDraft) -> FeatureGroup:
    """Return the features that say who the lead is."""
    group = FeatureGroup("profile", "fit")
    group.calls.extend(draft.categories("industry", "country", "region", "city"))
    for role, declare in (("company_size", _company_size), ("job_title", _job_title)):
        if role in draft.leads.roles:
            declared, constants = declare(draft.leads.export_column(role))
            draft.fresh(declared.name)
            group.calls.append(declared)
            group.constants.update(constants)
    if "email" in draft.leads.roles:
        for name in ("free_mail", "role_mailbox"):
            group.calls.append(draft.declare("category", "email", name, transform=name, **label(name)))
    group.calls.extend(draft.categories("consent"))
    _add_traits(draft, group)
    return group


def add_ideal_customer(draft: FeatureDraft, group: FeatureGroup, converted: int) -> None:
    """Declare the match with the ideal customer over the categories and ordinals of a group, if enough leads converted."""
    columns = [item.name for item in group.calls if item.head in ("category", "ordinal")]
    if converted >= LEAST_CONVERTED and len(columns) >= 2:
        declared = call("ideal_customer", draft.fresh("icp_agreement"), **label("icp_agreement"))
        group.calls.append(declared.given("of", strings(columns, indent=8, before="of=")))


def channel_group(draft: FeatureDraft, stages: Sequence[str], horizon: int) -> FeatureGroup:
    """Return the features that say where the lead came from and what recently became of other leads from there.

    `stages` are those of the outcomes table; rates count leads that are at least `horizon` days old, at most 30.
    """
    group = FeatureGroup("channel", "channel")
    group.calls.extend(draft.categories("source", "channel", "campaign"))
    key = next((role for role in ("source", "channel") if role in draft.leads.roles), "")
    if key and draft.leads.dated:
        group.calls.extend(_from_there(draft, key, stages, min(horizon, _RATE_WITHIN)))
    _add_traits(draft, group)
    return group


def authenticity_group(draft: FeatureDraft) -> FeatureGroup:
    """Return the features that may show that a lead is not real."""
    group = FeatureGroup("authenticity", "authenticity")
    for sign in read_toml("labels")["signs"]:
        if sign["role"] in draft.leads.roles:
            options = {key: sign.get(key, "") for key in ("transform", "unit", "en", "zh")}
            group.calls.append(draft.declare(sign["kind"], sign["role"], sign["name"], **options))
    for pair in read_toml("labels")["pairs"]:
        if set(pair["roles"]) <= set(draft.leads.roles):
            options = {key: pair[key] for key in ("rule", "en", "zh")}
            group.calls.append(call("compare", draft.fresh(pair["name"]), *pair["roles"], **options))
    for burst in read_toml("labels")["bursts"]:
        if burst["key"].split(":")[0] in draft.leads.roles and draft.leads.dated:
            options = {key: burst[key] for key in ("window", "en", "zh")}
            head = f'leads(by="{burst["key"]}").count'
            group.calls.append(call(head, draft.fresh(burst["name"]), **options))
    _add_traits(draft, group)
    return group


def other_group(draft: FeatureDraft, apart: Mapping[str, str]) -> FeatureGroup:
    """Return the columns without a role: declared, so that one line in ``known_at`` lets the models use them.

    `apart` are columns that no model may use, with the reason.
    """
    group = FeatureGroup("others", "fit")
    known = [role for role in ("owner", "cost") if role in draft.leads.roles]
    for name in (*known, *draft.leads.unknown):
        column = draft.leads.export_column(name)
        words = label(name) if name in known else same_wording(name)
        own = feature_name(name, f"column_{column.place}")
        _add(draft, group, (name, own, words), apart.get(name) or _no_feature(column, draft.findings))
    return group


def message_calls(draft: FeatureDraft) -> Iterator[Call]:
    """Yield the features of a message that show interest."""
    if "message" in draft.leads.roles:
        for name, transform in (("message_length", "length_bucket"), ("buying_words", "buying_words")):
            yield draft.declare("category", "message", name, transform=transform, **label(name))


def age_call(draft: FeatureDraft) -> Call:
    """Declare the age of the lead, which differs only if a lead is scored more than once."""
    draft.fresh("lead_age_days")
    return call("lead_age", **label("lead_age"))


def lower_bound(text: str) -> float | None:
    """Return the lower bound of a range; ``under 50`` is below ``50-99``.

    >>> lower_bound("11-50"), lower_bound("1,000+"), lower_bound("50人以下"), lower_bound("large")
    (11.0, 1000.0, 49.5, None)
    """
    found = _BOUND.search(text)
    if found is None:
        return None
    low = float(re.sub(r"[^\d]", "", found[0]))
    return low - 0.5 if word_pattern("below").search(text.casefold()) else low


def _company_size(column: ExportColumn) -> tuple[Call, Mapping[str, Sequence[str]]]:
    """Declare the size of a company, with its constants: a number, ranges from small to large, or names of sizes."""
    if column.kind == "number":
        return call("number", "company_size", **label("employees")), {}
    bounds = {text: bound for text in column.texts if (bound := lower_bound(text)) is not None}
    if 2 <= len(column.texts) <= _MOST_SIZES and len(bounds) == len(column.texts):
        declared = call("ordinal", "company_size", **label("company_size")).given("", "SIZES")
        return declared, {"SIZES": sorted(bounds, key=bounds.__getitem__)}
    return call("category", "company_size", **label("company_size")), {}


def _job_title(column: ExportColumn) -> tuple[Call, Mapping[str, Sequence[str]]]:
    """Declare the job title, with its constants: the titles if they are few, else their level."""
    if column.distinct <= _TITLES:
        return call("category", "job_title", **label("job_title")), {}
    declared = call("ordinal", "job_title", name="seniority", transform="seniority", **label("seniority"))
    return declared.given("", "LEVELS"), {"LEVELS": _LEVELS}


def _add_traits(draft: FeatureDraft, group: FeatureGroup) -> None:
    for name, trait in draft.leads.traits.items():
        if trait["group"] == group.group:
            column = draft.leads.export_column(name)
            cause = "" if column.kind == "date" else _no_feature(column, draft.findings)
            own = name if re.fullmatch(r"[a-z][a-z0-9_]*", name) else trait["name"]
            words = {"en": trait["en"], "zh": trait["zh"]}
            words = same_wording(name) if trait["name"] == "form_answer" else words
            _add(draft, group, (name, own, words), cause)


def _add(
    draft: FeatureDraft, group: FeatureGroup, named: tuple[str, str, Mapping[str, str]], cause: str
) -> None:
    """Declare a column by its name, the name of its feature and its label; or leave it out for a cause."""
    name, own, words = named
    if cause:
        group.left_out.append(f"{name}: {cause}")
        return
    kind = "number" if draft.leads.export_column(name).kind == "number" else "category"
    group.calls.append(draft.declare(kind, name, own, **words))


def _from_there(draft: FeatureDraft, key: str, stages: Sequence[str], within: int) -> Iterator[Call]:
    of_key = f'leads(by="{key}")'
    for days in (7, 30):
        name, words = draft.fresh(f"{key}_leads_{days}d"), label(f"{key}_leads", days=days)
        yield call(f"{of_key}.count", name, window=f"{days}d", **words)
    for stage, name in (("won", "conversion_rate"), ("invalid", "invalid_rate")):
        if stage in stages:
            yield call(
                f"{of_key}.conversion_rate",
                draft.fresh(f"{key}_{name}"),
                stage="" if stage == "won" else stage,
                within=f"{within}d",
                window=f"{3 * within}d",
                **label(f"{key}_{stage}", days=3 * within),
            )


def _no_feature(column: ExportColumn, findings: Findings) -> str:
    """Return why a column is not declared, or nothing."""
    if says_sensitive(column.name):
        return findings.say("causes.sensitive")
    if column.kind in ("empty", "date"):
        return findings.say(f"causes.{column.kind}")
    if column.distinct == 1 and column.filled == column.rows:
        return findings.say("causes.constant")
    if column.unique and (column.kind == "id" or not column.numeric):
        return findings.say("causes.unique")
    most = max(MOST_LEVELS, column.filled // _LEADS_PER_LEVEL)
    many = column.kind != "number" and column.distinct > most
    return findings.say("causes.texts", count=column.distinct) if many else ""
