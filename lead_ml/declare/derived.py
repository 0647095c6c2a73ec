"""What declarations made of others stand on: the table behind a lookup, the features behind a customer profile."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from lead_ml.declare.feature import AllOf, Attribute, Declaration, Interest, Lookup, Profile
from lead_ml.errors import DeclarationError

MISSING = "(missing)"  # the level of a customer profile that stands for leads without a value
_CITY = "\u5e02"  # ends the names of Chinese cities


def part_name(item: Profile, operand: Declaration) -> str:
    """Return the name under which raw columns hold an operand of a customer profile."""
    return f"{item.name}/{operand.name}"


def spelling(text: str) -> str:
    """Return the form in which a value and the cells of a table are compared: one case, one width, no suffix of Chinese cities.

    >>> spelling(" ＳＨＡＮＧＨＡＩ "), spelling("上海市"), spelling("New  York")
    ('shanghai', '上海', 'new york')
    """
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return folded.removesuffix(_CITY) or folded


def read_table(path: Path) -> dict[str, str]:
    """Read the table of a lookup: spelling to label.

    Lines that begin with ``#`` are comments; the first row is the header. The last cell of a row is the label, the cells
    before it are spellings of one value, empty ones left out.

    Raises
    ------
    DeclarationError
        If the file is absent or no UTF-8, holds no row, a row has no label, or a spelling has two labels.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(
            f"the table {path} cannot be read: {error}", expected="a CSV file in UTF-8"
        ) from error
    numbered = [
        (k, line) for k, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")
    ]
    table: dict[str, str] = {}
    for k, line in numbered[1:]:
        row = next(csv.reader([line]))
        *spelled, label = (cell.strip() for cell in row)
        found = [text for cell in spelled if (text := spelling(cell))]
        if not label or not found:
            raise DeclarationError(
                f"{path}, row {k}", value=",".join(row), expected="a value and, in the last cell, its label"
            )
        for text in found:
            if table.setdefault(text, label) != label:
                raise DeclarationError(
                    f"{path}, row {k}: {text} has two labels", value=(table[text], label), do="keep one row"
                )
    if not table:
        raise DeclarationError(f"the table {path} is empty", expected="a header and rows of value and label")
    return table


def check_derived(item: Declaration) -> None:
    """Check a declaration that is made of others, apart from what it is made of.

    Raises
    ------
    DeclarationError
        If it is made of nothing, or a lookup names no file.
    """
    if isinstance(item, Lookup) and not item.file:
        raise DeclarationError(f"lookup {item.name} names no table", expected="the path of a CSV file")
    if isinstance(item, Interest) and len(item.tags) < 2:
        raise DeclarationError(f"interest {item.name}", value=item.tags, expected="at least two tags")
    if isinstance(item, AllOf) and len(item.of) < 2:
        raise DeclarationError(
            f"all_of {item.name}", value=[part.name for part in item.of], expected="at least two columns"
        )
    if isinstance(item, Profile) and (not item.columns or len(set(item.columns)) < len(item.columns)):
        raise DeclarationError(
            f"ideal customer {item.name}", value=item.columns, expected="names of features, each once"
        )


def with_columns(declarations: Sequence[Declaration]) -> tuple[Declaration, ...]:
    """Return the declarations, every customer profile holding the features that it names.

    Raises
    ------
    DeclarationError
        If it names none, or one that is no category or ordinal of the lead.
    """
    named = {item.name: item for item in declarations}
    return tuple(_filled(item, named) if isinstance(item, Profile) else item for item in declarations)


def without(item: Declaration, barred: Callable[[Declaration], bool]) -> Declaration | None:
    """Return a declaration unless it is barred, as for the columns that it reads; else None.

    A customer profile loses the features that are barred and stands on the others.
    """
    if not barred(item):
        return item
    if not isinstance(item, Profile):
        return None
    of = tuple(part for part in item.of if not barred(part))
    return msgspec.structs.replace(item, of=of, columns=tuple(part.name for part in of)) if of else None


def _filled(profile: Profile, named: dict[str, Declaration]) -> Profile:
    if profile.of and not set(profile.columns) <= set(named):
        return profile  # of a bundle, beside a part of its features
    found: list[Attribute | Lookup | AllOf] = []
    for name in profile.columns:
        item = named.get(name)
        ordered = isinstance(item, Attribute) and item.kind != "number"
        if not ordered and not isinstance(item, Lookup | AllOf):
            raise DeclarationError(
                f"ideal customer {profile.name} is made of what is no category or ordinal of the lead",
                value=name,
                expected="the names of such features of the project",
            )
        assert isinstance(item, Attribute | Lookup | AllOf)
        found.append(item)
    return msgspec.structs.replace(profile, of=tuple(found))
