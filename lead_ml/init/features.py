"""Which features a project starts with: those of the reference project whose columns exist, and the columns of the export."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lead_ml.init.export_column import ExportColumn
from lead_ml.init.fit import company_size, job_title
from lead_ml.init.leads import LeadsDraft
from lead_ml.init.questions import Findings
from lead_ml.init.source_text import Call, call, strings
from lead_ml.init.traits import feature_name, wording
from lead_ml.init.words import label, labels

MOST_LEVELS = 120  # values of a category; more are kept only if each occurs in many leads
LEAST_CONVERTED = 100  # with fewer, what converted leads have in common is mostly chance
_LEADS_PER_LEVEL = 10
_RATE_WITHIN = 30


@dataclass
class FeatureGroup:
    """The features of one file: calls, the constants that they use, and columns that are left out with the reason."""

    name: str
    group: str
    calls: list[Call] = field(default_factory=list)
    constants: dict[str, Sequence[str]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


class FeatureNames:
    """The names of features in use: each is given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def fresh(self, name: str) -> str:
        """Return the name, followed by a number if it is taken."""
        found, number = name, 1
        while found in self._taken:
            number += 1
            found = f"{name}_{number}"
        self._taken.add(found)
        return found

    def declare(self, kind: str, column: str, name: str = "", **options: str) -> Call:
        """Declare a column of the lead; the name is left out if it is that of the column."""
        own = self.fresh(name or column)
        return call(kind, column, name="" if own == column else own, **options)


def fit_group(leads: LeadsDraft, names: FeatureNames, findings: Findings) -> FeatureGroup:
    """Return the features that say who the lead is."""
    group = FeatureGroup("profile", "fit")
    for role in ("industry", "country", "region", "city"):
        if role in leads.roles:
            group.calls.append(names.declare("category", role, **label(role)))
    for role, declare in (("company_size", company_size), ("job_title", job_title)):
        if role in leads.roles:
            declared, constant = declare(leads.export_column(role))
            names.fresh(declared.name)
            group.calls.append(declared)
            group.constants.update(constant)
    if "email" in leads.roles:
        for name in ("free_mail", "role_mailbox"):
            group.calls.append(names.declare("category", "email", name, transform=name, **label(name)))
    if "consent" in leads.roles:
        group.calls.append(names.declare("category", "consent", **label("consent")))
    _add_traits(leads, group, names, findings)
    return group


def add_ideal_customer(group: FeatureGroup, converted: int, names: FeatureNames) -> None:
    """Declare the match with the ideal customer over the categories and ordinals of a group, if enough leads converted."""
    columns = [item.name for item in group.calls if item.head in ("category", "ordinal")]
    if converted < LEAST_CONVERTED or len(columns) < 2:
        return
    declared = call("ideal_customer", names.fresh("icp_agreement"), **label("icp_agreement"))
    of = strings(columns, indent=8, before="of=")
    group.calls.append(Call(declared.head, (declared.arguments[0], ("of", of), *declared.arguments[1:])))


def channel_group(
    leads: LeadsDraft, names: FeatureNames, stages: Sequence[str], horizon: int, findings: Findings
) -> FeatureGroup:
    """Return the features that say where the lead came from and what recently became of other leads from there.

    `stages` are those of the outcomes table; rates count leads that are at least `horizon` days old, at most 30.
    """
    group = FeatureGroup("channel", "channel")
    for role in ("source", "channel", "campaign"):
        if role in leads.roles:
            group.calls.append(names.declare("category", role, **label(role)))
    key = next((role for role in ("source", "channel") if role in leads.roles), "")
    if key and leads.dated:
        group.calls.extend(_from_there(key, stages, horizon, names))
    _add_traits(leads, group, names, findings)
    return group


