"""The table of labels: how values of features are written for people, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from lead_ml.declare.feature import Aggregate, Attribute, Declaration, Profile
from lead_ml.declare.lookup_table import rows_of, spelling
from lead_ml.errors import DeclarationError

HEADER = ["feature", "value", "en", "zh"]
ANY = "*"  # labels the value in every feature
Labels = Mapping[str, Mapping[str, tuple[str, str]]]  # English and Chinese, by feature or column and spelling


def read_labels(path: Path) -> Labels:
    """Read a CSV file with the header ``feature,value,en,zh``; empty where there is none."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    rows = rows_of(path) if path.is_file() else []
    if rows and rows[0][1] != HEADER:
        raise DeclarationError(
            f"header of {path}", value=",".join(rows[0][1]), expected=",".join(HEADER), do="correct row 1"
        )
    for k, row in rows[1:]:
        if len(row) != len(HEADER) or not all(row):
            raise DeclarationError(
                f"{path}, row {k}",
                value=",".join(row),
                expected="a feature or column (or *), its value, and the label in English and in Chinese",
            )
        feature, value, en, zh = row
        own = found.setdefault(feature, {})
        if own.setdefault(spelling(value), (en, zh)) != (en, zh):
            raise DeclarationError(
                f"{path}, row {k}: {value} of {feature} has two labels", value=(en, zh), do="keep one row"
            )
    return found


def labeled(item: Declaration, labels: Labels) -> Declaration:
    """Return a feature with the labels of its values: those of its name before those of its column, those before any."""
    if isinstance(item, Profile):
        return item
    column = ""
    if isinstance(item, Attribute) and not item.transform:  # else its values are not those of the column
        column = item.column
    elif isinstance(item, Aggregate):
        column = item.of
    found = {**labels.get(ANY, {}), **labels.get(column, {}), **labels.get(item.name, {})}
    return msgspec.structs.replace(item, labels=found) if found else item
