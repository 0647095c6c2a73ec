"""Parquet files as raw tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lead_ml.errors import InputError
from lead_ml.tables.dataset import Codes
from lead_ml.tables.read.raw import Coder, RawColumn, RawTable, UtcLevels, check_header, raw_table

MAGIC = b"PAR1"


def parquet_batches(path: Path, source: str, rows: int | None) -> Iterator[RawTable]:
    """Read a Parquet file, `rows` rows at a time or all of them at once; timestamps, dates, numbers and booleans keep their type.

    Rows are numbered from 2, as if line 1 were a header. Timestamps are cut to microseconds. Raises InputError if the
    file is damaged, a column name is repeated or text is not UTF-8.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    first = 2
    try:
        with pq.ParquetFile(path, pre_buffer=rows is None) as file:
            check_header(file.schema_arrow.names, source)
            batches = file.iter_batches(batch_size=rows, use_threads=False) if rows else ()
            for table in (pa.Table.from_batches([batch]) for batch in batches) if rows else [file.read()]:
                columns = [_raw(column, pa) for column in table.columns]
                lines = np.arange(first, first + table.num_rows, dtype=np.int64)
                yield raw_table(table.column_names, columns, lines, source)
                first += table.num_rows
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(
            f"the Parquet file cannot be read ({str(error).splitlines()[0]})",
            source=source,
            expected="a complete Parquet file",
            do="write it again",
        ) from error


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
    codes: Codes = (
        coded.indices.cast(pa.int32()).fill_null(len(coded.dictionary)).to_numpy(zero_copy_only=False)
    )
    if pa.types.is_timestamp(kind) and kind.tz:
        return RawColumn(codes, UtcLevels(coded.dictionary.cast(pa.int64()).to_numpy()))
    return RawColumn(codes, (*coded.dictionary.to_pylist(), None))
