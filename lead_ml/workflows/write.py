"""Writing flat tables for people's own tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lead_ml.errors import InputError


def check_writable(path: Path) -> None:
    """Look at a name before the work begins whose result it shall take.

    Raises
    ------
    InputError
        If the ending is neither ``.csv`` nor ``.parquet``, or the folder does not exist.
    """
    if path.suffix not in (".csv", ".parquet"):
        raise InputError(
            "unknown kind of file", source=str(path), value=path.suffix, expected=".csv or .parquet"
        )
    if not path.absolute().parent.is_dir():
        raise InputError(
            "there is no such folder", source=str(path.parent), do="make it, or name another one"
        )


def write_table(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows as CSV (UTF-8 with a byte order mark, so that Excel reads Chinese) or Parquet, by the ending.

    Raises
    ------
    InputError
        If the name is not one of :func:`check_writable`.
    """
    import pandas as pd

    check_writable(path)
    frame = pd.DataFrame.from_records(list(rows))
    if path.suffix == ".csv":
        frame.to_csv(path, index=False, encoding="utf-8-sig")
    else:
        frame.to_parquet(path, index=False)
