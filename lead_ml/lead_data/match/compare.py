"""How alike the fields of two leads are, as levels: 0 differs, higher is more alike, -1 where one has no value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lead_ml.lead_data.match.fields import MatchField
from lead_ml.lead_data.match.similarity import begins, similarities

Ints = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]
TOP = 7  # equal
KEYED = 6  # equal in the second form
ALIKE = 4  # from here on alike


def compared(fields: Sequence[MatchField], left: Ints, right: Ints) -> Levels:
    """Return the level of each field (columns) for each pair of rows."""
    names = [field for field in fields if field.kind == "name"]
    found = np.empty((len(left), len(fields)), np.int8)
    for at, field in enumerate(fields):
        others = [other for other in names if other is not field] if field.kind == "name" else []
        found[:, at] = _levels(field, others, left, right)
    return found


def _levels(field: MatchField, others: Sequence[MatchField], left: Ints, right: Ints) -> Levels:
    """Compare pairs of distinct values once, and give each pair of rows its level."""
    a, b = field.code[left], field.code[right]
    filled = field.filled()
    rows = np.flatnonzero(filled[left] & filled[right])
    low, high = np.minimum(a[rows], b[rows]), np.maximum(a[rows], b[rows])
    packed, inverse = np.unique(low * len(field.values) + high, return_inverse=True)
    x, y = packed // max(1, len(field.values)), packed % max(1, len(field.values))
    level = {"date": _dates, "email": _emails, "phone": _numbers, "number": _numbers}.get(field.kind, _texts)(
        field, x, y
    )
    level[field.key[x] == field.key[y]] = np.where(
        field.kind == "date", level[field.key[x] == field.key[y]], KEYED
    )
    level[x == y] = TOP
    found = np.full(len(left), -1, np.int8)
    found[rows] = level[inverse]
    for other in others:
        crossed = _crossed(field, other, left, right)
        found[crossed & (found < KEYED) & (found >= 0)] = KEYED
    return found


def _crossed(field: MatchField, other: MatchField, left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
    """Return for which pairs a name stands in the column of another name."""
    place = {value: at for at, value in enumerate(other.values)}
    mine = np.append(np.array([place.get(value, -2) for value in field.values], np.int64), -2)[field.code]
    theirs = np.where(other.code < 0, -3, other.code)
    return np.asarray((mine[left] == theirs[right]) | (mine[right] == theirs[left]))


def _texts(field: MatchField, x: Ints, y: Ints) -> Levels:
    distance, near = similarities(field.values, x, y)
    if field.kind != "name":  # whose keys are letters without order
        near = np.maximum(near, similarities(field.keys, field.key[x], field.key[y])[1])
    size = np.array([len(value) for value in field.values], np.int64)
    shorter = np.minimum(size[x], size[y])
    level = np.zeros(len(x), np.int8)
    level[near >= 0.7] = 1
    level[near >= 0.8] = 2
    level[begins(field.values, x, y)] = 3
    level[near >= 0.88] = 4
    level[((distance <= 1) & (shorter >= 4)) | (near >= 0.94)] = 5
    return level


def _numbers(field: MatchField, x: Ints, y: Ints) -> Levels:
    distance, near = similarities(field.values, x, y)
    size = np.array([len(value) for value in field.values], np.int64)
    shorter, level = np.minimum(size[x], size[y]), np.zeros(len(x), np.int8)
    level[near >= 0.8] = 1
    level[near >= 0.9] = 2
    level[(distance <= 2) & (shorter >= 6)] = 3
    level[(distance <= 1) & (shorter >= 2)] = 4
    level[(distance <= 1) & (shorter >= 4)] = 5
    return level


def _emails(field: MatchField, x: Ints, y: Ints) -> Levels:
    distance, _ = similarities(field.values, x, y)
    boxes = [value.partition("@")[0] for value in field.values]
    hosts = [value.partition("@")[2] for value in field.values]
    host = np.unique(np.array(hosts, dtype=object), return_inverse=True)[1]
    box = np.unique(np.array(boxes, dtype=object), return_inverse=True)[1]
    _, near = similarities(field.keys, field.key[x], field.key[y])
    level = np.zeros(len(x), np.int8)
    level[host[x] == host[y]] = 1
    level[near >= 0.88] = 2
    level[(near >= 0.88) & (host[x] == host[y])] = 3
    level[(box[x] == box[y])] = 4
    level[distance <= 2] = 5
    return level


def _dates(field: MatchField, x: Ints, y: Ints) -> Levels:
    distance, _ = similarities(field.values, x, y)
    parts = np.array([_parts(value) for value in field.values], np.int64).reshape(-1, 3)
    a, b = parts[x], parts[y]
    same = a == b
    days = np.abs((a - b) @ np.array([365, 30, 1]))
    level = np.zeros(len(x), np.int8)
    level[days <= 400] = 1
    level[same[:, 1] & same[:, 2]] = 2
    level[same[:, 0]] = 3
    level[(same.sum(axis=1) == 2) & same[:, 0]] = 4
    first = (parts[:, 1:] == 1).all(axis=1)
    level[same[:, 0] & (first[x] | first[y])] = 4
    level[(distance <= 1) | (same[:, 0] & (a[:, 1] == b[:, 2]) & (a[:, 2] == b[:, 1]))] = 5
    return level


def _parts(value: str) -> tuple[int, int, int]:
    digits = value.ljust(8, "0")
    return int(digits[:4] or 0), int(digits[4:6] or 0), int(digits[6:8] or 0)
