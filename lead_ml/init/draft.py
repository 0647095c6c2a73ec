"""A project drafted from an export: understood, measured by reading it as training will, and written down as text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lead_ml.clean import missing_tags
from lead_ml.init.answers import contacts_of, unreal_reasons
from lead_ml.init.describe import ColumnDraft, described
from lead_ml.init.engagement import engagement_group, types_of
from lead_ml.init.features import (
    Group,
    Names,
    add_ideal_customer,
    age_call,
    authenticity_group,
    channel_group,
    fit_group,
    message_calls,
    other_group,
)
from lead_ml.init.leads import leads_table
from lead_ml.init.measure import NO_HORIZON, measured, readable
from lead_ml.init.modules import conversion_module, fake_module, features_module
from lead_ml.init.params_text import Figures, params_text
from lead_ml.init.profile import seen_tags
from lead_ml.init.questions import Findings, Question, listed
from lead_ml.init.source import Source, open_source
from lead_ml.init.tables import events_table, outcomes_of_leads, outcomes_table
from lead_ml.init.work import Work, zone_of
from lead_ml.project.params import DEFAULT_MISSING, params_from
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.read import read_dataset

_ANSWERS = frozenset({"unknown", "unbekannt", "不清楚", "不确定", "not sure"})
_LEAST_FAKES = 20


@dataclass(frozen=True)
class Draft:
    """A project as text: ``files`` by their path, the questions at the top of ``params.yaml``, and what was understood."""

    files: Mapping[str, str]
    questions: tuple[Question, ...]
    notes: tuple[str, ...]
    columns: tuple[ColumnDraft, ...]
    target: str
    horizon_days: int | None
    figures: Figures
    missing: Mapping[str, Mapping[str, int]]


def draft_project(
    folder: Path,
    leads: Path,
    events: Path | None = None,
    outcomes: Path | None = None,
    *,
    now: datetime | None = None,
) -> Draft:
    """Draft the project that fits an export; nothing is written.

    Parameters
    ----------
    folder
        Where the project will stand: its name becomes the project's, and paths start from it.
    leads, events, outcomes
        CSV or Parquet files; they are only read.
    now
        The wall clock, aware; default: the present.

    Raises
    ------
    InputError
        If a file cannot be read, or a question must be answered first; the message is that question.
    """
    given = {"events": events, "outcomes": outcomes}
    source = open_source(leads, folder)
    others = {name: open_source(path, folder) for name, path in given.items() if path is not None}
    work = _understood(source, others)
    params = _params(work, folder)
    dataset, intake = read_dataset(params_from(readable(params, work)), folder, now=now)
    figures = measured(work, params, dataset, intake)
    groups = _groups(work, params, dataset, figures.converted)
    files = _files(work, params, groups, figures, dataset)
    findings, target = work.findings, work.leads.target
    return Draft(
        files=files,
        questions=tuple(findings.questions),
        notes=tuple(findings.notes),
        columns=tuple(
            item for table in work.tables for item in described(table, work.leads, params["known_at"])
        ),
        target=_target_words(work),
        horizon_days=params["conversion"]["horizon_days"] if target.kind in ("dated", "table") else None,
        figures=figures,
        missing=work.tags,
    )


def _understood(source: Source, others: Mapping[str, Source]) -> Work:
    findings = Findings()
    leads, keys = leads_table(source, others, findings)
    events = events_table(others["events"], keys["events"], findings) if "events" in others else None
    outcomes = None
    if "outcomes" in others:
        outcomes = outcomes_table(others["outcomes"], keys["outcomes"], findings)
    elif leads.target.kind == "dated":
        outcomes = outcomes_of_leads(leads.table, leads.target, leads.dates, findings)
    sources = [source, *others.values()]
    for each in sources:
        if each.encoding not in ("", "utf-8"):
            findings.note(f"{each.file.name} is not UTF-8 and is read as {each.encoding}")
        if each.decimal == ",":
            findings.note(f"{each.file.name} writes numbers with a decimal comma, as in 1.234,56")
    _note_unknown(sources, findings)
    tags = seen_tags(profile for each in sources for profile in each.profiles.values())
    return Work(leads, events, outcomes, findings, zone_of(leads, sources, findings), tags)


def _note_unknown(sources: Sequence[Source], findings: Findings) -> None:
    """Tell of values that may mean missing or may be an answer."""
    for profile in (profile for each in sources for profile in each.profiles.values()):
        for text, times in profile.values:
            if text.casefold() in _ANSWERS:
                findings.note(
                    f"{text} in {times:,} cells of `{profile.name}` stays an answer of its own; add it to `missing` if it is none"
                )


def _params(work: Work, folder: Path) -> dict[str, Any]:
    """Return what ``params.yaml`` will say, with numbers that need no look at the data."""
    leads = work.leads
    work.known_at.update(dict.fromkeys(leads.traits, "creation"))
    current = [name for name in (*leads.unknown, *leads.impostors) if leads.profile(name).filled]
    work.known_at.update({name: "current" for name in current if name not in work.known_at})
    extra = [tag for tag in work.tags if tag.casefold() not in missing_tags(DEFAULT_MISSING)]
    return {
        "project": re.sub(r"[^a-z0-9_-]+", "-", folder.resolve().name.casefold()).strip("-_") or "leads",
        "data": {table.name: table.settings() for table in work.tables},
        "time_zone": work.zone,
        "missing": [*DEFAULT_MISSING, *extra],
        "known_at": work.known_at,
        "snapshots": {"ages_days": []},
        "split": {"test_share": 0.2, "folds": 4, "embargo": leads.target.kind in ("dated", "table")},
        "conversion": {"horizon_days": None, "scorecard": {"base_rate": 0.05}, "lightgbm": {}},
        "thresholds": {},
    }


def _groups(work: Work, params: Mapping[str, Any], dataset: Dataset, converted: int) -> list[Group]:
    names = Names()
    stages = () if dataset.outcomes is None else dataset.outcomes.columns["stage"].levels
    groups = [
        fit_group(work.leads, names),
        channel_group(work.leads, names, stages, params["conversion"]["horizon_days"] or NO_HORIZON),
        engagement_group(work.events, list(message_calls(work.leads, names)), names),
        authenticity_group(work.leads, names),
    ]
    add_ideal_customer(groups[0], converted, names)
    if not any(group.calls for group in groups):
        groups[2].calls.append(age_call(names))
        work.findings.note(
            "no column is known for sure when a lead arrives, so the models see nothing but its age and give every lead the same "
            "score, until a column is marked creation in `known_at`"
        )
    groups.append(other_group(work.leads, names, work.apart))
    return [group for group in groups if group.calls]


def _files(
    work: Work, params: dict[str, Any], groups: Sequence[Group], figures: Figures, dataset: Dataset
) -> dict[str, str]:
    seen = list(dict.fromkeys(group.group for group in groups))
    files = {f"features/{group.name}.py": features_module(group) for group in groups}
    horizon = params["conversion"]["horizon_days"] or NO_HORIZON
    files["models/conversion.py"] = conversion_module(work.leads.target, seen, horizon)
    fake = _fake(work, dataset, [name for name in ("authenticity", "channel", "fit") if name in seen])
    if fake:
        files["models/fake.py"] = fake
        params["fake"] = {"horizon_days": min(30, horizon), "scorecard": {"base_rate": 0.05, "rules": []}}
    text = params_text(params, work.findings.questions, work.findings.notes, work.tags, figures)
    return {"params.yaml": text, **files}


def _fake(work: Work, dataset: Dataset, groups: Sequence[str]) -> str:
    """Return models/fake.py where the outcomes tell fakes by their reason, else nothing."""
    outcomes = dataset.outcomes
    if (
        outcomes is None
        or "reason" not in outcomes.columns
        or "invalid" not in outcomes.columns["stage"].levels
    ):
        return ""
    stage, reason = outcomes.columns["stage"].values(), outcomes.columns["reason"].values()
    counts: dict[str, int] = {}
    for one, why in zip(stage, reason, strict=True):
        if one == "invalid" and why is not None:
            counts[why] = counts.get(why, 0) + 1
    unreal = unreal_reasons(counts)
    fakes = sum(counts[why] for why in unreal)
    if fakes < _LEAST_FAKES:
        work.findings.note(f"{fakes} outcomes say that a lead was not real: too few for a model of fakes")
        return ""
    others = [why for why in counts if why not in unreal]
    work.findings.ask(
        "Which reasons of invalid leads mean that nobody real could be reached?",
        f"{listed(unreal)}" + (f", and not {listed(others)}" if others else ""),
        "`reasons` in models/fake.py",
    )
    return fake_module(unreal, contacts_of(types_of(work.events)), others, groups)


def _target_words(work: Work) -> str:
    target = work.leads.target
    if target.kind == "column":
        return f"{target.column} is {' or '.join(target.positive)}"
    if target.kind == "dated":
        return f"won on the date in {target.date}" + (
            f", by its stage in {target.column}" if target.column else ""
        )
    return "stage won in the outcomes table" if target.kind == "table" else "none found"
