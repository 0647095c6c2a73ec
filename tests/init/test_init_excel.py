"""A project drafted from an Excel workbook."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from excel_kit import write_xlsx

from lead_ml.project.params import load_params
from lead_ml.tables.read import read_dataset
from lead_ml.workflows.init import init_from_export


def test_an_excel_export_becomes_a_project_that_reads_it(tmp_path: Path) -> None:
    start = datetime(2024, 1, 1, 9)
    rows = [
        [f"A-{k}", start + timedelta(hours=5 * k), ("web", "fair", "ads")[k % 3], k % 5 == 0]
        for k in range(400)
    ]
    file = write_xlsx(
        tmp_path / "export.xlsx", {"Leads": [["Lead ID", "Created", "Source", "Converted"], *rows]}
    )
    init_from_export(tmp_path / "project", leads=file)
    params = load_params(tmp_path / "project" / "params.yaml")
    assert params.data.leads.path == "../export.xlsx"
    dataset, _ = read_dataset(params, tmp_path / "project")
    assert dataset.leads.lead_id[:2] == ("A-0", "A-1")
    assert dataset.leads.created_at is not None
    assert len(dataset.leads) == 400
