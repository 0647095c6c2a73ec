"""Which values of the columns of a lead the models of a bundle can use: for warnings about all others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lead_ml.declare import Attribute, Declaration, operands
from lead_ml.model.fit import Fitted


def known_values(fits: Iterable[Fitted]) -> tuple[frozenset[str], Mapping[str, frozenset[str]]]:
    """Return the columns that are read as numbers, and the values that are known of each category and ordinal.

    A transform reads a column in its own way, so its column is in neither. A category of which no value was common has none.
    """
    numbers, levels = set[str](), dict[str, set[str]]()
    for fitted in fits:
        for item in _attributes(fitted.declarations):
            book = fitted.encoder.categories.get(item.name)
            known = item.levels if item.kind == "ordinal" else book.levels if book is not None else ()
            if item.kind == "number":
                numbers.add(item.column)
            elif known:
                levels.setdefault(item.column, set()).update(known)
    return frozenset(numbers), {column: frozenset(found) for column, found in levels.items()}


def _attributes(declarations: Iterable[Declaration]) -> Iterator[Attribute]:
    for item in declarations:
        if isinstance(item, Attribute) and not item.transform:
            yield item
        yield from _attributes(operands(item))
