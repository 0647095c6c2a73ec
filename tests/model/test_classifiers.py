"""What every candidate promises: additive contributions, exact files, one row equal to many, scikit-learn's contract."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from model_samples import CANDIDATES, unfitted
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from lead_ml.errors import BundleError, InputError, LeadMLError, TooLittleData
from lead_ml.model import LightGBM, Logistic, Scorecard


def test_contributions_add_up_to_the_logit(fitted, sample, strange_rows):
    for X in (sample.X, strange_rows):
        contributions = fitted.contributions(X)
        assert contributions.shape == (len(X), len(sample.columns) + 1)
        assert np.abs(contributions.sum(axis=1) - fitted.predict_logit(X)).max() < 1e-9


def test_one_row_equals_the_batch_to_the_last_bit(fitted, sample, strange_rows):
    X = np.ascontiguousarray(np.vstack([sample.X[:150], strange_rows]))
    alone = [(fitted.predict_logit(X[i : i + 1]), fitted.contributions(X[i : i + 1])) for i in range(len(X))]
    assert np.array_equal(np.concatenate([logit for logit, _ in alone]), fitted.predict_logit(X))
    assert np.array_equal(np.vstack([each for _, each in alone]), fitted.contributions(X))
    proba = np.vstack([fitted.predict_proba(X[i : i + 1]) for i in range(len(X))])
    assert np.array_equal(proba, fitted.predict_proba(X))


@pytest.mark.parametrize("size", [2, 3, 5, 8, 17, 64, 65])
def test_the_place_in_a_batch_changes_nothing(fitted, sample, size):
    whole = fitted.predict_logit(sample.X[:200])
    parts = [fitted.predict_logit(sample.X[start : min(start + size, 200)]) for start in range(0, 200, size)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_files_give_back_every_bit_and_are_the_same_each_time(fitted, sample, strange_rows, tmp_path):
    fitted.save(tmp_path / "a")
    loaded = type(fitted).load(tmp_path / "a")
    loaded.save(tmp_path / "b")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == (["model.json", "model.txt"] if fitted.candidate == "lightgbm" else ["model.json"])
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    for X in (sample.X, strange_rows):
        assert np.array_equal(loaded.predict_logit(X), fitted.predict_logit(X))
        assert np.array_equal(loaded.contributions(X), fitted.contributions(X))
    assert loaded.columns_ == sample.columns


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_the_same_fit_gives_the_same_bytes(candidate, all_fitted, sample, tmp_path):
    sample.fitted(unfitted(candidate, sample.columns)).save(tmp_path / "again")
    all_fitted[candidate].save(tmp_path / "first")
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_probabilities_are_those_of_the_logit(fitted, sample):
    proba = fitted.predict_proba(sample.X)
    expected = 1 / (1 + np.exp(-fitted.predict_logit(sample.X)))
    assert proba[:, 1] == pytest.approx(expected, abs=1e-15)
    assert proba.sum(axis=1) == pytest.approx(np.ones(len(sample.X)), abs=1e-15)
    assert fitted.classes_.tolist() == [0, 1]


def test_no_rows_score_to_no_rows(fitted, sample):
    assert fitted.predict_logit(sample.X[:0]).shape == (0,)
    assert fitted.contributions(sample.X[:0]).shape == (0, len(sample.columns) + 1)


def test_scoring_leaves_its_input_alone(fitted, sample):
    X = sample.X.copy()
    X.flags.writeable = False
    fitted.contributions(X)
    assert np.array_equal(X, sample.X, equal_nan=True)


def test_scikit_learn_clones_the_keywords_and_not_the_fit(fitted):
    copied = clone(fitted)
    assert type(copied) is type(fitted)
    assert copied.get_params().keys() == fitted.get_params().keys()
    with pytest.raises(NotFittedError, match="is not fitted: call fit or load first"):
        copied.predict_logit(np.zeros((1, 6)))


def test_parameters_can_be_set_by_name_and_unknown_ones_are_refused():
    assert Logistic().set_params(l2=3.0).get_params() == {"l2": 3.0, "prior": None}
    with pytest.raises(LeadMLError, match=r"unknown parameter: got \['C'\]; expected l2, prior"):
        Logistic().set_params(C=1)


@pytest.mark.parametrize("candidate", [Logistic, LightGBM])
def test_one_class_is_too_little_data(candidate, sample):
    with pytest.raises(TooLittleData, match="one class only"):
        candidate().fit(sample.X, np.zeros(len(sample.X)), columns=sample.columns)
    positive_without_weight = np.where(sample.y == 1, 0.0, 1.0)
    with pytest.raises(TooLittleData, match="0 positives"):
        candidate().fit(sample.X, sample.y, sample_weight=positive_without_weight, columns=sample.columns)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": lambda s: s.X.astype(np.float32)}, "matrix does not fit"),
        ({"X": lambda s: np.asfortranarray(s.X)}, "C-contiguous"),
        ({"X": lambda s: s.X[:, :3].copy()}, "6 columns"),
        ({"X": lambda s: np.where(s.X == 4.0, np.inf, s.X)}, r"infinite values: got \["),
        ({"y": lambda s: s.y[:-1]}, "lengths differ"),
        ({"y": lambda s: s.y + 1}, "label is not 0 or 1"),
        ({"y": lambda s: s.y.astype(int).astype(str)}, "label is not 0 or 1; expected the numbers 0 or 1"),
        ({"sample_weight": lambda s: -s.weight}, "weight is negative"),
    ],
)
def test_impossible_fit_input_is_named(fresh, sample, change, message):
    given = {"X": sample.X, "y": sample.y, "sample_weight": sample.weight}
    given.update({name: make(sample) for name, make in change.items()})
    with pytest.raises(InputError, match=message):
        fresh.fit(given["X"], given["y"], sample_weight=given["sample_weight"], columns=sample.columns)


@pytest.mark.parametrize("kind", [bool, np.int8, list])
def test_labels_of_any_kind_of_number_fit_to_the_same_bits(fresh, sample, kind):
    labels = sample.y.tolist() if kind is list else sample.y.astype(kind)
    right = sample.fitted(clone(fresh)).predict_logit(sample.X)
    found = fresh.fit(sample.X, labels, sample_weight=sample.weight, columns=sample.columns)
    assert np.array_equal(found.predict_logit(sample.X), right)


def test_scoring_refuses_another_matrix(fitted, sample):
    with pytest.raises(InputError, match="expected float64, C-contiguous, 6 columns"):
        fitted.predict_logit(sample.X[:, :5].copy())


def test_damaged_and_foreign_files_are_refused(fitted, tmp_path):
    fitted.save(tmp_path)
    other = Scorecard if fitted.candidate != "scorecard" else Logistic
    with pytest.raises(BundleError, match=f"another candidate: got '{fitted.candidate}'"):
        other.load(tmp_path)
    path = tmp_path / "model.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "format": 99}))
    with pytest.raises(BundleError, match="format of a model file: got 99"):
        type(fitted).load(tmp_path)
    path.write_text(json.dumps({key: value for key, value in content.items() if key != "columns"}))
    with pytest.raises(BundleError, match="is damaged"):
        type(fitted).load(tmp_path)
    path.write_text("{")
    with pytest.raises(BundleError, match="cannot be read"):
        type(fitted).load(tmp_path)


def test_an_unfitted_model_is_not_saved(fresh, tmp_path):
    with pytest.raises(NotFittedError, match="is not fitted"):
        fresh.save(tmp_path)


def test_importing_the_models_imports_no_heavy_library():
    code = "import sys, lead_ml.model; print(*{'lightgbm', 'sklearn', 'scipy', 'pandas', 'numba'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
