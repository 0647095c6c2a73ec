"""Five ways to set the MQL and the SQL threshold from history.

A wish that cannot be met gives the nearest thresholds, ``feasible`` False and a note. Figures come from the same history, so
they are slightly optimistic where a method looks for a best one (value, precision).
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from lead_ml.scoring.thresholds import words
from lead_ml.scoring.thresholds.basis import LEVEL, Basis, Threshold
from lead_ml.scoring.thresholds.history import History, before_opportunity, last_rows
from lead_ml.scoring.thresholds.scale import score_of
from lead_ml.scoring.thresholds.steps import Steps, candidates
from lead_ml.scoring.thresholds.words import Translations
from lead_ml.tables.dataset import Floats, Indices

if TYPE_CHECKING:
    from lead_ml.project.params import ThresholdParams

ThresholdMethod = Literal["opportunity_mean", "capacity", "value", "precision", "recall"]
METHODS: tuple[ThresholdMethod, ...] = ("opportunity_mean", "capacity", "value", "precision", "recall")
LEAST_CROSSED = 30
_MQL_QUANTILE = 0.25


class Advice(msgspec.Struct, frozen=True):
    """Two thresholds by one method, MQL never above SQL, with an explanation and what to beware of, by language."""

    method: ThresholdMethod
    mql: Threshold
    sql: Threshold
    explanation: Translations
    feasible: bool
    note: Translations


def opportunity_mean(basis: Basis) -> Advice:
    """SQL at the mean score just before ``opportunity``, MQL at the 25th percentile of the same scores.

    That is the common rule, each lead counted once, with our reading of "MQL below". Without any such row the last winning row
    of each winner is used, and ``feasible`` is False.
    """
    rows = before_opportunity(basis.steps.history)
    known = len(rows) > 0
    rows = rows if known else last_rows(basis.steps.history, basis.steps.history.won)
    logits = basis.steps.history.logit[rows]
    low, high = _mean_interval(rows, basis)
    key = "opportunity_mean" if known else "opportunity_mean_of_wins"
    middle = float(np.quantile(logits, _MQL_QUANTILE)), float(logits.mean())
    remarks = () if known else (words.text("no_opportunities"),)
    said = words.text(key, count=len(rows), low=low, high=high)
    return _advice("opportunity_mean", basis, middle, said, remarks, known)


def capacity(basis: Basis, sql_per_week: float, mql_per_week: float) -> Advice:
    """The lowest thresholds whose first crossings a week are within the capacity; MQL counts all that cross it."""
    mql, mql_note, mql_fits = _fitting(basis, mql_per_week, "MQL")
    sql, sql_note, sql_fits = _fitting(basis, sql_per_week, "SQL")
    remarks = (words.text("no_dates"),) if basis.steps.weeks is None else (mql_note, sql_note)
    said = words.text("capacity", sql=sql_per_week, mql=mql_per_week)
    return _advice("capacity", basis, (mql, sql), said, remarks, mql_fits and sql_fits)


def value(basis: Basis) -> Advice:
    """The thresholds with the highest net value on history: wins x value - crossings x ``cost_per_mql`` or ``cost_per_sql``.

    The note gives where a calibrated probability breaks even, cost / value (Elkan, *The Foundations of Cost-Sensitive
    Learning*, 2001).
    """
    mql, mql_pays = _richest(basis, basis.cost_per_mql)
    sql, sql_pays = _richest(basis, basis.cost_per_sql)
    losing = [name for name, pays in (("MQL", mql_pays), ("SQL", sql_pays)) if not pays]
    remarks = (words.break_even(basis), *(words.text("never_pays", name=name) for name in losing))
    said = words.text("value", sql=basis.cost_per_sql, mql=basis.cost_per_mql, win=basis.value_per_win)
    return _advice("value", basis, (mql, sql), said, remarks, mql_pays and sql_pays)


def precision(basis: Basis, sql: float, mql: float) -> Advice:
    """The lowest thresholds crossed by 30 leads or more of which at least the given share wins."""
    mql_logit, mql_note = _precise(basis, mql, "MQL")
    sql_logit, sql_note = _precise(basis, sql, "SQL")
    said = words.text("precision", sql=sql, mql=mql)
    reached = mql_note is None and sql_note is None
    return _advice("precision", basis, (mql_logit, sql_logit), said, (mql_note, sql_note), reached)


def recall(basis: Basis, sql: float, mql: float) -> Advice:
    """The highest thresholds that the given share of all winning leads reaches; the lowest score reaches all of them."""
    levels = basis.steps.levels
    shares = basis.steps.counts(levels).caught / basis.steps.n_winners
    mql_logit, sql_logit = (
        basis.snapped(levels[np.flatnonzero(shares >= min(floor, 1.0))[-1]]) for floor in (mql, sql)
    )
    said = words.text("recall_floor", sql=sql, mql=mql)
    return _advice("recall", basis, (mql_logit, sql_logit), said, feasible=max(mql, sql) <= 1.0)


def advise(method: ThresholdMethod, basis: Basis, params: ThresholdParams) -> Advice:
    """Give the advice of one method, with its numbers from `params` (costs and value are those of the basis)."""
    ways: dict[ThresholdMethod, Callable[[], Advice]] = {
        "opportunity_mean": lambda: opportunity_mean(basis),
        "capacity": lambda: capacity(basis, params.sql_per_week, params.mql_per_week),
        "value": lambda: value(basis),
        "precision": lambda: precision(basis, params.sql_precision, params.mql_precision),
        "recall": lambda: recall(basis, params.sql_recall, params.mql_recall),
    }
    return ways[method]()


def advise_all(
    history: History | Steps, params: ThresholdParams, *, reference_odds: float, **draws: int
) -> tuple[Advice, ...]:
    """Give the advice of every method that the history allows, in the order of :data:`METHODS`; for `draws` see :func:`basis_of`.

    Without dates there is no weekly volume, so no capacity either.
    """
    basis = basis_of(history, params, reference_odds=reference_odds, **draws)
    able = METHODS if basis.steps.weeks is not None else [name for name in METHODS if name != "capacity"]
    return tuple(advise(method, basis, params) for method in able)


def basis_of(
    history: History | Steps, params: ThresholdParams, *, reference_odds: float, **draws: int
) -> Basis:
    """Gather the basis with the costs and the value of `params`; `draws` are ``n_boot`` and ``seed`` of the bootstrap."""
    return Basis.of(
        history,
        reference_odds=reference_odds,
        cost_per_sql=params.cost_per_sql,
        cost_per_mql=params.cost_per_mql,
        value_per_win=params.value_per_win,
        **draws,
    )


def _advice(
    method: ThresholdMethod,
    basis: Basis,
    logits: tuple[float, float],
    said: Translations,
    remarks: tuple[Translations | None, ...] = (),
    feasible: bool = True,
) -> Advice:
    """Replay the proposed logits (MQL, SQL) on history and put everything into words; a remark of None is none."""
    mql_logit, sql_logit = logits
    if sql_logit < mql_logit:
        sql_logit, remarks = mql_logit, (*remarks, words.text("raised_to_mql"))
    mql, sql = basis.threshold(mql_logit, basis.cost_per_mql), basis.threshold(sql_logit, basis.cost_per_sql)
    horizon = basis.steps.history.horizon_days
    described = [words.threshold_words(name, item, horizon) for name, item in (("SQL", sql), ("MQL", mql))]
    short = words.text("falls_short") if mql.falls_short or sql.falls_short else None
    notes = [remark for remark in (*remarks, short, words.few_wins(basis)) if remark is not None]
    return Advice(method, mql, sql, words.joined([said, *described]), feasible, words.joined(notes))


def _fitting(basis: Basis, per_week: float, name: str) -> tuple[float, Translations | None, bool]:
    levels, weeks = basis.steps.levels, basis.steps.weeks
    if weeks is None:
        return basis.snapped(levels[-1]), None, False
    volumes = basis.steps.counts(levels).crossed / weeks
    fitting = np.flatnonzero(volumes <= per_week)
    if len(fitting) == 0:
        remark = words.text("over_capacity", name=name, volume=float(volumes[-1]))
        return basis.snapped(levels[-1]), remark, False
    all_fit = words.text("under_capacity", name=name) if fitting[0] == 0 else None
    return basis.snapped(levels[fitting[0]]), all_fit, True


def _richest(basis: Basis, cost: float) -> tuple[float, bool]:
    levels = _trusted(basis.steps)
    found = basis.steps.counts(levels)
    nets = found.wins * basis.value_per_win - found.crossed * cost
    # The highest of equals: fewer leads for the same value.
    best = len(levels) - 1 - int(np.argmax(nets[::-1]))
    return basis.snapped(levels[best]), bool(nets[best] > 0)


def _precise(basis: Basis, floor: float, name: str) -> tuple[float, Translations | None]:
    levels = _trusted(basis.steps)
    found = basis.steps.counts(levels)
    shares = found.wins / found.crossed
    reaching = np.flatnonzero(shares >= floor)
    if len(reaching):
        return basis.snapped(levels[reaching[0]]), None
    best, least = int(np.argmax(shares)), _least(basis.steps)
    missed = words.text("floor_missed", name=name, floor=floor, reached=float(shares[best]), least=least)
    return basis.snapped(levels[best]), missed


def _trusted(steps: Steps) -> Floats:
    """Return the candidate thresholds that enough leads cross for their figures to mean something."""
    levels = candidates(steps)
    return levels[steps.counts(levels).crossed >= _least(steps)]


def _least(steps: Steps) -> int:
    return min(LEAST_CROSSED, int(steps.present.sum()))


def _mean_interval(rows: Indices, basis: Basis) -> tuple[float, float]:
    """Return the 90% interval of the mean score: normal, with the standard error over groups of leads."""
    history = basis.steps.history
    logits, groups = history.logit[rows], history.lead[rows]
    groups = groups if history.groups is None else history.groups[groups]
    _, group = np.unique(groups, return_inverse=True)
    residuals = np.bincount(group, weights=logits - logits.mean())
    correction = len(residuals) / max(len(residuals) - 1, 1)
    error = float(np.sqrt(correction * (residuals**2).sum())) / len(rows)
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * error
    low, high = (score_of(float(logits.mean()) + side, basis.reference_odds) for side in (-half, half))
    return low, high
