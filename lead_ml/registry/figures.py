"""Figures of a run for MLflow, drawn from its forward scores: ROC, calibration, lift and cumulative gains.

Drawn with matplotlib's objects alone: no pyplot, so nothing global changes and no window system is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING

from lead_ml.registry.curves import LEVEL, Points, gain_curves, lift_curves, reliability, roc_curves
from lead_ml.registry.runs import ForwardScores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE, DPI = (6.4, 4.4), 110
COLORS = ("#1f5fa8", "#d9772b", "#3f8f5b", "#8a5fb0", "#b0473f")
GRAY = "#8a8f98"
FEWEST = 0.02  # the share of the leads from which a lift is drawn; before it a few leads decide
_BEST_FIRST = "Share of leads, highest probability first"
_WORDS = {  # title and axes
    "roc": ("ROC", "False positive rate", "True positive rate"),
    "lift": ("lift", _BEST_FIRST, "Rate of positives / rate of all"),
    "gains": ("cumulative gains", _BEST_FIRST, "Share of positives found"),
}


def forward_figures(scores: ForwardScores, title: str, *, seed: int) -> dict[str, Figure]:
    """Draw the candidates of one target on the forward window: ``roc``, ``calibration``, ``lift`` and ``gains``.

    Every title begins with `title`. `seed` is of the calibration intervals, which are drawn where there is one candidate.
    """
    lifts = {
        candidate: [(share, lift) for share, lift in points if share >= FEWEST]
        for candidate, points in lift_curves(scores).items()
    }
    draw: dict[str, Callable[[Axes], None]] = {
        "roc": partial(_curves, "roc", roc_curves(scores)),
        "calibration": partial(_calibration, scores, seed),
        "lift": partial(_curves, "lift", lifts),
        "gains": partial(_curves, "gains", gain_curves(scores)),
    }
    return {name: figure_of(title, plot) for name, plot in draw.items()}


def figure_of(title: str, plot: Callable[[Axes], None]) -> Figure:
    """Make a figure of one axes in the style of all figures."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.grid(color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    plot(axes)
    subject = axes.get_title()
    axes.set_title("")
    axes.set_title(f"{title}: {subject}", loc="left", fontsize=11)
    return figure


def _curves(name: str, curves: Mapping[str, Points], axes: Axes) -> None:
    """Draw one line per candidate, beside that of a random order: the diagonal or, of a lift, 1 everywhere."""
    title, across, up = _WORDS[name]
    is_lift = name == "lift"
    axes.plot([0, 1], [int(is_lift), 1], color=GRAY, linestyle=":", label="random order")
    for (candidate, points), color in zip(curves.items(), cycle(COLORS), strict=False):
        axes.plot(*zip(*points, strict=True), color=color, label=candidate)
    axes.set(xlabel=across, ylabel=up, title=f"{title}, forward window", xlim=(0, 1))
    axes.set_ylim(0, None if is_lift else 1.01)
    axes.legend(loc="upper right" if is_lift else "lower right", frameon=False)


def _calibration(scores: ForwardScores, seed: int, axes: Axes) -> None:
    found = {candidate: reliability(scores, candidate, seed=seed) for candidate in scores.probability}
    alone = len(found) == 1
    highest = "upper" if alone else "observed"
    most = max(max(part["predicted"], part[highest]) for parts in found.values() for part in parts)
    top = min(1.0, 1.05 * most) or 1.0
    axes.plot([0, top], [0, top], color=GRAY, linestyle=":", label="perfect calibration")
    for (candidate, parts), color in zip(found.items(), cycle(COLORS), strict=False):
        x, y, lower, upper = (
            [part[name] for part in parts] for name in ("predicted", "observed", "lower", "upper")
        )
        if alone:
            axes.vlines(x, lower, upper, color=color, alpha=0.4, label=f"{LEVEL:.0%} interval")
        axes.plot(x, y, marker="o", markersize=4, color=color, label=candidate)
    axes.set(xlabel="Mean predicted probability", ylabel="Observed rate", title="calibration, forward window")
    axes.set(xlim=(0, top), ylim=(0, top))
    axes.legend(loc="upper left", frameon=False)
