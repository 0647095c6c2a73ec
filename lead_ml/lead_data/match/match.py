"""Which leads are one person: columns are profiled, pairs weighed, people clustered, and the result says how good it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from lead_ml.errors import TooLittleData
from lead_ml.lead_data.match.cluster import REVIEWED, clusters
from lead_ml.lead_data.match.compare import ALIKE, TOP, Ints
from lead_ml.lead_data.match.fields import MatchField, Texts, fields_of
from lead_ml.lead_data.match.hubs import guarded
from lead_ml.lead_data.match.pair_model import PairModel, pair_model
from lead_ml.lead_data.match.quality import Audit, MatchQuality, by_audit, by_model
from lead_ml.lead_data.match.reviewed import Pair, ReviewedPair, drawn
from lead_ml.lead_data.match.scored import ScoredPairs, scored_pairs
from lead_ml.lead_data.match.weights import Floats, Weights, rarity
from lead_ml.model.metrics import sigmoid
from lead_ml.project.schema import LEADS

Answers = Mapping[tuple[int, int], ReviewedPair]
Band = Literal["different", "ask", "same"]
BANDS: tuple[Band, ...] = ("different", "ask", "same")
SAME_FROM, ASK_FROM = 0.9, 0.1  # probabilities
CERTAIN = 12.0  # the most log-odds that are shown
_WHO = {
    "name",
    "email",
    "phone",
    "company",
    "job_title",
    "country",
    "region",
    "city",
    "industry",
    "company_size",
}
_WHO |= {"account_id", "ip"}
_VISIT = {role.name for role in LEADS} - _WHO | {"status"}
_OFTEN_ELSEWHERE = (
    0.2  # distinct values in a column without a role, by filled rows, from which on it may tell people apart
)


@dataclass(frozen=True)
class MatchedPair:
    """Two leads that may be one person: how likely, and why; ``lead_a`` is before ``lead_b`` in alphabetical order."""

    lead_a: str
    lead_b: str
    probability: float
    band: Band
    evidence: str


@dataclass(frozen=True)
class LeadMatches:
    """The leads in order of their ids, who is one person, and the pairs behind it.

    ``person`` of (leads,) is the row of the first lead of each person. ``pairs`` have their log-odds after clustering, ``band`` of (pairs,)
    is a position in :data:`BANDS`. ``model_gain`` is what reviewed pairs improved the log-loss by on
    pairs that the model had not seen, None where they are not used.
    """

    lead_id: tuple[str, ...]
    fields: tuple[MatchField, ...]
    weights: Weights
    pairs: ScoredPairs
    person: Ints
    band: Ints
    quality: MatchQuality
    model_gain: float | None
    reviewed: int

    @cached_property
    def ids(self) -> list[Pair]:
        """Return the ids of the pairs."""
        return [
            (self.lead_id[a], self.lead_id[b])
            for a, b in zip(self.pairs.left.tolist(), self.pairs.right.tolist(), strict=True)
        ]

    @property
    def probability(self) -> Floats:
        """Return the probability of each pair after clustering."""
        return sigmoid(self.pairs.log_odds)

    def pairs_called(self, band: Band = "same") -> Iterator[MatchedPair]:
        """Yield the pairs of a band with their evidence."""
        for row in np.flatnonzero(self.band == BANDS.index(band)).tolist():
            yield self.pair(row)

    def pair(self, row: int) -> MatchedPair:
        """Return a pair by position."""
        return MatchedPair(
            *self.ids[row], float(self.probability[row]), BANDS[self.band[row]], self.evidence(row)
        )

    def evidence(self, row: int) -> str:
        """Return in words which columns of a pair are equal, alike, and different.

        Columns that say the most come first.
        """
        one = self.pairs.take(np.array([row]))
        said = np.abs(self.weights.evidence(one.levels, rarity(self.fields, one.levels, one.left))[0])
        words: dict[str, list[str]] = {"equal": [], "alike": [], "different": []}
        for at in np.argsort(-said, kind="stable").tolist():
            if (level := int(one.levels[0, at])) >= 0:
                words[_called(level)].append(self.fields[at].name)
        return "; ".join(f"{called}: {', '.join(names)}" for called, names in words.items() if names)

    def to_ask(
        self, ask: int, seed: int = 0, answered: frozenset[Pair] = frozenset()
    ) -> list[tuple[MatchedPair, float | None]]:
        """Return pairs to review, the most informative first, and the chance of those drawn at random; see :func:`drawn`."""
        rows = drawn(self.ids, self.band, self.pairs.log_odds, ask, seed)
        return [(self.pair(row), chance) for row, chance in rows.items() if self.ids[row] not in answered]


def _called(level: int) -> str:
    return "equal" if level == TOP else "alike" if level >= ALIKE else "different"


def lead_columns(columns: Mapping[str, Texts]) -> dict[str, Texts]:
    """Return the columns of leads that say who somebody is, and not how a visit was.

    Roles are known by name; other columns count if their values differ from lead to lead, as an address or a birthday does.
    """
    return {name: values for name, values in columns.items() if name in _WHO or _tells_apart(name, values)}


def _tells_apart(name: str, values: Texts) -> bool:
    filled = [value for value in values if value]
    return name not in _VISIT and len(set(filled)) >= _OFTEN_ELSEWHERE * max(1, len(filled))


def match(
    lead_id: Sequence[str],
    columns: Mapping[str, Texts],
    reviewed: Sequence[ReviewedPair] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> LeadMatches:
    """Find the leads that are one person.

    Without reviewed pairs nothing is known but the columns. Reviewed pairs are kept as they were decided; from 100 on, with enough of
    each kind, they correct the weights, if that is better on pairs not seen; those drawn at random measure the result.

    Parameters
    ----------
    lead_id
        Unique ids. The result does not depend on the order of the rows.
    columns
        Texts by name, None where missing; see :func:`lead_columns`.
    reviewed
        What people decided, without contradictions.
    progress
        Called with a few words after each step.
    """
    order = sorted(range(len(lead_id)), key=lead_id.__getitem__)
    ids = tuple(lead_id[row] for row in order)
    fields = guarded(fields_of({name: [values[row] for row in order] for name, values in columns.items()}))
    if len(fields) < 2 or len(ids) < 2:
        raise TooLittleData(
            "matching needs two leads and two columns that tell people apart", value=sorted(columns)
        )
    progress(f"{len(fields)} columns: {', '.join(field.name for field in fields)}")
    weights, pairs = scored_pairs(fields, progress)
    answers = _rows(ids, reviewed)
    pairs, at = _with_answers(fields, weights, pairs, list(answers))
    right = np.array([pair.same for pair in answers.values()], np.float64)
    model = pair_model(pairs.levels[at], pairs.log_odds[at], right)
    unaided, decided = _log_odds(pairs, at, right, model)
    scorer = _Scorer(fields, weights, model)
    found, person = scorer.clustered(pairs.with_log_odds(decided))
    quality = scorer.quality(pairs.with_log_odds(unaided), found, answers)
    band = _bands(found)
    progress(f"{int((band == 2).sum()):,} pairs are the same person")
    gain = None if model is None else model.gain
    return LeadMatches(ids, tuple(fields), weights, found, person, band, quality, gain, len(at))


def _rows(ids: Sequence[str], reviewed: Sequence[ReviewedPair]) -> dict[tuple[int, int], ReviewedPair]:
    """Return the reviewed pairs by the rows of their leads, without those whose leads are gone."""
    place = {lead: row for row, lead in enumerate(ids)}
    known = [pair for pair in reviewed if pair.lead_a in place and pair.lead_b in place]
    return {
        (place[pair.pair[0]], place[pair.pair[1]]): pair for pair in sorted(known, key=lambda pair: pair.pair)
    }


def _with_answers(
    fields: Sequence[MatchField], weights: Weights, pairs: ScoredPairs, answered: list[tuple[int, int]]
) -> tuple[ScoredPairs, Ints]:
    """Return the pairs with those that were answered among them, and the positions of these."""
    asked = np.array(answered, np.int64).reshape(-1, 2)
    pairs = pairs.joined(fields, weights, asked[:, 0], asked[:, 1])
    return pairs, pairs.at(answered)


def _log_odds(pairs: ScoredPairs, at: Ints, right: Floats, model: PairModel | None) -> tuple[Floats, Floats]:
    """Return the log-odds of pairs as if nobody had seen them, and those with the answers in force."""
    unaided = pairs.log_odds if model is None else model.log_odds(pairs.levels, pairs.log_odds)
    decided = unaided.copy()
    if model is not None:
        unaided[at] = model.unseen
    decided[at] = np.where(right > 0, 2 * REVIEWED, -2 * REVIEWED)
    return unaided, decided


@dataclass(frozen=True)
class _Scorer:
    fields: Sequence[MatchField]
    weights: Weights
    model: PairModel | None

    def clustered(self, pairs: ScoredPairs) -> tuple[ScoredPairs, Ints]:
        """Return all pairs with their log-odds after clustering, and the person of each lead.

        A pair within a person has the log-odds at which its sides were joined; a pair that the clusters keep apart has even odds at most.
        """
        found = clusters(len(self.fields[0].code), pairs.left, pairs.right, pairs.log_odds)
        everything = pairs.joined(self.fields, self.weights, found.left, found.right)
        apart = found.head[everything.left] != found.head[everything.right]
        final = np.where(apart, np.minimum(everything.log_odds, 0.0), 0.0)
        final[everything.positions(found.left, found.right)] = found.joined
        return everything.with_log_odds(np.clip(final, -CERTAIN, CERTAIN)), found.head

    def quality(self, unaided: ScoredPairs, found: ScoredPairs, answers: Answers) -> MatchQuality:
        """Return how good the result `found` is, by what was decided before anybody answered."""
        before, _ = self.clustered(unaided)
        same, called = _bands(before) == 2, _bands(found) == 2
        audited = [(rows, pair) for rows, pair in answers.items() if pair.chance is not None]
        at = before.at([rows for rows, _ in audited])
        right = np.array([pair.same for _, pair in audited], bool)
        audit = Audit(same[at], right, np.array([pair.chance for _, pair in audited], np.float64))
        agreed = before.at([rows for rows, pair in answers.items() if pair.same])
        decided = (len(agreed), int((~same[agreed]).sum()))
        return by_audit(audit, decided, int(called.sum())) or by_model(found.log_odds, called)


def _bands(pairs: ScoredPairs) -> Ints:
    probability = sigmoid(pairs.log_odds)
    return (probability >= ASK_FROM).astype(np.int64) + (probability >= SAME_FROM)
