"""Geometry of bars and charts: numbers for SVG attributes, computed here so that templates only place them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lead_ml.declare import GROUPS
from lead_ml.language import Numbers
from lead_ml.scoring.thresholds import POINTS_PER_LOGIT, CurvePoint

WIDTH = 100.0
GROUP_SPAN = 15.0  # points to either side that fill half of the small group bar
CHART_WIDTH, CHART_HEIGHT = 640.0, 220.0
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)

Marks = Sequence[tuple[str, float]]


class ProbabilityBar(NamedTuple):
    """A probability on a bar of width 100: ``at`` is the probability, ``left`` and ``width`` are its interval."""

    at: float
    left: float
    width: float


class GroupBar(NamedTuple):
    """A diverging bar: ``left`` and ``width`` on 0-100 with zero at 50; ``points`` as displayed."""

    name: str
    left: float
    width: float
    points: float

    @property
    def positive(self) -> bool:
        """True if the group raises the score."""
        return self.points > 0


def probability_bar(probability: float, lower: float, upper: float, top: float = 1.0) -> ProbabilityBar:
    """Place a probability with its interval on a bar that ends at `top`."""
    at, left, right = (min(value * (WIDTH / top), WIDTH) for value in (probability, lower, upper))
    return ProbabilityBar(_rounded(at), _rounded(left), _rounded(max(right - left, 0.5)))


def group_bars(groups: Mapping[str, float]) -> tuple[GroupBar, ...]:
    """Return one diverging bar per group from its sum on the logit scale, in the fixed order of groups."""
    return tuple(_group_bar(name, groups[name] * POINTS_PER_LOGIT) for name in GROUPS if name in groups)


def lengths(points: Sequence[float], most: float | None = None) -> tuple[float, ...]:
    """Return the length of each bar on 0-100, where the longest bar (or `most`) is 100."""
    longest = most or max((abs(point) for point in points), default=1.0) or 1.0
    return tuple(_rounded(min(abs(point) / longest, 1.0) * WIDTH) for point in points)


def _group_bar(name: str, points: float) -> GroupBar:
    half = WIDTH / 2
    length = min(abs(points) / GROUP_SPAN, 1.0) * half
    return GroupBar(name, _rounded(half if points > 0 else half - length), _rounded(length), points)


class CurveChart(NamedTuple):
    """A chart over the score: one polyline per series, axis ticks and vertical marks as (position, label)."""

    series: tuple[tuple[str, str], ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    marks: tuple[tuple[float, str], ...]
    width: float = CHART_WIDTH
    height: float = CHART_HEIGHT


def rate_chart(curve: Sequence[CurvePoint], marks: Marks, numbers: Numbers) -> CurveChart:
    """Draw the win rate and the share of wins captured against the score of the threshold."""
    heights = {
        "precision": [1 - point.precision for point in curve],
        "recall": [1 - point.recall for point in curve],
    }
    return _chart(curve, heights, [(1 - share, numbers.percent(share)) for share in _SHARES], marks)


def volume_chart(curve: Sequence[CurvePoint], marks: Marks, numbers: Numbers) -> CurveChart:
    """Draw the weekly volume (without dates: the number of leads) against the score of the threshold."""
    volumes = [point.crossed if point.per_week is None else point.per_week for point in curve]
    most = max(volumes, default=1.0)
    step = _step(most)
    count = round(max(-(-most // step), 1))
    ticks = [(1 - i / count, numbers.plain(i * step)) for i in range(count + 1)]
    return _chart(curve, {"volume": [1 - volume / (step * count) for volume in volumes]}, ticks, marks)


def _chart(
    curve: Sequence[CurvePoint],
    heights: Mapping[str, Sequence[float]],
    ticks: Sequence[tuple[float, str]],
    marks: Marks,
) -> CurveChart:
    """Scale heights and ticks, which are shares of the height measured from the top, to the box of the chart."""
    scores = [*(point.score for point in curve), *(score for _, score in marks)]
    low, high = min(scores), max(scores)
    if high == low:
        low, high = low - 1, high + 1

    def across(score: float) -> float:
        return _rounded((score - low) / (high - low) * CHART_WIDTH)

    columns = [across(point.score) for point in curve]
    series = tuple(
        (name, " ".join(f"{x},{_rounded(y * CHART_HEIGHT)}" for x, y in zip(columns, shares, strict=True)))
        for name, shares in heights.items()
    )
    step = 10 if high - low > 25 else 5 if high - low > 10 else 1
    labeled = range(-(-int(low) // step) * step, int(high) + 1, step)
    return CurveChart(
        series=series,
        x_ticks=tuple((across(score), str(score)) for score in labeled if score >= low),
        y_ticks=tuple((_rounded(share * CHART_HEIGHT), text) for share, text in ticks),
        marks=tuple((across(score), name) for name, score in marks),
    )


def _step(most: float) -> float:
    """Return a round step that divides an axis up to `most` into two to five parts."""
    scale = 1.0
    while most / scale > 50:
        scale *= 10
    return next(scale * unit for unit in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if most / (scale * unit) <= 5)


def _rounded(value: float) -> float:
    return round(value, 2)
