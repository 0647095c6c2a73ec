"""The leaks, one function per kind: columns that people or systems write once they know the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from leakage_worlds.clean import DAY, World

Plant = Callable[[World], World]


def status(right: float) -> Plant:
    """A state as it is at the end of the data, right for a share of the leads."""

    def plant(world: World) -> World:
        rng, n = world.rng, len(world)
        state = np.where(world.y, "k3", np.where(rng.random(n) < 0.4, "k1", "k2"))
        noise = rng.choice(["k1", "k2", "k3"], n, p=[0.45, 0.45, 0.1])
        return world.having(lead_status=np.where(rng.random(n) < right, state, noise))

    return plant


def flags(count: int, winners: float = 0.4, others: float = 0.001, blank: str | None = "0") -> Plant:
    """Near-deterministic flags: each is set for a share of the winners and for hardly anybody else."""

    def plant(world: World) -> World:
        rng, n = world.rng, len(world)
        names = (
            "contract_sent",
            "kickoff",
            "onboarded",
            "invoice_no",
            "sla",
            "portal",
            "training",
            "license",
        )
        drawn = {name: rng.random(n) < np.where(world.y, winners, others) for name in names[:count]}
        return world.having(**{name: np.where(flag, "1", blank) for name, flag in drawn.items()})

    return plant


def tag(world: World) -> World:
    """A tag of 15 values that sales gives while working the lead."""
    rng, n = world.rng, len(world)
    won, lost = rng.dirichlet(np.full(15, 0.35)), rng.dirichlet(np.full(15, 0.35))
    code = np.where(world.y, rng.choice(15, n, p=won), rng.choice(15, n, p=lost))
    code = np.where(rng.random(n) < 0.85, code, rng.integers(0, 15, n))
    return world.having(
        tags=[f"t{k}" if there else None for k, there in zip(code, rng.random(n) < 0.8, strict=True)]
    )


def quality(world: World) -> World:
    """An opinion of five levels, given for half of the leads."""
    rng, n = world.rng, len(world)
    level = np.clip(np.round(2 + 1.6 * (world.y - 0.5) + 0.9 * rng.normal(size=n)), 0, 4).astype(int)
    given = rng.random(n) < np.where(world.y, 0.65, 0.45)
    return world.having(
        lead_quality=np.where(given, np.array(["worst", "low", "unsure", "good", "best"])[level], None)
    )


def profile(world: World) -> World:
    """A profile of six values."""
    rng, n = world.rng, len(world)
    code = np.where(
        world.y,
        rng.choice(6, n, p=[0.4, 0.25, 0.15, 0.1, 0.06, 0.04]),
        rng.choice(6, n, p=[0.06, 0.1, 0.14, 0.2, 0.25, 0.25]),
    )
    return world.having(lead_profile=np.array([f"p{k}" for k in range(6)])[code])


def index(world: World) -> World:
    """An index of activity that grows while the lead is worked."""
    value = np.round(14 + 2.6 * world.y + 2.2 * world.rng.normal(size=len(world)))
    return world.having(activity_index=value)


def worked(world: World) -> World:
    """Tag, quality, profile and index together."""
    return index(profile(quality(tag(world))))


def opinions(world: World) -> World:
    """Quality, profile and index together, without the strongest of them."""
    return index(profile(quality(world)))


def fill(winners: float, others: float) -> Plant:
    """A column of noise, filled more often once the lead is won."""

    def plant(world: World) -> World:
        rng, n = world.rng, len(world)
        there = rng.random(n) < np.where(world.y, winners, others)
        return world.having(segment=[f"v{rng.integers(5)}" if one else None for one in there])

    return plant


def amount(world: World) -> World:
    """The value of the deal: a number for most winners, 0 for the others."""
    rng, n = world.rng, len(world)
    won = world.y & (rng.random(n) < 0.5)
    return world.having(deal_amount=np.where(won, np.round(rng.lognormal(8, 1, n)), 0.0))


def counter(world: World) -> World:
    """Minutes that sales spent on the lead, most of them after it was won."""
    rng, n = world.rng, len(world)
    return world.having(minutes=np.round(rng.lognormal(2 + 1.9 * world.y, 0.8, n)))


def dates(world: World) -> World:
    """The day of the last change: after creation for everybody, so that it predicts nothing."""
    rng, n = world.rng, len(world)
    at = world.created + rng.integers(1, 60, n) * DAY
    return replace(world.having(touched=_days(at, rng.random(n) < 0.8)), needs_dates=True)


def closing(world: World) -> World:
    """A date that only winners have."""
    rng, n = world.rng, len(world)
    at = world.created + rng.integers(1, 60, n) * DAY
    return world.having(close_date=_days(at, world.y & (rng.random(n) < 0.7)))


def pair(world: World) -> World:
    """Two columns whose difference knows the outcome."""
    rng, n = world.rng, len(world)
    opened = rng.integers(0, 1_000, n)
    return world.having(
        opened=opened, closed=opened + np.where(world.y, rng.integers(1, 30, n), rng.integers(60, 100, n))
    )


def remark(world: World) -> World:
    """A note that says how it ended."""
    rng = world.rng
    good, bad = ("contract signed, happy", "order came in today"), ("no answer again", "no budget this year")
    text = [
        f"{(good if won else bad)[rng.integers(2)]} {rng.integers(10**6)}" if rng.random() < 0.6 else None
        for won in world.y
    ]
    return world.having(memo=text)


def ids(world: World) -> World:
    """Ids that are given out on conversion."""
    number = np.empty(len(world), dtype=np.int64)
    number[np.lexsort((np.arange(len(world)), ~world.y))] = np.arange(len(world))
    return replace(world, ids=number)


def _days(at: Any, there: Any) -> Any:
    days = np.datetime_as_string(np.asarray(at).astype("datetime64[us]"), unit="D")
    return np.where(there, days, None)


def both(*plants: Plant) -> Plant:
    """Plant several leaks."""

    def plant(world: World) -> World:
        for one in plants:
            world = one(world)
        return world

    return plant


KINDS: dict[str, Plant] = {
    "status, always right": status(1.0),
    "status, right for 70%": status(0.7),
    "1 flag of some winners": flags(1),
    "3 flags of some winners": flags(3),
    "8 flags of some winners": flags(8),
    "5 flags of many winners": flags(5, 0.8, 0.002),
    "5 flags, blank for the others": flags(5, 0.4, 0.002, None),
    "tag": tag,
    "quality": quality,
    "quality, profile, index": opinions,
    "tag, quality, profile, index": worked,
    "filled for winners only": fill(0.9, 0.0),
    "filled for more winners": fill(0.5, 0.02),
    "amount of the deal": amount,
    "minutes spent": counter,
    "dates after the first score": dates,
    "closing date": closing,
    "difference of two columns": pair,
    "remark": remark,
    "ids given out on conversion": ids,
    "all of the kinds above": both(
        status(0.7), flags(5), worked, fill(0.5, 0.02), amount, counter, dates, closing, remark
    ),
}
