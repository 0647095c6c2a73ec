"""Leads with their standard forms beside the raw cells, from a project and from a plain file; the counts of the report hold."""

from __future__ import annotations

import csv
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from small import write_project

from lead_ml.errors import InputError, MissingExtra, ParamsError
from lead_ml.lead_data.quality import MOST_SOURCES
from lead_ml.tables.durable import private_copy
from lead_ml.workflows.clean import as_plain, clean_file, clean_project

HEAD = [
    "Lead ID",
    "Create Date",
    "Lead Source",
    "Name",
    "Company",
    "E-Mail",
    "Phone",
    "Country",
    "State",
    "City",
    "Address",
    "Job Title",
    "Notes",
]
ROWS = [
    ["1", "2024-01-05 10:00", "web", "JOHN SMITH", "Acme, Inc.", "John@Gmial.com", "1-415-555-2671", "USA", "CA", "San Francisco", "1 Market St, San Francisco, CA 94105", "VP Sales", "=1+1"],
    ["2", "2024-01-09 10:00", "web", "王 小明", "华为技术有限公司", "wxm@qq.com", "138 0571 2233", "中国", "浙江", "杭州", "浙江省杭州市西湖区文三路90号", "采购经理", "hi "],
    ["3", "2024-02-09 10:00", "fair", "test", "x", "a@b", "12345", "", "", "", "", "", ""],
    ["4", "2024-03-01", "fair", "Jörg Müller", "Müller GmbH", "j.mueller@müller.de", "030 901820", "", "", "Berlin", "Musterstr. 5, 80331 München", "Geschäftsführer", ""],
    ["5", "2024-03-02", "", "Ann Lee", "", "ann@x.com", "N/A", "", "", "慕尼黑", "", "CEO", "+49 30 901820"],
]  # fmt: skip


def write(path: Path, rows: list[list[str]] = ROWS, head: list[str] = HEAD) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def read(path: str | Path) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_keeps_its_raw_cells_and_gets_standard_forms(tmp_path: Path) -> None:
    report = clean_file(write(tmp_path / "crm.csv"))
    rows = read(report.written)
    kept = [[row[name] for name in HEAD] for row in rows]
    assert [row[:12] for row in kept] == [row[:12] for row in ROWS]
    assert [row[12] for row in kept] == [
        "'=1+1",
        "hi ",
        "",
        "",
        "+49 30 901820",
    ]  # no formula for a spreadsheet
    john, wang, test, joerg, ann = rows
    assert (john["email_standard"], john["email_suggested"]) == ("john@gmial.com", "john@gmail.com")
    assert (john["phone_e164"], john["country_code"], john["province_code"]) == (
        "+14155552671",
        "US",
        "US-CA",
    )
    assert (john["name_standard"], john["company_key"], john["seniority"], john["job_function"]) == (
        "John Smith",
        "acme",
        "director",
        "sales",
    )
    assert (wang["phone_e164"], wang["city_standard"], wang["address_district"]) == (
        "+8613805712233",
        "杭州市",
        "西湖区",
    )
    assert (wang["name_standard"], wang["company_key"], wang["created_at_utc"]) == (
        "王小明",
        "华为技术",
        "2024-01-09T10:00:00Z",
    )
    assert (test["email_standard"], test["phone_e164"]) == ("", "")
    assert (joerg["phone_e164"], joerg["created_at_utc"]) == (
        "+4930901820",
        "2024-03-01",
    )  # the region of the city; a date stays one
    assert (ann["phone_e164"], ann["city_standard"]) == ("", "Munich")


def test_the_report_counts_filled_valid_and_changed(tmp_path: Path) -> None:
    report = clean_file(write(tmp_path / "crm.csv"))
    found = {column.role: (column.filled, column.valid, column.changed) for column in report.columns}
    assert found["email"] == (5, 4, 1)
    assert found["phone"] == (4, 3, 3)
    assert found["name"] == (5, 4, 2)  # the filler is not valid
    assert found["company"] == (4, 4, 0), "x is short, not a filler"
    assert found["country"] == (2, 2, 2)
    assert found["created_at"] == (5, 5, 3)
    assert report.suggested_emails == 1
    for slices in (report.by_source, report.by_month):
        assert sum(part.rows for part in slices) == report.rows == 5
        for k, column in enumerate(report.columns):
            for count in ("filled", "valid", "changed"):
                assert sum(getattr(part.columns[k], count) for part in slices) == getattr(column, count)
    assert [part.name for part in report.by_month] == ["2024-01", "2024-02", "2024-03"]
    assert [part.name for part in report.by_source] == ["fair", "web", ""]
    assert as_plain(report)["columns"][0]["role"] == "created_at"


