"""Features on a cluster: each worker runs the kernel on the keys of one piece at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lead_ml.asof.join import Compiled, from_answers
from lead_ml.asof.kernel import Answered, Plan, StoredDataset, aggregate_coded, stored_of
from lead_ml.asof.labels import Spine
from lead_ml.asof.matrix import RawColumns
from lead_ml.cluster.layout.events import Answers, LayoutEvents, Makers, Partitions, Task
from lead_ml.cluster.mapped import mapped, threads_of
from lead_ml.cluster.pieces import ClusterPiece, Cut, cuts_of, without_rows
from lead_ml.declare import Declaration
from lead_ml.tables.dataset import Dataset

if TYPE_CHECKING:
    from distributed import Client

Found = Iterator[tuple[int, list[Answered]]]


def features_on(
    client: Client,
    declarations: Sequence[Declaration] | Compiled,
    dataset: Dataset,
    spine: Spine,
    *,
    partitions: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> RawColumns:
    """Compute the declared features of every snapshot on a cluster; equal to :func:`lead_ml.asof.join.features_at` to the last bit.

    Aggregates are computed by the workers, a task per key and range of its values; what a lead is by itself is looked up
    here. Texts have the coding of the whole data set, levels included. Tasks are pure: a worker that dies loses nothing.
    Events in a layout are read by the workers themselves. `partitions` are pieces per key, by default by the size of the data.
    """
    compiled = declarations if isinstance(declarations, Compiled) else Compiled.of(declarations)
    cuts = cuts_of(compiled.plans, dataset, spine, pieces=partitions, workers=threads_of(client))
    return in_pieces(partial(mapped, client), compiled, cuts, dataset, spine, progress)


def attached_to(
    client: Client, dataset: Dataset, *, progress: Callable[[str], None] = lambda _: None
) -> Dataset:
    """Return the dataset with the workers of a cluster reading its events, where these are in a layout.

    The workers must see the layout at the same path or URL. This process then never holds events.
    """
    if not isinstance(dataset, StoredDataset) or not isinstance(dataset.stored, LayoutEvents):
        return dataset

    def run(task: Task, makers: Makers, partitions: Partitions) -> Iterator[tuple[int, Any]]:
        for done, found in enumerate(mapped(client, task, makers, partitions), 1):
            progress(f"events: {done} of {len(makers)} pieces")
            yield found

    return replace(dataset, stored=replace(dataset.stored, run=run, workers=threads_of(client)))


def in_pieces(
    run: Callable[[Callable[[ClusterPiece, None], list[Answered]], list[Callable[[], ClusterPiece]]], Found],
    compiled: Compiled,
    cuts: Sequence[Cut],
    dataset: Dataset,
    spine: Spine,
    progress: Callable[[str], None] = lambda _: None,
) -> RawColumns:
    """Let `run` answer the pieces of all cuts in any order, and put the answers together in the order of the spine."""
    stored = stored_of(dataset)
    plans = dict(enumerate(compiled.plans))
    answers: dict[int, Answered] = {
        place: stored.answer(plan, dataset, spine.lead, spine.as_of)
        for place, plan in plans.items()
        if stored is not None and plan.stream == "events"
    }
    filled = {
        place: _nothing(plan, dataset, len(spine)) for place, plan in plans.items() if place not in answers
    }
    tasks = [(cut, piece) for cut in cuts for piece in range(cut.pieces)]
    found = run(answer, [partial(cut.make, piece) for cut, piece in tasks])
    for done, (k, answered) in enumerate(found, 1):
        cut, piece = tasks[k]
        for place, one in zip(cut.places, answered, strict=True):
            filled[place].put(cut.rows_of(piece), one)
        progress(f"features: {done} of {len(tasks)} pieces")
    answers |= {place: own.in_order(None) for place, own in filled.items()}
    return from_answers(compiled, dataset, spine, [answers[place] for place in plans])


def answer(piece: ClusterPiece, _: None = None) -> list[Answered]:
    """Answer the plans of a piece: what a worker does."""
    return [aggregate_coded(plan, piece.dataset, piece.lead, piece.as_of) for plan in piece.plans]


def _nothing(plan: Plan, dataset: Dataset, rows: int) -> Answers:
    """Return answers that are missing throughout, with the texts that the whole data set would give."""
    none = np.empty(0, dtype=np.int64)
    texts = aggregate_coded(plan, without_rows(dataset), none, none)[1] if plan.shown_columns else ()
    answers = Answers(plan, rows, texts)
    answers.clear()
    return answers
