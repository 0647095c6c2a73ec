"""Writing flat tables for people's own tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lead_ml.errors import InputError


def write_table(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows as CSV (UTF-8 with a byte order mark, so that Excel reads Chinese) or Parquet, by the ending.

    Raises
    ------
    InputError
        If the ending is neither ``.csv`` nor ``.parquet``.
    """
    import pandas as pd

    frame = pd.DataFrame.from_records(list(rows))
    if path.suffix == ".csv":
        frame.to_csv(path, index=False, encoding="utf-8-sig")
    elif path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        raise InputError(
            "unknown kind of file", source=str(path), value=path.suffix, expected=".csv or .parquet"
        )
