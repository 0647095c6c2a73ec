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
    """Return a table of :meth:`Extra.latest`, equal to the last byte for equal content. Keys may be personal data."""
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
    except (KeyError, ValueError, IndexError, UnicodeDecodeError) as error:
        raise BundleError(
            f"third-party data of the bundle cannot be read: {error!r}",
            do="restore the bundle from its registry, or train again",
        ) from error
    _check(found)
    return found


def _check(extra: Extra) -> None:
    """Compare lengths and bounds, so that damaged data cannot read beyond its arrays; builds the index."""
    rows = len(extra.keys)
    sound = (
        np.array_equal(extra.rows.owner, np.arange(rows))
        and extra.rows.at.shape == (rows,)
        and len(extra.place) == rows
        and all(
            column.codes.shape == (rows,)
            and bool(((column.codes >= -1) & (column.codes < len(column.levels))).all())
            for column in extra.rows.columns.values()
        )
    )
    if not sound:
        raise BundleError(
            f"third-party data of the bundle by {extra.key} does not fit together",
            do="restore the bundle from its registry, or train again",
        )
