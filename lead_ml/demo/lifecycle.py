"""Outcomes of the leads: which are won and lost, when, and how that is recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lead_ml.demo.arrival import DAY, SECOND
from lead_ml.demo.fakes import FAKE_REASONS, UNFIT_REASONS
from lead_ml.demo.people import Flags, Objects, one_of
from lead_ml.demo.settings import SynthSettings
from lead_ml.model.metrics import sigmoid
from lead_ml.tables.dataset import Coded, Floats, Indices, Instants, Outcomes

_LATE_DAYS = 4.0
_UNFIT_NAMED = 0.8  # share of the closed unfit leads whose reason is recorded
_LOSSES = ("price", "timing", "no_answer", "competitor_won")
_FAKE_FOUND_DAYS = 5.0


@dataclass(frozen=True)
class Fate:
    """How every lead ends: ``stage`` won, lost, invalid or open, its ``reason``, the age in days at that time (inf if it stays
    open), and the ``amount`` of the deal (NaN without a win).
    """

    stage: Objects
    reason: Objects
    age_days: Floats
    amount: Floats


def draw_fates(
    rng: np.random.Generator,
    win_probability: Floats,
    kind: Objects,
    deal: Floats,
    settings: SynthSettings,
) -> Fate:
    """Draw the win from its probability, then one delay: the model that :func:`true_probability` inverts.

    ``deal`` is the usual amount of what the lead would buy.
    """
    size = len(kind)
    fake, unfit = np.isin(kind, list(FAKE_REASONS)), np.isin(kind, UNFIT_REASONS)
    won = rng.random(size) < win_probability
    closed = ~won & (rng.random(size) < np.where(fake, settings.labelled_share, settings.closed_share))
    age = np.where(won, settings.win_delay.draw(rng, size), settings.loss_delay.draw(rng, size))
    age = np.where(fake, rng.exponential(_FAKE_FOUND_DAYS, size) + 0.02, age)
    invalid = closed & (fake | (unfit & (rng.random(size) < _UNFIT_NAMED)))
    stage = np.select([won, invalid, closed], ["won", "invalid", "lost"], "open").astype(object)
    reason = np.where(stage == "lost", one_of(rng, _LOSSES, size), np.full(size, None, dtype=object))
    reason[invalid] = [FAKE_REASONS.get(name, name) for name in kind[invalid]]
    amount = np.where(won, np.round(deal * rng.lognormal(0, 0.5, size), -2), np.nan)
    return Fate(stage, reason, np.where(won | closed, age, np.inf), amount)


def draw_outcomes(
    rng: np.random.Generator,
    created_at: Instants,
    fate: Fate,
    warmth: Floats,
    late_share: float,
    until: int,
) -> Outcomes:
    """Draw the stages before the end and date all stages; those not known by ``until`` are left out.

    The stages before the end depend on ``warmth`` (the logit of the lead); a win always has all of them.
    """
    rows, ages, stages = _way(rng, fate, warmth)
    ended = np.flatnonzero(np.isfinite(fate.age_days))
    lead = np.concatenate([rows, ended])
    stage = np.concatenate([stages, fate.stage[ended]])
    on_the_way = len(rows)
    reason = np.concatenate([np.full(on_the_way, None, dtype=object), fate.reason[ended]])
    amount = np.concatenate([np.full(on_the_way, np.nan), fate.amount[ended]])
    occurred = created_at[lead] + whole_seconds(np.concatenate([ages, fate.age_days[ended]]))
    late = rng.random(len(lead)) < late_share
    known = occurred + whole_seconds(np.where(late, rng.exponential(_LATE_DAYS, len(lead)), 0.0))
    kept = np.flatnonzero(known <= until)
    kept = kept[np.lexsort((occurred[kept], lead[kept], known[kept]))]
    columns = {"stage": Coded.of(list(stage[kept])), "reason": Coded.of(list(reason[kept]))}
    return Outcomes(lead[kept], occurred[kept], known[kept], columns, amount[kept])


def whole_seconds(days: Floats) -> Instants:
    """Return days as microseconds, rounded up to whole seconds."""
    return np.ceil(days * (DAY / SECOND)).astype(np.int64) * SECOND


def _way(rng: np.random.Generator, fate: Fate, warmth: Floats) -> tuple[Indices, Floats, Objects]:
    """Return lead, age in days and stage of every mql, sql and opportunity."""
    size = len(warmth)
    won, invalid = fate.stage == "won", fate.stage == "invalid"
    ends = np.where(np.isfinite(fate.age_days), fate.age_days, rng.exponential(40, size) + 1)
    moments = ends[:, None] * np.sort(rng.random((size, 3)), axis=1)
    chances = sigmoid(warmth[:, None] + np.array([2.4, 1.6, 1.4]))
    reached: Flags = (rng.random((size, 3)) < chances).cumprod(axis=1).astype(bool)
    reached[won] = True
    reached[invalid, 1:] = False
    row, step = np.nonzero(reached)
    return row, moments[row, step], np.array(["mql", "sql", "opportunity"], dtype=object)[step]
