"""The snapshots to learn from and to test on, and their columns: one declared feature per half-life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Mask, Spine
from lead_ml.declare import Aggregate
from lead_ml.evaluation.decay.records import ALL
from lead_ml.tables.dataset import Dataset, Floats, Indices

# Three hours to a year; without decay is one more. A step of 1.44 is finer than any interval that data gave so far.
HALF_LIVES_DAYS: tuple[float, ...] = tuple(float(h) for h in np.geomspace(0.125, 365.0, 23))


@dataclass(frozen=True)
class DecaySample:
    """Snapshots (n,) of which the first ``n_fit`` are for fitting and the rest for testing.

    ``y`` is the outcome, of the fit rows as known at the cut; ``weight`` makes each lead weigh 1 on either side; ``group`` ties
    the rows of a person or account together; ``age`` is the planned age of the snapshot in microseconds.
    """

    dataset: Dataset
    spine: Spine
    y: Floats
    weight: Floats
    group: Indices
    age: Indices
    n_fit: int

    @property
    def fit(self) -> Mask:
        """Mask of the rows to fit on."""
        return np.arange(len(self.y)) < self.n_fit

    def decayed(self, kind: str, half_lives_us: Sequence[int], window_us: int = 0) -> Floats:
        """Return (h, n): the sum of 2^(-age / half-life) over the events of a type; a half-life of 0 counts without decay.

        With a window, only events within it before the snapshot count.
        """
        items = [
            Aggregate(
                name=f"h{k}",
                en=f"h{k}",
                zh=f"h{k}",
                group="engagement",
                stream="events",
                aggregation="decayed_sum" if half_life else "count",
                where={} if kind == ALL else {"type": (kind,)},
                half_life=half_life,
                window=window_us,
            )
            for k, half_life in enumerate(half_lives_us)
        ]
        columns = features_at(items, self.dataset, self.spine)
        return np.array([columns[item.name] for item in items], dtype=np.float64)


def frequent_types(dataset: Dataset, known_before: int, most: int) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the types of the events known before an instant with their number, the most frequent first, and the names of
    those beyond the first `most`.
    """
    events = dataset.events
    if events is None or "type" not in events.columns:
        return {}, ()
    column = events.columns["type"]
    codes = column.codes[(events.known_at < known_before) & (column.codes >= 0)]
    counts = np.bincount(codes, minlength=len(column.levels))
    ranked = sorted((-int(count), name) for count, name in zip(counts, column.levels, strict=True) if count)
    return {name: -count for count, name in ranked[:most]}, tuple(name for _, name in ranked[most:])
