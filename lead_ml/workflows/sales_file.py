"""The scored leads as a flat table for sales: who it is, the scores, then each reason with its points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from lead_ml.clean.csv_cells import harmless
from lead_ml.errors import InputError, ParamsError
from lead_ml.project.crm_link import EXPECTED, crm_link, is_crm_pattern
from lead_ml.scoring import Answer
from lead_ml.tables.durable import private_copy
from lead_ml.workflows.score import ScoredProject

Row = dict[str, Any]
PERSON = ("name", "company", "owner")
REASONS = 6
_BATCH = 20_000  # rows in memory
_NUMBERS = (
    *("probability", "lower", "upper", "score", "fake_probability"),
    *(f"points_{number}" for number in range(1, REASONS + 1)),
    "points_other",
)
_TYPES: Mapping[str, str] = {"fake_flag": "bool", **dict.fromkeys(_NUMBERS, "double")}  # of Arrow


def sales_rows(done: ScoredProject, link: str = "") -> Iterator[Row]:
    """Yield one row per scored lead, best first and stale leads last; ``state`` is as in :class:`lead_ml.scoring.WorklistRow`.

    ``name``, ``company`` and ``owner`` are there where the data has them, ``link`` where an address of a lead in the CRM is
    given, with ``{lead_id}`` in it, here or as ``crm_url`` of the project. ``points_1``, ``reason_1`` to ``reason_6`` are the
    strongest reasons first, ``points_other`` the sum of all others; negative points lower the score.
    """
    leads = done.dataset.leads
    place = {lead_id: row for row, lead_id in enumerate(leads.lead_id)}
    columns = {name: (*leads.columns[name].levels, None) for name in PERSON if name in leads.columns}
    for number, answer in enumerate(done.answers):
        row = place[answer.lead_id]
        person = {name: levels[leads.columns[name].codes[row]] for name, levels in columns.items()}
        yield _row(
            answer, person, done.opened.state if number < done.ranked else "stale", link or done.crm_url
        )


def _row(answer: Answer, person: Mapping[str, str | None], state: str, link: str) -> dict[str, Any]:
    fake = answer.fake
    return {
        "lead_id": answer.lead_id,
        **person,
        **({"link": crm_link(link, answer.lead_id)} if link else {}),
        "probability": round(answer.probability, 4),
        "lower": round(answer.lower, 4),
        "upper": round(answer.upper, 4),
        "score": round(answer.score, 1),
        "grade": answer.grade,
        "stage": answer.stage,
        "state": state,
        "validation": answer.validation,
        "fake_probability": None if fake is None else round(fake.probability, 4),
        "fake_flag": None if fake is None else fake.flag,
        **_reasons(answer),
        "as_of": answer.as_of,
        "model_version": answer.model_version,
        "thresholds_version": answer.thresholds_version,
    }


def _reasons(answer: Answer) -> dict[str, Any]:
    both = sorted((*answer.reasons.for_, *answer.reasons.against), key=lambda reason: -abs(reason.points))
    cells: dict[str, Any] = {}
    for number in range(1, REASONS + 1):
        reason = both[number - 1] if number <= len(both) else None
        cells[f"points_{number}"] = None if reason is None else round(reason.points, 1)
        cells[f"reason_{number}"] = None if reason is None else reason.text
    hidden = answer.reasons.other_points + sum(reason.points for reason in both[REASONS:])
    return {**cells, "points_other": round(hidden, 1)}


def check_link(pattern: str) -> None:
    """Refuse the address of a lead in the CRM that ``crm_url`` would not take."""
    if pattern and not is_crm_pattern(pattern):
        raise ParamsError("--link", value=pattern, expected=EXPECTED)


def check_writable(path: Path) -> None:
    """Look at a name before the work begins whose result it shall take: ``.csv`` or ``.parquet`` in a folder that is there."""
    if path.suffix not in (".csv", ".parquet"):
        raise InputError(
            "unknown kind of file", source=str(path), value=path.suffix, expected=".csv or .parquet"
        )
    if not path.absolute().parent.is_dir():
        raise InputError(
            "there is no such folder", source=str(path.parent), do="make it, or name another one"
        )


def write_table(rows: Iterable[Row], path: Path, types: Mapping[str, str] = _TYPES) -> None:
    """Write rows as CSV (UTF-8 with a byte order mark, so that Excel reads Chinese) or Parquet, by the ending; columns without one of the `types` of Arrow are texts.

    In a CSV, text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    check_writable(path)
    with private_copy(path) as draft:
        if path.suffix == ".csv":
            _write_csv(_batches(rows), draft)
        else:
            _write_parquet(_batches(rows), draft, types)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, _BATCH)):
        yield batch


def _write_csv(batches: Iterator[list[Row]], path: Path) -> None:
    import pandas as pd

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        for number, batch in enumerate(batches):
            rows = [_harmless(row) for row in batch]
            pd.DataFrame.from_records(rows).to_csv(file, index=False, header=number == 0)


def _harmless(row: Row) -> Row:
    return {name: harmless(cell) if isinstance(cell, str) else cell for name, cell in row.items()}


def _write_parquet(batches: Iterator[list[Row]], path: Path, types: Mapping[str, str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    first = next(batches, [])
    schema = pa.schema(
        [(name, pa.type_for_alias(types.get(name, "string"))) for name in (first[0] if first else ())]
    )
    with pq.ParquetWriter(path, schema) as writer:
        for batch in chain([first], batches):
            writer.write_table(pa.Table.from_pylist(batch, schema))
