"""Tuning a candidate on rolling windows with Optuna: seeded, resumable, and safe to interrupt.

The trials are kept in a journal file, so a second call continues where the first stopped, as long as data, features,
windows, seed and ranges are the same; otherwise a new study begins in the same file. Only the windows before the forward
window are used: nothing is tuned on the window that evaluates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from lead_ml.declare import computed
from lead_ml.errors import MissingExtra, TooLittleData
from lead_ml.evaluation.backtest import Backtest, Table, backtest, log_loss_gap
from lead_ml.evaluation.penalty import choose_penalty, penalties_of, rolling, rolling_loss
from lead_ml.evaluation.search_spaces import SearchSpace, space_of
from lead_ml.evaluation.split import Window
from lead_ml.evaluation.tuned import Number, TrialRecord, Tuned
from lead_ml.model.fit import Recipe
from lead_ml.model.metrics import Interval
from lead_ml.project.params import EvaluationParams

Progress = Callable[[int, float], None]
DIGITS = 4  # significant digits of a searched value: what is written to params.yaml is what was evaluated


@dataclass(frozen=True)
class Rolling:
    """What a trial is measured on: the windows before the last, and the outcomes known before that began."""

    table: Table
    windows: Sequence[Window]

    def backtest(self, recipe: Recipe) -> Backtest:
        """Score the rolling windows, each by a fit before it."""
        return backtest(recipe, self.table, self.windows[:-1])

    def loss(self, recipe: Recipe) -> float:
        """Return the weighted log-loss of a recipe."""
        return rolling_loss(self.backtest(recipe), self.table, self.windows[-1])

    def in_use(self, recipe: Recipe) -> Recipe:
        """Return the recipe as training would use it: a logistic regression with the penalty that the windows choose."""
        tried = penalties_of(recipe)
        if len(tried) == 1:
            return recipe
        return tried[choose_penalty([self.backtest(item) for item in tried], self.table, self.windows[-1])]

    def difference(self, best: Recipe, now: Recipe, options: EvaluationParams) -> Interval:
        """Return log-loss of `best` minus that of `now` on the same rows, with its paired interval over leads."""
        (known, a), (_, b) = (
            rolling(self.backtest(recipe), self.table, self.windows[-1]) for recipe in (best, now)
        )
        return log_loss_gap(known, a, b, options, best.seed)


def tune(
    recipe: Recipe,
    rows: Rolling,
    *,
    trials: int,
    journal: Path,
    options: EvaluationParams | None = None,
    progress: Progress = lambda _number, _best: None,
) -> Tuned:
    """Search the space of a candidate until the journal holds `trials` trials; a journal that is there is continued.

    `options` are the resamples and the level of the paired interval.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtra("optuna", "train") from error
    space = space_of(recipe.spec, recipe.candidate)
    if len(rows.windows) < 2:
        raise TooLittleData(
            "there is no window before the forward window to tune on", do="bring a longer history"
        )
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # its warning of Ctrl-C is a traceback
    name = study_name(recipe, rows, space)
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(journal)))
    study = optuna.create_study(storage=storage, study_name=name, direction="minimize", load_if_exists=True)
    done = sum(trial.value is not None for trial in study.trials)
    study.sampler = optuna.samplers.TPESampler(seed=recipe.seed + done)
    now = rows.in_use(recipe)
    log_loss_now = rows.loss(now)
    if done == 0:
        study.enqueue_trial(_current(now, space))

    def objective(trial: Any) -> float:
        return rows.loss(with_params(now, _rounded(_suggest(trial, space)), space))

    interrupted = False
    try:
        study.optimize(
            objective,
            n_trials=max(0, trials - done),
            callbacks=[lambda study, trial: progress(trial.number + 1, study.best_value)],
        )
    except KeyboardInterrupt:
        interrupted = True
    history = history_of(study)
    best = min(history, key=lambda trial: (trial.log_loss, trial.number))
    return Tuned(
        target=recipe.spec.name,
        candidate=recipe.candidate,
        study=name,
        params=best.params,
        fixed=dict(space.fixed),
        log_loss=best.log_loss,
        log_loss_now=log_loss_now,
        difference=rows.difference(with_params(now, best.params, space), now, options or EvaluationParams()),
        trials=len(history),
        history=history,
        ranges=dict(space.ranges),
        importance=_importance(optuna, study, history, recipe.seed),
        interrupted=interrupted,
    )


def history_of(study: Any) -> tuple[TrialRecord, ...]:
    """Return the finished trials of a study in order."""
    found = tuple(
        TrialRecord(number=trial.number, params=_rounded(trial.params), log_loss=float(trial.value))
        for trial in study.trials
        if trial.value is not None
    )
    if not found:
        raise TooLittleData("no trial was finished", do="let at least one trial run to its end")
    return found


def with_params(recipe: Recipe, changes: Mapping[str, Number], space: SearchSpace) -> Recipe:
    """Return the recipe with other parameters of its candidate."""
    section = getattr(recipe.params, recipe.candidate)
    changed = type(section).model_validate({**section.model_dump(), **space.fixed, **changes})
    return replace(recipe, params=recipe.params.model_copy(update={recipe.candidate: changed}))


def study_name(recipe: Recipe, rows: Rolling, space: SearchSpace) -> str:
    """Name a study after everything that decides the log-loss of a trial, apart from the parameters searched."""
    params = recipe.params.model_dump(mode="json")
    for name in space.ranges:
        params[recipe.candidate].pop(name)
    parts = {
        "params": params,
        "spec": recipe.spec,
        "seed": recipe.seed,
        "ranges": dict(space.ranges),
        "data": dict(rows.table.dataset.digests),
        "features": hashlib.sha256(computed(rows.table.declarations)).hexdigest(),
        "windows": [(w.name, w.start, int(w.fit.sum()), int(w.test.sum())) for w in rows.windows],
    }
    digest = hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()
    return f"{recipe.spec.name}-{recipe.candidate}-{digest[:12]}"


def _suggest(trial: Any, space: SearchSpace) -> dict[str, Number]:
    return {
        name: trial.suggest_int(name, round(item.low), round(item.high), log=item.log)
        if item.whole
        else trial.suggest_float(name, item.low, item.high, log=item.log)
        for name, item in space.ranges.items()
    }


def _rounded(params: Mapping[str, Number]) -> dict[str, Number]:
    return {
        name: value if isinstance(value, int) else float(f"{value:.{DIGITS}g}")
        for name, value in params.items()
    }


def _current(recipe: Recipe, space: SearchSpace) -> dict[str, Number]:
    """Return the parameters in use, moved into the searched ranges, as the first trial."""
    now = getattr(recipe.params, recipe.candidate).model_dump()
    return {name: min(max(now[name], item.low), item.high) for name, item in space.ranges.items()}


def _importance(optuna: Any, study: Any, history: Sequence[TrialRecord], seed: int) -> dict[str, float]:
    """Return the share of each parameter, largest first; empty where the trials do not differ."""
    if len({trial.log_loss for trial in history}) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items()}
