"""Pairs of leads to merge, from a file: CSV, Excel or Parquet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lead_ml.clean import as_text
from lead_ml.errors import InputError
from lead_ml.lead_data.merge.entries import MergePair
from lead_ml.project.params import TableParams
from lead_ml.tables.read.files import file_batches
from lead_ml.tables.read.raw import RawTable

REQUIRED = ("lead_id_a", "lead_id_b")
SAME = "same"  # the band of lead-ml match whose pairs are one person


@dataclass(frozen=True)
class PairRow:
    """A row of the file: its line, the pair, and who decided and why, where the row says so."""

    line: int
    pair: MergePair
    by: str
    why: str


def read_pairs(path: Path) -> list[PairRow]:
    """Read pairs with the columns ``lead_id_a`` and ``lead_id_b``, and optionally ``probability``, ``evidence``, ``decided_by``, ``why``.

    Where there is a column ``band``, only rows with the band ``same`` are pairs to merge. Raises InputError with the rows if the
    file cannot be read, a lead is missing or merged with itself, or a probability is not one.
    """
    table = _table(path)
    columns = {name: [as_text(value) for value in column.values()] for name, column in table.columns.items()}
    for name in REQUIRED:
        if name not in columns:
            expected = f"the columns {' and '.join(REQUIRED)}"
            raise InputError(
                f"there is no column {name}", source=path.name, value=list(columns), expected=expected
            )
    band = columns.get("band")
    rows = [row for row in range(len(table)) if band is None or (band[row] or "").casefold() == SAME]
    lines = table.lines.tolist()
    _check(path, columns, rows, lines)
    return [_row(columns, row, lines[row]) for row in rows]


def _table(path: Path) -> RawTable:
    if not path.is_file():
        expected = "a CSV, Excel or Parquet file of pairs, as lead-ml match writes it"
        raise InputError("there is no such file", source=str(path), expected=expected)
    return next(file_batches(path, path.parent, TableParams(path=path.name)))


def _check(
    path: Path, columns: Mapping[str, Sequence[str | None]], rows: Sequence[int], lines: Sequence[int]
) -> None:
    a, b = (columns[name] for name in REQUIRED)
    probability = columns.get("probability", [None] * len(a))
    wrong: dict[str, tuple[Callable[[int], bool], str]] = {
        "a lead id is missing": (lambda row: a[row] is None or b[row] is None, "two lead ids in every row"),
        "a lead is paired with itself": (lambda row: a[row] == b[row], "two different leads"),
        "probability is not a probability": (
            lambda row: not _is_probability(probability[row]),
            "a number from 0 to 1",
        ),
    }
    for problem, (is_wrong, expected) in wrong.items():
        found = [row for row in rows if is_wrong(row)]
        if found:
            value = (
                probability[found[0]]
                if problem.startswith("probability")
                else f"{a[found[0]]}, {b[found[0]]}"
            )
            raise InputError(
                problem,
                source=path.name,
                rows=[lines[row] for row in found],
                value=value,
                expected=expected,
                do="correct these rows; nothing was merged",
            )


def _is_probability(text: str | None) -> bool:
    try:
        return text is None or 0 <= float(text) <= 1
    except ValueError:
        return False


def _row(columns: Mapping[str, Sequence[str | None]], row: int, line: int) -> PairRow:
    a, b, probability, evidence, by, why = (
        columns[name][row] if name in columns else None
        for name in (*REQUIRED, "probability", "evidence", "decided_by", "why")
    )
    pair = MergePair(a or "", b or "", None if probability is None else float(probability), evidence or "")
    return PairRow(line, pair, by or "", why or "")
