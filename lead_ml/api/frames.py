"""DataFrames in: any frame with the Arrow C interface is written as Parquet and read as a file is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lead_ml.errors import InputError
from lead_ml.project.params import Params, TableParams
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.read import read_dataset

if TYPE_CHECKING:
    import pyarrow as pa

Frame = Any  # pandas, Polars, Arrow, DuckDB, ...: whatever has __arrow_c_stream__


def arrow_of(frame: Frame, name: str) -> pa.Table:
    """Return a frame as an Arrow table; an InputError if it is none, or a column holds values of several types."""
    import pyarrow as pa

    if not hasattr(frame, "__arrow_c_stream__"):
        raise InputError(
            "is not a table",
            source=name,
            value=type(frame).__name__,
            expected="a pandas DataFrame, or any table with the Arrow C interface",
            do="pass a DataFrame; files are read by lead_ml.load_project and lead_ml.load",
        )
    try:
        table = pa.table(frame)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(
            f"a column mixes types ({error})",
            source=name,
            expected="one type per column",
            do="convert the column, for example with .astype(str)",
        ) from error
    index = [column for column in table.column_names if column.startswith("__index_level_")]
    plain = [
        field.with_type(pa.large_string()) if pa.types.is_string_view(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(plain)).drop_columns(index)  # the views of Polars have no kernels in Arrow


def check_columns(found: Sequence[str], needed: Sequence[str], source: str) -> None:
    """Check that a table has the columns that it cannot do without."""
    missing = next((name for name in needed if name not in found), None)
    if missing is not None:
        raise InputError(
            f"has no column {missing}", source=source, value=", ".join(found), expected=" and ".join(needed)
        )


def write_frame(frame: Frame, path: Path) -> Path:
    """Write a frame as Parquet, as lead-ml reads it; return the path."""
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(arrow_of(frame, path.stem), path)
    return path


def dataset_of(params: Params, frames: dict[str, Frame]) -> Dataset:
    """Read frames, by table, in place of the files of a project: the same rules for cells, columns and time zones."""
    with TemporaryDirectory() as folder:
        places = {
            name: _placed(getattr(params.data, name), write_frame(frame, Path(folder) / f"{name}.parquet"))
            for name, frame in frames.items()
        }
        empty: dict[str, Any] = {"events": None, "outcomes": None, "lead_history": None, "extra": {}}
        data = params.data.model_copy(update={**empty, **places})
        return read_dataset(params.model_copy(update={"data": data}), Path(folder))[0]


def _placed(own: TableParams | None, path: Path) -> TableParams:
    place = {"path": path.name, "url": None, "table": None, "query": None}
    return (own or TableParams(path=path.name)).model_copy(update=place)
