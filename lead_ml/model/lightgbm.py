"""Gradient boosted trees by LightGBM: log-loss, no class weights, the same bytes on any number of threads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from lead_ml.asof.matrix import Matrix
from lead_ml.errors import BundleError
from lead_ml.model.base import Classifier, ColumnInfo, check_classes, check_fit, described
from lead_ml.project.params import LightGBMParams
from lead_ml.project.targets import Candidate
from lead_ml.tables.dataset import Floats

TEXT = "model.txt"
# Above this many rows a second thread pays; below, OpenMP's start costs a hundred times the prediction.
_ONE_THREAD_ROWS = 64
# LightGBM's own defaults (min_data_per_group 100, cat_smooth 10) are made for larger data and trust small levels.
_FOR_CATEGORIES: Mapping[str, Any] = {
    "cat_smooth": 20.0,
    "cat_l2": 10.0,
    "max_cat_to_onehot": 8,
    "min_data_per_group": 50,
}


@dataclass(frozen=True, eq=False)
class BoosterTask:
    """The input of a booster: `rounds` trees on ``X`` (n, d) with labels ``y`` (n,) of 0.0 and 1.0 and ``weight`` (n,) or None.

    ``names`` are the d feature names, ``categories`` the positions of the columns that hold codes.
    """

    params: Mapping[str, Any]
    rounds: int
    X: Matrix
    y: Floats
    weight: Floats | None
    names: Sequence[str]
    categories: Sequence[int]


TrainBooster = Callable[[BoosterTask], str]


def train_booster_here(task: BoosterTask) -> str:
    """Train the trees in this process; return the model text."""
    import lightgbm

    data = lightgbm.Dataset(
        np.asarray(task.X),
        task.y,
        weight=task.weight,
        feature_name=list(task.names),
        categorical_feature=list(task.categories),
        params=dict(task.params),
        free_raw_data=True,
    )
    booster = lightgbm.train(dict(task.params), data, num_boost_round=task.rounds)
    return str(booster.model_to_string(num_iteration=-1))


class LightGBM(Classifier):
    """A LightGBM booster on numbers (NaN is missing) and category codes, with monotone signs on numbers.

    Parameters
    ----------
    params
        Rounds, rate, leaves and so on.
    seed
        Seed of every random choice.
    num_threads
        Threads of the fit and of batches above 64 rows; 0 is all cores. It changes no bit of any result.
    extra
        Raw LightGBM parameters that win over all others; None as a value removes the parameter.
    train_booster
        Trains the booster; in this process by default.
    """

    candidate: ClassVar[Candidate] = "lightgbm"

    def __init__(
        self,
        *,
        params: LightGBMParams = LightGBMParams(),  # noqa: B008 (frozen)
        seed: int = 7,
        num_threads: int = 1,
        extra: dict[str, Any] | None = None,
        train_booster: TrainBooster = train_booster_here,
    ) -> None:
        self.params = params
        self.seed = seed
        self.num_threads = num_threads
        self.extra = extra
        self.train_booster = train_booster

    @classmethod
    def defaults(cls, *, rounds: int = 100, seed: int = 7, num_threads: int = 1) -> Self:
        """Return LightGBM as it comes out of the box, without monotone signs: the yardstick of benchmarks."""
        names = (*_FOR_CATEGORIES, *_booster_params(LightGBMParams()), "monotone_constraints")
        ours: dict[str, Any] = dict.fromkeys(names)
        return cls(params=LightGBMParams(rounds=rounds), seed=seed, num_threads=num_threads, extra=ours)

    def fit(
        self,
        X: Matrix,
        y: npt.NDArray[Any],
        *,
        sample_weight: Floats | None = None,
        columns: Sequence[ColumnInfo] | None = None,
    ) -> Self:
        """Train ``params.rounds`` trees from the weighted mean; see :meth:`Classifier.fit`."""
        self.columns_ = columns = described(X, columns)
        labels, weight = check_fit(X, y, sample_weight, columns)
        check_classes(labels, weight)
        text = self.train_booster(
            BoosterTask(
                self.train_params(columns),
                self.params.rounds,
                X,
                labels,
                None if sample_weight is None else weight,
                _feature_names(columns),
                [j for j, column in enumerate(columns) if column.kind == "category"],
            )
        )
        self._set_text(_canonical(text))
        return self

    def train_params(self, columns: Sequence[ColumnInfo]) -> dict[str, Any]:
        """Return the parameters that LightGBM is given for these columns."""
        signs = [column.monotone if column.kind == "number" else 0 for column in columns]
        ours = {
            "objective": "binary",
            "boost_from_average": True,
            "deterministic": True,
            "force_row_wise": True,
            "seed": self.seed,
            "num_threads": self.num_threads,
            "verbosity": -1,
            **_FOR_CATEGORIES,
            **({"monotone_constraints": signs} if any(signs) else {}),
            **_booster_params(self.params),
            **(self.extra or {}),
        }
        return {name: value for name, value in ours.items() if value is not None}

    def predict_logit(self, X: Floats) -> Floats:
        """Return the raw score of the booster, (n,)."""
        return self._predict(X, raw_score=True)

    def contributions(self, X: Floats) -> Floats:
        """Return exact path-dependent Shapley values (Lundberg et al., 2018), (n, d + 1), the expected value last."""
        return self._predict(X, pred_contrib=True)

    def _predict(self, X: Floats, **what: bool) -> Floats:
        self._checked(X)
        if not len(X):
            return np.empty((0, X.shape[1] + 1) if "pred_contrib" in what else 0)
        threads = 1 if len(X) <= _ONE_THREAD_ROWS else self.num_threads
        return np.asarray(self._booster.predict(X, num_threads=threads, **what), dtype=np.float64)

    def _set_text(self, text: str) -> None:
        import lightgbm

        # Scored from its text from the start, so that a loaded model cannot differ from the fitted one.
        try:
            self._booster = lightgbm.Booster(model_str=text)
        except lightgbm.basic.LightGBMError as error:
            raise BundleError(
                f"LightGBM cannot read its model text: {error}", do="restore the bundle"
            ) from error
        self.text_ = text

    def save(self, folder: Path) -> None:
        """Write ``model.json`` and the trees as LightGBM's text, ``model.txt``."""
        super().save(folder)
        (folder / TEXT).write_text(self.text_, encoding="utf-8", newline="\n")

    def _to_dict(self) -> dict[str, Any]:
        return {"params": self.params.model_dump(), "seed": self.seed, "extra": self.extra}

    @classmethod
    def _from_dict(cls, content: Mapping[str, Any], folder: Path) -> Self:
        params = LightGBMParams.model_validate(content["params"])
        model = cls(params=params, seed=content["seed"], extra=content["extra"])
        model._set_text((folder / TEXT).read_text(encoding="utf-8"))
        return model

    def __getstate__(self) -> dict[str, Any]:
        return {
            name: value for name, value in vars(self).items() if name not in ("_booster", "train_booster")
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update({"train_booster": train_booster_here, **state})
        if "text_" in state:
            self._set_text(state["text_"])


def _booster_params(params: LightGBMParams) -> dict[str, Any]:
    values = params.model_dump(exclude={"rounds"})
    return {**values, "bagging_freq": 1 if params.bagging_fraction < 1 else 0}


def _feature_names(columns: Sequence[ColumnInfo]) -> list[str]:
    """Names that LightGBM takes as they are; by position where ours have other characters or collide."""
    names = [column.name for column in columns]
    plain = all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in names)
    return names if plain and len(set(names)) == len(names) else [f"column_{j}" for j in range(len(names))]


def _canonical(text: str) -> str:
    """The model text without the number of threads, which is all that differs between machines."""
    return re.sub(r"^\[num_threads: \d+\]$", "[num_threads: 1]", text, flags=re.MULTILINE)
