"""Whatever is done to the files: a LeadMLError, or every row is accounted for."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from read_kit import NOW

from lead_ml.errors import LeadMLError
from lead_ml.project.params import params_from
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.read import IntakeReport, read_dataset, write_rejected

IDS = st.sampled_from(["L1", "L2", "L3", "L4", "L5", " l1", "Ｌ1", "", "n/a", "1.0"])
TIMES = st.sampled_from(
    [
        "2024-05-01",
        "2024-05-02 10:00",
        "2024/5/3",
        "2024-05-04T10:00:00Z",
        "2024-05-05 10:00:00+08:00",
        "2031-01-01",
        "1899-12-31",
        "soon",
        "",
        "2024-02-30",
        "9999-12-31 23:59:59",
    ]
)
WORDS = st.sampled_from(
    ["visit", "won", "", "无", "a,b", 'say "hi"', "two\nlines", "é", "12", "1e400", "nan"]
)
HEADERS: dict[str, list[str]] = {
    "leads": ["lead_id", "created_at", "source", "notes"],
    "events": ["lead_id", "occurred_at", "type", "event_id", "recorded_at", "value"],
    "outcomes": ["lead_id", "occurred_at", "stage", "outcome_id", "amount"],
}
# Sound rows enough that random ones are seldom the greater part, which would stop the reading.
SOUND: dict[str, list[tuple[str, ...]]] = {
    "leads": [(f"L{row}", "2024-05-01", "visit", "won") for row in range(9)],
    "events": [(f"L{row}", "2024-05-02 10:00", "visit", f"e{row}", "", "12") for row in range(9)],
    "outcomes": [(f"L{row}", "2024/5/3", "won", f"o{row}", "12") for row in range(9)],
}
PIECES = [
    b",",
    b"\n",
    b'"',
    b"\x00",
    b"\xff",
    b";",
    b"\r",
    b"\t",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"PK\x03\x04",
    b"\xc4\xe3",
]


def cells(column: str) -> st.SearchStrategy[str]:
    if column.endswith("_at"):
        return TIMES
    return IDS if column.endswith("_id") else WORDS


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n') else cell


def written(rows: list[tuple[str, ...]]) -> bytes:
    return "\n".join(",".join(map(quoted, row)) for row in rows).encode()


@st.composite
def tables(draw: st.DrawFn) -> dict[str, bytes]:
    return {
        name: written(
            [tuple(header), *SOUND[name], *draw(st.lists(st.tuples(*map(cells, header)), max_size=8))]
        )
        for name, header in HEADERS.items()
    }


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, bytes]:
    content = draw(tables())
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(sorted(content)))
        text = content[name]
        place, length = draw(st.integers(0, len(text))), draw(st.integers(0, 6))
        content[name] = text[:place] + draw(st.sampled_from([*PIECES, b""])) + text[place + length :]
    return content


def read(content: dict[str, bytes], **more: Any) -> tuple[Dataset, IntakeReport]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in content.items():
            Path(folder, f"{name}.csv").write_bytes(text)
        data = {name: {"path": f"{name}.csv"} for name in content}
        found = read_dataset(params_from({"project": "p", "data": {**data, **more}}), Path(folder), now=NOW)
        write_rejected(found[1], Path(folder))
        return found


@settings(max_examples=150, deadline=None)
@given(damaged(), st.sampled_from([None, "2024-05-03", "2024-05-04T00:00:00Z"]))
def test_damage_ends_in_our_error_or_every_row_is_accounted_for(
    content: dict[str, bytes], until: str | None
) -> None:
    try:
        dataset, report = read(content, until=until)
    except LeadMLError:
        return
    for name, rows in (("leads", dataset.leads), ("events", dataset.events), ("outcomes", dataset.outcomes)):
        table = report.tables[name]
        assert rows is not None
        assert table.rows_in == table.used + sum(item.count for item in table.rejected)
        assert table.used == len(rows)
        rejected = report.rejected.get(name)
        assert table.rows_in - table.used == (len(rejected.causes) if rejected else 0)


@settings(max_examples=150, deadline=None)
@given(tables())
def test_what_is_used_obeys_the_contract(content: dict[str, bytes]) -> None:
    try:
        dataset, _ = read(content)
    except LeadMLError:
        return
    leads, events, outcomes = dataset.leads, dataset.events, dataset.outcomes
    assert len(set(leads.lead_id)) == len(leads.lead_id) > 0
    assert events is not None
    assert outcomes is not None
    assert leads.created_at is not None
    for stream in (events, outcomes):
        assert (stream.lead >= 0).all()
        assert (stream.lead < len(leads)).all()
        assert (stream.known_at >= stream.occurred_at).all()
        assert (stream.known_at < dataset.until).all()
    assert (leads.created_at < dataset.until).all()


def test_the_generator_of_damage_starts_from_sound_tables() -> None:
    _, report = read({name: written([tuple(header), *SOUND[name]]) for name, header in HEADERS.items()})
    assert {name: (table.used, table.rejected) for name, table in report.tables.items()} == dict.fromkeys(
        HEADERS, (9, ())
    )
