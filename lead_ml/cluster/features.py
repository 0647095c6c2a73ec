"""Features on a cluster: each worker runs the kernel on the keys of one piece at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lead_ml.asof.encode import RawColumns
from lead_ml.asof.join import Compiled, from_answers
from lead_ml.asof.kernel import Answered, Plan, StoredDataset, aggregate_coded, stored_of
from lead_ml.asof.labels import Spine
from lead_ml.cluster.layout.events import EventPiece, LayoutEvents, Partitions, Task
from lead_ml.cluster.mapped import mapped, threads_of
from lead_ml.cluster.pieces import ClusterPiece, Cut, cuts_of, without_rows
from lead_ml.declare import Declaration
from lead_ml.tables.dataset import Dataset, Floats, Indices

if TYPE_CHECKING:
    from distributed import Client

Found = Iterator[tuple[int, list[Answered]]]
_NO_SNAPSHOTS = np.empty(0, dtype=np.int64)


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
    Events in a layout are read by the workers themselves, see :meth:`lead_ml.cluster.layout.LayoutEvents.answer`.

    Parameters
    ----------
    client
        Of :func:`lead_ml.cluster.opened`.
    declarations, dataset, spine
        As for :func:`lead_ml.asof.join.features_at`.
    partitions
        Pieces per key; by the size of the data where it is None.
    progress
        Called with a few words after each piece.

    Raises
    ------
    InputError
        As :func:`lead_ml.asof.join.features_at`.
    LeadMLError
        If the cluster is lost, or no piece can be finished.
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

    def run(
        task: Task, makers: Sequence[Callable[[], EventPiece]], partitions: Partitions
    ) -> Iterator[tuple[int, Any]]:
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
    answers = [
        _nothing(plan, dataset, len(spine))
        if stored is None or plan.stream != "events"
        else stored.answer(plan, dataset, spine.lead, spine.as_of)
        for plan in compiled.plans
    ]
    tasks = [(cut, piece) for cut in cuts for piece in range(cut.pieces)]
    found = run(answer, [partial(cut.make, piece) for cut, piece in tasks])
    for done, (k, answered) in enumerate(found, 1):
        _put(*tasks[k], answered, answers)
        progress(f"features: {done} of {len(tasks)} pieces")
    return from_answers(compiled, dataset, spine, answers)


def answer(piece: ClusterPiece, _: None = None) -> list[Answered]:
    """Answer the plans of a piece: what a worker does."""
    return [aggregate_coded(plan, piece.dataset, piece.lead, piece.as_of) for plan in piece.plans]


def _nothing(plan: Plan, dataset: Dataset, rows: int) -> Answered:
    """Return an answer that is missing throughout, with the texts that the whole data set would give."""
    texts: tuple[tuple[str, ...], ...] = ()
    if plan.shown_columns:
        texts = aggregate_coded(plan, without_rows(dataset), _NO_SNAPSHOTS, _NO_SNAPSHOTS)[1]
    return np.full((rows, len(plan.features)), np.nan), texts


def _put(cut: Cut, piece: int, answered: Sequence[Answered], answers: Sequence[Answered]) -> None:
    rows = cut.rows_of(piece)
    for place, plan, (matrix, texts) in zip(cut.places, cut.plans, answered, strict=True):
        whole, whole_texts = answers[place]
        for k, item in enumerate(plan.features):
            if item.aggregation in ("first", "last"):
                shown = plan.shown_columns.index(item.of)
                matrix[:, k] = _recoded(matrix[:, k], texts[shown], whole_texts[shown])
        whole[rows] = matrix


def _recoded(codes: Floats, own: tuple[str, ...], whole: tuple[str, ...]) -> Floats:
    """Return the codes in `whole` of texts that are coded in `own`."""
    if own == whole:
        return codes
    place = {text: code for code, text in enumerate(whole)}
    lookup = np.array([*(place[text] for text in own), np.nan])
    found: Indices = np.where(np.isnan(codes), len(own), codes).astype(np.int64)
    return lookup[found]
