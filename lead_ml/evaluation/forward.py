"""The evaluation of every candidate on the forward window, with intervals, the base rate and a random split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from lead_ml.asof.labels import Mask, require_both_classes
from lead_ml.errors import TooLittleData
from lead_ml.evaluation.backtest import (
    Backtest,
    Progress,
    Table,
    WindowScores,
    calibrate,
    calibration_rows,
    for_fit,
    log_loss_gap,
    score_window,
)
from lead_ml.evaluation.choice import choose
from lead_ml.evaluation.penalty import choose_penalty, penalties_of
from lead_ml.evaluation.records import CandidateRecord, Evaluation
from lead_ml.evaluation.slices import slices_of
from lead_ml.evaluation.split import Window, random_windows
from lead_ml.evaluation.summary import (
    BASE,
    base_rate,
    candidate_record,
    headline,
    signal_of,
    warnings_of,
    window_record,
)
from lead_ml.model import Calibration
from lead_ml.model.fit import Recipe
from lead_ml.model.metrics import Interval, Known, Resampling, bootstrap, evaluate, log_loss, sigmoid
from lead_ml.project.targets import Candidate
from lead_ml.project.task import Task
from lead_ml.tables.dataset import Floats


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
    evaluated: Mapping[Candidate, Evaluated]
    test: Mask

    @property
    def chosen(self) -> Evaluated:
        """The candidate that serves."""
        return self.evaluated[self.evaluation.chosen]


@dataclass(frozen=True)
class _Course:
    """What is evaluated on: the last of the windows, or all of them where the data has no dates (``optimistic``)."""

    task: Task
    table: Table
    windows: Sequence[Window]
    progress: Progress

    @property
    def optimistic(self) -> bool:
        return self.table.dataset.leads.created_at is None

    @cached_property
    def test(self) -> Mask:
        used = self.windows if self.optimistic else self.windows[-1:]
        return np.asarray(np.logical_or.reduce([window.test for window in used]))

    @cached_property
    def known(self) -> Known:
        return self.table.known(self.test)

    @property
    def positives(self) -> int:
        """Leads with a positive row among the test rows."""
        return len(np.unique(self.table.lead[self.test & (self.table.labels.y > 0)]))

    def metrics(self, p: Floats) -> dict[str, Interval]:
        """Return every metric of the test rows with its interval."""
        common = self.task.common
        resampling = Resampling(common.evaluation.bootstrap, common.evaluation.level, common.seed)
        return bootstrap(self.known, p, resampling)

    def gap(self, p: Floats, other: Floats) -> Interval:
        """Return the log-loss minus that of other probabilities, with the 95% interval of the paired difference."""
        options = self.task.common.evaluation.model_copy(update={"level": 0.95})
        return log_loss_gap(self.known, p, other, options, self.task.common.seed)


def evaluate_forward(
    task: Task,
    table: Table,
    windows: Sequence[Window],
    recipes: Sequence[Recipe],
    *,
    by_chance: bool = True,
    progress: Progress = lambda _: None,
) -> Forward:
    """Evaluate recipes, one per candidate, on the last window, calibrated on the windows before it.

    For undated data `windows` are ``random_windows``: all folds are evaluated together, and the figures are marked optimistic.
    With `by_chance` each candidate is evaluated on a random split too, to show how optimistic that is.
    """
    course = _Course(task, table, windows, progress)
    require_both_classes(course.known.y, "the forward window")
    evaluated = {
        scores.recipe.candidate: _evaluated(scores, course) for scores in _backtests(recipes, course)
    }
    metrics = {candidate: course.metrics(item.probability) for candidate, item in evaluated.items()}
    choice = choose(task, table, windows, {name: item.scores for name, item in evaluated.items()})
    own = evaluated[choice.candidate].probability
    lead_over: dict[str, Interval] = {
        candidate: course.gap(item.probability, own)
        for candidate, item in evaluated.items()
        if candidate != choice.candidate
    }
    random = _random_split(evaluated, course) if by_chance and not course.optimistic else {}
    rate = base_rate(table, windows[-1])
    constant = np.full(len(own), rate)
    base, over_base = course.metrics(constant), course.gap(constant, own)
    auc, positives = metrics[choice.candidate]["roc_auc"], course.positives
    found = Evaluation(
        target=task.name,
        horizon_days=task.horizon_days,
        synthetic=task.common.synthetic,
        optimistic=course.optimistic,
        base_rate=rate,
        windows=tuple(window_record(window, table) for window in windows),
        candidates=(
            *(
                _record(item, metrics[candidate], random.get(candidate, {}), course)
                for candidate, item in evaluated.items()
            ),
            candidate_record(BASE, base, Calibration.identity(), base["log_loss"].value, {}),
        ),
        choice=choice,
        lead_over=lead_over,
        over_base=over_base,
        signal=signal_of(over_base, auc, positives),
        headline="",
        warnings=warnings_of(auc.value, positives, optimistic=course.optimistic),
        slices=slices_of(table, course.test, own),
        left_out=dict(table.labels.left_out or table.labels.counts()),
    )
    evaluation = msgspec.structs.replace(found, headline=headline(found))
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
    pairs = zip(search, tried, strict=True)
    scored = [Backtest.of(recipe, course.table, parts) for recipe, parts in pairs if parts]
    try:
        return choose_penalty(scored, course.table, course.windows[-1]) if scored else None
    except TooLittleData:
        return None


def _evaluated(scores: Backtest, course: _Course) -> Evaluated:
    table = course.table
    if course.optimistic:  # every fold is scored by a fit of its own, and none comes after them
        calibration = calibrate(scores, table, scores.scored)
    else:
        start = course.windows[-1].start
        rows = calibration_rows(scores, table, known_by=start, horizon_us=course.task.horizon_us or 0)
        earlier = calibrate(scores, table, rows, known_by=start)
        calibration = for_fit(earlier, scores.fitted, table, rows, known_by=start)
    return Evaluated(scores, calibration, sigmoid(calibration.apply(scores.logit[course.test])))


def _random_split(evaluated: Mapping[Candidate, Evaluated], course: _Course) -> dict[str, dict[str, float]]:
    """Evaluate each recipe on a random fold of the same size, to show how optimistic it is; never a claim."""
    table, usable = course.table, course.table.labels.used
    folds = max(2, round(usable.sum() / max(1, course.test.sum())))
    window = random_windows(usable, table.group, folds=folds, seed=course.task.common.seed)[0]
    known, found = table.known(window.test), dict[str, dict[str, float]]()
    recipes = [item.scores.recipe for item in evaluated.values()]
    for part in score_window(recipes, table, window, course.progress):
        assert part is not None
        figures = evaluate(known.y, sigmoid(part.logit), known.weight)
        found[part.fitted.candidate] = {name: figures[name] for name in ("roc_auc", "log_loss")}
    return found


def _record(
    item: Evaluated, metrics: Mapping[str, Interval], by_chance: dict[str, float], course: _Course
) -> CandidateRecord:
    raw = log_loss(course.known.y, sigmoid(item.scores.logit[course.test]), course.known.weight)
    return candidate_record(item.scores.recipe.candidate, metrics, item.calibration, raw, by_chance)
