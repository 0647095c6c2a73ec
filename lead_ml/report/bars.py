"""Horizontal bars: the importance of features, and the points of an ideal customer profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from lead_ml.language import catalog
from lead_ml.report.style import BLUE, INK, RED, chart, color_of, name_rows, note

Record = Mapping[str, Any]
WIDTH, LEFT, ROW = 780, 330, 22
SHOWN, SHOWN_VALUES = 15, 6


def importance(part: Record) -> Markup:
    """Mean absolute contribution of the strongest features, in the color of their group."""
    rows = [row for row in part["importance"]["features"][:SHOWN] if row["mean_abs"] > 0]
    return _strengths(f"{part['title']}: mean absolute contribution by feature", rows)


def group_importance(part: Record) -> Markup:
    """Mean absolute sum of the contributions of each group."""
    rows = part["importance"]["groups"]
    return _strengths(f"{part['title']}: mean absolute contribution by group", rows)


def profile(found: Record) -> Markup:
    """Points of the values of an ideal customer profile: per column the best and the worst, on both sides of 0."""
    rows = [
        (f"{column['en']}: {row['en']}", row["points"], row["by_hand"])
        for column in found["columns"]
        for k, row in enumerate(column["rows"])
        if k < SHOWN_VALUES or k >= len(column["rows"]) - SHOWN_VALUES
    ]
    if not rows:
        return Markup("")

    def draw(axes: Any) -> None:
        for k, (_, points, by_hand) in enumerate(rows):
            axes.barh(k, points, 0.65, color=BLUE if points >= 0 else RED, alpha=0.35 if by_hand else 1)
            side = (5, "left") if points >= 0 else (-5, "right")
            note(axes, catalog("en").numbers.signed(points, 1), (points, k), (side[0], 0), ha=side[1])
        reach = max(1.0, *(abs(points) for _, points, _ in rows))
        axes.axvline(0, color=INK, linewidth=1)
        axes.set_xlim(-1.15 * reach, 1.15 * reach)
        _bare(axes, [name for name, _, _ in rows])

    return _bars(f"Points of the ideal customer profile: {found['en']}", len(rows), draw)


def _strengths(label: str, rows: Sequence[Record]) -> Markup:
    if not rows:
        return Markup("")

    def draw(axes: Any) -> None:
        for k, row in enumerate(rows):
            axes.barh(k, row["mean_abs"], 0.65, color=color_of(row["group"]))
            note(axes, f"{row['mean_abs']:.3f}", (row["mean_abs"], k))
        axes.set_xlim(0, max(row["mean_abs"] for row in rows) or 1.0)
        _bare(axes, [row["en"] for row in rows])

    return _bars(label, len(rows), draw)


def _bars(label: str, rows: int, draw: Any) -> Markup:
    return chart(label, (WIDTH, 8 + ROW * rows), draw, margins=(LEFT, 60, 4, 4))


def _bare(axes: Any, names: Sequence[str]) -> None:
    """Leave out the axis of numbers: each bar carries its own."""
    name_rows(axes, names, 50)
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
