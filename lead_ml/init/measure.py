"""The numbers of ``params.yaml`` that rest on the data, read as training will read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from lead_ml.asof.labels import Mask
from lead_ml.init.params_text import Figures
from lead_ml.init.statistics import (
    AGES,
    Delays,
    converted,
    delays_of,
    giving_away,
    of_column,
    unrecorded_before,
    weekly,
)
from lead_ml.init.work import Work
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.instants import to_datetime
from lead_ml.tables.read import IntakeReport

WON = ("won",)
NO_HORIZON = 30
_FEW_WINS = 250  # below, a larger share of the leads is needed to judge
_SMALL = 2_000  # leads below which a leaf of the booster may be smaller and fewer windows roll


def readable(params: Mapping[str, Any], work: Work) -> dict[str, Any]:
    """Return the params with full paths, as the folder that they start from need not exist yet."""
    data = {t.name: {**t.settings(), "path": str(t.source.file.resolve())} for t in work.tables}
    return {**params, "data": data}


def measured(work: Work, params: dict[str, Any], dataset: Dataset, intake: IntakeReport) -> Figures:
    """Read figures off the data as training will see it, and settle the numbers that rest on them."""
    won = _won(work, dataset)
    start, delays = _time(work, params, dataset)
    created = dataset.leads.created_at
    if created is not None:
        won, created = won[created >= start], created[created >= start]
    figures = Figures(len(won), int(won.sum()), delays, None if created is None else weekly(created))
    params["conversion"] = _conversion(work, figures)
    params["split"]["test_share"] = 0.2 if figures.converted >= _FEW_WINS else 0.3
    params["split"]["folds"] = 4 if figures.leads >= _SMALL else 3
    if work.events is not None and delays is not None:
        longest = min(max(delays.horizon, 7), delays.span_days / 4)
        params["snapshots"]["ages_days"] = [age for age in AGES if age <= longest]
    params["thresholds"] = _lines(figures.weekly)
    _note_set_aside(work, intake)
    return figures


def _time(work: Work, params: dict[str, Any], dataset: Dataset) -> tuple[int, Delays | None]:
    """Return from when on leads count, microseconds UTC, and how long their wins took."""
    if dataset.leads.created_at is None or dataset.outcomes is None:
        return 0, None
    start = unrecorded_before(dataset, WON)
    if start is not None:
        params["data"] = {"since": _since(start, work), **params["data"]}
    return start or 0, delays_of(dataset, WON, start or 0)


def _conversion(work: Work, figures: Figures) -> dict[str, Any]:
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


def _note_set_aside(work: Work, intake: IntakeReport) -> None:
    for table in intake.tables.values():
        aside = table.rows_in - table.used
        if aside:
            causes = "; ".join(f"{item.count:,} because {item.cause}" for item in table.rejected)
            work.findings.note(f"{table.table}: {aside:,} of {table.rows_in:,} rows cannot be used: {causes}")


def _since(start: int, work: Work) -> str:
    day = to_datetime(start).astimezone(ZoneInfo(work.zone)).date().isoformat()
    work.findings.ask(
        f"No win is recorded before {day}, although leads are older. Were earlier wins not written down?",
        "yes, so older leads are left out: they would count as not converted",
        "`data.since` below",
    )
    return day


def _won(work: Work, dataset: Dataset) -> Mask:
    """Return the converted leads, and set apart the columns that only they have."""
    target = work.leads.target
    column = dataset.leads.columns.get(target.column) if target.kind == "column" else None
    won = converted(dataset, WON) if column is None else of_column(column, target.positive)
    for name in target.gives_away | {target.column, target.date} - {""}:
        work.apart[name] = "it says how the lead ended"
    for name in giving_away(dataset.leads.columns, won):
        if name != target.column and name not in work.apart:
            work.apart[name] = (
                "filled for converted leads and hardly for others, so it gives the outcome away"
            )
            if work.known_at.get(name, "creation") == "creation":
                work.known_at[name] = "current"
                work.findings.note(
                    f"`{name}` is filled for converted leads and hardly for others: it stays out (current)"
                )
    return won


def _lines(rows: float | None) -> dict[str, Any]:
    sql, mql = (20, 60) if rows is None else (max(1, round(rows / 10)), max(2, round(3 * rows / 10)))
    return {
        "method": "capacity",
        "sql_per_week": sql,
        "mql_per_week": mql,
        "cost_per_sql": 50,
        "cost_per_mql": 5,
        "value_per_win": 1000,
    }
