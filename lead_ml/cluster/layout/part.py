"""One part of a layout: sorted rows as a Parquet file that any tool can read."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from lead_ml.asof.kernel.order import UNSORTED, dense, grouped, offsets_of, order_of, tied, timed
from lead_ml.asof.kernel.rows import NumberTexts
from lead_ml.asof.kernel.scatter import renumbered
from lead_ml.asof.kernel.stream import rank_of
from lead_ml.cluster.layout.columns import (
    Column,
    Columns,
    Texts,
    arrow_coded,
    arrow_texts,
    coded,
    rows_in,
    taken,
    writable,
)
from lead_ml.cluster.layout.manifest import (
    CODED,
    INSTANT,
    INSTANTS,
    NUMBER,
    NUMBERED,
    OF_LEAD,
    OF_PART,
    TEXT,
    LayoutPart,
    bad,
)
from lead_ml.cluster.layout.storage import Storage
from lead_ml.tables.dataset import Coded

_WIDEST_DICTIONARY = 1 << 30
_LEVELS = b"lead_ml:levels"
# A column with more texts is numbered within each lead, one with fewer that is missing here and there is coded.
MANY_TEXTS = 1024


def write_part(storage: Storage, file: str, partition: int, columns: Columns) -> LayoutPart:
    """Sort events and write them as one row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns, ties = in_order(columns)
    numbered, texts = _standing_in(columns)
    codes = {name: pa.array(column.codes) for name, column in texts.items()}
    arrays = {name: _arrow(name, column) for name, column in columns.items()} | numbered | codes
    levels = {name: arrow_texts(column.levels).to_pylist() for name, column in texts.items()}
    dictionaries = [name for name, column in columns.items() if isinstance(column, Coded)]
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.table(arrays).replace_schema_metadata({_LEVELS: json.dumps(levels)}),
        sink,
        row_group_size=max(rows_in(columns), 1),
        compression="lz4",
        use_dictionary=[*dictionaries, *numbered, *codes],
        column_encoding=dict.fromkeys(INSTANTS, "DELTA_BINARY_PACKED"),
        dictionary_pagesize_limit=_WIDEST_DICTIONARY,
    )
    content = memoryview(sink.getvalue())
    storage.write(file, content)
    kinds = {name: INSTANT if name in INSTANTS else NUMBER for name in columns}
    kinds |= (
        dict.fromkeys(dictionaries, TEXT) | dict.fromkeys(numbered, NUMBERED) | dict.fromkeys(codes, CODED)
    )
    return LayoutPart(file, partition, kinds, rows_in(columns), len(content), zlib.crc32(content), ties)


def read_part(storage: Storage, part: LayoutPart, names: Sequence[str] | None = None) -> dict[str, Column]:
    """Read columns of a part after its checksum: by default all, with their texts.

    A column that codes the texts of another, or numbers them within each lead, takes the name of that one.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        content = storage.read(part.file)
    except (OSError, pa.ArrowInvalid) as error:
        raise bad(
            storage,
            f"{part.file} cannot be read",
            "every part that the manifest names",
            "open the layout again if it was compacted meanwhile, else restore the folder from a backup",
        ) from error
    if (len(content), zlib.crc32(content)) != (part.bytes, part.crc32):
        raise bad(storage, f"{part.file} is damaged", f"{part.bytes} bytes with the CRC-32 {part.crc32:08x}")
    texts = [name for name, kind in part.columns.items() if kind == TEXT]
    if names is None:
        names = [name for name in part.columns if name not in part.standing_in]
    with pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts, pre_buffer=False) as file:
        found = file.read(columns=names, use_threads=False)
    levels = json.loads(found.schema.metadata[_LEVELS])
    columns = dict[str, Column]()
    for name in found.column_names:
        chunks = found[name]
        array = chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()  # which would copy one
        kind = part.columns[name]
        if kind == NUMBERED:
            codes = writable(array)
            columns[name.removesuffix(OF_LEAD)] = Coded(codes, NumberTexts(0, int(codes.max(initial=-1)) + 1))
        elif kind == CODED:
            columns[name.removesuffix(OF_PART)] = Coded(writable(array), Texts(arrow_texts(levels[name])))
        elif kind == TEXT:
            columns[name] = coded(array)
        else:
            columns[name] = writable(array.cast(pa.int64()) if kind == INSTANT else array)
    return columns


def in_order(columns: Columns) -> tuple[Columns, bool]:
    """Sort events by (lead_id, known_at, occurred_at, event_id); return also whether some agree in all but the last."""
    lead = columns["lead_id"]
    assert isinstance(lead, Coded)
    lead = _by_text(lead)
    columns = {**columns, "lead_id": lead}
    key = lead.codes.astype(np.int64)
    offsets = offsets_of(key, len(lead.levels))
    known, occurred = np.asarray(columns["known_at"]), np.asarray(columns["occurred_at"])
    if order_of(key, known, occurred) != UNSORTED:
        order = np.arange(len(key))
    else:
        order = grouped(key, offsets)
        timed(offsets, order, known, occurred)
    places, group = tied(order, key, known, occurred)
    ids = columns.get("event_id")
    if len(places) and isinstance(ids, Coded):
        equal = order[places]
        order[places] = equal[np.lexsort((rank_of(ids.take(equal)), group))]
    return taken(columns, order), bool(len(places))


def _standing_in(columns: Columns) -> tuple[dict[str, Any], dict[str, Coded]]:
    """Number the texts of each column with many of them within each lead, and code those that are missing in some rows.

    Numbers are in order of appearance, -1 for missing. Parquet readers are slow where they have to skip.
    """
    import pyarrow as pa

    lead = columns["lead_id"]
    assert isinstance(lead, Coded)
    offsets = offsets_of(lead.codes.astype(np.int64), len(lead.levels))
    numbered, texts = dict[str, Any](), dict[str, Coded]()
    for name, column in columns.items():
        if not isinstance(column, Coded) or name in ("lead_id", "event_id"):
            continue
        many = len(column.levels) > MANY_TEXTS
        if many and name + OF_LEAD not in columns:
            numbered[name + OF_LEAD] = pa.array(dense(offsets, column.codes, len(column.levels)))
        elif not many and name + OF_PART not in columns and bool((column.codes < 0).any()):
            texts[name + OF_PART] = _by_appearance(column)
    return numbered, texts


def _by_text(column: Coded) -> Coded:
    """Renumber so that levels ascend."""
    import pyarrow.compute as pc

    levels = arrow_texts(column.levels)
    order = pc.array_sort_indices(levels)
    rank = np.empty(len(levels) + 1, dtype=np.int32)
    rank[order.to_numpy()] = np.arange(len(levels))
    rank[-1] = -1
    return Coded(rank[column.codes], Texts(levels.take(order)))


def _by_appearance(column: Coded) -> Coded:
    """Renumber levels as they appear: those of one lead are next to each other, which keeps what reads them in the cache."""
    import pyarrow as pa

    scratch = np.full(len(column.levels), -1, dtype=np.int32)
    codes, used = renumbered(column.codes, np.arange(len(column)), scratch)
    return Coded(codes, Texts(arrow_texts(column.levels).take(pa.array(used))))


def _arrow(name: str, column: Column) -> Any:
    import pyarrow as pa

    if isinstance(column, Coded):
        return arrow_coded(_by_appearance(column))
    if name in INSTANTS:
        return pa.array(column).cast(pa.timestamp("us", tz="UTC"))
    return pa.array(column, from_pandas=True)
