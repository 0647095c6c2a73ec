"""The evaluation of every candidate on the forward window, with intervals, the base rate and a random split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lead_ml.asof.labels import NEVER, Mask, require_both_classes
from lead_ml.errors import TooLittleData
from lead_ml.evaluation.backtest import (
    Backtest,
    Progress,
    Table,
    WindowScores,
    calibrate,
    calibration_rows,
    for_fit,
    score_window,
)
from lead_ml.evaluation.penalty import choose_penalty, penalties_of
from lead_ml.evaluation.records import Evaluation, KindRecord
from lead_ml.evaluation.slices import slices_of
from lead_ml.evaluation.split import Window, random_windows
from lead_ml.evaluation.summary import (
    base_rate,
    base_record,
    headline,
    measurable,
    warnings,
    window_record,
    winning_leads,
)
from lead_ml.model import Calibration
from lead_ml.model.fit import Recipe
from lead_ml.model.metrics import Interval, bootstrap, evaluate, paired_bootstrap, sigmoid
from lead_ml.project.params import EvaluationParams
from lead_ml.project.targets import Kind
from lead_ml.tables.dataset import Floats, Indices


@dataclass(frozen=True)
class Evaluated:
    """A candidate after the evaluation: its backtest, its calibration, and its calibrated probability on the test rows."""

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
        """The candidate that won."""
        return self.evaluated[self.evaluation.winner]


@dataclass(frozen=True)
class _Course:
    """What is evaluated on: the last of the windows, or all of them where the data has no dates (``optimistic``)."""

    table: Table
    windows: Sequence[Window]
    horizon_us: int
    options: EvaluationParams
    seed: int
    progress: Progress

    @property
    def optimistic(self) -> bool:
        return self.table.dataset.leads.created_at is None

    @property
    def start(self) -> int:
        return NEVER if self.optimistic else self.windows[-1].start

    @cached_property
    def test(self) -> Mask:
        used = self.windows if self.optimistic else self.windows[-1:]
        return np.asarray(np.logical_or.reduce([window.test for window in used]))

    @cached_property
    def y(self) -> Floats:
        return self.table.labels.y[self.test]

    @cached_property
    def weight(self) -> Floats:
        return self.table.weights(self.test)

    @cached_property
    def group(self) -> Indices:
        return self.table.group[self.test]

    def metrics(self, probability: Floats) -> dict[str, Interval]:
        """Return every metric of the test rows with its interval."""
        return bootstrap(
            self.y, probability, self.weight, self.group,
            n_boot=self.options.bootstrap, level=self.options.level, seed=self.seed,
        )  # fmt: skip

    def log_loss_gap(self, probability: Floats, other: Floats) -> Interval:
        """Return the log-loss minus that of other probabilities, with the interval of the paired difference."""
        return paired_bootstrap(
            self.y, probability, other, self.weight, self.group,
            metric="log_loss", n_boot=self.options.bootstrap, level=self.options.level, seed=self.seed,
        )  # fmt: skip


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
    """Evaluate the recipes on the last window, calibrated on the windows before it.

    Parameters
    ----------
    table
        Training table of one target.
    windows
        Of :func:`lead_ml.evaluation.split.forward_windows`, or of ``random_windows`` for undated data, in which
        case all folds are evaluated together and the figures are marked optimistic.
    recipes
        One per candidate; apart from the candidate they are the same.
    by_chance
        Evaluate each candidate on a random split too, to show how optimistic it is.

    Raises
    ------
    TooLittleData
        If the evaluated rows hold fewer than two rows of either class.
    """
    horizon_us = round((horizon_days or 0) * 86_400_000_000)
    course = _Course(table, windows, horizon_us, options, recipes[0].seed, progress)
    require_both_classes(course.y, "the forward window")
    evaluated = {scores.recipe.kind: _evaluated(scores, course) for scores in _backtests(recipes, course)}
    intervals: dict[str, dict[str, Interval]] = {
        kind: course.metrics(item.probability) for kind, item in evaluated.items()
    }
    winner = min(evaluated, key=lambda kind: intervals[kind]["log_loss"].value)
    best, rest = evaluated[winner], [kind for kind in evaluated if kind != winner]
    lead_over: dict[str, Interval] = {
        kind: course.log_loss_gap(evaluated[kind].probability, best.probability) for kind in rest
    }
    random = _random_split(evaluated, course) if by_chance and not course.optimistic else {}
    records = [
        _record(item, intervals[kind], random.get(kind, {}), course) for kind, item in evaluated.items()
    ]
    rate, wins = base_rate(table, windows[-1]), winning_leads(table, course.test)
    constant = np.full(len(course.y), rate)
    over_base = course.log_loss_gap(constant, best.probability)
    evaluation = Evaluation(
        target=recipes[0].spec.name,
        horizon_days=horizon_days,
        synthetic=synthetic,
        optimistic=course.optimistic,
        base_rate=rate,
        windows=tuple(window_record(window, table) for window in windows),
        kinds=(*records, base_record(course.metrics(constant))),
        winner=winner,
        lead_over=lead_over,
        headline=headline(winner, intervals, lead_over, over_base, wins, course.optimistic),
        warnings=warnings(intervals[winner], wins, course.optimistic),
        slices=slices_of(table, course.test, best.probability),
        left_out=dict(table.labels.left_out or table.labels.counts()),
    )
    return Forward(evaluation, evaluated, course.test)


def _backtests(recipes: Sequence[Recipe], course: _Course) -> list[Backtest]:
    """Backtest every recipe with its best penalty, without repeating the fits of the search."""
    searches = [penalties_of(recipe) if len(course.windows) > 1 else (recipe,) for recipe in recipes]
    waiting = iter(_rolling([candidate for search in searches for candidate in search], course))
    chosen: list[Recipe] = []
    earlier: list[list[WindowScores]] = []
    for recipe, search in zip(recipes, searches, strict=True):
        tried = [next(waiting) for _ in search]
        place = _best_penalty(search, tried, course)
        chosen.append(recipe if place is None else search[place])
        earlier.append(_rolling([recipe], course)[0] if place is None else tried[place])
    last = score_window(chosen, course.table, course.windows[-1], course.progress)
    return [
        Backtest.of(recipe, course.table, [*parts, part])
        for recipe, parts, part in zip(chosen, earlier, last, strict=True)
        if part is not None
    ]


def _rolling(recipes: Sequence[Recipe], course: _Course) -> list[list[WindowScores]]:
    """Return the scores of every recipe in the windows before the last that it can be fitted for."""
    found: list[list[WindowScores]] = [[] for _ in recipes]
    for window in course.windows[:-1]:
        parts = score_window(recipes, course.table, window, course.progress, last=False)
        for own, part in zip(found, parts, strict=True):
            if part is not None:
                own.append(part)
    return found


def _best_penalty(
    search: Sequence[Recipe], tried: Sequence[Sequence[WindowScores]], course: _Course
) -> int | None:
    """Return the place of the best penalty; None where nothing can choose it, and that of params.yaml is used."""
    if len(search) == 1:
        return 0
    scored = [
        Backtest.of(*pair) for pair in ((r, course.table, p) for r, p in zip(search, tried, strict=True) if p)
    ]
    try:
        return choose_penalty(scored, course.table, course.windows[-1]) if scored else None
    except TooLittleData:
        return None


def _evaluated(scores: Backtest, course: _Course) -> Evaluated:
    table, start = course.table, course.start
    if course.optimistic:  # every fold is scored by a fit of its own, and none comes after them
        calibration = calibrate(scores, table, scores.scored, known_by=start)
    else:
        rows = calibration_rows(
            scores, table, known_by=start, horizon_us=course.horizon_us, created_before=start
        )
        earlier = calibrate(scores, table, rows, known_by=start)
        calibration = for_fit(earlier, scores.fitted, table, rows, known_by=start)
    return Evaluated(scores, calibration, sigmoid(calibration.apply(scores.logit[course.test])))


def _random_split(evaluated: Mapping[Kind, Evaluated], course: _Course) -> dict[str, dict[str, float]]:
    """Evaluate each recipe on a random fold of the same size, to show how optimistic it is; never a claim."""
    table, recipes = course.table, [item.scores.recipe for item in evaluated.values()]
    usable = table.labels.used
    folds = max(2, round(usable.sum() / max(1, course.test.sum())))
    window = random_windows(table.spine, usable, _lead_groups(table), folds=folds, seed=course.seed)[0]
    y, weight = table.labels.y[window.test], table.weights(window.test)
    found: dict[str, dict[str, float]] = {}
    for part in score_window(recipes, table, window, course.progress):
        assert part is not None
        figures = evaluate(y, sigmoid(part.logit), weight)
        found[part.fitted.kind] = {name: figures[name] for name in ("roc_auc", "log_loss")}
    return found


def _lead_groups(table: Table) -> Indices:
    groups = np.arange(len(table.dataset.leads))
    groups[table.lead] = table.group
    return groups


def _record(
    item: Evaluated, intervals: Mapping[str, Interval], by_chance: dict[str, float], course: _Course
) -> KindRecord:
    raw = evaluate(course.y, sigmoid(item.scores.logit[course.test]), course.weight)
    return KindRecord(
        kind=item.scores.recipe.kind,
        metrics=measurable(intervals),
        calibration=item.calibration.method,
        slope=item.calibration.slope,
        intercept=item.calibration.intercept,
        uncalibrated_log_loss=raw["log_loss"],
        random_split=by_chance,
    )
