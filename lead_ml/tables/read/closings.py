"""Which leads the leads table itself says are closed: by a status, a close date or a loss reason (``closing`` in ``params.yaml``)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lead_ml.clean.text import clean
from lead_ml.project.params import ClosingParams, Params
from lead_ml.tables.cell_rules import spelling_key
from lead_ml.tables.dataset import NEVER, Closings, Coded, Dataset, Instants, Leads, Mask
from lead_ml.tables.read.context import FOREVER, ReadContext
from lead_ml.tables.read.mapping import not_a_column
from lead_ml.tables.read.raw import RawColumn
from lead_ml.tables.read.timestamps import timestamps_of


def with_closings(data: Dataset, params: Params, context: ReadContext) -> Dataset:
    """Add who is closed; unless ``data.until`` is set, the end of the data is not before the last close date.

    Raises ParamsError if ``closing`` names a column that the leads do not have.
    """
    given = params.closing
    if not given.columns:
        return data
    for name in given.columns:
        if name not in data.leads.columns:
            raise not_a_column("closing", name, "the leads", data.leads.columns)
    dated = _dates(data.leads, params, context)
    stage = _stages(data, given)
    closed: Mask = stage.codes >= 0
    if given.column is None:
        closed = closed | (dated < NEVER)
    closed &= (dated < context.until) | (
        dated == NEVER
    )  # one that was closed after the end of the data was open then
    last = int(dated[closed & (dated < NEVER)].max(initial=-1)) + 1
    until = max(data.until, last) if context.until == FOREVER else data.until
    at = np.where(closed, np.minimum(dated, until - 1), NEVER)
    codes = np.where(closed, stage.codes, np.int32(-1))
    return replace(data, until=until, closings=Closings(at, Coded(codes, stage.levels)))


def _stages(data: Dataset, given: ClosingParams) -> Coded:
    """Return the closing stage of each lead by its status, else lost where there is a reason, missing where neither says one; spellings do not count."""
    leads, levels = data.leads, ("won", "lost", "invalid")
    codes = np.full(len(leads), -1, dtype=np.int32)
    if given.reason is not None:
        codes[leads.columns[given.reason].codes >= 0] = levels.index("lost")
    if given.column is not None:
        yes_no, status = data.rules.leads.of(given.column).yes_no, leads.columns[given.column]
        known = {
            spelling_key(clean(value), yes_no=yes_no): levels.index(stage)
            for value, stage in given.stages.items()
        }
        keys = [spelling_key(level, yes_no=yes_no) for level in status.levels]
        of_level = np.array([*(known.get(key, -1) for key in keys), -1], dtype=np.int32)
        codes = np.where(of_level[status.codes] >= 0, of_level[status.codes], codes)
    return Coded(codes, levels)


def _dates(leads: Leads, params: Params, context: ReadContext) -> Instants:
    """Return the close date of each lead; NEVER where there is none, it is no date, or it lies in the future."""
    name, table = params.closing.date, params.data.leads
    if name is None:
        return np.full(len(leads), NEVER)
    text = leads.columns[name]
    column = RawColumn(text.codes, (*text.levels, None))  # code -1, missing, is the last level
    found = timestamps_of(
        column,
        context.zone,
        context.missing,
        end_of_day=table.end_of_day,
        date_format=table.dates.get(name, ""),
    )
    known = ~found.missing & ~found.bad & (found.first <= context.now)
    return np.where(known, found.at, NEVER)
