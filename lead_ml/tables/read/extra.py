"""Extra tables: third-party data by a key of the lead, each row known from an instant on."""

from __future__ import annotations

import numpy as np

from lead_ml.clean import TRANSFORMS
from lead_ml.errors import InputError, ParamsError
from lead_ml.project.params import ExtraParams
from lead_ml.tables.cell_rules import CellRules
from lead_ml.tables.dataset import Coded, Extra, Leads
from lead_ml.tables.read.canonical import compacted, ordered
from lead_ml.tables.read.context import ReadContext, timestamp_notes
from lead_ml.tables.read.mapping import MappedTable, not_a_column
from lead_ml.tables.read.reject import AFTER_UNTIL, AT_ONE_INSTANT, MISSING, Rejections
from lead_ml.tables.read.report import TableReport, table_report

_AT = "known_at"


def read_extra(
    table: MappedTable, leads: Leads, context: ReadContext, params: ExtraParams, rules: CellRules
) -> tuple[Extra, TableReport]:
    """Check an extra table, and put its rows in order by key, spelled as in the leads, and ``known_at``.

    Raises ParamsError if the key is not a lead column or has an unknown transform, and InputError if one cause rejects
    more than half of the rows, or a lead column has the name of an attribute of the table.
    """
    _check_key(table, leads, params)
    at = context.timestamps(table, _AT)
    column, colon, _ = params.key.partition(":")
    key = table.text("key") if colon else table.text("key").map(rules.leads.of(column).spelled)
    rejections = (
        Rejections.of(table)
        .reject(MISSING, "key", key.codes < 0)
        .reject(MISSING, _AT, at.missing)
        .reject_times(_AT, at, context.now)
        .reject(AFTER_UNTIL, _AT, at.at >= context.until)
    )
    rows = np.flatnonzero(rejections.used)
    used = compacted(key.take(rows))
    # The keys are numbered in the order of text, so that the order of rows changes nothing.
    order = sorted(range(len(used.levels)), key=used.levels.__getitem__)
    owner = np.append(np.argsort(order), -1).astype(np.int64)[used.codes]
    columns = {name: table.text(name).take(rows) for name in table.columns if name not in ("key", _AT)}
    changes, hidden = ordered(owner, at.at[rows], columns)
    rejections = rejections.reject(AT_ONE_INSTANT, _AT, np.isin(np.arange(len(table)), rows[hidden]))
    found = Extra(params.key, tuple(used.levels[k] for k in order), changes)
    notes = [*timestamp_notes(table, _AT, at), _found_note(found, leads, rules)]
    return found, table_report(rejections, notes, at)


def _check_key(table: MappedTable, leads: Leads, params: ExtraParams) -> None:
    column, colon, transform = params.key.partition(":")
    if column not in leads.columns:
        raise not_a_column(f"data.{table.name}.key", column, "the leads", leads.columns)
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


def _found_note(extra: Extra, leads: Leads, rules: CellRules) -> str:
    column, colon, transform = extra.key.partition(":")
    key: Coded = leads.columns[column]
    found = int((extra.owners(key.map(rules.transform(transform)) if colon else key) >= 0).sum())
    return f"{found:,} of {len(leads):,} leads have a row for their {extra.key}"
