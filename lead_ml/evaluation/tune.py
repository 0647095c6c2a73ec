"""Tuning LightGBM on forward windows with Optuna: seeded, resumable, and safe to interrupt.

The trials live in a journal file, so a second call goes on where the first stopped. Only the windows before the forward
window are used: the window that judges is never tuned on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from lead_ml.asof.labels import NEVER, Mask
from lead_ml.errors import DeclarationError, MissingExtra, TooLittleData
from lead_ml.evaluation import Table, backtest
from lead_ml.evaluation.split import Window
from lead_ml.model.fit import Recipe
from lead_ml.model.metrics import evaluate
from lead_ml.project.params import LightGBMParams
from lead_ml.project.targets import Uniform

Progress = Callable[[int, float], None]


class Tuned(msgspec.Struct, frozen=True, kw_only=True):
    """The best trial: its parameters, its log-loss on the rolling windows, and that of the parameters now in use.

    ``interrupted`` tells that Ctrl-C ended the search before all trials were made.
    """

    target: str
    params: dict[str, float]
    log_loss: float
    log_loss_now: float
    trials: int
    interrupted: bool = False


def tune(
    recipe: Recipe,
    table: Table,
    windows: Sequence[Window],
    *,
    trials: int,
    journal: Path,
    progress: Progress = lambda _number, _best: None,
) -> Tuned:
    """Search the ranges of the model's ``search`` until the journal holds `trials` trials.

    Parameters
    ----------
    recipe
        A lightgbm recipe; its seed seeds the sampler.
    windows
        All windows; the last, which judges, is left out here.
    journal
        File of the trials; made if absent, gone on with if present.

    Raises
    ------
    DeclarationError
        If the model declares no search range, or one that LightGBMParams lacks.
    TooLittleData
        If no window before the forward window can be scored.
    MissingExtra
        If optuna is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtra("optuna", "train") from error
    _check_search(recipe)
    folds = tuple(windows[:-1])
    if not folds:
        raise TooLittleData(
            "there is no window before the forward window to tune on", do="bring a longer history"
        )
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # its warning of Ctrl-C is a traceback
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(journal)))
    done = _trials_so_far(optuna, storage, recipe)
    study = optuna.create_study(
        storage=storage,
        study_name=recipe.spec.name,
        sampler=optuna.samplers.TPESampler(seed=recipe.seed + done),
        direction="minimize",
        load_if_exists=True,
    )
    known = windows[-1].fit
    known_by = windows[-1].start or NEVER
    now = loss_of(recipe, table, folds, known, known_by)
    if done == 0:
        study.enqueue_trial(_current(recipe))

    def objective(trial: Any) -> float:
        tried = with_params(recipe, _suggest(trial, recipe.spec.search))
        return loss_of(tried, table, folds, known, known_by)

    interrupted = False
    try:
        study.optimize(
            objective,
            n_trials=max(0, trials - done),
            callbacks=[lambda study, trial: progress(trial.number + 1, study.best_value)],
        )
    except KeyboardInterrupt:
        interrupted = True
    return msgspec.structs.replace(best_of(recipe, study, now), interrupted=interrupted)


def best_of(recipe: Recipe, study: Any, now: float) -> Tuned:
    """Summarise a study."""
    finished = [trial for trial in study.trials if trial.value is not None]
    if not finished:
        raise TooLittleData("no trial was finished", do="let at least one trial run to its end")
    best = min(finished, key=lambda trial: (trial.value, trial.number))
    return Tuned(
        target=recipe.spec.name,
        params={name: float(value) for name, value in best.params.items()},
        log_loss=float(best.value),
        log_loss_now=now,
        trials=len(finished),
    )


def loss_of(
    recipe: Recipe, table: Table, folds: Sequence[Window], known: Mask, known_by: int = NEVER
) -> float:
    """Return the weighted log-loss of a recipe over the rolling windows, each fitted only on what lies before it.

    Only rows in `known` count, those whose horizon had passed before the forward window began, with the outcomes known
    strictly before `known_by`.
    """
    scores = backtest(recipe, table, folds)
    rows = scores.scored & known
    if not rows.any():
        raise TooLittleData(
            "no outcome of the rolling windows was known before the forward window",
            do="bring a longer history, or lower horizon_days",
        )
    probability = 1.0 / (1.0 + np.exp(-scores.logit[rows]))
    y = table.labels.as_known(known_by)[rows]
    return float(evaluate(y, probability, table.weights(rows))["log_loss"])


def with_params(recipe: Recipe, changes: dict[str, float]) -> Recipe:
    """Return the recipe with other LightGBM parameters."""
    whole = {name: round(value) if _is_whole(name) else value for name, value in changes.items()}
    lightgbm = LightGBMParams.model_validate({**recipe.params.lightgbm.model_dump(), **whole})
    params = recipe.params.model_copy(update={"lightgbm": lightgbm})
    return Recipe(recipe.kind, recipe.spec, params, recipe.seed, recipe.threads)


def _check_search(recipe: Recipe) -> None:
    if not recipe.spec.search:
        raise DeclarationError(
            f"model {recipe.spec.name} has nothing to tune", expected="search={...} in models/*.py"
        )
    stray = sorted(set(recipe.spec.search) - set(LightGBMParams.model_fields))
    if stray:
        raise DeclarationError(
            f"search of model {recipe.spec.name}",
            value=stray,
            expected=f"some of {', '.join(LightGBMParams.model_fields)}",
        )


def _suggest(trial: Any, search: dict[str, Uniform]) -> dict[str, float]:
    return {
        name: trial.suggest_int(name, round(space.low), round(space.high), log=space.log)
        if space.whole
        else trial.suggest_float(name, space.low, space.high, log=space.log)
        for name, space in search.items()
    }


def _current(recipe: Recipe) -> dict[str, float]:
    """Return the parameters in use, moved into the searched ranges, as the first trial."""
    now = recipe.params.lightgbm.model_dump()
    return {name: min(max(now[name], space.low), space.high) for name, space in recipe.spec.search.items()}


def _trials_so_far(optuna: Any, storage: Any, recipe: Recipe) -> int:
    names = {summary.study_name for summary in optuna.get_all_study_summaries(storage)}
    if recipe.spec.name not in names:
        return 0
    study = optuna.load_study(study_name=recipe.spec.name, storage=storage)
    return sum(trial.value is not None for trial in study.trials)


def _is_whole(name: str) -> bool:
    return LightGBMParams.model_fields[name].annotation is int
