"""lead-ml: Parquet to a dataset, the stream laid out by key, one compiled walk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from feature_engines.declared import FEATURES, FEW
from feature_engines.measured import Steps


@dataclass(frozen=True)
class Found:
    """Snapshots by lead code, and their features."""

    names: Any
    lead: Any
    as_of: Any
    columns: dict[str, Any]


def prepare() -> None:
    """Compile the kernel or load it from numba's cache."""
    import pyarrow.compute
    import pyarrow.dataset
    import pyarrow.parquet  # noqa: F401

    from lead_ml.kernel import warm

    warm()


def keep(folder: Path) -> None:
    """Save the stream as arrays, until the library has a layout of its own."""
    from lead_ml.kernel import compile_plans, gather

    stream = gather(compile_plans(FEATURES)[0], _dataset(folder, _spine(folder)[0]))
    target = folder / "kept"
    target.mkdir(exist_ok=True)
    np.save(target / "names.npy", np.array(stream.keys.levels, dtype=np.str_))
    np.save(target / "sizes.npy", np.array([stream.width, stream.deepest]))
    (target / "shown.json").write_text(json.dumps(stream.shown))
    for name, column in stream.rows._asdict().items():
        np.save(target / f"{name}.npy", column)


def features(folder: Path, layout: str, steps: Steps) -> Found:
    """Compute the features of every snapshot."""
    from lead_ml.kernel import gather, run
    from lead_ml.table import Compiled

    compiled = Compiled.of(FEATURES)
    (plan,) = compiled.plans
    if layout == "kept":
        with steps("read"):
            stream = _kept(folder / "kept", plan)
            names, lead, as_of = _spine(folder, stream.keys.levels)
    else:
        with steps("read"):
            names, lead, as_of = _spine(folder)
            dataset = _dataset(folder, names)
        with steps("gather"):
            stream = gather(plan, dataset)
            del dataset
    with steps("walk"):
        matrix = run(plan, stream, lead, as_of)
    with steps("columns"):
        return Found(names, lead, as_of, _columns(compiled, matrix, stream.shown))


def table(found: Found) -> Any:
    import pyarrow as pa

    ids = pa.DictionaryArray.from_arrays(pa.array(found.lead), pa.array(found.names)).cast(pa.string())
    columns = {name: _arrow(column) for name, column in found.columns.items()}
    return pa.table({"lead_id": ids, "as_of": found.as_of, **columns})


def _arrow(column: Any) -> Any:
    import pyarrow as pa

    if isinstance(column, np.ndarray):
        return pa.array(column, from_pandas=True)
    return pa.array(column.levels, pa.string()).take(pa.array(column.codes, mask=column.codes < 0))


def _columns(compiled: Any, matrix: Any, texts: Any) -> dict[str, Any]:
    """Put the parts together, as ``lead_ml.table.features_at`` does."""
    from lead_ml.data import Coded
    from lead_ml.kernel import combined

    columns: dict[str, Any] = {}
    for item in FEATURES:
        parts = [np.ascontiguousarray(matrix[:, k]) for _, k in compiled.places[id(item)]]
        columns[item.name] = combined(item, parts)
        if item.aggregation in ("first", "last"):
            codes = np.where(np.isnan(parts[0]), -1.0, parts[0]).astype(np.int32)
            columns[item.name] = Coded(codes, texts[compiled.plans[0].shown_columns.index(item.of)])
    return columns


def _spine(folder: Path, levels: tuple[str, ...] | None = None) -> tuple[Any, Any, Any]:
    import pyarrow as pa

    path = folder / "spine.parquet"
    codes, names = _texts(path, "lead_id")
    if levels is not None:
        codes, names = _placed(names, pa.array(levels))[codes], levels
    return names, codes, _numbers(path, "as_of")


def _dataset(folder: Path, names: Any) -> Any:
    from lead_ml.data import Coded, Dataset, Events, Leads

    path = folder / "events.parquet"
    codes, own = _texts(path, "lead_id")
    lead = _placed(own, names)[codes].astype(np.int64)
    texts = {}
    for name in (*FEW, "session_id"):
        found, levels = _texts(path, name)
        texts[name] = Coded(found, tuple(levels.to_pylist()))
    occurred, known = (_numbers(path, name) for name in ("occurred_at", "known_at"))
    return Dataset(
        Leads(tuple(names.to_pylist()), None), Events(lead, occurred, known, texts, _numbers(path, "value"))
    )


def _numbers(path: Path, name: str) -> Any:
    import pyarrow.parquet as pq

    return pq.read_table(path, columns=[name])[name].to_numpy()


def _texts(path: Path, name: str) -> tuple[Any, Any]:
    """Return the codes of a column and its levels.

    Dictionaries of the file are quick to unify for few values; many values are quicker read as text and coded at once.
    """
    import pyarrow.parquet as pq

    if name in FEW:
        coded = pq.read_table(path, columns=[name], read_dictionary=[name])[name].unify_dictionaries()
    else:
        coded = pq.read_table(path, columns=[name])[name].dictionary_encode()
    coded = coded.combine_chunks()
    return coded.indices.fill_null(-1).to_numpy().astype(np.int32, copy=False), coded.dictionary


def _placed(levels: Any, among: Any) -> Any:
    import pyarrow.compute as pc

    return pc.index_in(levels, value_set=among).fill_null(-1).to_numpy()


def _kept(folder: Path, plan: Any) -> Any:
    from lead_ml.data import Coded
    from lead_ml.kernel import Stream
    from lead_ml.kernel.fold import Rows
    from lead_ml.kernel.stream import no_base

    names = tuple(np.load(folder / "names.npy").tolist())
    # Read-only arrays are another type to numba and would be compiled for anew: map them copy-on-write.
    rows = Rows(*(np.load(folder / f"{name}.npy", mmap_mode="c") for name in Rows._fields))
    keys = Coded(np.arange(len(names), dtype=np.int32), names)
    width, deepest = np.load(folder / "sizes.npy").tolist()
    shown = tuple(map(tuple, json.loads((folder / "shown.json").read_text())))
    return Stream(keys, rows, no_base(plan), width=width, deepest=deepest, shown=shown)
