"""From a sample to the half-life of every event type, each compared with common rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from lead_ml.asof.labels import require_both_classes
from lead_ml.declare import MICROSECONDS_PER_DAY, span
from lead_ml.evaluation.decay.against import Comparison
from lead_ml.evaluation.decay.profile import (
    HALF_CHI_SQUARE,
    SHAPES,
    LikelihoodProfile,
    best_days,
    interval,
    profile,
    standardized,
)
from lead_ml.evaluation.decay.records import ALL, HalfLife, Point
from lead_ml.evaluation.decay.sample import HALF_LIVES_DAYS, DecaySample
from lead_ml.evaluation.decay.words import declaration, name_of, span_text, verdict_words
from lead_ml.model.metrics import LogitProblem, fit_alone
from lead_ml.project.params import EvaluationParams
from lead_ml.tables.dataset import Floats

MIN_LEADS = 30  # with such an event before some snapshot
MIN_ROWS = 20  # of either class
CHANCE = 0.05
BESIDE_DAYS = 7.0  # how the other types enter, beside their plain count
# Penalties on the adjustment, in units of one lead. Old snapshots rarely win: more than this would pull them up.
AGE_RIDGE, BESIDE_RIDGE = 0.01, 0.1


@dataclass(frozen=True)
class DecaySettings:
    """The bootstrap of comparisons on the forward rows, the seed, and at least three ascending half-lives to try."""

    options: EvaluationParams
    seed: int
    days: Sequence[float] = HALF_LIVES_DAYS


def learn(
    sample: DecaySample,
    types: Mapping[str, int],
    settings: DecaySettings,
    *,
    wanted: Sequence[str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[HalfLife, ...]:
    """Learn the half-life of all activity together and of every type, on the fit rows of the sample.

    All `types`, given with their number of events, adjust; those `wanted` (by default all of them, after :data:`ALL`) are learned.
    No decay is always tried too.
    """
    require_both_classes(sample.y[sample.fit], "the fit side", MIN_ROWS)
    week = round(BESIDE_DAYS * MICROSECONDS_PER_DAY)
    beside = {kind: np.log1p(sample.decayed(kind, (0, week))) for kind in types}
    found: list[HalfLife] = []
    for kind in (ALL, *types) if wanted is None else wanted:
        others = [pair for name, pair in beside.items() if kind not in (ALL, name)]
        number = sum(types.values()) if kind == ALL else types.get(kind, 0)
        found.append(_learn_one(sample, kind, number, others, settings))
        progress(f"{name_of(kind)}: {found[-1].words}")
    return tuple(found)


def _learn_one(
    sample: DecaySample, kind: str, number: int, others: Sequence[Floats], settings: DecaySettings
) -> HalfLife:
    fit, days = sample.fit, settings.days
    columns = sample.decayed(kind, [*(round(each * MICROSECONDS_PER_DAY) for each in days), 0])[:, fit]
    leads = len(np.unique(sample.spine.lead[fit][columns[-1] > 0]))
    words = f"not identified: {leads} leads had such an event in time, {MIN_LEADS} are needed"
    nothing = HalfLife(type=kind, events=number, leads=leads, verdict="too few", words=words)
    if leads < MIN_LEADS:
        return nothing
    adjustment, ridge = _adjustment(sample, others)
    base = fit_alone(LogitProblem(adjustment[:, fit], sample.y[fit], sample.weight[fit], ridge))
    seen = profile(base, columns, np.array([*days, np.inf]), sample.group[fit], seed=settings.seed)
    return _described(nothing, seen, Comparison(sample, adjustment, base, settings.options, settings.seed))


def _adjustment(sample: DecaySample, others: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return the columns (k, n) that every model has, and their ridge (k,): one, each age, and the other types."""
    fit = sample.fit
    ages = np.unique(sample.age[fit])
    # A forward lead may be older than any of the fit side: it counts as the oldest there.
    age = np.minimum(sample.age, ages[-1])
    dummies = [(age == each).astype(np.float64) for each in ages[1:]]
    beside = [standardized(column, sample.weight[fit], column[fit]) for pair in others for column in pair]
    ridge = [0.0, *[AGE_RIDGE] * len(dummies), *[BESIDE_RIDGE] * len(beside)]
    return np.array([np.ones(len(sample.y)), *dummies, *beside]), np.array(ridge)


def _described(nothing: HalfLife, seen: LikelihoodProfile, comparison: Comparison) -> HalfLife:
    shape = SHAPES[seen.best[0]]
    record = replace(
        nothing,
        verdict="no effect",
        words=f"not identified: no more than chance gives (p = {seen.chance:.2g})",
        chance=seen.chance,
        dependence=seen.dependence,
        shape=shape,
        profile=tuple(
            Point(days=float(days) if np.isfinite(days) else None, drop=float(drop))
            for days, drop in zip(seen.days, seen.drops, strict=True)
        ),
    )
    if seen.chance >= CHANCE:
        return record
    lower, upper = interval(seen)
    if lower is None and upper is None:
        words = f"not identified: it matters (p = {seen.chance:.2g}), but any half-life fits about as well"
        return replace(record, verdict="flat", words=words, raises=seen.raises)
    exact = best_days(seen)
    days = None if exact is None else span(span_text(exact)) / MICROSECONDS_PER_DAY
    return replace(
        record,
        verdict="identified",
        words=verdict_words(days, lower, upper, raises=seen.raises, plain=seen.drops[-1] < HALF_CHI_SQUARE),
        days=days,
        lower=lower,
        upper=upper,
        raises=seen.raises,
        declaration=declaration(nothing.type, days),
        against=comparison.against(nothing.type, days, shape, seen.dependence),
    )
