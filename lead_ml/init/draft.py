"""A project drafted from an export: roles are assigned, the data is read as training reads it, and the files are rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from lead_ml.clean import missing_tags
from lead_ml.init.early import EarlyData
from lead_ml.init.engagement import engagement_group
from lead_ml.init.export import ExportColumn, ExportFile, open_export
from lead_ml.init.fakes import fake_of
from lead_ml.init.features import (
    FeatureDraft,
    FeatureGroup,
    add_ideal_customer,
    age_call,
    authenticity_group,
    channel_group,
    fit_group,
    message_calls,
    other_group,
)
from lead_ml.init.leads import LeadsDraft, leads_table
from lead_ml.init.measure import NO_HORIZON, DraftFigures, DraftState, measured, readable
from lead_ml.init.questions import Findings, Question
from lead_ml.init.render import (
    horizon_words,
    render_conversion,
    render_fake,
    render_features,
    render_params,
)
from lead_ml.init.tables import TableDraft, dated_table, outcomes_of_leads
from lead_ml.init.words import word_set
from lead_ml.language import Lang, catalog
from lead_ml.project.params import DEFAULT_MISSING, params_from
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.read import read_dataset
from lead_ml.tables.read.column_kinds import ColumnKind

_STREAMS: tuple[Literal["events", "outcomes"], ...] = ("events", "outcomes")
_LEAST_FAKES = 20
_EXAMPLES, _CUT = 3, 16


@dataclass(frozen=True)
class ColumnDraft:
    """A column of the export: its role (``-`` for none), what it holds, the share of rows filled, and examples.

    ``date_format`` says how dates are read, empty for the usual formats. ``known_at`` is ``creation`` or ``current`` for columns
    of leads without a role, else empty.
    """

    table: str
    column: str
    role: str
    kind: ColumnKind
    date_format: str
    fill: float
    distinct: int
    known_at: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """A project as text: ``files`` by path, the questions at the top of ``params.yaml``, and the columns as understood.

    ``target`` is empty where nothing says who converted. ``horizon`` says where ``horizon_days`` comes from.
    """

    files: Mapping[str, str]
    questions: tuple[Question, ...]
    notes: tuple[str, ...]
    columns: tuple[ColumnDraft, ...]
    target: str
    horizon_days: int | None
    horizon: str
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
    figures, early = measured(work, params, dataset, intake)
    groups = _groups(work, params, dataset, figures.early_converted)
    files = _files(work, params, groups, figures, (dataset, early))
    days = params["conversion"]["horizon_days"]
    return Draft(
        files=files,
        questions=tuple(work.findings.questions),
        notes=tuple(work.findings.notes),
        columns=tuple(item for table in work.tables for item in _columns(table, work)),
        target=_target_words(work),
        horizon_days=days,
        horizon=horizon_words(days, figures.delays, work.findings),
        figures=figures,
        missing=work.tags,
    )


def _understood(
    source: ExportFile, others: Mapping[str, ExportFile], named: Mapping[str, str], findings: Findings
) -> DraftState:
    leads, keys = leads_table(source, others, named, findings)
    tables = [dated_table(name, others[name], keys[name], findings) for name in _STREAMS if name in others]
    if "outcomes" not in others and leads.target.kind == "dated":
        tables.append(outcomes_of_leads(leads.table, leads.target, leads.closing.reasons, findings))
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
    zone = _zone(leads, sources, findings)
    return DraftState(leads, (leads.table, *tables), findings, zone, _tags(columns))


def _zone(leads: LeadsDraft, files: Sequence[ExportFile], findings: Findings) -> str:
    """Guess the zone of times without an offset from the language of the headers."""
    headers = "".join(name for file in files for name in file.columns)
    zone, reason = "UTC", "UTC"
    if re.search(r"[\u4e00-\u9fff]", headers):
        zone, reason = "Asia/Shanghai", "Shanghai"
    elif any(file.decimal == "," for file in files):
        zone, reason = "Europe/Berlin", "Berlin"
    created = leads.table.source.dates.get(leads.table.columns.get("created_at", ""))
    if created is not None and created.date_format != "unix":
        findings.ask("time_zone", zone=zone, reason=findings.say(f"zones.{reason}"))
    return zone


def _tags(columns: Sequence[ExportColumn]) -> dict[str, dict[str, int]]:
    """Return the texts that mean missing, most frequent first, with the number of cells in each column."""
    found: dict[str, dict[str, int]] = {}
    for column in columns:
        for tag, times in column.tags.items():
            found.setdefault(tag, {})[column.name] = times
    return dict(sorted(found.items(), key=lambda item: -sum(item[1].values())))


def _params(work: DraftState, folder: Path) -> dict[str, Any]:
    """Return the settings of ``params.yaml`` that do not depend on figures of the data."""
    leads = work.leads
    current = [name for name in (*leads.unknown, *leads.impostors) if leads.export_column(name).filled]
    work.known_at.update(dict.fromkeys(leads.traits, "creation"))
    work.known_at.update({name: "current" for name in current if name not in leads.traits})
    extra = [tag for tag in work.tags if tag.casefold() not in missing_tags(DEFAULT_MISSING)]
    return {
        "project": re.sub(r"[^a-z0-9_-]+", "-", folder.resolve().name.casefold()).strip("-_") or "leads",
        "data": {table.name: table.settings() for table in work.tables},
        "time_zone": work.zone,
        "missing": [*DEFAULT_MISSING, *extra],
        "known_at": work.known_at,
        "closing": leads.closing.settings(leads.ours),
        "snapshots": {"ages_days": []},
        "split": {"test_share": 0.2, "folds": 4, "embargo": leads.target.kind in ("dated", "table")},
        "conversion": {"horizon_days": None, "scorecard": {"base_rate": 0.05}, "lightgbm": {}},
        "thresholds": {},
    }


def _groups(
    work: DraftState, params: Mapping[str, Any], dataset: Dataset, converted: int
) -> list[FeatureGroup]:
    draft = FeatureDraft(work.leads, work.findings)
    stages = () if dataset.outcomes is None else dataset.outcomes.columns["stage"].levels
    horizon = params["conversion"]["horizon_days"] or NO_HORIZON
    groups = [
        fit_group(draft),
        channel_group(draft, stages, horizon),
        engagement_group(draft, work.table("events"), list(message_calls(draft))),
        authenticity_group(draft),
    ]
    add_ideal_customer(draft, groups[0], converted)
    if not any(group.calls for group in groups):
        groups[2].calls.append(age_call(draft))
        work.findings.note("nothing_known")
    groups.append(other_group(draft, work.apart))
    return [group for group in groups if group.calls]


def _files(
    work: DraftState,
    params: dict[str, Any],
    groups: Sequence[FeatureGroup],
    figures: DraftFigures,
    data: tuple[Dataset, EarlyData],
) -> dict[str, str]:
    seen, findings = list(dict.fromkeys(group.group for group in groups)), work.findings
    files = {f"features/{group.name}.py": render_features(group, findings) for group in groups}
    horizon = params["conversion"]["horizon_days"] or NO_HORIZON
    files["models/conversion.py"] = render_conversion(work.leads.target, seen, horizon, findings)
    fake = fake_of(work, *data)
    if fake is not None:
        groups_of_fake = [name for name in ("authenticity", "channel", "fit") if name in seen]
        files["models/fake.py"] = render_fake(fake, groups_of_fake, findings)
        days = None if fake.column else min(30, horizon)
        params["fake"] = {"horizon_days": days, "scorecard": {"base_rate": 0.05, "rules": []}}
    return {"params.yaml": render_params(params, work.tags, figures, findings), **files}


def _columns(table: TableDraft, work: DraftState) -> Iterator[ColumnDraft]:
    """Yield the columns of a table in file order; for outcomes in the leads file, only those of outcomes."""
    ours = {theirs: name for name, theirs in table.columns.items()}
    target = work.leads.target
    for name, column in table.source.columns.items():
        role = ours.get(name, "-")
        if table.name == "outcomes" and target.kind == "dated" and role in ("-", "lead_id"):
            continue
        if table.name == "leads" and target.kind == "column" and name == target.column:
            role = "outcome"
        yield ColumnDraft(
            table=table.name,
            column=name,
            role=role,
            kind=column.kind,
            date_format=column.date_format,
            fill=column.fill,
            distinct=column.distinct,
            known_at=work.known_at.get(name, "") if table.name == "leads" else "",
            examples=tuple(t if len(t) <= _CUT else t[: _CUT - 1] + "…" for t in column.texts[:_EXAMPLES]),
        )


def _target_words(work: DraftState) -> str:
    target, say = work.leads.target, work.findings.say
    if target.kind == "column":
        return say("target.column", column=target.column, values=say("target.or").join(target.positive))
    if target.kind == "dated":
        key = "date_stage" if target.column else "date"
        return say(f"target.{key}", date=target.date, column=target.column)
    return say("target.table") if target.kind == "table" else ""
