"""Extra tables: third-party data by a key of the lead, each row known from an instant on."""

from __future__ import annotations

import numpy as np

from lead_ml.clean import TRANSFORMS
from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import ExtraParams, TableParams
from lead_ml.tables.dataset import Changes, Coded, Extra, Leads, changes_in_order
from lead_ml.tables.read.canonical import compacted
from lead_ml.tables.read.context import ReadContext, timestamp_notes
from lead_ml.tables.read.leads import table_report
from lead_ml.tables.read.mapping import MappedTable, near_miss
from lead_ml.tables.read.raw import RawTable
from lead_ml.tables.read.reject import Rejections, after_until, at_one_instant, in_future, missing, unparsable
from lead_ml.tables.read.report import TableReport

_AT = "known_at"


def with_key(params: TableParams, raw: RawTable) -> TableParams:
    """Map the column ``key`` of an extra table to one named like the lead column, where nothing else is the key."""
    if not isinstance(params, ExtraParams) or "key" in {*raw.columns, *params.columns, *params.constants}:
        return params
    column, colon, _ = params.key.partition(":")
    if colon or column not in raw.columns:
        return params
    return params.model_copy(update={"columns": {"key": column, **params.columns}})


def read_extra(
    table: MappedTable, leads: Leads, context: ReadContext, params: ExtraParams
) -> tuple[Extra, Rejections, TableReport]:
    """Check an extra table, and put its rows in order by key and ``known_at``.

    Raises
    ------
    InputError
        If one cause rejects more than half of the rows, or a lead column has the name of an attribute of the table.
    ParamsError
        If the key is not a lead column or has an unknown transform.
    """
    _check_key(table, leads, params)
    at = context.timestamps(table, _AT, end_of_day=params.end_of_day)
    key = table.text("key", context.missing)
    rejections = (
        Rejections.of(table)
        .reject(missing("key"), key.codes < 0)
        .reject(missing(_AT), at.missing)
        .reject(unparsable(_AT), at.bad)
        .reject(in_future(_AT), at.first > context.now)
        .reject(after_until(_AT), at.at >= context.until)
    )
    rows = np.flatnonzero(rejections.used)
    used = _by_text(compacted(key.take(rows)))
    columns = {
        name: table.text(name, context.missing).take(rows)
        for name in table.columns
        if name not in ("key", _AT)
    }
    kept, hidden = changes_in_order(used.codes.astype(np.int64), at.at[rows], columns)
    rejections = rejections.reject(at_one_instant(_AT), np.isin(np.arange(len(table)), rows[hidden]))
    ordered = Changes(
        used.codes[kept].astype(np.int64),
        at.at[rows][kept],
        {name: compacted(column.take(kept)) for name, column in columns.items()},
    )
    found = Extra(params.key, tuple(used.levels), ordered)
    notes = [*timestamp_notes(_AT, at, end_of_day=params.end_of_day), _found_note(found, leads)]
    return found, rejections, table_report(rejections, notes, at)


def _by_text(key: Coded) -> Coded:
    """Number the keys in the order of text, so that the order of rows changes nothing."""
    order = sorted(range(len(key.levels)), key=key.levels.__getitem__)
    place = np.append(np.argsort(order), -1).astype(np.int32)
    return Coded(place[key.codes], tuple(key.levels[k] for k in order))


def _check_key(table: MappedTable, leads: Leads, params: ExtraParams) -> None:
    column, colon, transform = params.key.partition(":")
    if column not in leads.columns:
        near = near_miss(column, list(leads.columns))
        raise ParamsError(
            f"data.{table.name}.key names {column}, which is not a column of the leads"
            + (f"; did you mean {near}?" if near else ""),
            expected=f"one of {', '.join(leads.columns)}",
        )
    if colon and transform not in TRANSFORMS:
        raise ParamsError(
            f"data.{table.name}.key names an unknown transform",
            value=transform,
            expected=f"one of {', '.join(sorted(TRANSFORMS))}",
        )
    prefix = table.name.removeprefix("extra.") + "."
    clash = next((name for name in leads.columns if name.startswith(prefix)), None)
    if clash is not None:
        raise InputError(
            f"the lead column {clash!r} is named like an attribute of {table.name}",
            source=table.raw.sources[0],
            do="give the extra table another name in params.yaml",
        )


def _found_note(extra: Extra, leads: Leads) -> str:
    column, colon, transform = extra.key.partition(":")
    key: Coded = leads.columns[column]
    found = int((extra.owners(key.map(TRANSFORMS[transform]) if colon else key) >= 0).sum())
    return f"{found:,} of {len(leads):,} leads have a row for their {extra.key}"