def test_traditional_characters_meet_simplified_ones_in_keys_codes_and_titles_only(tmp_path: Path) -> None:
    row = [
        "6",
        "2024-03-02",
        "web",
        "陳偉",
        "騰訊科技有限公司",
        "a@b.com",
        "13800138000",
        "",
        "廣東",
        "廣州",
        "",
        "總經理",
        "",
    ]
    report = clean_file(write(tmp_path / "crm.csv", [row]))
    (found,) = read(report.written)
    assert (found["name_standard"], found["name_key"], found["company_key"]) == ("陳偉", "陈伟", "腾讯科技")
    assert (found["province_code"], found["city_standard"], found["seniority"]) == (
        "CN-GD",
        "广州市",
        "c_level",
    )
    phone = next(column for column in report.columns if column.role == "phone")
    assert (found["phone_e164"], phone.filled, phone.valid) == (
        "+8613800138000",
        1,
        0,
    )  # a number of sample texts


def test_the_order_of_rows_changes_no_row(tmp_path: Path) -> None:
    forth = read(clean_file(write(tmp_path / "a.csv")).written)
    back = read(clean_file(write(tmp_path / "b.csv", ROWS[::-1])).written)
    assert back[::-1] == forth


def test_only_the_owner_may_read_the_result(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old", encoding="utf-8")
    out.chmod(0o644)
    clean_file(write(tmp_path / "crm.csv"), out=out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert len(read(out)) == 5


def test_an_error_leaves_no_half_file_and_no_draft(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"

    def fail() -> None:
        with private_copy(out) as draft:
            draft.write_text("half", encoding="utf-8")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_parquet_holds_the_same_texts(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    clean_file(write(tmp_path / "crm.csv"), out=tmp_path / "x.parquet", picture=tmp_path / "q.png")
    rows = pq.read_table(tmp_path / "x.parquet").to_pylist()
    assert rows[0]["Notes"] == "=1+1"
    assert (rows[1]["city_standard"], rows[2]["phone_e164"]) == ("杭州市", None)
    assert (tmp_path / "q.png").read_bytes().startswith(b"\x89PNG")


def test_rows_without_ids_are_numbered(tmp_path: Path) -> None:
    rows = read(clean_file(write(tmp_path / "crm.csv", [row[1:] for row in ROWS], HEAD[1:])).written)
    assert [row["lead_id"] for row in rows] == ["1", "2", "3", "4", "5"]


def test_a_column_with_the_name_of_a_new_one_is_kept(tmp_path: Path) -> None:
    head, rows = [*HEAD, "phone_e164"], [[*row, "mine"] for row in ROWS]
    found = read(clean_file(write(tmp_path / "crm.csv", rows, head)).written)
    assert (found[1]["phone_e164"], found[1]["phone_e164_"]) == ("mine", "+8613805712233")


def test_leads_of_a_project_are_read_by_its_rules(tmp_path: Path) -> None:
    write(
        tmp_path / "leads.csv",
        head=["lead_id", "created_at", "source", "name", "company", "email", "Tel", *HEAD[7:]],
    )
    leads = {
        "path": "leads.csv",
        "columns": {"phone": "Tel", "country": "Country"},
        "defaults": {"country": "DE"},
    }
    write_project(tmp_path, data={"leads": leads}, known_at={}, time_zone="Asia/Shanghai", synthetic=True)
    report = clean_project(tmp_path, None)
    rows = read(report.written)
    assert report.written == str(tmp_path / "runs" / "clean" / "leads_clean.csv")
    assert report.synthetic
    assert rows[0]["created_at_utc"] == "2024-01-05T02:00:00Z"
    assert rows[3]["created_at_utc"] == "2024-03-01"
    assert rows[3]["phone_e164"] == "+4930901820"
    assert {row["country_code"] for row in rows} == {"US", "CN", "DE"}
    assert "SYNTHETIC" in (tmp_path / "runs" / "clean" / "quality.svg").read_text(encoding="utf-8")


def test_sources_beyond_the_largest_are_added_up(tmp_path: Path) -> None:
    rows = [[str(k), "2024-01-01", f"s{k % 20:02d}", "Li Na", *[""] * 9] for k in range(100)]
    report = clean_file(write(tmp_path / "crm.csv", rows))
    assert len(report.by_source) == MOST_SOURCES + 1
    assert report.by_source[-1].name == ""
    assert sum(part.rows for part in report.by_source) == 100


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"out": "crm.csv"}, InputError, "would overwrite the raw ones"),
        ({"out": "crm.txt"}, InputError, "expected .csv or .parquet"),
        ({"out": "no/such/x.csv"}, InputError, "there is no such folder"),
        ({"picture": "x.gif"}, ParamsError, r"\.svg or \.png"),
    ],
)
def test_a_wrong_place_is_refused_before_the_work(
    tmp_path: Path, options: dict[str, str], error: type[Exception], said: str
) -> None:
    file = write(tmp_path / "crm.csv")
    places: dict[str, Any] = {key: tmp_path / name for key, name in options.items()}
    with pytest.raises(error, match=said):
        clean_file(file, **places)
    assert [path.name for path in tmp_path.iterdir()] == ["crm.csv"]


def test_a_file_without_such_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column of these leads can be standardized"):
        clean_file(write(tmp_path / "x.csv", [["1", "2"]], ["size", "weight"]))


def test_a_missing_library_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "email_validator", None)
    with pytest.raises(MissingExtra, match=r"lead-ml\[leads\]"):
        clean_file(write(tmp_path / "crm.csv"))
