"""Half-lives learned from history, as plain data: printed by the CLI, drawn, written as JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

from lead_ml.model.metrics import Interval

ALL = ""  # the name of all types together
DecayVerdict = Literal["identified", "flat", "no effect", "too few"]
DecayShape = Literal["sum", "log1p"]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One half-life that was tried: ``days`` (None: no decay), and how far the adjusted log-likelihood lies below the best."""

    days: float | None
    drop: float


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """The learned half-life compared with a common rule.

    ``gain`` is log-likelihood on the fit side, learned minus rule, divided by the dependence: 1.35 is what the 90% interval allows.
    ``forward`` is log-loss on the forward window, rule minus learned; None where that window has no two classes.
    """

    rule: str
    gain: float
    forward: Interval | None


class HalfLife(msgspec.Struct, frozen=True, kw_only=True):
    """The half-life of one event type.

    ``days`` is None where no decay fits best, or nothing was learned. ``lower`` and ``upper`` bound it with 90% confidence;
    None is an open end. ``chance`` is how often an event type without any effect would look as useful. ``dependence`` is the robust
    over the naive variance: how far the snapshots of a lead repeat each other; ``profile`` and gains are divided by it.
    """

    type: str
    events: int
    leads: int
    verdict: DecayVerdict
    words: str
    days: float | None = None
    lower: float | None = None
    upper: float | None = None
    shape: DecayShape | None = None
    raises: bool | None = None
    chance: float | None = None
    dependence: float | None = None
    declaration: str = ""
    against: tuple[Against, ...] = ()
    profile: tuple[Point, ...] = ()


class Decay(msgspec.Struct, frozen=True, kw_only=True):
    """Half-lives of one target; ``cut`` (ISO 8601 UTC) is the start of the forward window, where learning ended."""

    target: str
    horizon_days: float | None
    synthetic: bool
    cut: str
    fit_leads: int
    fit_rows: int
    fit_wins: int
    leads_known: int
    test_leads: int
    test_wins: int
    level: float
    types: tuple[HalfLife, ...]
    left_out: tuple[str, ...]
