"""The candidates are scikit-learn estimators: cloned, cross-validated and searched by its own tools."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from lead_ml.model import LightGBM, Logistic, Scorecard
from lead_ml.project.params import LightGBMParams

CANDIDATES: list[Any] = [
    Logistic(l2=10.0),
    LightGBM(params=LightGBMParams(rounds=20, min_data_in_leaf=5), seed=3, num_threads=1),
]


def rows(n: int = 600, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 3))
    y = (rng.random(n) < 1 / (1 + np.exp(-2 * X[:, 0] + X[:, 1]))).astype(np.int64)
    X[rng.random((n, 3)) < 0.1] = np.nan
    return np.ascontiguousarray(X), y


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda item: item.candidate)
def test_cross_validation_ranks_better_than_chance(candidate: Any) -> None:
    X, y = rows()
    assert is_classifier(candidate)
    assert cross_val_score(candidate, X, y, scoring="roc_auc", cv=3).min() > 0.7
    pipeline = make_pipeline(FunctionTransformer(), candidate)
    assert cross_val_score(pipeline, X, y, scoring="accuracy", cv=3).min() > 0.6


@pytest.mark.parametrize(
    "candidate", [*CANDIDATES, Scorecard(base_rate=0.2)], ids=lambda item: item.candidate
)
def test_a_clone_fits_to_the_same_probabilities_and_predicts_the_likelier_class(candidate: Any) -> None:
    X, y = rows()
    weight = np.linspace(0.5, 1.5, len(y))
    first = clone(candidate).fit(X, y, sample_weight=weight)
    second = clone(candidate).fit(X, y, sample_weight=weight)
    probability = first.predict_proba(X)
    np.testing.assert_array_equal(probability, second.predict_proba(X))
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    np.testing.assert_array_equal(first.predict(X), (probability[:, 1] >= 0.5).astype(int))
    assert [column.name for column in first.columns_] == ["x0", "x1", "x2"]
    assert not hasattr(candidate, "columns_")


def test_a_grid_search_finds_the_better_penalty() -> None:
    X, y = rows()
    search = GridSearchCV(Logistic(), {"l2": [1.0, 1e6]}, scoring="neg_log_loss", cv=3).fit(X, y)
    assert search.best_params_ == {"l2": 1.0}
