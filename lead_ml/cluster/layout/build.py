"""Writing a layout: events a batch at a time, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

import msgspec

from lead_ml.cluster.layout.columns import Columns, rows_in
from lead_ml.cluster.layout.layout import Layout
from lead_ml.cluster.layout.manifest import Intake, RejectionCount
from lead_ml.cluster.layout.scattered import BUDGET, Scattered
from lead_ml.tables.read.reject import REPEATED

MOST_PARTS = 8  # of a partition, before they are merged

Batch = tuple[Columns, Intake]


def append(layout: Layout, batches: Iterable[Batch], *, budget: int = BUDGET) -> tuple[Layout, Intake]:
    """Add events to the partitions that they belong to, as new parts; no other file is written, unless parts become many.

    The order of appending changes no feature. An event whose event_id its partition has already is rejected and counted.

    Parameters
    ----------
    batches
        Events as :meth:`Scattered.add` takes them, each with what was read for it. All that is read must have been read
        before the first part is written, so nothing is added where reading fails.
    budget
        Bytes of events to hold in memory; past them they wait in a temporary file.

    Returns
    -------
    tuple
        The layout, and what was read and rejected now.

    Raises
    ------
    InputError
        As the batches raise it; what was there before stays.
    """
    layout.sweep()
    with closing(Scattered(layout.count, budget=budget, folder=layout.storage.scratch)) as cut:
        intake = Intake()
        for columns, read in batches:
            cut.add(columns)
            intake = intake.plus(read)
        parts, repeated = [], 0
        for k in range(cut.count):
            columns = cut.read(k)
            fresh = layout.first_of_each_id(k, columns)
            repeated += rows_in(columns) - rows_in(fresh)
            if rows_in(fresh):
                parts.append(layout.write(k, fresh))
    if repeated:
        again = RejectionCount(
            REPEATED.of("event_id").text,
            repeated,
            intake.sources[0] if intake.sources else "",
            (),
            "event_id",
            "",
        )
        intake = intake.plus(msgspec.structs.replace(Intake(), rejected=(again,)))
    return layout.add(parts, intake).compacted(most_parts=MOST_PARTS), intake
