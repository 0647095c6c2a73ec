"""Files that are no tables, and how the message says so."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from read_kit import LEADS, Reader

from lead_ml.errors import InputError, ParamsError


def archive(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(name, "x")
    return buffer.getvalue()


def test_a_missing_file_names_its_near_miss(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "lead.csv").write_text(LEADS)
    with pytest.raises(InputError, match=r"leads\.csv: there is no such file; did you mean lead\.csv\?"):
        read(None, leads_params={})


def test_a_pattern_without_a_match_stops(read: Reader) -> None:
    with pytest.raises(InputError, match=r"exports/\*\.csv: no file matches the pattern"):
        read(None, leads_params={"path": "exports/*.csv"})


@pytest.mark.parametrize("pattern", ["exports**/*.csv", "nowhere/leads.csv"])
def test_a_path_that_leads_nowhere_stops(read: Reader, pattern: str) -> None:
    with pytest.raises(
        InputError, match=r"(no file matches the pattern|there is no such file); expected a CSV"
    ):
        read(None, leads_params={"path": pattern})


def test_a_table_without_any_path_stops(read: Reader) -> None:
    with pytest.raises(InputError, match="no file is named"):
        read(None, leads_params={"path": []})


def test_a_file_that_cannot_be_opened_says_why(
    read: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leads.csv").write_text(LEADS)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"leads\.csv: the file cannot be read \(Permission denied\)"):
        read(None, leads_params={})


def test_a_folder_is_no_file(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    with pytest.raises(InputError, match=r"the path is a folder.*Write exports/\*\.csv"):
        read(None, leads_params={"path": "exports"})


@pytest.mark.parametrize("content", ["", " \n\n", "\ufeff"])
def test_an_empty_file_stops(read: Reader, content: str) -> None:
    with pytest.raises(InputError, match=r"leads\.csv: the file is empty"):
        read(content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (archive("leads.csv"), "a zip archive"),
        (gzip.compress(LEADS.encode(), mtime=0), "a gzip file"),
        (b"<html><table><tr><td>lead_id", "an HTML or XML page"),
    ],
)
def test_something_else_called_csv_is_named(read: Reader, content: bytes, kind: str) -> None:
    with pytest.raises(InputError, match=rf"leads\.csv: the file is {kind}"):
        read(content)


@pytest.mark.parametrize("content", [archive("xl/workbook.xml"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"])
def test_a_workbook_is_read_as_one_whatever_its_name_says(read: Reader, content: bytes) -> None:
    with pytest.raises(InputError, match=r"leads\.csv: the Excel file cannot be read"):
        read(content)


def test_a_truncated_archive_is_still_an_archive(read: Reader) -> None:
    with pytest.raises(InputError, match="a zip archive"):
        read(archive("xl/workbook.xml")[:20])


def test_files_of_a_pattern_are_read_in_order_of_their_names(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("created_at,lead_id\n2024-05-02,L2\n")
    (tmp_path / "a.csv").write_text("lead_id,created_at\nL1,2024-05-01\n")
    dataset, report = read(None, leads_params={"path": "?.csv"})
    assert dataset.leads.lead_id == ("L1", "L2")
    assert report.tables["leads"].sources == ("a.csv", "b.csv")


def test_a_file_that_a_list_names_twice_is_read_once(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(LEADS)
    assert len(read(None, leads_params={"path": ["a.csv", "*.csv"]})[0].leads) == 3


def test_rows_of_a_second_file_are_shown_by_its_own_lines(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(LEADS)
    (tmp_path / "b.csv").write_text("lead_id,created_at,source\nL4,2024-05-01,web\nL1,2024-05-01,web\n")
    (item,) = read(None, leads_params={"path": ["a.csv", "b.csv"]})[1].tables["leads"].rejected
    assert (item.source, item.rows, item.count) == ("b.csv", (3,), 1)


def test_files_of_other_columns_are_not_mixed(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(LEADS)
    (tmp_path / "b.csv").write_text("lead_id,created_at,origin\nL4,2024-05-01,web\n")
    with pytest.raises(
        InputError, match=r"b\.csv: its columns .* a\.csv: it lacks 'source'; it adds 'origin'"
    ):
        read(None, leads_params={"path": ["a.csv", "b.csv"]})


def test_a_file_outside_the_data_folder_is_named_in_full(
    read: Reader, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("elsewhere") / "leads.csv"
    path.write_text(LEADS)
    assert read(None, leads_params={"path": str(path)})[1].tables["leads"].sources == (str(path),)


# Encodings


def test_bytes_that_do_not_decode_are_placed_and_the_fitting_encoding_is_named(read: Reader) -> None:
    content = "lead_id,created_at,company\nL1,2024-05-01,某某科技有限公司\n".encode("gb18030")
    with pytest.raises(UnicodeDecodeError) as wrong:
        content.decode()
    place = wrong.value.start + 1
    with pytest.raises(InputError, match=rf"row 2: byte {place} is not utf-8.*Set encoding: gb18030"):
        read(content)
    dataset, _ = read(content, leads_params={"encoding": "gb18030"})
    assert dataset.leads.columns["company"].values() == ["某某科技有限公司"]


def test_western_text_is_told_from_chinese(read: Reader) -> None:
    content = "lead_id,created_at,city\nL1,2024-05-01,München\nL2,2024-05-01,Málaga\n".encode("latin-1")
    with pytest.raises(InputError, match=r"is not utf-8.*Set encoding: latin-1"):
        read(content)
    dataset, _ = read(content, leads_params={"encoding": "latin-1"})
    assert dataset.leads.columns["city"].values() == ["München", "Málaga"]


def test_a_wrong_byte_beyond_the_first_block_is_placed_exactly(read: Reader) -> None:
    content = b"lead_id,created_at\n" + b"".join(b"L%06d,2024-05-01\n" % row for row in range(80_000))
    position = content.index(b"L070000")
    damaged = content[:position] + b"\xff" + content[position + 1 :]
    with pytest.raises(InputError, match=rf"row 70002: byte {position + 1:,} is not utf-8"):
        read(damaged)


def test_a_character_split_between_blocks_is_no_error(read: Reader) -> None:
    block = 1 << 20
    content = b"lead_id,created_at,city\n" + b"".join(
        b"L%07d,2024-05-01,Rome\n" % row for row in range(40_000)
    )
    content += b"L,2024-05-01," + b" " * (block - 1 - len(content) - 13) + "中".encode() + b"\n"
    assert content[block - 1 : block + 2] == "中".encode()
    assert read(content)[0].leads.columns["city"].values()[-1] == "中"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_decides(read: Reader, encoding: str) -> None:
    dataset, _ = read(LEADS.encode(encoding))
    assert dataset.leads.lead_id == ("L1", "L2", "L3")


def test_an_encoding_by_mark_is_noted(read: Reader) -> None:
    _, report = read(LEADS.encode("utf-16"))
    assert "leads.csv was read as utf-16, by its byte order mark" in report.tables["leads"].notes


def test_utf16_without_a_mark_is_recognised(read: Reader) -> None:
    with pytest.raises(InputError, match=r"NUL character.*Set encoding: utf-16-le"):
        read(LEADS.encode("utf-16-le"))
    assert len(read(LEADS.encode("utf-16-le"), leads_params={"encoding": "utf-16-le"})[0].leads) == 3


def test_a_nul_character_is_placed(read: Reader) -> None:
    with pytest.raises(InputError, match=r"leads\.csv, row 3: the text contains a NUL character"):
        read(LEADS.replace("L2", "L\x002"))


@pytest.mark.parametrize("encoding", ["klingon", "base64"])
def test_an_unknown_encoding_is_refused(read: Reader, encoding: str) -> None:
    with pytest.raises(ParamsError, match=rf"encoding of leads\.csv is unknown: got '{encoding}'"):
        read(leads_params={"encoding": encoding})
