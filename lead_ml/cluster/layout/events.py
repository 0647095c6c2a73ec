"""Features from the events of a layout, partition by partition: equal to the last bit to those of all events at once.

A plan by lead needs one partition at a time. A plan by a key that leads share (account, source, everyone) is cut into ranges of
the key; the events of one range are collected from all partitions, with the columns that the plan reads, so that memory is that
of one range. Pieces are independent: they run one after the other here, or on a cluster whose workers read the layout themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from lead_ml.asof.kernel import Answered, HistorySnapshot, Plan, aggregate_coded, merged, take_snapshot
from lead_ml.asof.kernel.order import UNSORTED, grouped, offsets_of, order_of, timed
from lead_ml.asof.kernel.stored import delays
from lead_ml.asof.labels import Spine, first_per_lead, is_in
from lead_ml.asof.matrix import FeatureMatrix, narrowed
from lead_ml.cluster.layout.columns import Column, arrow_texts, stacked, taken
from lead_ml.cluster.layout.layout import Layout
from lead_ml.cluster.layout.manifest import INSTANTS, VALUE
from lead_ml.cluster.layout.memory import column_of, handed_on
from lead_ml.cluster.layout.need import Need
from lead_ml.cluster.layout.scattered import Scattered, partition_of
from lead_ml.cluster.pieces import ClusterPiece, Cut, cuts_of
from lead_ml.tables.dataset import Coded, Codes, Dataset, Events, Floats, Indices, Instants, Leads

EVENTS_A_RANGE = 4_000_000
Partitions = Layout | Scattered
Task = Callable[[ClusterPiece, Any], Any]  # of a piece and the partitions
Makers = Sequence[Callable[[], ClusterPiece]]
Run = Callable[[Task, Makers, Partitions], Iterator[tuple[int, Any]]]


def one_by_one(task: Task, makers: Makers, partitions: Partitions) -> Iterator[tuple[int, Any]]:
    """Run a task on every piece in this process; yield the place of the piece and the result."""
    for place, make in enumerate(makers):
        yield place, task(make(), partitions)


@dataclass(frozen=True, eq=False)
class LayoutEvents:
    """The events of a dataset, in a layout or cut in memory: see :class:`lead_ml.asof.kernel.StoredEvents`."""

    partitions: Partitions
    run: Run = one_by_one  # where the pieces are computed
    workers: int = 1  # threads there

    def answer(self, plan: Plan, dataset: Dataset, lead: Indices, as_of: Instants) -> Answered:
        """Answer a plan as :func:`lead_ml.asof.kernel.aggregate_coded` does; quickest in the order of :func:`lead_order`."""
        with self._memory():
            if plan.key == "lead_id":
                return self._by_lead(plan, dataset, lead, as_of)
            return self._by_key(plan, dataset, lead, as_of)

    def _memory(self) -> AbstractContextManager[None]:
        return handed_on() if self.run is one_by_one else nullcontext()

    def history_snapshot(self, plan: Plan, dataset: Dataset, until: int) -> HistorySnapshot:
        """Take the snapshot of a plan as :func:`lead_ml.asof.kernel.take_snapshot` does."""
        everybody = np.arange(len(dataset.leads), dtype=np.int64)
        cut = self._cut(plan, dataset, everybody, np.full(len(everybody), until, dtype=np.int64))
        with self._memory():
            found = dict(self.run(partial(_snapshot, until), self._ranges(cut), self.partitions))
        pieces = range(cut.pieces)
        return merged(plan, [found[piece] for piece in pieces], [cut.keys_of(piece) for piece in pieces])

    def first_known(self, types: Sequence[str], dataset: Dataset) -> Instants:
        """Return per lead (leads,) when the first event of some types became known, or NEVER."""
        order, found = self._of_partitions(partial(_first_known, tuple(types)), dataset)
        first = np.empty(len(order), dtype=np.int64)
        first[order] = np.concatenate(found)
        return first

    def delays(self, dataset: Dataset) -> tuple[int, Instants]:
        """Return the number of events, and how much later those were recorded that were, in microseconds."""
        found = self._of_partitions(_delays, dataset)[1]
        return sum(rows for rows, _ in found), np.concatenate([late for _, late in found])

    def _of_partitions(self, task: Task, dataset: Dataset) -> tuple[Indices, list[Any]]:
        """Return the leads by partition, and what a task finds in each."""
        order, starts = lead_order(dataset.leads.lead_id, self.partitions.count)
        none = np.empty(0, dtype=np.int64)

        def piece(k: int) -> ClusterPiece:
            return ClusterPiece((), _only_ids(dataset, order[starts[k] : starts[k + 1]]), none, none, (k,))

        makers = [partial(piece, k) for k in range(self.partitions.count)]
        found = dict(self.run(task, makers, self.partitions))
        return order, [found[k] for k in range(self.partitions.count)]

    def _by_lead(self, plan: Plan, dataset: Dataset, lead: Indices, as_of: Instants) -> Answered:
        leads, starts = lead_order(dataset.leads.lead_id, self.partitions.count)
        place = np.empty(len(leads), dtype=np.int64)
        place[leads] = np.arange(len(leads))
        offsets, order = by_lead_and_time(place[lead], as_of, len(leads))
        asked = [k for k in range(self.partitions.count) if offsets[starts[k + 1]] > offsets[starts[k]]]

        def rows_of(k: int) -> slice:
            return slice(offsets[starts[k]], offsets[starts[k + 1]])

        def piece(k: int) -> ClusterPiece:
            rows = rows_of(k) if order is None else order[rows_of(k)]
            own = _only_ids(dataset, leads[starts[k] : starts[k + 1]])
            return ClusterPiece((plan,), own, place[lead[rows]] - starts[k], as_of[rows], (k,))

        answers = Answers(plan, len(lead))
        makers = [partial(piece, k) for k in asked]
        for found, answered in self.run(_answer, makers, self.partitions):
            answers.put(rows_of(asked[found]), answered)
        return answers.in_order(order)

    def _by_key(self, plan: Plan, dataset: Dataset, lead: Indices, as_of: Instants) -> Answered:
        cut = self._cut(plan, dataset, lead, as_of)
        answers = Answers(plan, len(lead))
        answers.clear()  # snapshots of leads without the key are in no piece
        for piece, answered in self.run(_answer, self._ranges(cut), self.partitions):
            answers.put(cut.rows_of(piece), answered)
        return answers.in_order(None)

    def _cut(self, plan: Plan, dataset: Dataset, lead: Indices, as_of: Instants) -> Cut:
        pieces = max(-(-self.partitions.rows // EVENTS_A_RANGE), self.workers)
        bare = Dataset(
            dataset.leads,
            dataset.events,
            until=dataset.until,
            history=dataset.history,
            rules=dataset.rules,
        )
        return cuts_of((plan,), bare, Spine(lead, as_of), pieces=pieces, workers=self.workers)[0]

    def _ranges(self, cut: Cut) -> Makers:
        everywhere = tuple(range(self.partitions.count))

        def piece(number: int) -> ClusterPiece:
            return replace(cut.make(number), partitions=everywhere)

        return [partial(piece, number) for number in range(cut.pieces)]


def lead_order(ids: Sequence[str], count: int) -> tuple[Indices, Indices]:
    """Return the leads (leads,) by partition and, within it, by id, and (count + 1,) where each partition begins."""
    import pyarrow.compute as pc

    texts = arrow_texts(ids)
    partition = partition_of(Coded(np.arange(len(texts), dtype=np.int32), ids), count)
    offsets = offsets_of(partition, count)
    ascending = pc.less(texts.slice(0, max(len(texts) - 1, 0)), texts.slice(1)).to_numpy(zero_copy_only=False)
    steps = np.diff(partition)
    if bool((steps >= 0).all()) and bool(ascending[steps == 0].all()):
        return np.arange(len(texts)), offsets  # which spares the sorting
    by_text = pc.array_sort_indices(texts).to_numpy().astype(np.int64)
    return by_text[grouped(partition[by_text], offsets)], offsets


def _answer(piece: ClusterPiece, partitions: Partitions) -> Answered:
    (plan,) = piece.plans
    dataset = replace(piece.dataset, events=_events(piece, partitions, Need.of_plan(plan)))
    return aggregate_coded(plan, dataset, piece.lead, piece.as_of)


def _snapshot(until: int, piece: ClusterPiece, partitions: Partitions) -> HistorySnapshot:
    (plan,) = piece.plans
    events = _events(piece, partitions, Need.of_plan(plan))
    return take_snapshot(plan, replace(piece.dataset, events=events), until)


def _first_known(types: Sequence[str], piece: ClusterPiece, partitions: Partitions) -> Instants:
    events = _events(piece, partitions, Need(frozenset({"type"})))
    return first_per_lead(piece.dataset, events, is_in(events, "type", types), events.known_at)


def _delays(piece: ClusterPiece, partitions: Partitions) -> tuple[int, Instants]:
    events = _events(piece, partitions, Need())
    return len(events), delays(events)


def _events(piece: ClusterPiece, partitions: Partitions, need: Need) -> Events:
    """Return the events of the leads of a piece; others of the same partitions are left out."""
    ids = arrow_texts(piece.dataset.leads.lead_id)
    columns = stacked([_of_leads(partitions.read(k, need), ids) for k in piece.partitions])
    lead = np.asarray(columns["lead_id"])
    texts = {name: column for name, column in columns.items() if isinstance(column, Coded)}
    instants = {name: np.asarray(columns[name]) for name in INSTANTS}
    value = np.asarray(columns[VALUE]) if VALUE in columns else np.full(len(lead), np.nan)
    return Events(lead=lead, columns=texts, value=value, **instants)


def _of_leads(columns: dict[str, Column], ids: Any) -> dict[str, Column]:
    """Return the events of some leads, with the place of the lead among `ids` in the place of its text."""
    import pyarrow.compute as pc

    lead = columns["lead_id"]
    assert isinstance(lead, Coded)
    place = pc.index_in(arrow_texts(lead.levels), value_set=ids).fill_null(-1).to_numpy()
    places = np.append(place, -1).astype(np.int64)[lead.codes]
    found: dict[str, Column] = {**columns, "lead_id": places}
    return found if places.min(initial=0) >= 0 else taken(found, places >= 0)


def _only_ids(dataset: Dataset, leads: Indices) -> Dataset:
    return Dataset(Leads(tuple(dataset.leads.lead_id[lead] for lead in leads.tolist()), None))


def by_lead_and_time(lead: Indices, as_of: Instants, leads: int) -> tuple[Indices, Indices | None]:
    """Return where the snapshots of each lead begin, and their order, None where they are in it."""
    # Read-only arrays are another type to numba, and would be compiled for anew.
    lead, as_of = (np.require(item, np.int64, ("C", "W")) for item in (lead, as_of))
    offsets = offsets_of(lead, leads)
    if order_of(lead, as_of, as_of) != UNSORTED:
        return offsets, None
    order = grouped(lead, offsets)
    timed(offsets, order, as_of, as_of)
    return offsets, order


class Answers:
    """The answer of a plan for n snapshots, filled piece by piece; texts are coded anew, after those given by column.

    A column is as narrow as holds its numbers exactly, see :func:`lead_ml.asof.matrix.narrowed`.
    """

    def __init__(self, plan: Plan, rows: int, texts: Sequence[Sequence[str]] = ()) -> None:
        self._rows, self._columns = rows, [column_of(rows, np.dtype(np.uint16)) for _ in plan.features]
        self._levels = [{text: code for code, text in enumerate(levels)} for levels in texts]
        self._levels = self._levels or [{} for _ in plan.shown_columns]
        self._shown = plan.shown

    def clear(self) -> None:
        """Make every answer missing."""
        self._columns = [column_of(self._rows, np.dtype(np.float32)) for _ in self._columns]
        for column in self._columns:
            column[:] = np.nan

    def put(self, rows: slice | Indices, answered: Answered) -> None:
        """Put the answers of a piece into some rows."""
        matrix, texts = answered
        shown = dict(self._shown)
        for k in range(len(self._columns)):
            numbers = matrix[:, k]
            if k in shown:
                numbers = _recoded(numbers, texts[shown[k]], self._levels[shown[k]])
            self._put(k, rows, numbers)

    def _put(self, k: int, rows: slice | Indices, numbers: Floats) -> None:
        own = self._columns[k]
        numbers = narrowed(numbers, own.dtype)
        if numbers.dtype != own.dtype:
            self._columns[k] = column_of(self._rows, numbers.dtype)
            with np.errstate(invalid="ignore"):  # rows not put yet hold anything
                self._columns[k][:] = own
        self._columns[k][rows] = numbers

    def in_order(self, order: Indices | None) -> Answered:
        """Return the answers, with the rows that are in `order` back in their place."""
        if order is not None:
            for column in self._columns:
                column[order] = column.copy()
        matrix = FeatureMatrix([(column, None) for column in self._columns], self._rows)
        return matrix, tuple(tuple(levels) for levels in self._levels)


def _recoded(codes: Floats, texts: Sequence[str], levels: dict[str, int]) -> Floats:
    """Return codes over `levels`, to which the texts that occur are added."""
    own: Codes = np.where(np.isnan(codes), -1, codes).astype(np.int32)
    lookup = np.full(len(texts) + 1, np.nan)
    for code in np.unique(own[own >= 0]).tolist():
        lookup[code] = levels.setdefault(texts[code], len(levels))
    return lookup[own]
