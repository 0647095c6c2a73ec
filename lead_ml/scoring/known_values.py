"""Which values of the columns of a lead the models of a bundle can use: for warnings about all others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from lead_ml.declare import Attribute, Declaration, operands
from lead_ml.model.fit import Fitted
from lead_ml.tables.cell_rules import spelling_key


class KnownValues(msgspec.Struct, frozen=True):
    """The columns that are read as ``numbers``, and the values that are known of categories and, as spelling keys, of ordinals.

    A transform reads a column in its own way, so its column is in none. A category of which no value was common is not either.
    """

    numbers: frozenset[str] = frozenset()
    categories: Mapping[str, frozenset[str]] = {}
    ordinals: Mapping[str, frozenset[str]] = {}

    def unknown(self, column: str, text: str) -> bool:
        """Tell whether models read a column as a category or an ordinal, and know nothing of a value."""
        category, ordinal = self.categories.get(column), self.ordinals.get(column)
        if category is None and ordinal is None:
            return False
        return text not in (category or ()) and spelling_key(text) not in (ordinal or ())


NOTHING = KnownValues()


def known_values(fits: Iterable[Fitted]) -> KnownValues:
    """Return which values the models of a bundle can use."""
    numbers, categories, ordinals = set[str](), dict[str, set[str]](), dict[str, set[str]]()
    for fitted in fits:
        for item in _attributes(fitted.declarations):
            book = fitted.encoder.categories.get(item.name)
            if item.kind == "number":
                numbers.add(item.column)
            elif item.kind == "ordinal":
                ordinals.setdefault(item.column, set()).update(map(spelling_key, item.levels))
            elif book is not None and book.levels:
                categories.setdefault(item.column, set()).update(book.levels)
    return KnownValues(frozenset(numbers), _frozen(categories), _frozen(ordinals))


def _frozen(values: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {column: frozenset(found) for column, found in values.items()}


def _attributes(declarations: Iterable[Declaration]) -> Iterator[Attribute]:
    for item in declarations:
        if isinstance(item, Attribute) and not item.transform:
            yield item
        yield from _attributes(operands(item))
