"""The candidates are scikit-learn estimators: cloned, cross-validated and searched by its own tools."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from lead_ml.model import LightGBM, Logistic, Scorecard
from lead_ml.project.params import LightGBMParams

CANDIDATES: list[Any] = [
    Logistic(l2=10.0),
    LightGBM(params=LightGBMParams(rounds=20, min_data_in_leaf=5), seed=3, num_threads=1),
]

MATRIX = "the matrix is float64 and C-contiguous, as the encoder makes it; another is refused, not converted"
LABELS = "the labels are one vector of 0 and 1; others are refused, not encoded"
ERRORS = "what is wrong is told by lead-ml's own errors, which are no ValueError with scikit-learn's words"
EXPECTED = {
    "check_classifier_data_not_an_array": MATRIX,
    "check_complex_data": MATRIX,
    "check_dtype_object": MATRIX,
    "check_estimator_sparse_array": MATRIX,
    "check_estimator_sparse_matrix": MATRIX,
    "check_estimator_sparse_tag": MATRIX,
    "check_estimators_dtypes": MATRIX,
    "check_f_contiguous_array_estimator": MATRIX,
    "check_sample_weights_not_an_array": MATRIX,
    "check_sample_weights_pandas_series": MATRIX,
    "check_sample_weights_shape": MATRIX,
    "check_classifier_not_supporting_multiclass": LABELS,
    "check_classifiers_classes": LABELS,
    "check_classifiers_regression_target": LABELS,
    "check_classifiers_train": LABELS,
    "check_fit2d_1feature": LABELS,
    "check_sample_weights_not_overwritten": LABELS,
    "check_supervised_y_2d": LABELS,
    "check_estimators_empty_data_messages": ERRORS,
    "check_fit1d": ERRORS,
    "check_fit2d_predict1d": ERRORS,
    "check_n_features_in_after_fitting": ERRORS,
    "check_supervised_y_no_nan": ERRORS,
}
LEARNS = {
    "check_all_zero_sample_weights_error": ERRORS,
    "check_classifiers_one_label": ERRORS,
    "check_classifiers_one_label_sample_weights": ERRORS,
    "check_fit2d_1sample": ERRORS,
    "check_requires_y_none": ERRORS,
}
EXPECTED_OF: dict[str, dict[str, str]] = {
    "logistic": LEARNS,
    "lightgbm": {
        **LEARNS,
        "check_parameters_default_constructible": "its parameters are one frozen, checked object",
        "check_sample_weight_equivalence_on_dense_data": "LightGBM counts rows in leaves and bins, not their weights",
    },
    "scorecard": {
        "check_all_zero_sample_weights_error": "nothing is learned from the rows, so none are fine too",
        "check_classifiers_one_label": "nothing is learned from the labels",
    },
}


# A candidate keeps the contract without scikit-learn's base class: importing it would cost seconds.
@pytest.mark.filterwarnings("ignore:Estimator .* does not inherit from:UserWarning")
@pytest.mark.parametrize(
    "candidate", [Logistic(), CANDIDATES[1], Scorecard()], ids=lambda item: item.candidate
)
def test_scikit_learns_own_checks_fail_only_where_a_candidate_asks_for_more(candidate: Any) -> None:
    expected = EXPECTED | EXPECTED_OF[candidate.candidate]
    found = check_estimator(candidate, expected_failed_checks=expected, on_fail=None, on_skip=None)
    assert {each["check_name"]: repr(each["exception"]) for each in found if each["status"] == "failed"} == {}
    ran = {each["check_name"] for each in found}
    assert {each["check_name"] for each in found if each["status"] == "xfail"} == ran & set(expected)
    assert sum(each["status"] == "passed" for each in found) > 25


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


def test_only_a_fitted_candidate_has_columns_and_scores() -> None:
    X, y = rows()
    model = Logistic()
    assert not hasattr(model, "n_features_in_")
    with pytest.raises(NotFittedError, match="this Logistic is not fitted: call fit or load first"):
        model.predict_proba(X)
    assert model.fit(X, y).n_features_in_ == 3


def test_a_grid_search_finds_the_better_penalty() -> None:
    X, y = rows()
    search = GridSearchCV(Logistic(), {"l2": [1.0, 1e6]}, scoring="neg_log_loss", cv=3).fit(X, y)
    assert search.best_params_ == {"l2": 1.0}
