"""CSV text: separators, quotes, ragged and wrapped rows."""

from __future__ import annotations

import pytest
from read_kit import LEADS, Reader

from lead_ml.errors import InputError, ParamsError


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(read: Reader, separator: str) -> None:
    dataset, _ = read(LEADS.replace(",", separator))
    assert dataset.leads.columns["source"].values() == ["web", "fair", "web"]


def test_quoted_separators_do_not_mislead(read: Reader) -> None:
    dataset, _ = read('lead_id;created_at;"a,b,c,d,e"\nL1;2024-05-01;"x;y"\n')
    assert dataset.leads.columns["a,b,c,d,e"].values() == ["x;y"]


def test_a_declared_separator_wins(read: Reader) -> None:
    dataset, _ = read("lead_id:created_at\nL1:2024-05-01\n", leads_params={"separator": ":"})
    assert dataset.leads.lead_id == ("L1",)


@pytest.mark.parametrize("separator", ["\\t", "tab"])
def test_a_tab_may_be_written_out(read: Reader, separator: str) -> None:
    assert len(read(LEADS.replace(",", "\t"), leads_params={"separator": separator})[0].leads) == 3


@pytest.mark.parametrize("separator", [";;", '"', ""])
def test_an_impossible_separator_is_refused(read: Reader, separator: str) -> None:
    with pytest.raises(ParamsError, match=r"separator of leads\.csv"):
        read(leads_params={"separator": separator})


def test_a_wrong_separator_is_suspected_when_the_header_is_one_field(read: Reader) -> None:
    with pytest.raises(InputError, match=r"The header has a single field: set data\.leads\.separator"):
        read(leads_params={"separator": ";"})


@pytest.mark.parametrize(("row", "word", "fields"), [("L4", "few", 1), ("L4,2024-05-01,web,x", "many", 4)])
def test_ragged_rows_stop_with_their_lines_and_count(read: Reader, row: str, word: str, fields: int) -> None:
    content = LEADS + f"{row}\n" + "L5,2024-05-01,web\n" + f"{row}\n" * 6
    with pytest.raises(
        InputError,
        match=rf"rows 5, 7, 8, 9, 10 and 2 more: the row has too {word} fields: got {fields}; expected 3 fields",
    ) as caught:
        read(content)
    assert caught.value.count == 7


def test_a_wrapped_row_is_recognised(read: Reader) -> None:
    with pytest.raises(InputError, match="rows 5, 6: the row is wrapped: a line break inside a field"):
        read(LEADS + "L4,2024-05-\n01,web\n")


def test_a_quoted_line_break_is_part_of_the_field_and_lines_stay_exact(read: Reader) -> None:
    dataset, report = read(
        'lead_id,created_at,message\nL1,2024-05-01,"a\nb"\n\nL2,2024-05-01,c\nL1,2024-05-01,d\n'
    )
    assert dataset.leads.columns["message"].values() == ["a\nb", "c"]
    assert report.tables["leads"].rejected[0].rows == (6,)


@pytest.mark.parametrize(
    "damage", ['L4,2024-05-01,"web\nL5,2024-05-01,web\n', 'L4,2024-05-01,"web\nL5,2024-05-01,"web"\n']
)
def test_an_unclosed_quote_is_placed_where_its_row_starts(read: Reader, damage: str) -> None:
    with pytest.raises(InputError, match=r"leads\.csv, row 5: a quoted field starting in this row is broken"):
        read(LEADS + damage)


def test_a_field_without_end_is_an_error_of_the_input(read: Reader) -> None:
    with pytest.raises(InputError, match=r"row 5: a quoted field .* larger than field limit"):
        read(LEADS + 'L4,2024-05-01,"' + "x" * 140_000)


def test_a_repeated_column_is_refused(read: Reader) -> None:
    with pytest.raises(InputError, match="row 1: the header has column source more than once"):
        read(LEADS.replace("created_at", "source"))


def test_a_column_without_a_name_gets_its_place_as_name(read: Reader) -> None:
    dataset, _ = read(",lead_id\n0,L1\n1,L2\n")
    assert dataset.leads.columns["column_1"].values() == ["0", "1"]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_any_line_end_will_do(read: Reader, end: str) -> None:
    dataset, report = read(LEADS.replace("\n", end) + f"L1,2024-05-01,web{end}")
    assert len(dataset.leads) == 3
    assert report.tables["leads"].rejected[0].rows == (5,)


def test_a_header_without_rows_has_no_leads(read: Reader) -> None:
    with pytest.raises(InputError, match="no lead can be used: the table has a header but no rows"):
        read("lead_id,created_at\n")


def test_more_rows_than_one_chunk_keep_their_order(read: Reader) -> None:
    rows = 120_001
    dataset, _ = read("lead_id,created_at\n" + "".join(f"L{row},2024-05-01\n" for row in range(rows)))
    assert dataset.leads.lead_id == tuple(f"L{row}" for row in range(rows))
