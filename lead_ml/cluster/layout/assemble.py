"""From the columns of a partition to a dataset."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lead_ml.cluster.layout.columns import Column, Columns, arrow_texts, rows_in, taken
from lead_ml.cluster.layout.tables import EVENTS, HISTORY, LEADS, OUTCOMES, shape_of
from lead_ml.tables.dataset import Changes, Coded, Dataset, Events, Indices, Leads, Outcomes

_log = logging.getLogger(__name__)


def lead_ids_of(levels: Mapping[str, Sequence[Any]]) -> Any:
    """Return the sorted ids of leads: those of the leads table, or of the streams where it was never given."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = levels[LEADS] if LEADS in levels else [one for arrays in levels.values() for one in arrays]
    together = pa.chunked_array(list(found), pa.string()).unique()
    return together.take(pc.array_sort_indices(together))


def dataset_of(tables: Mapping[str, Columns], ids: Any) -> Dataset:
    """Return the dataset of a partition's tables, leads by id; of rows that name a lead again the last one counts.

    Stream rows of a lead that is not among the leads are left out, and a warning in the log tells how many.
    """
    leads = Leads(tuple(ids.to_pylist()), None)
    if LEADS in tables:
        leads = _leads(tables[LEADS], ids, leads.lead_id)
    events = _stream(EVENTS, tables[EVENTS], ids) if EVENTS in tables else None
    outcomes = _stream(OUTCOMES, tables[OUTCOMES], ids) if OUTCOMES in tables else None
    assert not isinstance(events, Outcomes)
    assert not isinstance(outcomes, Events)
    history = {
        table.removeprefix(HISTORY): _changes(table, columns, ids)
        for table, columns in tables.items()
        if table.startswith(HISTORY)
    }
    return Dataset(leads, events, outcomes, history=history)


def _leads(columns: Columns, ids: Any, names: tuple[str, ...]) -> Leads:
    last = np.zeros(len(names), dtype=np.int64)
    last[_places(columns["lead_id"], ids)] = np.arange(rows_in(columns))
    own = taken({name: column for name, column in columns.items() if name != "lead_id"}, last)
    created = own.pop("created_at", None)
    texts = {name: column for name, column in own.items() if isinstance(column, Coded)}
    return Leads(names, None if created is None else np.asarray(created), texts)


def _changes(table: str, columns: Columns, ids: Any) -> Changes:
    lead, columns = _of_known_leads(table, columns, ids)
    column = table.removeprefix(HISTORY)
    text = columns[column]
    assert isinstance(text, Coded)
    return Changes.of(lead, np.asarray(columns["at"]), {column: text})


def _of_known_leads(table: str, columns: Columns, ids: Any) -> tuple[Indices, Columns]:
    lead = _places(columns["lead_id"], ids)
    if lead.min(initial=0) >= 0:
        return lead, columns
    known = lead >= 0
    _log.warning("%s: %d rows of unknown leads are left out", table, len(lead) - int(known.sum()))
    return lead[known], taken(columns, known)


def _stream(table: str, columns: Columns, ids: Any) -> Events | Outcomes:
    lead, columns = _of_known_leads(table, columns, ids)
    texts = {name: text for name, text in columns.items() if isinstance(text, Coded) and name != "lead_id"}
    occurred, known_at = np.asarray(columns["occurred_at"]), np.asarray(columns["known_at"])
    numbers: Column = columns.get(shape_of(table).number, _NONE)
    if numbers is _NONE:
        numbers = np.full(len(lead), np.nan)
    build = Events if table == EVENTS else Outcomes
    return build(lead, occurred, known_at, texts, np.asarray(numbers))


_NONE = np.empty(0)


def _places(lead: Column, ids: Any) -> Indices:
    """Return the place of each row's lead among the ids, -1 where it is not there."""
    import pyarrow.compute as pc

    assert isinstance(lead, Coded)
    place = pc.index_in(arrow_texts(lead.levels), value_set=ids).fill_null(-1).to_numpy()
    return np.append(place, -1).astype(np.int64)[lead.codes]
