"""Figures of a run for MLflow, drawn from its forward scores: ROC, calibration, lift and cumulative gains.

Drawn with matplotlib's objects alone: no pyplot, so nothing global changes and no window system is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
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


def forward_figures(scores: ForwardScores, title: str, *, seed: int) -> dict[str, Figure]:
    """Draw the candidates of one target on the forward window.

    Parameters
    ----------
    scores
        Scores of one or several candidates; each gets a line.
    title
        Beginning of the title of every figure, such as ``conversion``.
    seed
        Of the bootstrap behind the calibration intervals, which are drawn where there is one candidate.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        ``roc``, ``calibration``, ``lift`` and ``gains``.
    """
    draw: dict[str, Callable[[Axes], None]] = {
        "roc": partial(_roc, scores),
        "calibration": partial(_calibration, scores, seed),
        "lift": partial(_lift, scores),
        "gains": partial(_gains, scores),
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


def _roc(scores: ForwardScores, axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], color=GRAY, linestyle=":", label="random order")
    _lines(axes, roc_curves(scores))
    axes.set(
        xlabel="False positive rate",
        ylabel="True positive rate",
        title="ROC, forward window",
        xlim=(0, 1),
        ylim=(0, 1.01),
    )
    axes.legend(loc="lower right", frameon=False)


def _gains(scores: ForwardScores, axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], color=GRAY, linestyle=":", label="random order")
    _lines(axes, gain_curves(scores))
    axes.set(
        xlabel="Share of leads, highest probability first",
        ylabel="Share of positives found",
        title="cumulative gains, forward window",
        xlim=(0, 1),
        ylim=(0, 1.01),
    )
    axes.legend(loc="lower right", frameon=False)


def _lift(scores: ForwardScores, axes: Axes) -> None:
    axes.axhline(1, color=GRAY, linestyle=":", label="random order")
    curves = {
        kind: [point for point in points if point[0] >= FEWEST]
        for kind, points in lift_curves(scores).items()
    }
    _lines(axes, curves)
    axes.set(
        xlabel="Share of leads, highest probability first",
        ylabel="Rate of positives / rate of all",
        title="lift, forward window",
        xlim=(0, 1),
    )
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper right", frameon=False)


def _calibration(scores: ForwardScores, seed: int, axes: Axes) -> None:
    found = {kind: reliability(scores, kind, seed=seed) for kind in scores.probability}
    alone = len(found) == 1
    top = 1.05 * max(
        max(part["predicted"], part["upper" if alone else "observed"])
        for parts in found.values()
        for part in parts
    )
    top = min(1.0, top) or 1.0
    axes.plot([0, top], [0, top], color=GRAY, linestyle=":", label="perfect calibration")
    for (kind, parts), color in zip(found.items(), _colors(len(found)), strict=True):
        x, y = ([part[name] for part in parts] for name in ("predicted", "observed"))
        if alone:
            lower, upper = ([part[name] for part in parts] for name in ("lower", "upper"))
            axes.vlines(x, lower, upper, color=color, alpha=0.4, label=f"{LEVEL:.0%} interval")
        axes.plot(x, y, marker="o", markersize=4, color=color, label=kind)
    axes.set(
        xlabel="Mean predicted probability",
        ylabel="Observed rate",
        title="calibration, forward window",
        xlim=(0, top),
        ylim=(0, top),
    )
    axes.legend(loc="upper left", frameon=False)


def _lines(axes: Axes, curves: Mapping[str, Points]) -> None:
    for (kind, points), color in zip(curves.items(), _colors(len(curves)), strict=True):
        axes.plot([x for x, _ in points], [y for _, y in points], color=color, label=kind)


def _colors(count: int) -> list[str]:
    return [COLORS[k % len(COLORS)] for k in range(count)]
