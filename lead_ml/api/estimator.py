"""A trained model as a scikit-learn classifier on the feature frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from lead_ml.declare import Declaration, Profile, part_name
from lead_ml.errors import InputError
from lead_ml.model.metrics import sigmoid
from lead_ml.scoring import BundlePart
from lead_ml.tables.dataset import Coded, Floats

if TYPE_CHECKING:
    import pandas as pd


class FeatureClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The calibrated model of one target of a bundle, already fitted: ``fit`` changes nothing."""

    def __init__(self, part: BundlePart | None = None) -> None:
        self.part = part

    @property
    def classes_(self) -> Any:
        """Return the two classes."""
        return np.array([0, 1])

    @property
    def feature_names_in_(self) -> Any:
        """Return the columns that are read."""
        return np.array(raw_names(self._part.fitted.declarations), dtype=object)

    @property
    def n_features_in_(self) -> int:
        """Return how many columns are read."""
        return len(self.feature_names_in_)

    def fit(self, X: Any, y: Any = None) -> FeatureClassifier:  # noqa: ARG002 (scikit-learn's signature)
        """Return self: the model is fitted already, as with ``sklearn.frozen.FrozenEstimator``; NotFittedError where none is."""
        _ = self._part
        return self

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return calibrated probabilities (rows, 2) of the classes 0 and 1, from the frame of :func:`lead_ml.features`.

        Numbers are floats and categories text; an InputError names columns of :attr:`feature_names_in_` that are missing.
        """
        part = self._part
        if not hasattr(X, "columns"):
            raise InputError(
                "is not a DataFrame",
                source="X",
                value=type(X).__name__,
                expected="the frame of lead_ml.features",
            )
        missing = [name for name in self.feature_names_in_ if name not in X.columns]
        if missing:
            raise InputError(
                f"{len(missing)} feature columns are missing",
                source="X",
                value=", ".join(missing[:5]),
                expected="the columns of lead_ml.features",
            )
        raw = {name: _column(X[name]) for name in self.feature_names_in_}
        matrix = part.fitted.encoder.transform(part.fitted.completed(raw))
        logit = np.asarray(part.calibration.apply(part.fitted.model.predict_logit(matrix)))
        positive = sigmoid(logit)
        return np.column_stack([1.0 - positive, positive])

    def predict(self, X: pd.DataFrame) -> Any:
        """Return 1 where the probability is at least one half, else 0."""
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(np.int64)

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        """Return one line: the candidate behind it and the number of columns it reads."""
        if self.part is None:
            return "FeatureClassifier()"
        return f"FeatureClassifier({self.part.fitted.candidate}, {self.n_features_in_} columns)"

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn that there is nothing left to fit."""
        return self.part is not None

    @property
    def _part(self) -> BundlePart:
        if self.part is None:
            raise NotFittedError("made by Model.to_sklearn() of a trained model")
        return self.part


def raw_names(declarations: Sequence[Declaration]) -> list[str]:
    """Return the columns that hold the raw values of features: one per feature, and one per part of a customer profile."""
    names: list[str] = []
    for item in declarations:
        names += [part_name(item, part) for part in item.of] if isinstance(item, Profile) else [item.name]
    return names


def _column(values: pd.Series[Any]) -> Coded | Floats:
    if values.dtype.kind in "fiub":
        return values.to_numpy(dtype=np.float64)
    return Coded.of([None if value is None or value != value else str(value) for value in values])  # noqa: PLR0124
