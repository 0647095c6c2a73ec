"""Two versions on the same rows: the challenger's forward window, and what the champion says about each of its rows.

The champion's probability of a row is the one it recorded when it evaluated that row itself, else that of its shipped bundle
where ``as_of`` is not before the end of its data, so that nothing it learned from lies after the question. Rows with
neither are left out and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lead_ml.asof.labels import Spine
from lead_ml.registry.runs import ForwardScores, Run
from lead_ml.scoring import Scorer
from lead_ml.tables.dataset import Dataset, Floats, Indices

MIN_ROWS, MIN_POSITIVES = 200, 20
CHUNK = 20_000


@dataclass(frozen=True)
class Pair:
    """Two probabilities of the same rows (rows,): ``a`` of the challenger, ``b`` of ``against``."""

    against: str
    scores: ForwardScores
    a: Floats
    b: Floats
    left_out: int

    @property
    def counts(self) -> tuple[int, int, int]:
        """Rows, leads, and leads with a positive row."""
        ids, y = self.scores.lead_id, self.scores.y
        return len(y), len(np.unique(ids)), len(np.unique(ids[y > 0]))

    @property
    def enough(self) -> bool:
        """Tell whether the rows can carry a comparison."""
        rows, _, positives = self.counts
        return rows >= MIN_ROWS and positives >= MIN_POSITIVES


def pair_of(challenger: Run, champion: Run | None, target: str, dataset: Dataset | None) -> Pair | None:
    """Line up the probabilities of challenger and champion, or of a baseline; None where nothing was evaluated."""
    scores = challenger.forward(target)
    if scores is None:
        return None
    candidate = challenger.record.candidates[target]
    if champion is None or not challenger.record.dated:
        return _against_baseline(challenger, target, scores, candidate)
    b = champion_probability(champion, target, scores, dataset)
    known = np.isfinite(b)
    rows = {name: getattr(scores, name)[known] for name in ("lead_id", "as_of", "y", "weight", "group")}
    kept = replace(scores, probability={}, **rows)
    name = f"champion {champion.record.version}"
    return Pair(name, kept, scores.probability[candidate][known], b[known], int((~known).sum()))


def champion_probability(
    champion: Run, target: str, scores: ForwardScores, dataset: Dataset | None
) -> Floats:
    """Return the champion's probability (rows,) of each row, NaN where it has no honest one."""
    found = np.full(len(scores.y), np.nan)
    if target not in champion.record.candidates:
        return found
    own = champion.forward(target)
    if own is not None:
        keys = zip(own.lead_id.tolist(), own.as_of.tolist(), strict=True)
        known = dict(zip(keys, own.probability[champion.record.candidates[target]].tolist(), strict=True))
        asked = zip(scores.lead_id.tolist(), scores.as_of.tolist(), strict=True)
        found = np.array([known.get(key, np.nan) for key in asked], dtype=np.float64)
    unseen = np.isnan(found) & (scores.as_of >= champion.record.fit_until)
    if dataset is not None and champion.record.dated and unseen.any():
        found[unseen] = _shipped(champion, target, scores, np.nonzero(unseen)[0], dataset)
    return found


def _against_baseline(challenger: Run, target: str, scores: ForwardScores, candidate: str) -> Pair | None:
    a = scores.probability[candidate]
    if candidate != "scorecard" and "scorecard" in scores.probability:
        return Pair("the scorecard", scores, a, scores.probability["scorecard"], 0)
    evaluation = challenger.evaluation(target)
    if evaluation is None:
        return None
    return Pair("the base rate", scores, a, np.full(len(a), evaluation.base_rate), 0)


def _shipped(champion: Run, target: str, scores: ForwardScores, rows: Indices, dataset: Dataset) -> Floats:
    place = {lead_id: row for row, lead_id in enumerate(dataset.leads.lead_id)}
    lead = np.array([place.get(lead_id, -1) for lead_id in scores.lead_id[rows].tolist()], dtype=np.int64)
    found = np.full(len(rows), np.nan)
    here = np.nonzero(lead >= 0)[0]
    scorer = Scorer.load(champion.bundle)
    for start in range(0, len(here), CHUNK):
        part = here[start : start + CHUNK]
        spine = Spine(lead[part], scores.as_of[rows[part]])
        found[part] = scorer.scored(dataset, spine)[target].probability
    return found
