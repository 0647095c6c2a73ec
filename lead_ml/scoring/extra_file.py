"""Third-party data in a bundle, as plain arrays: the last row of each key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.texts import packed, unpacked
from lead_ml.errors import BundleError
from lead_ml.tables.dataset import Changes, Coded, Extra


def extra_to_arrays(extra: Extra) -> dict[str, npt.NDArray[Any]]:
    """Return a table of :meth:`Extra.latest`, equal to the last byte for equal content. Keys are written as they are held, in clear or under pseudonyms."""
    columns = extra.rows.columns
    arrays: dict[str, npt.NDArray[Any]] = {
        "owner": extra.rows.owner.astype(np.int64),
        "at": extra.rows.at,
        **packed("key", [extra.key]),
        **packed("keys", extra.keys),
        **packed("columns", list(columns)),
    }
    for k, column in enumerate(columns.values()):
        used = sorted({column.levels[code] for code in np.unique(column.codes[column.codes >= 0]).tolist()})
        place = {level: code for code, level in enumerate(used)}
        codes = np.array([*(place.get(level, -1) for level in column.levels), -1], dtype=np.int32)
        arrays |= {f"codes_{k}": codes[column.codes], **packed(f"levels_{k}", used)}
    return arrays


def extra_from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> Extra:
    """Read what :func:`extra_to_arrays` returned; raises BundleError where arrays are missing or disagree."""
    try:
        (key,) = unpacked("key", arrays)
        keys = unpacked("keys", arrays)
        columns = {
            name: Coded(arrays[f"codes_{k}"], unpacked(f"levels_{k}", arrays))
            for k, name in enumerate(unpacked("columns", arrays))
        }
        found = Extra(key, keys, Changes(arrays["owner"], arrays["at"], columns))
        _check(found)
    except (KeyError, ValueError, IndexError, UnicodeDecodeError) as error:
        raise BundleError(
            f"third-party data of the bundle cannot be read: {error!r}",
            do="restore the bundle from its registry, or train again",
        ) from error
    return found


def _check(extra: Extra) -> None:
    """Compare lengths and bounds, so that damaged data cannot read beyond its arrays; builds the index."""
    rows, columns = len(extra.keys), extra.rows.columns.values()
    fits = np.array_equal(extra.rows.owner, np.arange(rows)) and extra.rows.at.shape == (rows,)
    if not fits or len(extra.place) != rows or any(c.codes.shape != (rows,) for c in columns):
        raise ValueError(f"tables by {extra.key} do not fit together")
    if any(((c.codes < -1) | (c.codes >= len(c.levels))).any() for c in columns):
        raise ValueError(f"a code of a table by {extra.key} has no text")
