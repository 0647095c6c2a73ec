"""How data shows itself: one line in a console, one small table in a notebook, however large it is."""

from __future__ import annotations

from small import draw

from lead_ml.declare import category
from lead_ml.tables.dataset import Coded
from lead_ml.testing import sample_dataset


def test_a_large_data_set_has_a_short_repr() -> None:
    data = draw(3_000)
    assert repr(data).startswith("Dataset(3,000 leads, 9,000 events, ")
    for table in (data, data.leads, data.events, data.outcomes, data.leads.columns["size"]):
        assert len(repr(table)) < 200


def test_missing_tables_and_values_are_said() -> None:
    data = draw(50, column=True, dated=False)
    assert repr(data) == "Dataset(50 leads, no events, no outcomes)"
    assert repr(data.leads) == "Leads(50 rows, columns source, size, converted)"
    assert repr(Coded.of([None])) == "Coded(1 row, 1 missing, levels none)"


def test_a_notebook_shows_every_table_with_its_span() -> None:
    declared = [
        category("industry", en="x", zh="x", group="fit"),
        category("firms.a<b", en="x", zh="x", group="fit"),
    ]
    data = sample_dataset(declared, leads=30, history=["industry"], extra={"firms": "account_id"})
    html = data._repr_html_()
    for cell in ("leads", "events", "outcomes", "history of industry", "firms", "a&lt;b", "2026-01-"):
        assert f">{cell}" in html
    assert html.count("<tr>") == 6
    assert "a<b" not in html
