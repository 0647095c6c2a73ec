"""A project drafted from an export: roles are assigned, the data is read as training reads it, and the files are rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lead_ml.clean import missing_tags
from lead_ml.init.answers import contacts_of, unreal_reasons
from lead_ml.init.describe import ColumnDraft, described
from lead_ml.init.engagement import engagement_group, types_of
from lead_ml.init.export_column import seen_tags
from lead_ml.init.export_file import ExportFile, open_export
from lead_ml.init.features import (
    FeatureGroup,
    FeatureNames,
    add_ideal_customer,
    age_call,
    authenticity_group,
    channel_group,
    fit_group,
    message_calls,
    other_group,
)
from lead_ml.init.leads import leads_table
from lead_ml.init.measure import NO_HORIZON, DraftFigures, measured, readable
from lead_ml.init.questions import Findings, Question
from lead_ml.init.render import FakeWords, render_conversion, render_fake, render_features, render_params
from lead_ml.init.state import DraftState, zone_of
from lead_ml.init.tables import events_table, outcomes_of_leads, outcomes_table
from lead_ml.init.words import word_set
from lead_ml.language import Lang, catalog
from lead_ml.project.params import DEFAULT_MISSING, params_from
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.read import read_dataset

_LEAST_FAKES = 20


@dataclass(frozen=True)
class Draft:
    """A project as text: ``files`` by path, the questions at the top of ``params.yaml``, and the columns as understood."""

    files: Mapping[str, str]
    questions: tuple[Question, ...]
    notes: tuple[str, ...]
    columns: tuple[ColumnDraft, ...]
    target: str
    horizon_days: int | None
    figures: DraftFigures
    missing: Mapping[str, Mapping[str, int]]


def draft_project(
    folder: Path,
    leads: Path,
    events: Path | None = None,
    outcomes: Path | None = None,
    *,
    named: Mapping[str, str] = MappingProxyType({}),
    lang: Lang = "en",
    now: datetime | None = None,
) -> Draft:
    """Draft the project that fits an export; nothing is written.

    Parameters
    ----------
    folder
        Folder of the project: its name becomes the name of the project, and paths are relative to it.
    leads, events, outcomes
        CSV or Parquet files; they are only read.
    named
        Columns that the user names: ``created_at`` and ``outcome`` (who converted), each with its column.
    lang
        Language of the questions and comments.
    now
        The wall clock, aware; default: the present.

    Raises
    ------
    InputError
        If a file cannot be read, or something that the draft needs is missing.
    """
    given = {"events": events, "outcomes": outcomes}
    source = open_export(leads, folder)
    others = {name: open_export(path, folder) for name, path in given.items() if path is not None}
    work = _understood(source, others, named, Findings(catalog(lang)))
    params = _params(work, folder)
    dataset, intake = read_dataset(params_from(readable(params, work)), folder, now=now)
    figures = measured(work, params, dataset, intake)
    groups = _groups(work, params, dataset, figures.converted)
    files = _files(work, params, groups, figures, dataset)
    findings = work.findings
    return Draft(
        files=files,
        questions=tuple(findings.questions),
        notes=tuple(findings.notes),
        columns=tuple(
            item for table in work.tables for item in described(table, work.leads, params["known_at"])
        ),
        target=_target_words(work),
        horizon_days=figures.delays.horizon if figures.delays else None,
        figures=figures,
        missing=work.tags,
    )


def _understood(
    source: ExportFile, others: Mapping[str, ExportFile], named: Mapping[str, str], findings: Findings
) -> DraftState:
    leads, keys = leads_table(source, others, named, findings)
    events = events_table(others["events"], keys["events"], findings) if "events" in others else None
    outcomes = None
    if "outcomes" in others:
        outcomes = outcomes_table(others["outcomes"], keys["outcomes"], findings)
    elif leads.target.kind == "dated":
        outcomes = outcomes_of_leads(leads.table, leads.target, leads.dates, findings)
    sources = [source, *others.values()]
    for each in sources:
        if each.encoding not in ("", "utf-8"):
            findings.note("encoding", file=each.file.name, encoding=each.encoding)
        if each.decimal == ",":
            findings.note("decimal_comma", file=each.file.name)
    columns = [column for each in sources for column in each.columns.values()]
    for column in columns:
        for text, times in column.values:
            if text.casefold() in word_set("unsure"):
                findings.note("unsure", text=text, count=times, column=column.name)
    zone = zone_of(leads, sources, findings)
    return DraftState(leads, events, outcomes, findings, zone, seen_tags(columns))


def _params(work: DraftState, folder: Path) -> dict[str, Any]:
    """Return the settings of ``params.yaml`` that do not depend on figures of the data."""
    leads = work.leads
    work.known_at.update(dict.fromkeys(leads.traits, "creation"))
    current = [name for name in (*leads.unknown, *leads.impostors) if leads.export_column(name).filled]
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


def _groups(
    work: DraftState, params: Mapping[str, Any], dataset: Dataset, converted: int
) -> list[FeatureGroup]:
    names, findings = FeatureNames(), work.findings
    stages = () if dataset.outcomes is None else dataset.outcomes.columns["stage"].levels
    horizon = params["conversion"]["horizon_days"] or NO_HORIZON
    groups = [
        fit_group(work.leads, names, findings),
        channel_group(work.leads, names, stages, horizon, findings),
        engagement_group(work.events, list(message_calls(work.leads, names)), names, findings),
        authenticity_group(work.leads, names, findings),
    ]
    add_ideal_customer(groups[0], converted, names)
    if not any(group.calls for group in groups):
        groups[2].calls.append(age_call(names))
        findings.note("nothing_known")
    groups.append(other_group(work.leads, names, work.apart, findings))
    return [group for group in groups if group.calls]


def _files(
    work: DraftState,
    params: dict[str, Any],
    groups: Sequence[FeatureGroup],
    figures: DraftFigures,
    dataset: Dataset,
) -> dict[str, str]:
    seen, findings = list(dict.fromkeys(group.group for group in groups)), work.findings
    files = {f"features/{group.name}.py": render_features(group, findings) for group in groups}
    horizon = params["conversion"]["horizon_days"] or NO_HORIZON
    files["models/conversion.py"] = render_conversion(work.leads.target, seen, horizon, findings)
    fake = _fake(work, dataset)
    if fake is not None:
        groups_of_fake = [name for name in ("authenticity", "channel", "fit") if name in seen]
        files["models/fake.py"] = render_fake(fake, groups_of_fake, findings)
        params["fake"] = {"horizon_days": min(30, horizon), "scorecard": {"base_rate": 0.05, "rules": []}}
    return {"params.yaml": render_params(params, work.tags, figures, findings), **files}


def _fake(work: DraftState, dataset: Dataset) -> FakeWords | None:
    """Return how reasons of outcomes identify fake leads, None if they do not or there are too few."""
    outcomes = dataset.outcomes
    if (
        outcomes is None
        or "reason" not in outcomes.columns
        or "invalid" not in outcomes.columns["stage"].levels
    ):
        return None
    stage, reason = outcomes.columns["stage"].values(), outcomes.columns["reason"].values()
    counts: dict[str, int] = {}
    for one, why in zip(stage, reason, strict=True):
        if one == "invalid" and why is not None:
            counts[why] = counts.get(why, 0) + 1
    unreal = unreal_reasons(counts)
    fakes = sum(counts[why] for why in unreal)
    if fakes < _LEAST_FAKES:
        work.findings.note("few_fakes", count=fakes)
        return None
    others = tuple(why for why in counts if why not in unreal)
    listed = work.findings.names
    key = "fake_reasons_some" if others else "fake_reasons"
    work.findings.ask(key, reasons=listed(unreal), others=listed(others))
    return FakeWords(unreal, others, contacts_of(types_of(work.events)))


def _target_words(work: DraftState) -> str:
    target, say = work.leads.target, work.findings.say
    if target.kind == "column":
        return say("target.column", column=target.column, values=say("target.or").join(target.positive))
    if target.kind == "dated":
        key = "date_stage" if target.column else "date"
        return say(f"target.{key}", date=target.date, column=target.column)
    return say(f"target.{target.kind}")
