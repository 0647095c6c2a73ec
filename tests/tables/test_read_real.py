"""The Olist funnel, read as its example does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from read_kit import NOW

from lead_ml.project.params import params_from
from lead_ml.tables.read import read_dataset


@pytest.mark.data
def test_the_olist_funnel_is_read_whole_with_one_early_win() -> None:
    root = Path(os.environ.get("LEAD_ML_DATA", "")) / "olist_funnel"
    if "LEAD_ML_DATA" not in os.environ or not root.is_dir():
        pytest.skip("LEAD_ML_DATA does not name a folder with olist_funnel")
    data = {
        "leads": {
            "path": "olist_marketing_qualified_leads_dataset.csv",
            "columns": {"lead_id": "mql_id", "created_at": "first_contact_date", "source": "origin"},
        },
        "outcomes": {
            "path": "olist_closed_deals_dataset.csv",
            "columns": {"lead_id": "mql_id", "occurred_at": "won_date"},
            "constants": {"stage": "won"},
        },
    }
    params = params_from({"project": "olist", "time_zone": "America/Sao_Paulo", "data": data})
    dataset, report = read_dataset(params, root, now=NOW)
    assert dataset.outcomes is not None
    assert (len(dataset.leads), len(dataset.outcomes)) == (8000, 842)
    assert any(
        note.startswith("1 outcome dated before the creation of the lead")
        for note in report.tables["outcomes"].notes
    )
