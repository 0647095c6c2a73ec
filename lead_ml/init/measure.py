"""The settings of ``params.yaml`` that depend on the data, read as training reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from lead_ml.init.early import EarlyData, converted, early_data, target_of
from lead_ml.init.leads import LeadsDraft
from lead_ml.init.questions import Findings
from lead_ml.init.statistics import (
    AGES,
    Delays,
    days_covered,
    delays_of,
    giving_away,
    longest_horizon,
    rate_within,
    unrecorded_before,
    weekly,
)
from lead_ml.init.tables import TableDraft
from lead_ml.project.params import params_from
from lead_ml.project.targets import Target
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.instants import to_datetime
from lead_ml.tables.read import IntakeReport

WON = ("won",)
NO_HORIZON = 30
_SHORTEST_LOOK = 7  # leads are scored again for at least so many days, however soon they win
NO_RATE = 0.05
_SHARE, _LARGE_SHARE = 0.2, 0.3  # of the leads for the evaluation
_FEW_WINS = (
    150  # known before the earliest test window; with fewer, the evaluation needs a larger share of the leads
)
_MOST_MISSED = 0.5  # a horizon with a smaller share of the wins answers another question than who will buy
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
    """Figures that the settings depend on. ``delays`` is None without dated wins, ``weekly`` without dates.

    ``leads`` and ``converted`` count the whole export; ``early_leads`` those before the test window, ``early_converted`` those
    of them that were known to have converted by its start: only these count for a setting. ``tells_lost`` is whether outcomes
    say which leads were lost.
    """

    leads: int
    converted: int
    delays: Delays | None
    weekly: float | None
    early_leads: int
    early_converted: int
    tells_lost: bool


def readable(params: Mapping[str, Any], work: DraftState) -> dict[str, Any]:
    """Return the settings with full paths, because the folder of the project may not exist yet."""
    data = {t.name: {**t.settings(), "path": str(t.source.file.resolve())} for t in work.tables}
    return {**params, "data": data}


def measured(
    work: DraftState, params: dict[str, Any], dataset: Dataset, intake: IntakeReport
) -> tuple[DraftFigures, EarlyData]:
    """Measure the data and fill in the settings that depend on it; whatever outcomes say comes from before the test window."""
    created, conversion = dataset.leads.created_at, params["conversion"]
    first = _first_look(work, params, dataset)
    start, delays = _time(work, params, first.dataset)
    seen = np.ones(len(dataset.leads), dtype=bool) if created is None else created >= start
    params["split"]["test_share"] = _SHARE if first.won.sum() >= _FEW_WINS else _LARGE_SHARE
    params["split"]["folds"] = 4 if seen.sum() >= _SMALL else 3
    horizon = None if work.leads.target.kind == "column" else NO_HORIZON
    horizon = conversion["horizon_days"] = delays.horizon if delays else horizon
    early = early_data(dataset, params_from(readable(params, work)), _target(work), start)
    won = converted(dataset, _target(work)) & seen
    figures = DraftFigures(
        leads=int(seen.sum()),
        converted=int(won.sum()),
        delays=delays,
        weekly=None if created is None else weekly(created[seen]),
        early_leads=int(early.leads.sum()),
        early_converted=int(early.won.sum()),
        tells_lost=_tells_lost(dataset),
    )
    conversion["scorecard"] = {"base_rate": _base_rate(figures, early, start, horizon)}
    conversion["lightgbm"] = _lightgbm(figures.leads)
    if work.table("events") is not None and created is not None and horizon is not None:
        longest = min(max(horizon, _SHORTEST_LOOK), days_covered(created[seen]) / 4)
        params["snapshots"]["ages_days"] = [age for age in AGES if age <= longest]
    params["thresholds"] = _thresholds(figures.weekly)
    _set_apart(work, early)
    _note_rejected(work, intake)
    return figures, early


def _tells_lost(dataset: Dataset) -> bool:
    stages = () if dataset.outcomes is None else dataset.outcomes.columns["stage"].levels
    return bool({"lost", "invalid"} & set(stages))


def _target(work: DraftState) -> Target:
    target = work.leads.target
    return target_of(target.column if target.kind == "column" else "", target.positive)


def _first_look(work: DraftState, params: Mapping[str, Any], dataset: Dataset) -> EarlyData:
    """Return what was known before the earliest test window that there can be: with the longest horizon and the largest share."""
    created, longest = dataset.leads.created_at, NO_HORIZON
    if created is not None:
        longest = longest_horizon(created)
        if (
            days_covered(created) > NO_HORIZON + 1
        ):  # else a horizon that is only a guess leaves no test window
            longest = max(longest, NO_HORIZON)
    first = {
        **params,
        "split": {**params["split"], "test_share": _LARGE_SHARE},
        "conversion": {"horizon_days": longest},
    }
    return early_data(dataset, params_from(readable(first, work)), _target(work))


def _time(work: DraftState, params: dict[str, Any], known: Dataset) -> tuple[int, Delays | None]:
    """Return the creation of the earliest lead used, microseconds UTC, and how long wins take."""
    if known.leads.created_at is None or known.outcomes is None:
        return 0, None
    start = unrecorded_before(known, WON)
    if start is not None:
        day = to_datetime(start).astimezone(ZoneInfo(work.zone)).date().isoformat()
        work.findings.ask("since", day=day)
        params["data"] = {"since": day, **params["data"]}
    delays = delays_of(known, WON, start or 0)
    if delays is not None and delays.share < _MOST_MISSED:
        shown = {"days": delays.horizon, "share": delays.share, "span": delays.span_days}
        work.findings.ask("short_horizon", wanted=delays.wanted, **shown)
    return start or 0, delays


def _base_rate(figures: DraftFigures, early: EarlyData, start: int, horizon: int | None) -> float:
    if not figures.early_converted:
        return NO_RATE
    rate = (figures.early_converted + 1) / (figures.early_leads + 2)
    if figures.delays is not None and horizon is not None:
        rate = rate_within(early.dataset, WON, start, horizon)
    return round(min(max(rate, 0.001), 0.999), 3)


def _lightgbm(leads: int) -> dict[str, Any]:
    return {
        "rounds": 150,
        "learning_rate": 0.03,
        "num_leaves": 8,
        "min_data_in_leaf": 40 if leads >= _SMALL else 20,
        "feature_fraction": 0.5,
        "lambda_l2": 1.0,
    }


def _note_rejected(work: DraftState, intake: IntakeReport) -> None:
    for table in intake.tables.values():
        count, say = table.rows_in - table.used, work.findings.say
        if count:
            causes = "; ".join(
                say("notes.rejected_cause", count=item.count, cause=item.cause) for item in table.rejected
            )
            work.findings.note("rejected", table=table.table, count=count, total=table.rows_in, causes=causes)


def _set_apart(work: DraftState, early: EarlyData) -> None:
    """Set apart the columns that say how a lead ended, and those that early leads have only if they converted."""
    target = work.leads.target
    ended = {work.leads.ours[name] for name in work.leads.closing.columns}
    for name in target.gives_away | {target.column, target.date} | ended - {""}:
        work.apart[name] = work.findings.say("causes.outcome")
    rows = np.flatnonzero(early.settled)
    columns = {name: column.take(rows) for name, column in early.dataset.leads.columns.items()}
    for name in giving_away(columns, early.won[rows]):
        if name != target.column and name not in work.apart:
            work.apart[name] = work.findings.say("causes.gives_away")
            if work.known_at.get(name, "creation") == "creation":
                work.known_at[name] = "current"
                work.findings.note("gives_away", column=name)


def _thresholds(rows: float | None) -> dict[str, Any]:
    sql, mql = (20, 60) if rows is None else (max(1, round(rows / 10)), max(2, round(3 * rows / 10)))
    return {
        "method": "recall" if rows is None else "capacity",  # a capacity is counted per week
        "sql_per_week": sql,
        "mql_per_week": mql,
        "cost_per_sql": 50,
        "cost_per_mql": 5,
        "value_per_win": 1000,
    }
