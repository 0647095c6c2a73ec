"""Where the heavy steps of a workflow run: in this process, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Spine
from lead_ml.asof.matrix import RawColumns
from lead_ml.declare import Declaration
from lead_ml.model.lightgbm import TrainBooster, train_booster_here
from lead_ml.scoring import Answer
from lead_ml.tables.dataset import Dataset

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Work:
    """The heavy steps: features of snapshots, the trees of lightgbm, and scores with reasons.

    ``score`` yields answers piece by piece, in any order; without it they are made in this process.
    ``attached`` returns a dataset whose events, where they are in a layout, are read by whoever does the work.
    """

    features_at: Callable[[Sequence[Declaration], Dataset, Spine], RawColumns] = features_at
    train_booster: TrainBooster = train_booster_here
    score: Callable[..., Iterator[list[Answer]]] | None = None
    attached: Callable[[Dataset], Dataset] = lambda dataset: dataset


HERE = Work()


@contextmanager
def work_at(dask: str | None, progress: Progress = lambda _: None) -> Iterator[Work]:
    """Open the cluster at an address for the length of a ``with`` block; None is this process."""
    if dask is None:
        yield HERE
        return
    from lead_ml.cluster import attached_to, features_on, opened, score_on, train_booster_on

    with opened(dask, progress) as client:
        yield Work(
            partial(features_on, client, progress=progress),
            partial(train_booster_on, client),
            partial(score_on, client),
            partial(attached_to, client, progress=progress),
        )
