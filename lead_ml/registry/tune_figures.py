"""Pictures of a search: its history, the importance of the parameters, and the trials in parallel coordinates."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lead_ml.evaluation.tuned import Tuned
from lead_ml.registry.figures import COLORS, GRAY, figure_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def tuning_pictures(tuned: Tuned, folder: Path) -> list[Path]:
    """Draw a search as ``history.png``, ``parallel.png`` and, where the trials differ, ``importance.png``."""
    draw = {"history": _history, "parallel": _parallel}
    if tuned.importance:
        draw["importance"] = _importance
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, plot in draw.items():
        path = folder / f"{name}.png"
        figure_of(f"{tuned.target}, {tuned.candidate}", partial(plot, tuned)).savefig(path)
        paths.append(path)
    return paths


def _history(tuned: Tuned, axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    number = [trial.number + 1 for trial in tuned.history]
    loss = np.array([trial.log_loss for trial in tuned.history])
    axes.axhline(tuned.log_loss_now, color=GRAY, linestyle=":", label="parameters in use")
    axes.plot(number, loss, "o", markersize=4, color=COLORS[0], alpha=0.6, label="trial")
    axes.step(number, np.minimum.accumulate(loss), where="post", color=COLORS[1], label="best so far")
    axes.set(xlabel="Trial", ylabel="Log-loss, rolling windows", title="search history")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="best", framealpha=0.85, edgecolor="none")


def _importance(tuned: Tuned, axes: Axes) -> None:
    names = list(tuned.importance)[::-1]
    bars = axes.barh(names, [tuned.importance[name] for name in names], color=COLORS[0])
    axes.bar_label(bars, fmt="{:.0%}", padding=3)
    axes.set(xlabel="Share of the variance of the log-loss", title="importance of the parameters")
    axes.set_xlim(0, 1.15 * max(tuned.importance.values()))
    axes.xaxis.set_major_formatter("{x:.0%}")


def _parallel(tuned: Tuned, axes: Axes) -> None:
    """Draw one line per trial over the parameters, each from the low to the high end of its range, dark where good."""
    from matplotlib import colormaps

    names = list(tuned.ranges)
    order = sorted(tuned.history, key=lambda trial: -trial.log_loss)
    shade = np.linspace(0.15, 0.95, len(order))
    for trial, dark in zip(order, shade, strict=True):
        best = trial is order[-1]
        color = COLORS[1] if best else colormaps["Blues"](dark)
        y = [_place(tuned, name, trial.params[name]) for name in names]
        axes.plot(range(len(names)), y, color=color, linewidth=2.5 if best else 1, marker="o", markersize=3)
        if best:
            axes.plot([], [], color=color, linewidth=2.5, label=f"best: log-loss {trial.log_loss:.4f}")
    ranges = [f"{name}\n{space.low:g} to {space.high:g}" for name, space in tuned.ranges.items()]
    axes.set_xticks(range(len(names)), ranges, fontsize=7)
    axes.set(ylabel="Place in the searched range", title="trials, darker is better", ylim=(-0.05, 1.05))
    axes.set_yticks([0, 1], ["low", "high"])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), frameon=False)


def _place(tuned: Tuned, name: str, value: float) -> float:
    space = tuned.ranges[name]
    low, high, at = (math.log(x) if space.log else x for x in (space.low, space.high, value))
    return (at - low) / (high - low) if high > low else 0.5
