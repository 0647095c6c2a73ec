"""Reading a project with its data, as every command does first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from lead_ml.project.load import Project, load_project
from lead_ml.tables.cell_rules import CellRules
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.read import IntakeReport, TableReport, read_dataset
from lead_ml.tables.read.mapping import declared_rules
from lead_ml.workflows.cell_notes import cell_notes
from lead_ml.workflows.people import with_people
from lead_ml.workflows.work import HERE, Work


@dataclass(frozen=True)
class Loaded:
    """A project, its data, and what happened while reading it; ``cell_notes`` are also in the notes of the leads."""

    project: Project
    dataset: Dataset
    intake: IntakeReport
    cell_notes: tuple[str, ...] = ()


def load(
    root: Path,
    data: Path | None = None,
    work: Work = HERE,
    *,
    sealed: CellRules | None = None,
    people: bool = True,
) -> Loaded:
    """Load a project and read its tables; leads that were merged are one person each, see :mod:`lead_ml.lead_data.merge`.

    Parameters
    ----------
    root
        Folder of params.yaml.
    data
        Folder that relative data paths start from; the project itself by default.
    work
        Who reads the events of a layout.
    sealed
        Cell rules of the bundle that will score the data.
    people
        Put merged leads together; otherwise every lead is as it came.

    Raises
    ------
    ParamsError, InputError
        If the project or its data is wrong, or the layout that it names cannot be used.
    """
    project = load_project(root)
    params, base = project.params, data or root
    if params.data.layout is None:
        loaded = _noted(Loaded(project, *read_dataset(params, base, sealed=sealed)))
        return _united(loaded) if people else loaded
    from lead_ml.workflows.layout import with_layout

    without_events = params.data.model_copy(update={"events": None})
    dataset, intake = read_dataset(params.model_copy(update={"data": without_events}), base, sealed=sealed)
    if params.data.events is not None:
        events_rules = declared_rules("events", {}, params.data.events, dataset.rules.leads.tags)
        dataset = replace(dataset, rules=replace(dataset.rules, events=events_rules))
    dataset, events = with_layout(project, base, dataset)
    give_back(project)
    intake = replace(intake, tables={**intake.tables, "events": events})
    loaded = _noted(Loaded(project, work.attached(dataset), intake))
    return _united(loaded) if people else loaded


def _noted(loaded: Loaded) -> Loaded:
    """Add to the report of the leads which of their cells declared features cannot use."""
    notes = cell_notes(loaded.project.declarations, loaded.dataset)
    return replace(loaded, intake=_with_notes(loaded.intake, notes), cell_notes=notes)


def _united(loaded: Loaded) -> Loaded:
    """Hold each person once, and say in the report of the leads how many there are."""
    dataset, notes = with_people(loaded.project, loaded.dataset)
    return replace(loaded, dataset=dataset, intake=_with_notes(loaded.intake, notes))


def _with_notes(intake: IntakeReport, notes: Sequence[str]) -> IntakeReport:
    leads = intake.tables["leads"]
    return replace(intake, tables={**intake.tables, "leads": replace(leads, notes=(*leads.notes, *notes))})


def give_back(project: Project) -> None:
    """Return what the last step left behind to the system, where data is large enough for a layout."""
    if project.params.data.layout is not None:
        from lead_ml.cluster.layout import give_back

        give_back()


def reseeded(loaded: Loaded, seed: int | None) -> Loaded:
    """Return the project with another seed; None keeps its own."""
    if seed is None:
        return loaded
    params = loaded.project.params.model_copy(update={"seed": seed})
    return replace(loaded, project=replace(loaded.project, params=params))


def intake_summary(report: IntakeReport) -> dict[str, Any]:
    """Return a report of reading as plain data, without the rows themselves."""
    return {
        "tables": {name: _table(table) for name, table in report.tables.items()},
        "columns": [msgspec.to_builtins(column) for column in report.columns],
    }


def save_intake(report: IntakeReport, path: Path) -> None:
    """Write the summary as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(intake_summary(report)), indent=1))


def _table(table: TableReport) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(table, enc_hook=str)
    del plain["table"]
    for cause, item in zip(plain["rejected"], table.rejected, strict=True):
        cause["example"] = str(item.example)
    return plain
