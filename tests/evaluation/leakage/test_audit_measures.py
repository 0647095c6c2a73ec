"""What the audit measures columns by, against values worked out another way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from lead_ml.evaluation.leakage.columns import View, category_bins, number_bins, view_of
from lead_ml.evaluation.leakage.measure import auc
from lead_ml.evaluation.leakage.person import _alike
from lead_ml.evaluation.leakage.sample import take_sample
from lead_ml.project.params import params_from
from lead_ml.project.targets import Column, ModelSpec
from lead_ml.project.task import Task
from lead_ml.tables.dataset import Coded, Dataset, Leads


@pytest.mark.parametrize(("wins", "losses", "times"), [(40, 160, 6.0), (120, 80, 2.5), (25, 500, 1.5)])
def test_the_interval_of_an_auc_is_as_wide_as_the_auc_varies_between_samples(
    wins: int, losses: int, times: float
) -> None:
    """For exponential scores the formula of Hanley and McNeil is exact, so the AUC of fresh samples varies as it says."""
    rng = np.random.default_rng(7)
    y = np.r_[np.ones(wins), np.zeros(losses)]
    scores = 1 - np.exp(-rng.exponential(np.where(y == 1, times, 1.0), (3_000, len(y))))
    sums = rankdata(scores, axis=1)[:, :wins].sum(axis=1)
    found = (sums - wins * (wins + 1) / 2) / (wins * losses)
    assert found.mean() == pytest.approx(times / (1 + times), abs=0.005)
    typical = int(np.abs(found - times / (1 + times)).argmin())
    interval = auc(y, scores[typical])
    assert interval.value == pytest.approx(found[typical])
    assert (interval.upper - interval.lower) / 2 == pytest.approx(1.96 * found.std(), rel=0.05)


def test_missing_numbers_are_a_bin_of_their_own_and_equal_numbers_are_never_parted() -> None:
    numbers = np.r_[np.full(5, np.nan), np.zeros(60), np.arange(1, 200.0)]
    bins = number_bins(numbers, 10)
    assert set(bins[np.isnan(numbers)]) == {0}
    assert bins[~np.isnan(numbers)].min() > 0
    assert len(set(bins[numbers == 0])) == 1
    assert (np.diff(bins[65:]) >= 0).all()
    assert bins.max() <= 10
    assert number_bins(np.full(3, np.nan)).tolist() == [0, 0, 0]


def test_missing_and_rare_values_share_no_bin_with_a_common_one() -> None:
    column = Coded.of([*["web"] * 40, *["fair"] * 50, *["once"], *["twice"] * 2, None])
    counts = np.bincount(column.codes[column.codes >= 0])
    bins = dict(zip(column.values(), category_bins(column, counts).tolist(), strict=True))
    assert bins == {"fair": 2, "web": 3, "once": 1, "twice": 1, None: 0}


def view(values: list[str | None]) -> View:
    """See a column beside an outcome that every fourth row has."""
    n = len(values)
    columns = {"x": Coded.of(values), "y": Coded.of(["yes", "no", "no", "no"] * (n // 4))}
    params = params_from({"project": "x", "data": {"leads": {"path": "leads.csv"}}})
    spec = ModelSpec(name="conversion", target=Column(column="y"), groups=("fit",))
    leads = Leads(tuple(f"L{k}" for k in range(n)), None, columns)
    return view_of("x", take_sample(Dataset(leads, until=0), Task.of(spec, params), (), 1))


def test_every_common_value_is_a_bin_also_the_first_one_of_the_file() -> None:
    found = view(["fair", "web", "fair", "call", None, "web", "fair", None] * 50)
    assert found.kind == "category"
    assert found.distinct == 3
    assert found.bins.tolist() == [2, 3, 2, 4, 0, 3, 2, 0] * 50


def test_every_text_has_a_score_of_its_words_and_only_a_missing_one_has_none() -> None:
    rng = np.random.default_rng(3)
    words = np.array(["asked", "for", "a", "call", "about", "our", "prices", "next", "week", "please"])
    texts: list[str | None] = [" ".join(rng.choice(words, 9)) for _ in range(400)]
    texts[7] = texts[90] = None
    found = view(texts)
    assert found.kind == "text"
    assert np.flatnonzero(np.isnan(found.matrix[:, 1])).tolist() == [7, 90]


def test_a_handful_of_leads_with_one_key_is_no_likeness() -> None:
    residual = np.array([0.9, 0.8, -0.3, 0.1])
    assert _alike(np.array([0, 0, 1, 2]), residual) == (0.0, 0.0, 2)
    assert _alike(np.array([0, 0, 1, 1]), residual)[2] == 4
    assert _alike(np.array([0, 0, 1, 1]), np.full(4, 0.2)) == (0.0, 0.0, 4)
