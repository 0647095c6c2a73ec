"""The judgement: every kind on the forward window, with intervals, baselines and the random split beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lead_ml.asof.labels import NEVER, Mask, require_both_classes
from lead_ml.errors import TooLittleData
from lead_ml.evaluation.backtest import (
    Backtest,
    Progress,
    Table,
    backtest,
    calibrate,
    calibration_rows,
    for_fit,
)
from lead_ml.evaluation.penalty import choose_penalty
from lead_ml.evaluation.records import Evaluation, KindRecord, WindowRecord
from lead_ml.evaluation.slices import slices_of
from lead_ml.evaluation.split import Window, random_windows
from lead_ml.model import Calibration
from lead_ml.model.fit import Recipe
from lead_ml.model.metrics import Interval, bootstrap, evaluate, paired_bootstrap, sigmoid
from lead_ml.project.params import EvaluationParams
from lead_ml.project.targets import Kind
from lead_ml.tables.dataset import Floats, Indices
from lead_ml.tables.instants import iso

ENOUGH_POSITIVES = 200  # below, a difference between kinds is mostly noise: AUC half-width about .04
SUSPICIOUS_AUC = 0.95


@dataclass(frozen=True)
class Evaluated:
    """A kind after the evaluation: its out-of-sample logits, and its calibrated probability on the test rows."""

    scores: Backtest
    calibration: Calibration
    probability: Floats


@dataclass(frozen=True)
class Forward:
    """An evaluation with the scores behind it; ``test`` is the mask of the evaluated rows."""

    evaluation: Evaluation
    evaluated: Mapping[Kind, Evaluated]
    test: Mask

    @property
    def winner(self) -> Evaluated:
        """The kind that won."""
        return self.evaluated[self.evaluation.winner]


def evaluate_forward(
    table: Table,
    windows: Sequence[Window],
    recipes: Sequence[Recipe],
    options: EvaluationParams,
    *,
    horizon_days: float | None,
    synthetic: bool = False,
    by_chance: bool = True,
    progress: Progress = lambda _: None,
) -> Forward:
    """Judge the recipes on the last window, calibrated on the windows before it.

    Parameters
    ----------
    table
        Training table of one target.
    windows
        Of :func:`lead_ml.evaluation.split.forward_windows`, or of ``random_windows`` for undated data, in which
        case all folds are evaluated together and the figures are marked optimistic.
    recipes
        One per kind.
    by_chance
        Judge each kind on a random split too, to show the optimism.

    Raises
    ------
    TooLittleData
        If the evaluated rows hold fewer than two rows of either class.
    """
    optimistic = table.dataset.leads.created_at is None
    test = np.logical_or.reduce([w.test for w in windows]) if optimistic else windows[-1].test
    require_both_classes(table.labels.y[test], "the forward window")
    horizon_us = round((horizon_days or 0) * 86_400_000_000)
    recipes = [_settled(recipe, table, windows, progress) for recipe in recipes]
    evaluated = {r.kind: _judge(r, table, windows, test, horizon_us, optimistic, progress) for r in recipes}
    y, weight, group = table.labels.y[test], table.weights(test), table.group[test]
    seed = recipes[0].seed
    intervals: dict[str, dict[str, Interval]] = {
        kind: bootstrap(
            y, item.probability, weight, group, n_boot=options.bootstrap, level=options.level, seed=seed
        )
        for kind, item in evaluated.items()
    }
    winner = min(evaluated, key=lambda kind: intervals[kind]["log_loss"].value)
    lead_over: dict[str, Interval] = {
        kind: paired_bootstrap(
            y, item.probability, evaluated[winner].probability, weight, group,
            metric="log_loss", n_boot=options.bootstrap, level=options.level, seed=seed,
        )
        for kind, item in evaluated.items()
        if kind != winner
    }  # fmt: skip
    random = _random_split(table, recipes, test, seed, progress) if by_chance and not optimistic else {}
    base_rate = _base_rate(table, windows[-1])
    evaluation = Evaluation(
        target=recipes[0].spec.name,
        horizon_days=horizon_days,
        synthetic=synthetic,
        optimistic=optimistic,
        base_rate=base_rate,
        windows=tuple(_window_record(window, table) for window in windows),
        kinds=(*(_record(item, intervals[kind], random.get(kind, {}), y, weight, test) for kind, item in evaluated.items()),
               _base_record(base_rate, y, weight, group, options, seed)),
        winner=winner,
        lead_over=lead_over,
        headline=_headline(winner, intervals, lead_over, _winning_leads(table, test), optimistic),
        warnings=_warnings(intervals[winner], _winning_leads(table, test), optimistic),
        slices=slices_of(table, test, evaluated[winner].probability),
        left_out=dict(table.labels.left_out or table.labels.counts()),
    )  # fmt: skip
    return Forward(evaluation, evaluated, test)


def _settled(recipe: Recipe, table: Table, windows: Sequence[Window], progress: Progress) -> Recipe:
    try:
        return choose_penalty(recipe, table, windows, progress)
    except TooLittleData:  # no window before the last can be fitted: the penalty of params.yaml stands
        return recipe


def _judge(
    recipe: Recipe,
    table: Table,
    windows: Sequence[Window],
    test: Mask,
    horizon_us: int,
    optimistic: bool,
    progress: Progress,
) -> Evaluated:
    scores = backtest(recipe, table, windows, progress)
    start = NEVER if optimistic else windows[-1].start
    if optimistic:  # every fold is scored by a fit of its own, and none comes after them
        calibration = calibrate(scores, table, scores.scored, known_by=start)
    else:
        rows = calibration_rows(scores, table, known_by=start, horizon_us=horizon_us, created_before=start)
        learnt = calibrate(scores, table, rows, known_by=start)
        calibration = for_fit(learnt, scores.fitted, table, rows, known_by=start)
    return Evaluated(scores, calibration, sigmoid(calibration.apply(scores.logit[test])))


def _random_split(
    table: Table,
    recipes: Sequence[Recipe],
    test: Mask,
    seed: int,
    progress: Progress,
) -> dict[str, dict[str, float]]:
    """Judge each recipe on random folds of the same size, to show the optimism; a warning, never a claim."""
    usable = table.labels.used
    folds = max(2, round(usable.sum() / max(1, test.sum())))
    window = random_windows(table.spine, usable, _lead_groups(table), folds=folds, seed=seed)[:1]
    found: dict[str, dict[str, float]] = {}
    for recipe in recipes:
        scores = backtest(recipe, table, window, progress)
        rows = window[0].test
        figures = evaluate(table.labels.y[rows], sigmoid(scores.logit[rows]), table.weights(rows))
        found[recipe.kind] = {name: figures[name] for name in ("roc_auc", "log_loss")}
    return found


def _lead_groups(table: Table) -> Indices:
    groups = np.arange(len(table.dataset.leads))
    groups[table.lead] = table.group
    return groups


def _record(
    item: Evaluated,
    intervals: Mapping[str, Interval],
    by_chance: dict[str, float],
    y: Floats,
    weight: Floats,
    test: Mask,
) -> KindRecord:
    raw = evaluate(y, sigmoid(item.scores.logit[test]), weight)
    return KindRecord(
        kind=item.scores.recipe.kind,
        metrics=_measurable(intervals),
        calibration=item.calibration.method,
        slope=item.calibration.slope,
        intercept=item.calibration.intercept,
        uncalibrated_log_loss=raw["log_loss"],
        random_split=by_chance,
    )


def _base_record(
    rate: float, y: Floats, weight: Floats, group: Indices, options: EvaluationParams, seed: int
) -> KindRecord:
    metrics = bootstrap(
        y, np.full(len(y), rate), weight, group, n_boot=options.bootstrap, level=options.level, seed=seed
    )
    loss = metrics["log_loss"].value
    return KindRecord(
        kind="base rate",
        metrics=_measurable(metrics),
        calibration="identity",
        slope=1.0,
        intercept=0.0,
        uncalibrated_log_loss=loss,
        random_split={},
    )


def _measurable(metrics: Mapping[str, Interval]) -> dict[str, Interval]:
    """Leave out what has no value, such as the calibration slope of a constant."""
    return {
        name: found
        for name, found in metrics.items()
        if np.isfinite((found.value, found.lower, found.upper)).all()
    }


def _base_rate(table: Table, window: Window) -> float:
    weight = table.weights(window.fit)
    y = table.labels.as_known(window.start or NEVER)[window.fit]
    rate = float((y * weight).sum() / weight.sum())
    return min(max(rate, 1e-6), 1 - 1e-6)


def _window_record(window: Window, table: Table) -> WindowRecord:
    created = table.dataset.leads.created_at
    end = int(created[table.lead[window.test]].max()) if created is not None else 0
    return WindowRecord(
        name=window.name,
        start=iso(window.start) if created is not None else "",
        end=iso(end) if created is not None else "",
        fit_rows=int(window.fit.sum()),
        fit_leads=len(np.unique(table.lead[window.fit])),
        fit_positives=int(table.labels.as_known(window.start or NEVER)[window.fit].sum()),
        test_rows=int(window.test.sum()),
        test_leads=len(np.unique(table.lead[window.test])),
        test_positives=int(table.labels.y[window.test].sum()),
    )


def _winning_leads(table: Table, test: Mask) -> int:
    return len(np.unique(table.lead[test & (table.labels.y > 0)]))


def _headline(
    winner: str,
    intervals: Mapping[str, Mapping[str, Interval]],
    lead_over: Mapping[str, Interval],
    positives: int,
    optimistic: bool,
) -> str:
    loss = intervals[winner]["log_loss"]
    evaluated = "random-fold (optimistic)" if optimistic else "forward"
    tied = [kind for kind, gap in lead_over.items() if gap.lower <= 0]
    verdict = f"{winner} has the lowest {evaluated} log-loss, {loss.value:.4f} ({loss.lower:.4f} to {loss.upper:.4f}, {positives:,} positive leads)"
    return verdict + (
        f"; not told apart from {' and '.join(tied)}" if tied else "; clearly ahead of every other kind"
    )


def _warnings(intervals: Mapping[str, Interval], positives: int, optimistic: bool) -> tuple[str, ...]:
    found = []
    if optimistic:
        found.append("The data has no dates: folds are random, so every figure is optimistic.")
    if positives < ENOUGH_POSITIVES:
        found.append(f"Only {positives} positive leads: differences between kinds are mostly noise.")
    if intervals["roc_auc"].value > SUSPICIOUS_AUC:
        found.append(
            f"AUC {intervals['roc_auc'].value:.3f} looks too good: suspect a leak before believing it."
        )
    return tuple(found)
