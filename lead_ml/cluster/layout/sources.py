"""Files as batches of columns: Parquet and CSV, read a piece at a time."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lead_ml.cluster.layout.columns import Column, Columns, coded, writable
from lead_ml.cluster.layout.tables import Shape, shape_of
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded

BATCH_ROWS = 1 << 19
_CSV_BLOCK = 1 << 26


def files_of(pattern: str | Path | Sequence[str | Path]) -> list[Path]:
    """Return the files of one or more paths or globs, those of a glob by name.

    Raises
    ------
    InputError
        Where a path or glob names no file.
    """
    patterns = [pattern] if isinstance(pattern, str | Path) else pattern
    found: list[Path] = []
    for one in map(str, patterns):
        paths = [Path(one)] if Path(one).is_file() else sorted(map(Path, glob.glob(one, recursive=True)))  # noqa: PTH207
        if not paths:
            raise InputError(
                "no such file", source=one, expected="Parquet or CSV files", do="correct the path"
            )
        found += paths
    return found


def batches(
    table: str, path: Path, *, columns: Sequence[str] | None = None, rows: int = BATCH_ROWS
) -> Iterator[Columns]:
    """Read a file of a table in batches.

    Columns carry the names of :func:`lead_ml.cluster.layout.tables.shape_of`. Instants are int64 microseconds UTC or timestamps with a time zone, in CSV
    ISO 8601 with one. ``known_at`` is taken as it stands; without it a row is known at the later of ``occurred_at`` and
    ``recorded_at``. All other columns are text; what is not is written as Arrow writes it.

    Raises
    ------
    InputError
        Where the file cannot be read, lacks a column, or has an instant or a lead_id missing or in another form.
    """
    import pyarrow as pa

    first = 0
    try:
        for batch in _arrow_batches(table, path, columns, rows):
            _check_columns(table, path, batch.schema.names)
            yield _columns(table, path, batch, first)
            first += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"the file cannot be read ({str(error).splitlines()[0]})",
            source=str(path),
            expected="a complete Parquet or CSV file",
            do="write it again",
        ) from error


def _arrow_batches(table: str, path: Path, columns: Sequence[str] | None, rows: int) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import csv

    shape = shape_of(table)
    if path.suffix == ".csv":
        with csv.open_csv(
            path,
            read_options=csv.ReadOptions(block_size=_CSV_BLOCK, use_threads=False),
            convert_options=csv.ConvertOptions(
                column_types=_types(shape, _csv_names(path)),
                strings_can_be_null=True,
                null_values=[""],
                include_columns=list(columns or []),
            ),
        ) as reader:
            yield from reader
        return
    # Codes and few texts cost less to read than as many texts as rows.
    texts = [
        field.name
        for field in pq.read_schema(path)
        if pa.types.is_string(field.type) and field.name not in shape.instants
    ]
    # Buffered ahead, the whole file would stay in memory until its end.
    with pq.ParquetFile(path, read_dictionary=texts, pre_buffer=False) as file:
        yield from file.iter_batches(batch_size=rows, columns=columns, use_threads=False)


def _csv_names(path: Path) -> list[str]:
    from pyarrow import csv

    with csv.open_csv(path, read_options=csv.ReadOptions(block_size=1 << 16)) as reader:
        return list(reader.schema.names)


def _types(shape: Shape, names: Sequence[str]) -> dict[str, Any]:
    import pyarrow as pa

    kinds = {name: pa.timestamp("us", tz="UTC") for name in shape.instants} | {shape.number: pa.float64()}
    return {name: kinds.get(name, pa.string()) for name in names}


def _check_columns(table: str, path: Path, names: Sequence[str]) -> None:
    lacking = [name for name in ("lead_id", *shape_of(table).required) if name not in names]
    if lacking:
        raise InputError(
            f"the {table} lack {', '.join(lacking)}",
            source=str(path),
            value=", ".join(names),
            expected=f"columns lead_id, {', '.join(shape_of(table).instants)}",
        )


def _columns(table: str, path: Path, batch: Any, first: int) -> Columns:
    shape, found = shape_of(table), dict[str, Column]()
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        if name in shape.instants:
            found[name] = _instants(name, array, path, first)
        elif name == shape.number:
            found[name] = _floats(array)
        else:
            found[name] = _text(array)
    lead = found["lead_id"]
    assert isinstance(lead, Coded)
    _refuse("lead_id is missing", np.flatnonzero(lead.codes < 0), path, first)
    return _known(found) if "occurred_at" in found else found


def _known(found: dict[str, Column]) -> Columns:
    recorded = found.pop("recorded_at", None)
    if "known_at" not in found:
        occurred = np.asarray(found["occurred_at"])
        found["known_at"] = occurred if recorded is None else np.maximum(occurred, np.asarray(recorded))
    return found


def _instants(name: str, array: Any, path: Path, first: int) -> Column:
    import pyarrow as pa

    kind = array.type
    if pa.types.is_timestamp(kind) and kind.tz:
        array = array.cast(pa.timestamp("us", tz="UTC"), safe=False).cast(pa.int64())
    elif kind != pa.int64():
        raise InputError(
            f"{name} has the type {kind}",
            source=str(path),
            expected="int64 microseconds UTC, or timestamps with a time zone",
            do="say which time zone the instants are in when you write the file",
        )
    if array.null_count and name == "recorded_at":
        array = array.fill_null(0)
    if array.null_count:
        missing = np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False))
        _refuse(f"{name} is missing", missing, path, first)
    return writable(array)


def _floats(array: Any) -> Column:
    import pyarrow as pa

    return writable(array.cast(pa.float64(), safe=False))


def _text(array: Any) -> Coded:
    import pyarrow as pa

    if not pa.types.is_dictionary(array.type):
        array = (array if pa.types.is_string(array.type) else array.cast(pa.string())).dictionary_encode()
    if not pa.types.is_string(array.type.value_type) or array.type.index_type != pa.int32():
        array = array.cast(pa.dictionary(pa.int32(), pa.string()))
    return coded(array)


def _refuse(problem: str, missing: np.typing.NDArray[np.int64], path: Path, first: int) -> None:
    if len(missing):
        raise InputError(
            problem,
            source=str(path),
            rows=(missing[:5] + first + 2).tolist(),
            count=len(missing),
            expected="a value in every row",
            do="leave these rows out, or fill them in",
        )
