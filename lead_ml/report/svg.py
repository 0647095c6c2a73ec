"""Small SVG pieces as escaped text: scales, axes, lines, bands, bars. No script, no style sheet, no outside request."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

INK, MUTED, RULE, FAINT = "#1b2430", "#5f6b7a", "#d8dee6", "#eef1f5"
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Scale:
    """A linear scale from values ``low``-``high`` to pixels ``start``-``end``; values beyond it are clipped."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        share = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1.0)
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self, about: int = 5) -> list[float]:
        """Return round values inside the scale, about so many.

        >>> Scale(0, 1, 0, 100).ticks(5)
        [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
        """
        width = (self.high - self.low) or 1.0
        rough = width / max(about, 1)
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(m * unit for m in (1, 2, 2.5, 5, 10) if m * unit >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        count = math.floor(self.high / step + 1e-9) - first + 1
        return [round((first + k) * step, 12) for k in range(count)]


@dataclass(frozen=True)
class Frame:
    """The plot area of a chart: pixel size of the whole, and the scales of both axes."""

    width: int
    height: int
    x: Scale
    y: Scale

    @classmethod
    def of(
        cls,
        xs: tuple[float, float],
        ys: tuple[float, float],
        *,
        width: int = 360,
        height: int = 300,
        left: int = 48,
        right: int = 24,
        top: int = 26,
        bottom: int = 42,
    ) -> Frame:
        """Lay out a plot area inside margins."""
        return cls(width, height, Scale(*xs, left, width - right), Scale(*ys, height - bottom, top))

    def axes(
        self, x_title: str, y_title: str, *, percent_x: bool = False, percent_y: bool = False, about: int = 5
    ) -> Markup:
        """Draw grid, ticks and titles of both axes."""
        marks = [
            line(self.x.start, self.y(tick), self.x.end, self.y(tick), RULE)
            + text(self.x.start - 6, self.y(tick) + 3.5, told(tick, percent_y), anchor="end")
            for tick in self.y.ticks(about)
        ]
        marks += [
            text(self.x(tick), self.y.start + 15, told(tick, percent_x), anchor="middle")
            for tick in self.x.ticks(about)
        ]
        middle = (self.x.start + self.x.end) / 2
        marks.append(text(middle, self.height - 6, x_title, anchor="middle", colour=INK))
        marks.append(text(self.x.start - 40, self.y.end - 12, y_title, colour=INK))
        return Markup("").join(marks)

    def path(self, points: Points, colour: str, *, width: float = 2, dash: str = "") -> Markup:
        """Draw a line through values."""
        placed = " ".join(f"{self.x(x)},{self.y(y)}" for x, y in points)
        return Markup(
            '<polyline points="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round"{}/>'
        ).format(placed, colour, width, Markup(' stroke-dasharray="{}"').format(dash) if dash else "")

    def band(self, points: Sequence[tuple[float, float, float]], colour: str) -> Markup:
        """Fill between lower and upper values given as (x, lower, upper)."""
        there = [f"{self.x(x)},{self.y(upper)}" for x, _, upper in points]
        back = [f"{self.x(x)},{self.y(lower)}" for x, lower, _ in reversed(points)]
        return Markup('<polygon points="{}" fill="{}" fill-opacity="0.15"/>').format(
            " ".join(there + back), colour
        )

    def dots(self, points: Points, colour: str, radius: float = 3.5) -> Markup:
        """Draw a dot at every value."""
        return Markup("").join(dot(self.x(x), self.y(y), colour, radius) for x, y in points)

    def figure(self, label: str, *parts: Markup) -> Markup:
        """Wrap the parts of a chart."""
        return figure(self.width, self.height, label, *parts)


def figure(width: int, height: int, label: str, *parts: Markup) -> Markup:
    """Return an SVG element with a text for those who cannot see it."""
    head = Markup('<svg viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">').format(
        width, height, width, height, label
    )
    return head + Markup("").join(parts) + Markup("</svg>")


def text(
    x: float,
    y: float,
    content: object,
    *,
    anchor: str = "start",
    colour: str = MUTED,
    size: float = 11,
    bold: bool = False,
) -> Markup:
    """Return a piece of text; its content is escaped."""
    return Markup(
        '<text x="{}" y="{}" text-anchor="{}" fill="{}" font-size="{}" font-weight="{}">{}</text>'
    ).format(round(x, 2), round(y, 2), anchor, colour, size, 600 if bold else 400, escape(content))


def line(
    x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1, dash: str = ""
) -> Markup:
    """Return a straight line in pixels."""
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"{}/>').format(
        x1, y1, x2, y2, colour, width, Markup(' stroke-dasharray="{}"').format(dash) if dash else ""
    )


def dot(x: float, y: float, colour: str, radius: float = 3.5) -> Markup:
    """Return a filled circle in pixels."""
    return Markup('<circle cx="{}" cy="{}" r="{}" fill="{}"/>').format(x, y, radius, colour)


def box(
    x: float, y: float, width: float, height: float, colour: str, *, opacity: float = 1.0, round_: float = 2
) -> Markup:
    """Return a filled rectangle in pixels."""
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="{}" fill-opacity="{}"/>').format(
        round(x, 2), round(y, 2), round(max(width, 0.5), 2), round(height, 2), round_, colour, opacity
    )


def told(value: float, percent: bool = False) -> str:
    """Write the label of a tick.

    >>> told(0.025, True), told(0.5), told(1200)
    ('2.5 %', '0.5', '1,200')
    """
    if percent:
        return f"{100 * value:.4g} %"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