def authenticity_group(leads: LeadsDraft, names: FeatureNames, findings: Findings) -> FeatureGroup:
    """Return the features that may show that a lead is not real."""
    group = FeatureGroup("authenticity", "authenticity")
    for sign in labels().signs:
        if sign.role in leads.roles:
            options = {"transform": sign.transform, "unit": sign.unit, "en": sign.en, "zh": sign.zh}
            group.calls.append(names.declare(sign.kind, sign.role, sign.name, **options))
    for burst in labels().bursts:
        if burst.key.split(":")[0] in leads.roles and leads.dated:
            head, name = f'leads(by="{burst.key}").count', names.fresh(burst.name)
            group.calls.append(call(head, name, window=burst.window, en=burst.en, zh=burst.zh))
    _add_traits(leads, group, names, findings)
    return group


def other_group(
    leads: LeadsDraft, names: FeatureNames, apart: Mapping[str, str], findings: Findings
) -> FeatureGroup:
    """Return the columns without a role: declared, so that one line in ``known_at`` lets the models use them.

    `apart` are columns that no model may use, with the reason.
    """
    group = FeatureGroup("others", "fit")
    known = [role for role in ("owner", "cost") if role in leads.roles]
    for name in (*known, *leads.unknown):
        column = leads.export_column(name)
        cause = apart.get(name) or _no_feature(column, findings)
        if cause:
            group.left_out.append(f"{name}: {cause}")
            continue
        words = label(name) if name in known else dict.fromkeys(("en", "zh"), wording(name))
        own = feature_name(name, f"column_{column.place}")
        group.calls.append(names.declare(_kind(column), name, own, **words))
    return group


def message_calls(leads: LeadsDraft, names: FeatureNames) -> Iterator[Call]:
    """Yield the features of a message that show interest."""
    if "message" in leads.roles:
        for name, transform in (("message_length", "length_bucket"), ("buying_words", "buying_words")):
            yield names.declare("category", "message", name, transform=transform, **label(name))


def age_call(names: FeatureNames) -> Call:
    """Declare the age of the lead, which differs only if a lead is scored more than once."""
    names.fresh("lead_age_days")
    return call("lead_age", **label("lead_age"))


def _add_traits(leads: LeadsDraft, group: FeatureGroup, names: FeatureNames, findings: Findings) -> None:
    for name, trait in leads.traits.items():
        if trait.group != group.group:
            continue
        column = leads.export_column(name)
        cause = "" if column.summary.kind == "date" else _no_feature(column, findings)
        if cause:
            group.left_out.append(f"{name}: {cause}")
            continue
        own = name if re.fullmatch(r"[a-z][a-z0-9_]*", name) else trait.name
        words = {"en": trait.en, "zh": trait.zh}
        if trait.name == "form_answer":
            words = dict.fromkeys(("en", "zh"), wording(name))
        group.calls.append(names.declare(_kind(column), name, own, **words))


def _from_there(key: str, stages: Sequence[str], horizon: int, names: FeatureNames) -> Iterator[Call]:
    of_key, within = f'leads(by="{key}")', min(horizon, _RATE_WITHIN)
    for days in (7, 30):
        name, words = names.fresh(f"{key}_leads_{days}d"), label(f"{key}_leads", days=days)
        yield call(f"{of_key}.count", name, window=f"{days}d", **words)
    for stage, name in (("won", "conversion_rate"), ("invalid", "invalid_rate")):
        if stage in stages:
            yield call(
                f"{of_key}.conversion_rate",
                names.fresh(f"{key}_{name}"),
                stage="" if stage == "won" else stage,
                within=f"{within}d",
                window=f"{3 * within}d",
                **label(f"{key}_{stage}"),
            )


def _no_feature(column: ExportColumn, findings: Findings) -> str:
    """Return why a column is not declared, or nothing."""
    if column.summary.kind in ("empty", "date"):
        return findings.say(f"causes.{column.summary.kind}")
    if column.distinct == 1 and column.filled == column.rows:
        return findings.say("causes.constant")
    if column.unique and (column.summary.kind == "id" or not column.numeric):
        return findings.say("causes.unique")
    most = max(MOST_LEVELS, column.filled // _LEADS_PER_LEVEL)
    many = column.summary.kind != "number" and column.distinct > most
    return findings.say("causes.texts", count=column.distinct) if many else ""


def _kind(column: ExportColumn) -> str:
    return "number" if column.summary.kind == "number" else "category"
