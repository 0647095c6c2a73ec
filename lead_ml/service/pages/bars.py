"""Geometry of the small pictures: numbers for SVG attributes, worked out here so that templates only place them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lead_ml.declare import GROUPS
from lead_ml.scoring.thresholds import POINTS_PER_LOGIT, CurvePoint

WIDTH = 100.0
GROUP_SPAN = 15.0  # points to either side that fill half of the small group bar
_DIGITS = 2


@dataclass(frozen=True)
class Band:
    """A probability on a bar of width 100: ``at`` the probability, from ``left`` over ``width`` its interval."""

    at: float
    left: float
    width: float


@dataclass(frozen=True)
class Piece:
    """A part of a diverging bar: ``left`` and ``width`` on 0-100 with zero at 50; ``points`` as written."""

    name: str
    left: float
    width: float
    points: float

    @property
    def positive(self) -> bool:
        """True where the part raises the score."""
        return self.points > 0


def band(probability: float, lower: float, upper: float, top: float = 1.0) -> Band:
    """Place a probability with its interval on a bar that ends at `top`."""
    scale = WIDTH / top
    left, right = min(lower * scale, WIDTH), min(upper * scale, WIDTH)
    return Band(_cut(min(probability * scale, WIDTH)), _cut(left), _cut(max(right - left, 0.5)))


def group_pieces(groups: Mapping[str, float]) -> tuple[Piece, ...]:
    """Return one diverging bar per group from its sum on the logit, in the fixed order of groups."""
    known = [name for name in GROUPS if name in groups]
    return tuple(_piece(name, groups[name] * POINTS_PER_LOGIT, GROUP_SPAN) for name in known)


def lengths(points: Sequence[float], most: float | None = None) -> tuple[float, ...]:
    """Return the length of each bar on 0-100, the longest (or `most`) being 100."""
    longest = most or max((abs(point) for point in points), default=1.0) or 1.0
    return tuple(_cut(min(abs(point) / longest, 1.0) * WIDTH) for point in points)


def _piece(name: str, points: float, span: float) -> Piece:
    half = WIDTH / 2
    length = min(abs(points) / span, 1.0) * half
    return Piece(name, _cut(half if points > 0 else half - length), _cut(length), points)


@dataclass(frozen=True)
class Axis:
    """Ticks of an axis as pairs of position and label."""

    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Chart:
    """A line chart inside a box of ``width`` x ``height``: one polyline per series, and vertical marks."""

    width: float
    height: float
    series: tuple[tuple[str, str], ...]
    x: Axis
    y: Axis
    marks: tuple[tuple[float, str], ...]


def rate_chart(
    curve: Sequence[CurvePoint], marks: Sequence[tuple[str, float]], width: float, height: float
) -> Chart:
    """Draw win rate and winners reached against the score of the line."""
    across = _across(curve, width)
    rows = {
        "precision": [(across(point.score), height * (1 - point.precision)) for point in curve],
        "recall": [(across(point.score), height * (1 - point.recall)) for point in curve],
    }
    ticks = tuple((_cut(height * (1 - share)), f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0))
    return _chart(curve, rows, Axis(ticks), marks, width, height)


def volume_chart(
    curve: Sequence[CurvePoint], marks: Sequence[tuple[str, float]], width: float, height: float
) -> Chart:
    """Draw the weekly volume (the number of leads without dates) against the score of the line."""
    across = _across(curve, width)
    volumes = [point.crossed if point.per_week is None else point.per_week for point in curve]
    step = _step(max(volumes, default=1.0))
    top = step * max(-(-max(volumes, default=1.0) // step), 1)
    rows = {
        "volume": [(across(p.score), height * (1 - v / top)) for p, v in zip(curve, volumes, strict=True)]
    }
    count = round(top / step)
    ticks = tuple((_cut(height * (1 - i / count)), f"{i * step:g}") for i in range(count + 1))
    return _chart(curve, rows, Axis(ticks), marks, width, height)


def _chart(
    curve: Sequence[CurvePoint],
    rows: Mapping[str, Sequence[tuple[float, float]]],
    y: Axis,
    marks: Sequence[tuple[str, float]],
    width: float,
    height: float,
) -> Chart:
    across = _across(curve, width)
    series = tuple(
        (name, " ".join(f"{_cut(a)},{_cut(b)}" for a, b in points)) for name, points in rows.items()
    )
    placed = tuple((_cut(min(max(across(score), 0.0), width)), name) for name, score in marks)
    return Chart(width, height, series, Axis(_score_ticks(curve, width)), y, placed)


def _across(curve: Sequence[CurvePoint], width: float):  # type: ignore[no-untyped-def]
    low, high = _ends(curve)
    return lambda score: _cut((score - low) / (high - low) * width)


def _ends(curve: Sequence[CurvePoint]) -> tuple[float, float]:
    scores = [point.score for point in curve]
    low, high = min(scores), max(scores)
    return (low, high) if high > low else (low - 1, high + 1)


def _score_ticks(curve: Sequence[CurvePoint], width: float) -> tuple[tuple[float, str], ...]:
    low, high = _ends(curve)
    across, step = _across(curve, width), 10 if high - low > 25 else 5 if high - low > 10 else 1
    first = -(-int(low) // step) * step
    inside = [score for score in range(first, int(high) + 1, step) if score >= low]
    return tuple((across(score), str(score)) for score in inside)


def _step(most: float) -> float:
    """Return a round step that divides an axis up to `most` into two to five parts."""
    scale = 1.0
    while most / scale > 50:
        scale *= 10
    return next(scale * unit for unit in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if most / (scale * unit) <= 5)


def _cut(value: float) -> float:
    return round(value, _DIGITS)
