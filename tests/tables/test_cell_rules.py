"""Cell rules: learned from the data once, then applied to any cell alike."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from read_kit import Reader

from lead_ml.tables.cell_rules import COMMON_FROM, CellRules, ColumnRules, TableRules, spelling_key
from lead_ml.tables.columns import Coded

WORDS = ["Webinar", "WEBINAR", "webinar", "Ｗｅｂｉｎａｒ", "Messe", "messe", "推荐"]
CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.sampled_from(WORDS)
)


def learned(*cells: str | None, rules: TableRules | None = None) -> TableRules:
    rules = rules or TableRules()
    return rules.learned({"x": rules.read("x", Coded.of(cells))})


@settings(deadline=None)
@given(st.lists(CELLS, max_size=60), CELLS, st.sampled_from([None, "Web", "1"]), st.booleans())
def test_a_read_cell_is_read_as_itself(
    cells: list[object], cell: object, default: str | None, comma: bool
) -> None:
    declared = TableRules(missing=("n/a",), columns={"x": ColumnRules(default=default, comma=comma)})
    rules = declared.learned({"x": Coded.of([declared.text("x", value) for value in cells * 10])})
    once = rules.text("x", cell)
    if not comma:  # a number with a decimal point is no longer what its text said
        assert once is None or rules.text("x", once) == once
    sealed = msgspec.json.decode(msgspec.json.encode(CellRules(leads=rules).sealed(["x"])), type=CellRules)
    assert sealed.leads.text("x", cell) == once


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=80))
def test_the_most_frequent_spelling_stands_for_all(cells: list[str]) -> None:
    rules = learned(*cells)
    texts = [rules.text("x", cell) for cell in cells]
    plain = [TableRules().text("x", cell) for cell in cells]
    for text in set(texts):
        forms = [form for form, shown in zip(plain, texts, strict=True) if shown == text]
        assert len({spelling_key(form or "") for form in forms}) == 1
    for key in {spelling_key(form or "") for form in plain}:
        counts = {form: plain.count(form) for form in plain if spelling_key(form or "") == key}
        usual = [form for form, count in counts.items() if count == max(counts.values())]
        if max(counts.values()) >= COMMON_FROM:
            assert rules.text("x", (usual[0] or "").swapcase()) in usual


def test_rare_values_are_not_kept() -> None:
    rules = learned(*["Web"] * COMMON_FROM, *["Wang Wei"] * (COMMON_FROM - 1))
    assert rules.of("x").usual == {"web": "Web"}
    assert rules.text("x", "WANG WEI") == "WANG WEI"


YES = ["True", "1", "yes", "Y", "是", "ＹＥＳ", "ja", "Oui", "sí", "on", "✓", True, 1, 1.0]
NO = ["False", "0", "no", "N", "否", "nein", "off", False, 0, 0.0]


def test_yes_and_no_in_every_spelling_are_two_categories() -> None:
    rules = learned("Yes", "No", "Yes", "true", None, "N", "No")
    assert rules.of("x").yes_no
    assert {rules.text("x", cell) for cell in YES} == {"Yes"}
    assert {rules.text("x", cell) for cell in NO} == {"No"}


@pytest.mark.parametrize("cells", [["NO", "SE", "DK"] * 9, ["y", "z"] * 20, ["1", "0", "2", "3"] * 9])
def test_other_columns_hold_no_yes_and_no(cells: list[str]) -> None:
    assert not learned(*cells).of("x").yes_no


def test_a_whole_number_has_one_spelling() -> None:
    rules = learned(*["3"] * 12, *["3.0"] * 3, *["007"] * 10)
    assert [rules.text("x", cell) for cell in ("3", "3.0", 3, 3.0, "007", "7", "3.01")] == ["3"] * 4 + [
        "007",
        "7",
        "3.01",
    ]


def test_what_a_bundle_fixes_comes_before_the_table_but_its_dates_do_not() -> None:
    own = TableRules(
        columns={"x": ColumnRules(default="a", date_format="unix"), "y": ColumnRules(default="b")}
    )
    sealed = TableRules(
        missing=("?",), columns={"x": ColumnRules(default="c", comma=True, date_format="excel")}
    )
    both = own.under(sealed)
    assert both.of("x") == ColumnRules(default="c", comma=True, date_format="unix")
    assert (both.of("y").default, both.missing) == ("b", ("?",))


def test_sealed_rules_read_another_file_as_the_first(read: Reader) -> None:
    header = "lead_id,created_at,source,vip,spent\n"
    rows = [
        f'L{k},2024-05-01 10:00,{("Web", "web", "Fair")[k % 3]},{("Yes", "no")[k % 2]},"1.{k:03},5"'
        for k in range(60)
    ]
    params = {"decimal": ",", "defaults": {"source": "Fair"}}
    first, _ = read(header + "\n".join(rows), leads_params=params)
    rules = first.rules.sealed(["source", "vip", "spent"])
    second, _ = read(
        header + 'A,2024-05-01 10:00,WEB,是,"7,5"\nB,2024-05-01 10:00,,0,"1.000"\n', sealed=rules
    )
    columns = {name: column.values() for name, column in second.leads.columns.items()}
    assert columns == {"source": ["Web", "Fair"], "vip": ["Yes", "no"], "spent": ["7.5", "1000"]}


def test_history_and_extra_keys_are_spelled_as_the_leads(read: Reader, tmp_path: Path) -> None:
    leads = "lead_id,created_at,stage\n" + "\n".join(f"L{k},2024-05-01 10:00,Hot" for k in range(12))
    root = tmp_path
    (root / "h.csv").write_text(
        "lead_id,changed_at,field,value\nL1,2024-05-02 10:00,stage,HOT\nL1,2024-05-03 10:00,stage,cold\n"
    )
    (root / "x.csv").write_text("key,known_at,rank\nhot,2024-01-01,1\n")
    data = {"lead_history": {"path": "h.csv"}, "extra": {"ranks": {"path": "x.csv", "key": "stage"}}}
    found, _ = read(leads, known_at={"stage": "history"}, data_more=data)
    assert found.history["stage"].columns["stage"].values() == ["Hot", "cold"]
    assert found.extra["ranks"].keys == ("Hot",)


@pytest.mark.parametrize(
    ("decimal", "cells", "expected"),
    [(",", ("7,5", "1.250"), ["7.5", "1250"]), (".", ("7.5", "1.250"), ["7.5", "1.250"])],
)
def test_a_history_has_a_decimal_sign_of_its_own(
    read: Reader, tmp_path: Path, decimal: str, cells: tuple[str, str], expected: list[str]
) -> None:
    leads = "lead_id,created_at,spent,tier\n" + "\n".join(
        f'L{k},2024-05-01 10:00,"{k},5",gold' for k in range(20)
    )
    rows = [f'L1,2024-05-0{k + 2} 10:00,spent,"{cell}"' for k, cell in enumerate(cells)]
    others = [f"L{k},2024-05-02 10:00,tier,gold" for k in range(20)]
    (tmp_path / "h.csv").write_text("lead_id,changed_at,field,value\n" + "\n".join([*rows, *others]) + "\n")
    known = {"spent": "history", "tier": "history"}
    data = {"lead_history": {"path": "h.csv", "decimal": decimal}}
    found, _ = read(leads, leads_params={"decimal": ","}, known_at=known, data_more=data)
    assert found.history["spent"].columns["spent"].values() == expected


def test_filters_stand_for_every_spelling() -> None:
    from lead_ml.asof.kernel import aggregate_coded, compile_plans
    from lead_ml.declare import events
    from lead_ml.tables.dataset import Dataset, Events, Leads

    at = np.array([1_000, 2_000, 3_000])
    rows = Events(
        np.zeros(3, dtype=np.int64), at, at, {"type": Coded.of(["View", "view", "call"])}, np.full(3, np.nan)
    )
    data = Dataset(Leads(("A",), np.array([0]), {}), rows, until=9_000)
    (plan,) = compile_plans([events(type="view").count("views", en="Views", zh="浏览")])
    assert aggregate_coded(plan, data, np.array([0]), np.array([9_000]))[0].tolist() == [[2.0]]
