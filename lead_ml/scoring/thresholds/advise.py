"""Five ways to set the MQL and the SQL line from history.

Every way gives two lines and never fails on a wish that cannot be met: then ``feasible`` is False, the lines are the
nearest that can be reached, and the note says so. Lines come from cross-fitted scores of mature leads; the chosen line
is evaluated on the same history, so its figures are slightly flattering where a method looks for a best one (value,
precision).
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from lead_ml.scoring.thresholds import notes, words
from lead_ml.scoring.thresholds.basis import DEFAULT_BOOTSTRAP, Basis, Threshold
from lead_ml.scoring.thresholds.boot import LEVEL
from lead_ml.scoring.thresholds.history import History, before_opportunity, last_rows
from lead_ml.scoring.thresholds.scale import score_of
from lead_ml.scoring.thresholds.steps import Steps, candidates
from lead_ml.scoring.thresholds.words import Words
from lead_ml.tables.dataset import Floats, Indices

if TYPE_CHECKING:
    from lead_ml.project.params import ThresholdParams

Method = Literal["opportunity_mean", "capacity", "value", "precision", "recall"]
METHODS: tuple[Method, ...] = ("opportunity_mean", "capacity", "value", "precision", "recall")
LEAST_CROSSED = 30
_MQL_QUANTILE = 0.25


class Advice(msgspec.Struct, frozen=True):
    """Two lines by one method, MQL never above SQL, with what it did and what to beware of."""

    method: Method
    mql: Threshold
    sql: Threshold
    explanation: Words
    feasible: bool
    note: Words


def opportunity_mean(basis: Basis) -> Advice:
    """SQL at the mean score just before ``opportunity``, MQL at the 25th percentile of the same scores.

    The trade's rule of thumb takes the average score of leads right before they became an opportunity as the SQL line
    and puts MQL below it; the percentile is our reading of "below". Each lead counts once, with its last row before the
    stage. Without any such row the last winning row of each winner stands in, and ``feasible`` is False.
    """
    rows = before_opportunity(basis.steps.history)
    known = len(rows) > 0
    rows = rows if known else last_rows(basis.steps.history, basis.steps.history.won)
    logits = basis.steps.history.logit[rows]
    lines = float(np.quantile(logits, _MQL_QUANTILE)), float(logits.mean())
    said = words.opportunity_mean_words(len(rows), known, *_mean_interval(rows, basis))
    return _advice(
        basis,
        "opportunity_mean",
        lines,
        said=said,
        remarks=[] if known else [notes.no_opportunities()],
        feasible=known,
    )


def capacity(basis: Basis, sql_per_week: float, mql_per_week: float) -> Advice:
    """The lowest lines whose first crossings a week stay within the capacity; MQL counts all that cross it."""
    mql, mql_note, mql_fits = _fitting(basis, mql_per_week, "MQL")
    sql, sql_note, sql_fits = _fitting(basis, sql_per_week, "SQL")
    remarks = [notes.no_dates()] if basis.steps.weeks is None else [mql_note, sql_note]
    said = words.capacity_words(sql_per_week, mql_per_week)
    return _advice(basis, "capacity", (mql, sql), said=said, remarks=remarks, feasible=mql_fits and sql_fits)


def value(basis: Basis) -> Advice:
    """The lines with the highest total net value on history: wins x value - crossings x cost.

    Each line is its own account: MQL with ``cost_per_mql``, SQL with ``cost_per_sql``. The note gives the lines at
    which a calibrated probability breaks even, cost / value (Elkan, *The Foundations of Cost-Sensitive Learning*, 2001).
    """
    mql, mql_pays = _richest(basis, basis.cost_per_mql)
    sql, sql_pays = _richest(basis, basis.cost_per_sql)
    remarks = [notes.break_even(basis)]
    remarks += [notes.nothing_pays(name) for name, pays in (("MQL", mql_pays), ("SQL", sql_pays)) if not pays]
    said = words.value_words(basis.cost_per_sql, basis.cost_per_mql, basis.value_per_win)
    return _advice(basis, "value", (mql, sql), said=said, remarks=remarks, feasible=mql_pays and sql_pays)


def precision(basis: Basis, sql: float, mql: float) -> Advice:
    """The lowest lines crossed by 30 leads or more of which at least the given share wins."""
    mql_line, mql_note = _precise(basis, mql, "MQL")
    sql_line, sql_note = _precise(basis, sql, "SQL")
    missed = [note for note in (mql_note, sql_note) if note.en]
    said = words.floor_words("precision", sql, mql)
    return _advice(basis, "precision", (mql_line, sql_line), said=said, remarks=missed, feasible=not missed)


def recall(basis: Basis, sql: float, mql: float) -> Advice:
    """The highest lines that the given share of all winning leads reaches; the lowest score reaches all of them."""
    lines = basis.steps.levels
    shares = basis.steps.counts(lines).caught / basis.steps.n_winners
    chosen = [basis.snapped(lines[np.flatnonzero(shares >= min(floor, 1.0))[-1]]) for floor in (mql, sql)]
    said = words.floor_words("recall", sql, mql)
    return _advice(
        basis, "recall", (chosen[0], chosen[1]), said=said, remarks=[], feasible=max(mql, sql) <= 1.0
    )


def advise(method: Method, basis: Basis, params: ThresholdParams) -> Advice:
    """Give the advice of one method, with its numbers from `params` (costs and value are those of the basis)."""
    ways: dict[Method, Callable[[], Advice]] = {
        "opportunity_mean": lambda: opportunity_mean(basis),
        "capacity": lambda: capacity(basis, params.sql_per_week, params.mql_per_week),
        "value": lambda: value(basis),
        "precision": lambda: precision(basis, params.sql_precision, params.mql_precision),
        "recall": lambda: recall(basis, params.sql_recall, params.mql_recall),
    }
    return ways[method]()


def advise_all(
    history: History | Steps,
    params: ThresholdParams,
    *,
    reference_odds: float,
    n_boot: int = DEFAULT_BOOTSTRAP,
    seed: int = 7,
) -> tuple[Advice, ...]:
    """Give the advice of every method, in the order of :data:`METHODS`."""
    basis = basis_of(history, params, reference_odds=reference_odds, n_boot=n_boot, seed=seed)
    return tuple(advise(method, basis, params) for method in METHODS)


def basis_of(
    history: History | Steps,
    params: ThresholdParams,
    *,
    reference_odds: float,
    n_boot: int = DEFAULT_BOOTSTRAP,
    seed: int = 7,
) -> Basis:
    """Gather the basis with the costs and the value of `params`."""
    return Basis.of(
        history,
        reference_odds=reference_odds,
        cost_per_sql=params.cost_per_sql,
        cost_per_mql=params.cost_per_mql,
        value_per_win=params.value_per_win,
        n_boot=n_boot,
        seed=seed,
    )


def _advice(
    basis: Basis,
    method: Method,
    lines: tuple[float, float],
    *,
    said: Words,
    remarks: list[Words],
    feasible: bool,
) -> Advice:
    mql_logit, sql_logit = lines
    if sql_logit < mql_logit:
        sql_logit, remarks = mql_logit, [*remarks, notes.reversed_lines()]
    mql, sql = basis.threshold(mql_logit, basis.cost_per_mql), basis.threshold(sql_logit, basis.cost_per_sql)
    horizon = basis.steps.history.horizon_days
    explained = [said, words.line_words("SQL", sql, horizon), words.line_words("MQL", mql, horizon)]
    kept = [remark for remark in (*remarks, notes.few_wins(basis)) if remark.en]
    return Advice(method, mql, sql, words.joined(explained), feasible, words.joined(kept))


def _fitting(basis: Basis, per_week: float, name: str) -> tuple[float, Words, bool]:
    lines, weeks = basis.steps.levels, basis.steps.weeks
    if weeks is None:
        return basis.snapped(lines[-1]), Words(), False
    volumes = basis.steps.counts(lines).crossed / weeks
    fitting = np.flatnonzero(volumes <= per_week)
    if len(fitting) == 0:
        return basis.snapped(lines[-1]), notes.nothing_fits(name, float(volumes[-1])), False
    return basis.snapped(lines[fitting[0]]), notes.everything_fits(name) if fitting[0] == 0 else Words(), True


def _richest(basis: Basis, cost: float) -> tuple[float, bool]:
    lines = _trusted(basis.steps)
    found = basis.steps.counts(lines)
    nets = found.wins * basis.value_per_win - found.crossed * cost
    best = (
        len(lines) - 1 - int(np.argmax(nets[::-1]))
    )  # the highest of equal ones: fewer leads for the same value
    return basis.snapped(lines[best]), bool(nets[best] > 0)


def _precise(basis: Basis, floor: float, name: str) -> tuple[float, Words]:
    lines = _trusted(basis.steps)
    found = basis.steps.counts(lines)
    shares = found.wins / found.crossed
    reaching = np.flatnonzero(shares >= floor)
    if len(reaching):
        return basis.snapped(lines[reaching[0]]), Words()
    best = int(np.argmax(shares))
    return basis.snapped(lines[best]), notes.floor_missed(
        name, floor, float(shares[best]), _least(basis.steps)
    )


def _trusted(steps: Steps) -> Floats:
    """Return the candidate lines that enough leads cross for their figures to mean something."""
    lines = candidates(steps)
    return lines[steps.counts(lines).crossed >= _least(steps)]


def _least(steps: Steps) -> int:
    return min(LEAST_CROSSED, steps.n_present)


def _mean_interval(rows: Indices, basis: Basis) -> tuple[float, float]:
    """Return the 90 % interval of the mean score: normal, with the standard error over groups of leads."""
    history = basis.steps.history
    logits, groups = history.logit[rows], history.lead[rows]
    groups = groups if history.groups is None else history.groups[groups]
    _, group = np.unique(groups, return_inverse=True)
    residuals = np.bincount(group, weights=logits - logits.mean())
    correction = len(residuals) / max(len(residuals) - 1, 1)
    half = (
        NormalDist().inv_cdf((1 + LEVEL) / 2) * float(np.sqrt(correction * (residuals**2).sum())) / len(rows)
    )
    low, high = (score_of(float(logits.mean()) + side, basis.reference_odds) for side in (-half, half))
    return low, high
