"""Where the heavy steps of a workflow run: in this process, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from lead_ml.asof.encode import RawColumns
from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Spine
from lead_ml.declare import Declaration
from lead_ml.language import Lang
from lead_ml.model.lightgbm import TrainBooster, train_booster_here
from lead_ml.scoring import Answer, Scorer
from lead_ml.tables.dataset import Dataset

Progress = Callable[[str], None]


class Score(Protocol):
    """Scores snapshots, in their order."""

    def __call__(  # noqa: D102
        self, scorer: Scorer, dataset: Dataset, spine: Spine, *, lang: Lang, top: int, progress: Progress
    ) -> list[Answer]: ...


def _as_it_is(dataset: Dataset) -> Dataset:
    return dataset


@dataclass(frozen=True)
class Work:
    """The heavy steps.

    Attributes
    ----------
    features_at
        Computes features of snapshots.
    train_booster
        Trains the trees of lightgbm.
    score
        Scores with reasons; None scores chunk by chunk in this process.
    attached
        Returns a dataset whose events, where they are in a layout, are read by whoever does the work.
    """

    features_at: Callable[[Sequence[Declaration], Dataset, Spine], RawColumns] = features_at
    train_booster: TrainBooster = train_booster_here
    score: Score | None = None
    attached: Callable[[Dataset], Dataset] = _as_it_is


HERE = Work()


@contextmanager
def work_at(dask: str | None, progress: Progress = lambda _: None) -> Iterator[Work]:
    """Open the cluster at an address for the length of a ``with`` block; None is this process.

    Raises
    ------
    LeadMLError
        As :func:`lead_ml.cluster.opened`.
    """
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
