"""Excel and OpenDocument workbooks as tables: the same data as the CSV file that a person would have saved."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from excel_kit import ErrorCell, write_ods, write_xlsx
from read_kit import LEADS, Reader, us

from lead_ml.errors import InputError, ParamsError
from lead_ml.tables.read.excel_file import read_excel

HEADER = ["lead_id", "created_at", "source"]
ROWS: list[list[Any]] = [
    HEADER,
    ["L1", datetime(2024, 5, 1, 10), "web"],
    ["L2", datetime(2024, 5, 2, 10), "fair"],
    ["L3", datetime(2024, 5, 3, 10), "web"],
]


@pytest.mark.parametrize(("write", "name"), [(write_xlsx, "leads.xlsx"), (write_ods, "leads.ods")])
def test_a_workbook_reads_like_the_csv_file_of_the_same_data(
    read: Reader, tmp_path: Path, write: Any, name: str
) -> None:
    write(tmp_path / name, {"Leads": ROWS})
    dataset, report = read(None, leads_params={"path": name})
    assert dataset.digests == read(LEADS)[0].digests
    assert report.tables["leads"].sources == (f"{name} (sheet Leads)",)


def test_the_first_visible_sheet_is_read_unless_one_is_named(read: Reader, tmp_path: Path) -> None:
    other = [HEADER, ["X1", datetime(2024, 5, 1, 10), "web"]]
    write_xlsx(tmp_path / "crm.xlsx", {"Notes": other, "Leads": ROWS}, hidden=["Notes"])
    assert read(None, leads_params={"path": "crm.xlsx"})[0].leads.lead_id == ("L1", "L2", "L3")
    assert read(None, leads_params={"path": "crm.xlsx", "sheet": "Notes"})[0].leads.lead_id == ("X1",)


def test_an_unknown_sheet_lists_the_sheets(read: Reader, tmp_path: Path) -> None:
    write_xlsx(tmp_path / "crm.xlsx", {"Leads": ROWS, "Deals & more": ROWS})
    with pytest.raises(
        ParamsError, match="has no such sheet: got 'leads'; expected one of 'Leads', 'Deals &"
    ):
        read(None, leads_params={"path": "crm.xlsx", "sheet": "leads"})


def test_a_sheet_of_a_csv_file_stops(read: Reader) -> None:
    with pytest.raises(ParamsError, match=r"sheet is set, but leads\.csv is not an Excel file: got 'Leads'"):
        read(LEADS, leads_params={"sheet": "Leads"})


def test_cells_keep_their_type_and_numbers_are_written_as_in_the_sheet(read: Reader, tmp_path: Path) -> None:
    header = ["lead_id", "created_at", "phone", "score", "vip"]
    row = [100001, datetime(2024, 5, 6, 12, 30), 13800138000, 0.1, True]
    write_xlsx(
        tmp_path / "leads.xlsx", {"Leads": [header, row, [100002, row[1], 1, 1, False], [3, row[1], 2, 2, 1]]}
    )
    leads = read(None, leads_params={"path": "leads.xlsx"}, time_zone="Asia/Shanghai")[0].leads
    assert leads.lead_id == ("100001", "100002", "3")
    assert leads.created_at is not None
    assert leads.created_at[0] == us("2024-05-06T12:30:00+08:00")
    assert {name: column.values()[0] for name, column in leads.columns.items()} == {
        "phone": "13800138000",
        "score": "0.1",
        "vip": "true",
    }
    assert leads.columns["vip"].values() == ["true", "false", "true"]


def test_a_day_without_a_time_is_known_at_its_end(read: Reader, tmp_path: Path) -> None:
    write_xlsx(tmp_path / "leads.xlsx", {"Leads": [HEADER, ["L1", date(2024, 5, 6), "web"]]})
    created = read(None, leads_params={"path": "leads.xlsx"})[0].leads.created_at
    assert created is not None
    assert created.tolist() == [us("2024-05-07T00:00:00+00:00") - 1]


def test_empty_rows_and_columns_around_the_table_are_skipped_and_rows_have_their_numbers_in_excel(
    read: Reader, tmp_path: Path
) -> None:
    rows = [
        [],
        [],
        [*HEADER, None, None],
        [*ROWS[1], "", None],
        [],
        ["L2", "soon", "fair"],
        [*ROWS[3], None, ""],
    ]
    write_xlsx(tmp_path / "leads.xlsx", {"Leads": rows}, left=2)
    dataset, report = read(None, leads_params={"path": "leads.xlsx"})
    assert dataset.leads.lead_id == ("L1", "L3")
    assert tuple(dataset.leads.columns) == ("source",)
    (item,) = report.tables["leads"].rejected
    assert (item.rows, item.example) == ((6,), "soon")


def test_a_column_of_values_without_a_header_is_kept_under_its_number(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"A": [["lead_id", None, "x"], ["L1", "note", None]]}, left=1)
    assert tuple(read_excel(path, "a.xlsx").columns) == ("lead_id", "column_3", "x")


def test_cells_with_an_error_are_missing_and_rejected_where_a_value_is_required(
    read: Reader, tmp_path: Path
) -> None:
    rows = [*ROWS[:2], ["L2", ErrorCell("#REF!"), "fair"], ["L3", ROWS[3][1], ErrorCell()]]
    for write, name in ((write_xlsx, "leads.xlsx"), (write_ods, "leads.ods")):
        write(tmp_path / name, {"Leads": rows})
        dataset, report = read(None, leads_params={"path": name})
        assert dataset.leads.columns["source"].values() == ["web", None]
        (item,) = report.tables["leads"].rejected
        assert (item.cause, item.rows) == ("created_at is missing", (3,))


def test_a_cell_merged_over_rows_has_its_value_in_each_of_them(tmp_path: Path) -> None:
    rows = [["id", "x"], ["L1", 1], [None, 2], [], [None, 3], ["L2", 4]]
    path = write_xlsx(tmp_path / "a.xlsx", {"A": rows}, merged=["B2:B5"], left=1)
    table = read_excel(path, "a.xlsx")
    assert table.columns["id"].values() == ["L1", "L1", "L1", "L2"]
    assert table.lines.tolist() == [2, 3, 5, 6]


def test_a_merged_title_does_not_fill_the_table(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"A": [["id", "x"], [None, 1], ["L1", 2]]}, merged=["A1:A2"])
    assert read_excel(path, "a.xlsx").columns["id"].values() == ["", "L1"]


def test_a_pattern_stacks_workbooks_and_skips_the_lock_files_of_excel(read: Reader, tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", {"May": ROWS[:2]})
    write_xlsx(tmp_path / "b.xlsx", {"June": [HEADER, *ROWS[2:]]})
    (tmp_path / "~$a.xlsx").write_bytes(b"\x04user")
    dataset, report = read(None, leads_params={"path": "*.xlsx"})
    assert dataset.leads.lead_id == ("L1", "L2", "L3")
    assert report.tables["leads"].sources == ("a.xlsx (sheet May)", "b.xlsx (sheet June)")


@pytest.mark.parametrize("rows", [[], [[None]]])
def test_an_empty_sheet_stops(read: Reader, tmp_path: Path, rows: list[list[Any]]) -> None:
    write_xlsx(tmp_path / "leads.xlsx", {"Leads": rows})
    with pytest.raises(InputError, match=r"leads\.xlsx \(sheet Leads\): the sheet is empty"):
        read(None, leads_params={"path": "leads.xlsx"})


def test_a_repeated_header_names_its_row(read: Reader, tmp_path: Path) -> None:
    write_xlsx(tmp_path / "leads.xlsx", {"Leads": [[], ["lead_id", "a", "a"], ["L1", 1, 2]]})
    with pytest.raises(InputError, match=r"sheet Leads\), row 2: the header has column a more than once"):
        read(None, leads_params={"path": "leads.xlsx"})


def test_a_damaged_workbook_says_what_to_do(read: Reader, tmp_path: Path) -> None:
    content = write_xlsx(tmp_path / "whole.xlsx", {"Leads": ROWS}).read_bytes()
    (tmp_path / "leads.xlsx").write_bytes(content[:-40])
    with pytest.raises(InputError, match=r"leads\.xlsx: the Excel file cannot be read .*save it again"):
        read(None, leads_params={"path": "leads.xlsx"})
