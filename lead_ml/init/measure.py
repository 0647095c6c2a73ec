"""The settings of ``params.yaml`` that depend on the data, read as training reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from lead_ml.asof.labels import NEVER, Mask, first_known
from lead_ml.init.leads import LeadsDraft
from lead_ml.init.questions import Findings
from lead_ml.init.statistics import (
    AGES,
    Delays,
    days_covered,
    delays_of,
    giving_away,
    unrecorded_before,
    weekly,
)
from lead_ml.init.tables import TableDraft
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.instants import to_datetime
from lead_ml.tables.read import IntakeReport

WON = ("won",)
NO_HORIZON = 30
_SHORTEST_LOOK = 7  # leads are scored again for at least so many days, however soon they win
_FEW_WINS = 250  # below, a larger share of the leads is needed for the evaluation
_SMALL = 2_000  # below this number of leads, leaves may be smaller and there are fewer folds


@dataclass
class DraftState:
    """The tables as understood, what was found, and columns that no model may use, with the reason (``apart``)."""

    leads: LeadsDraft
    tables: tuple[TableDraft, ...]
    findings: Findings
    zone: str
    tags: Mapping[str, Mapping[str, int]]
    apart: dict[str, str] = field(default_factory=dict)
    known_at: dict[str, str] = field(default_factory=dict)

    def table(self, name: str) -> TableDraft | None:
        """Return a table, or None if there is no such table."""
        return next((table for table in self.tables if table.name == name), None)


@dataclass(frozen=True)
class DraftFigures:
    """Figures that the settings depend on. ``delays`` is None without dated wins, ``weekly`` without dates."""

    leads: int
    converted: int
    delays: Delays | None
    weekly: float | None


def readable(params: Mapping[str, Any], work: DraftState) -> dict[str, Any]:
    """Return the settings with full paths, because the folder of the project may not exist yet."""
    data = {t.name: {**t.settings(), "path": str(t.source.file.resolve())} for t in work.tables}
    return {**params, "data": data}


def measured(
    work: DraftState, params: dict[str, Any], dataset: Dataset, intake: IntakeReport
) -> DraftFigures:
    """Measure the data and fill in the settings that depend on it."""
    won = _won(work, dataset)
    start, delays = _time(work, params, dataset)
    created = dataset.leads.created_at
    if created is not None:
        won, created = won[created >= start], created[created >= start]
    figures = DraftFigures(len(won), int(won.sum()), delays, None if created is None else weekly(created))
    params["conversion"] = _conversion(work, figures)
    params["split"]["test_share"] = 0.2 if figures.converted >= _FEW_WINS else 0.3
    params["split"]["folds"] = 4 if figures.leads >= _SMALL else 3
    horizon = params["conversion"]["horizon_days"]
    if work.table("events") is not None and created is not None and horizon is not None:
        longest = min(max(horizon, _SHORTEST_LOOK), days_covered(created) / 4)
        params["snapshots"]["ages_days"] = [age for age in AGES if age <= longest]
    params["thresholds"] = _thresholds(figures.weekly)
    _note_rejected(work, intake)
    return figures


def _time(work: DraftState, params: dict[str, Any], dataset: Dataset) -> tuple[int, Delays | None]:
    """Return the creation of the earliest lead used, microseconds UTC, and how long wins take."""
    if dataset.leads.created_at is None or dataset.outcomes is None:
        return 0, None
    start = unrecorded_before(dataset, WON)
    if start is not None:
        day = to_datetime(start).astimezone(ZoneInfo(work.zone)).date().isoformat()
        work.findings.ask("since", day=day)
        params["data"] = {"since": day, **params["data"]}
    return start or 0, delays_of(dataset, WON, start or 0)


def _conversion(work: DraftState, figures: DraftFigures) -> dict[str, Any]:
    delays = figures.delays
    rate = delays.rate if delays else (figures.converted + 1) / (figures.leads + 2)
    horizon = None if work.leads.target.kind == "column" else NO_HORIZON
    return {
        "horizon_days": delays.horizon if delays else horizon,
        "scorecard": {"base_rate": round(min(max(rate, 0.001), 0.999), 3) if figures.converted else 0.05},
        "lightgbm": {
            "rounds": 150,
            "learning_rate": 0.03,
            "num_leaves": 8,
            "min_data_in_leaf": 40 if figures.leads >= _SMALL else 20,
            "feature_fraction": 0.5,
            "lambda_l2": 1.0,
        },
    }


def _note_rejected(work: DraftState, intake: IntakeReport) -> None:
    for table in intake.tables.values():
        count, say = table.rows_in - table.used, work.findings.say
        if count:
            causes = "; ".join(
                say("notes.rejected_cause", count=item.count, cause=item.cause) for item in table.rejected
            )
            work.findings.note("rejected", table=table.table, count=count, total=table.rows_in, causes=causes)


def _won(work: DraftState, dataset: Dataset) -> Mask:
    """Return which leads converted, and set apart the columns that only those have."""
    target = work.leads.target
    column = dataset.leads.columns.get(target.column) if target.kind == "column" else None
    if column is None:
        won = np.asarray(first_known(dataset, WON) < NEVER)
    else:
        won = column.map(str.casefold).among({value.casefold() for value in target.positive})
    ended = {work.leads.ours[name] for name in work.leads.closing.columns}
    for name in target.gives_away | {target.column, target.date} | ended - {""}:
        work.apart[name] = work.findings.say("causes.outcome")
    for name in giving_away(dataset.leads.columns, won):
        if name != target.column and name not in work.apart:
            work.apart[name] = work.findings.say("causes.gives_away")
            if work.known_at.get(name, "creation") == "creation":
                work.known_at[name] = "current"
                work.findings.note("gives_away", column=name)
    return won


def _thresholds(rows: float | None) -> dict[str, Any]:
    sql, mql = (20, 60) if rows is None else (max(1, round(rows / 10)), max(2, round(3 * rows / 10)))
    return {
        "method": "capacity",
        "sql_per_week": sql,
        "mql_per_week": mql,
        "cost_per_sql": 50,
        "cost_per_mql": 5,
        "value_per_win": 1000,
    }
