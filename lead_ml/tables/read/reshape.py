"""Columns of an untidy export, converted to the form that the rest of reading expects.

Each step is declared in ``params.yaml`` (:class:`lead_ml.project.params.TableParams`); nothing here guesses.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lead_ml.clean.numbers import plain_number
from lead_ml.clean.text import MISSING, as_text, clean
from lead_ml.tables.cell_rules import spelling_key
from lead_ml.tables.read.raw import RawColumn

_NUMERIC_SHARE = 0.9


def numbered(rows: int) -> RawColumn:
    """Return the numbers of the rows, from 1, as ids.

    >>> numbered(2).values()
    ['1', '2']
    """
    return RawColumn(np.arange(rows, dtype=np.int32), tuple(str(row + 1) for row in range(rows)))


def has_comma_numbers(column: RawColumn, missing: frozenset[str] = MISSING) -> bool:
    """Tell whether 9 of 10 filled cells are numbers with a decimal comma: elsewhere a comma or a point is part of a text.

    >>> has_comma_numbers(RawColumn(np.array([0, 1], dtype=np.int32), ("1.234,5", "-7")))
    True
    >>> has_comma_numbers(RawColumn(np.array([0, 1], dtype=np.int32), ("1,5 t", "2,5")))
    False
    """
    texts = [as_text(level, missing) if isinstance(level, str) else None for level in column.levels]
    found = [None if text is None else comma_number(text) for text in texts]
    rows = np.bincount(column.codes, minlength=len(column.levels))
    filled, numeric = (rows[[text is not None for text in kind]].sum() for kind in (texts, found))
    return bool(numeric and numeric >= _NUMERIC_SHARE * filled)


def comma_number(text: str) -> str | None:
    """Return a number with a decimal comma as one with a decimal point, None if it is not one.

    >>> comma_number("1.234,50"), comma_number("3,5"), comma_number("12"), comma_number("1.2")
    ('1234.50', '3.5', '12', None)
    """
    return plain_number(text, ",", strict=True)


def renamed_stages(column: RawColumn, stages: Mapping[str, str]) -> RawColumn:
    """Return the stages under our names, ignoring case and form, also of numbers; others keep their own.

    >>> renamed_stages(RawColumn(np.array([0, 1], dtype=np.int32), ("Closed WON", "call")), {"closed won": "won"}).values()
    ['won', 'call']
    """
    ours = {spelling_key(clean(theirs)): stage for theirs, stage in stages.items()}
    keys = [spelling_key(as_text(level, frozenset()) or "") for level in column.levels]
    levels = tuple(ours.get(key, level) for key, level in zip(keys, column.levels, strict=True))
    return RawColumn(column.codes, levels)
