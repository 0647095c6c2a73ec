"""Olist: dated deals, a short history, and the range an honest system reaches."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Spine, first_occurred
from lead_ml.declare import leads, outcomes
from lead_ml.tables.instants import parse_iso
from lead_ml.workflows.load import load
from lead_ml.workflows.train import train

WORDS = {"en": "x", "zh": "x", "group": "channel"}
ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.fixture(scope="module")
def olist(public_data, tmp_path_factory):
    root = tmp_path_factory.mktemp("olist") / "project"
    shutil.copytree(ROOT / "examples" / "olist", root)
    return load(root, public_data / "olist_funnel")


@pytest.fixture(scope="module")
def evaluation(olist):
    return train(olist.project, olist.dataset).evaluation("conversion")


def test_only_leads_from_2018_on_count(olist):
    assert all(column >= 1_514_764_800_000_000 - 86_400_000_000 for column in olist.dataset.leads.created_at)


def test_nothing_is_lost(olist):
    for table in olist.intake.tables.values():
        assert table.rows_in == table.used + sum(cause.count for cause in table.rejected)


def test_the_forward_auc_is_in_the_honest_range(evaluation):
    auc = evaluation.of(evaluation.chosen).metrics["roc_auc"]
    assert 0.64 <= auc.value <= 0.76
    assert auc.lower < auc.value < auc.upper


def test_the_log_loss_is_at_most_that_of_good_peers(evaluation):
    assert evaluation.of(evaluation.chosen).metrics["log_loss"].value <= 0.242


def test_few_wins_are_said_out_loud(evaluation):
    assert any("noise" in warning for warning in evaluation.warnings)
    assert 85 <= evaluation.windows[-1].test_positives <= 95


DAY = 86_400_000_000
DAYS = ("2018-02-01", "2018-02-15", "2018-03-01", "2018-04-01", "2018-05-01", "2018-06-01")


def test_the_ripe_rate_is_the_true_one_where_the_naive_one_climbs_by_itself(olist):
    """Wins so far by leads so far doubles here although fewer of the contacts win: its young leads had no time yet."""
    data = olist.dataset
    declared = [
        leads(by="*").conversion_rate("rate", within="30d", window="45d", strength=1e-9, **WORDS),
        leads(by="*").count("leads", **WORDS),
        outcomes(by="*", stage="won").count("wins", **WORDS),
    ]
    as_of = np.array([parse_iso(f"{day}T00:00:00", field="day") for day in DAYS])
    found = features_at(declared, data, Spine(np.zeros(len(as_of), dtype=np.int64), as_of))
    naive = found["wins"] / found["leads"]
    assert naive[0] == pytest.approx(0.056, abs=0.001)
    assert naive[-2] == pytest.approx(0.109, abs=0.001)
    won = first_occurred(data, ("won",)) - data.leads.created_at < 30 * DAY
    for when, rate in zip(as_of[1:], found["rate"][1:], strict=True):
        age = when - data.leads.created_at
        ripe = (age > 30 * DAY) & (age <= 75 * DAY)
        assert rate == pytest.approx(won[ripe].mean(), abs=1e-6)
    assert found["rate"][1:].max() / found["rate"][1:].min() < 1.35
