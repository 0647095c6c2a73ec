"""Olist: dated deals, a short history, and the range an honest system reaches."""

import shutil
from pathlib import Path

import pytest

from lead_ml.workflows.load import load
from lead_ml.workflows.train import train

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
        assert table.rows_in == table.used + sum(cause.count for cause in table.set_aside)


def test_the_forward_auc_is_in_the_honest_range(evaluation):
    auc = evaluation.of(evaluation.winner).metrics["roc_auc"]
    assert 0.64 <= auc.value <= 0.76
    assert auc.lower < auc.value < auc.upper


def test_the_log_loss_is_at_most_that_of_good_peers(evaluation):
    assert evaluation.of(evaluation.winner).metrics["log_loss"].value <= 0.242


def test_few_wins_are_said_out_loud(evaluation):
    assert any("noise" in warning for warning in evaluation.warnings)
    assert 85 <= evaluation.windows[-1].test_positives <= 95
