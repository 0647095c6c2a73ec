"""Where the heavy steps of a workflow are done: in this process, or on a Dask cluster."""

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


@dataclass(frozen=True)
class Work:
    """The heavy steps: features of snapshots, trees, answers with reasons (None: chunk by chunk in this process)."""

    features_at: Callable[[Sequence[Declaration], Dataset, Spine], RawColumns] = features_at
    train_booster: TrainBooster = train_booster_here
    score: Score | None = None


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
    from lead_ml.cluster import features_on, grow_on, opened, score_on

    with opened(dask, progress) as client:
        yield Work(
            partial(features_on, client, progress=progress),
            partial(grow_on, client),
            partial(score_on, client),
        )
