"""Parquet files as raw tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lead_ml.errors import InputError
from lead_ml.tables.dataset import Codes
from lead_ml.tables.read.raw import Coder, RawColumn, RawTable, check_header, raw_table

MAGIC = b"PAR1"


def read_parquet(path: Path, source: str) -> RawTable:
    """Read a Parquet file; timestamps, dates, numbers and booleans keep their type.

    Rows are numbered from 2, as if line 1 were a header. Timestamps are cut to microseconds.

    Raises
    ------
    InputError
        If the file is damaged, a column name is repeated or text is not UTF-8.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            table = file.read()
        check_header(table.column_names, source)
        columns = [_raw(column, pa) for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(
            f"the Parquet file cannot be read ({str(error).splitlines()[0]})",
            source=source,
            expected="a complete Parquet file",
            do="write it again",
        ) from error
    return raw_table(table.column_names, columns, np.arange(2, table.num_rows + 2, dtype=np.int64), source)


def _raw(chunks: Any, pa: Any) -> RawColumn:
    kind = chunks.type
    if pa.types.is_timestamp(kind):
        chunks = chunks.cast(pa.timestamp("us", tz=kind.tz and "UTC"), safe=False)
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        chunks = chunks.cast(pa.large_string())
    try:
        coded = chunks.dictionary_encode().combine_chunks()
    except pa.ArrowNotImplementedError:  # lists, structs, extension types
        coder = Coder()
        coder.add(chunks.to_pylist())
        return coder.column()
    levels = coded.dictionary.to_pylist()
    codes: Codes = coded.indices.cast(pa.int32()).fill_null(len(levels)).to_numpy(zero_copy_only=False)
    return RawColumn(codes, (*levels, None))
