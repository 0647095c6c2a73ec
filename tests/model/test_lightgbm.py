"""The booster: LightGBM's own figures, the same bytes on any number of threads, signs that hold."""

from __future__ import annotations

import pickle

import lightgbm
import numpy as np
import pytest
from model_samples import draw

from lead_ml.errors import BundleError
from lead_ml.model import LightGBM
from lead_ml.project.params import LightGBMParams

SMALL = LightGBMParams(rounds=20)


def test_threads_change_no_byte(sample, tmp_path):
    for threads in (0, 1, 2):
        sample.fitted(LightGBM(params=SMALL, num_threads=threads)).save(tmp_path / str(threads))
    for name in ("model.txt", "model.json"):
        assert len({(tmp_path / str(threads) / name).read_bytes() for threads in (0, 1, 2)}) == 1


def test_threads_change_no_score(sample):
    big = np.ascontiguousarray(np.tile(sample.X, (3, 1)))
    one, two = (sample.fitted(LightGBM(params=SMALL, num_threads=threads)) for threads in (1, 2))
    assert np.array_equal(one.predict_logit(big), two.predict_logit(big))
    assert np.array_equal(one.contributions(big), two.contributions(big))


def test_the_seed_changes_the_model(sample):
    one, two = (sample.fitted(LightGBM(params=SMALL, seed=seed)) for seed in (1, 2))
    assert one.text_ != two.text_


def test_defaults_are_lightgbms_own(sample):
    data = lightgbm.Dataset(sample.X, sample.y, categorical_feature=[4, 5], params={"verbosity": -1})
    peer = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, data, 100)
    ours = LightGBM.defaults(rounds=100).fit(sample.X, sample.y, columns=sample.columns)
    assert ours.predict_logit(sample.X) == pytest.approx(peer.predict(sample.X, raw_score=True), abs=1e-9)
    assert set(ours.train_params(sample.columns)) == {
        "objective", "boost_from_average", "deterministic", "force_row_wise", "seed", "num_threads", "verbosity"
    }  # fmt: skip


def test_parameters_reach_the_booster_and_extra_wins(sample):
    model = LightGBM(
        params=LightGBMParams(num_leaves=5, bagging_fraction=0.5), extra={"max_bin": 31, "cat_l2": None}
    )
    given = model.train_params(sample.columns)
    assert (given["num_leaves"], given["bagging_freq"], given["max_bin"]) == (5, 1, 31)
    assert "cat_l2" not in given
    assert given["monotone_constraints"] == [1, 0, 0, 0, 0, 0]
    assert sample.fitted(model).text_.count("[max_bin: 31]") == 1


def test_a_monotone_sign_holds_everywhere():
    sample = draw(800, seed=4)
    model = LightGBM(params=LightGBMParams(rounds=60, min_data_in_leaf=5, feature_fraction=1.0)).fit(
        sample.X, 1 - sample.y, columns=sample.columns
    )
    rows = np.repeat(sample.X[:50], 20, axis=0)
    rows[:, 0] = np.tile(np.linspace(0, 20, 20), 50)
    steps = np.diff(model.predict_logit(rows).reshape(50, 20), axis=1)
    assert (steps >= 0).all()


def test_equal_weights_are_no_weights(sample):
    one = LightGBM(params=SMALL).fit(sample.X, sample.y, columns=sample.columns)
    two = LightGBM(params=SMALL).fit(
        sample.X, sample.y, sample_weight=np.ones(len(sample.y)), columns=sample.columns
    )
    assert one.predict_logit(sample.X) == pytest.approx(two.predict_logit(sample.X), abs=1e-6)


def test_boosting_starts_from_the_weighted_rate(sample):
    model = LightGBM(params=LightGBMParams(rounds=1, learning_rate=1e-9))
    rate = (sample.y * sample.weight).sum() / sample.weight.sum()
    assert sample.fitted(model).predict_proba(sample.X)[:, 1] == pytest.approx(
        np.full(len(sample.y), rate), abs=1e-6
    )


def test_names_outside_ascii_or_twice_do_not_stop_the_fit(sample):
    assert "feature_names=column_0 column_1" in sample.fitted(LightGBM(params=SMALL)).text_
    plain = tuple(type(c)(f"f{j}", c.kind, c.n_codes) for j, c in enumerate(sample.columns))
    named = LightGBM(params=SMALL).fit(sample.X, sample.y, columns=plain)
    assert "feature_names=f0 f1 f2" in named.text_


def test_too_few_rows_for_a_split_give_the_rate():
    sample = draw(30, seed=2)
    model = LightGBM(params=SMALL).fit(sample.X, sample.y, columns=sample.columns)
    assert model.predict_proba(sample.X)[:, 1] == pytest.approx(np.full(30, sample.y.mean()), abs=1e-6)


def test_a_pickled_model_scores_the_same(sample):
    # Worker processes receive models this way; bundles never hold a pickle.
    model = sample.fitted(LightGBM(params=SMALL))
    assert np.array_equal(
        pickle.loads(pickle.dumps(model)).predict_logit(sample.X), model.predict_logit(sample.X)
    )


def test_a_text_that_is_no_model_is_refused(sample, tmp_path):
    sample.fitted(LightGBM(params=SMALL)).save(tmp_path)
    (tmp_path / "model.txt").write_text("not a model\n")
    with pytest.raises(BundleError, match="cannot read its model text"):
        LightGBM.load(tmp_path)
    (tmp_path / "model.txt").unlink()
    with pytest.raises(BundleError, match="is damaged"):
        LightGBM.load(tmp_path)
