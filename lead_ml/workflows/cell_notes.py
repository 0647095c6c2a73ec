"""Whether declared features suit the cells of their columns: amounts declared as categories, numbers that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from lead_ml.clean import as_number, is_amount, plain_number
from lead_ml.declare import Attribute, Declaration, operands
from lead_ml.tables.dataset import Coded, Dataset

_MOSTLY = 0.5


def cell_notes(declarations: Iterable[Declaration], dataset: Dataset) -> tuple[str, ...]:
    """Word a note for every lead column whose cells a declared feature cannot use as they are."""
    kinds = {(item.column, item.kind): None for item in _attributes(declarations)}
    found = (_note(name, kind, dataset.leads.columns.get(name)) for name, kind in kinds)
    return tuple(note for note in found if note)


def _note(name: str, kind: str, column: Coded | None) -> str:
    if column is None or kind == "ordinal":
        return ""
    counts = column.counts()
    filled = int(counts.sum())
    if kind == "category":
        cells, example = _count(column, counts, [is_amount(level) for level in column.levels])
        if not filled or cells < _MOSTLY * filled:
            return ""
        return (
            f"{name} is declared as a category, but {cells:,} of {filled:,} cells are amounts such as {example!r}; "
            f'declare number("{name}") in features/, so that their order counts'
        )
    cells, example = _count(column, counts, [np.isnan(as_number(level)) for level in column.levels])
    if not cells:
        return ""
    comma = plain_number(example, ",") is not None
    do = '; if it has a decimal comma, set decimal: "," for the leads in params.yaml' if comma else ""
    return f"{name}: {cells:,} of {filled:,} cells are not numbers, such as {example!r}, and count as missing{do}"


def _count(column: Coded, counts: np.ndarray, passes: list[bool]) -> tuple[int, str]:
    """Return how many cells pass, and the most frequent of them."""
    mask = np.array(passes, dtype=np.bool_)
    if not (mask & (counts > 0)).any():
        return 0, ""
    return int(counts[mask].sum()), column.levels[int(np.argmax(np.where(mask, counts, -1)))]


def _attributes(declarations: Iterable[Declaration]) -> Iterator[Attribute]:
    for item in declarations:
        if isinstance(item, Attribute) and not item.transform:
            yield item
        yield from _attributes(operands(item))
