"""The public data sets as a new user brings them, where the folder named by LEAD_ML_DATA holds them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lead_ml.workflows.init import init_from_export
from lead_ml.workflows.load import load
from lead_ml.workflows.train import train

pytestmark = pytest.mark.data
BANK_ROWS = 3_000


@pytest.fixture(scope="module")
def public() -> Path:
    folder = Path(os.environ.get("LEAD_ML_DATA", "/nonexistent"))
    if not (folder / "bank_marketing" / "bank-full.csv").is_file():
        pytest.skip("LEAD_ML_DATA names no folder with the public data sets")
    return folder


def test_the_bank_file_has_no_id_and_no_date_and_its_figures_are_optimistic(
    public: Path, tmp_path: Path
) -> None:
    lines = (public / "bank_marketing" / "bank-full.csv").read_text(encoding="utf-8").splitlines()
    step = (len(lines) - 1) // BANK_ROWS
    (tmp_path / "bank.csv").write_text("\n".join([lines[0], *lines[1::step]]) + "\n", encoding="utf-8")
    draft, _ = init_from_export(tmp_path / "mine", tmp_path / "bank.csv")
    assert draft.target == "y is yes"
    known_at = load(tmp_path / "mine").project.params.known_at
    assert known_at["duration"] == "current"
    assert known_at["campaign"] == "current"
    loaded = load(tmp_path / "mine")
    run = train(loaded.project, loaded.dataset, candidates=("scorecard", "logistic"))
    evaluation = run.evaluation("conversion")
    assert evaluation is not None
    assert evaluation.optimistic
    assert 0.55 < evaluation.of("logistic").metrics["roc_auc"].value < 0.75
    assert "duration" in run.record.left_out_features


def test_the_olist_pair_reaches_the_honest_range_and_asks_about_its_late_records(
    public: Path, tmp_path: Path
) -> None:
    funnel = public / "olist_funnel"
    draft, _ = init_from_export(
        tmp_path / "mine",
        funnel / "olist_marketing_qualified_leads_dataset.csv",
        outcomes=funnel / "olist_closed_deals_dataset.csv",
    )
    assert any("No win is recorded before 2017-12-05" in question.text for question in draft.questions)
    assert draft.horizon_days == 30
    loaded = load(tmp_path / "mine")
    params = loaded.project.params.data.leads
    assert params.columns == {"lead_id": "mql_id", "created_at": "first_contact_date", "source": "origin"}
    evaluation = train(loaded.project, loaded.dataset, candidates=("scorecard", "logistic")).evaluation(
        "conversion"
    )
    assert evaluation is not None
    assert 0.6 <= evaluation.of("logistic").metrics["roc_auc"].value <= 0.78
