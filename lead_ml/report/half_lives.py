"""Half-lives as a picture: the weight of an event by its age beside the usual rules, and the likelihood behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lead_ml.errors import ParamsError
from lead_ml.evaluation.decay import Decay, HalfLife
from lead_ml.evaluation.decay.against import HALF_LIFE_DAYS, WINDOW_DAYS
from lead_ml.evaluation.decay.profile import HALF_CHI_SQUARE
from lead_ml.evaluation.decay.words import name_of
from lead_ml.language import Catalog, catalog
from lead_ml.report.style import BLUE, MUTED, RED, percent_axis, png, short, svg
from lead_ml.tables.dataset import Floats

RULE, WINDOW = "#c4570c", "#7a3fc4"
WIDTH, ROW, HEAD = 900, 290, 90
SHOWN_DAYS, MOST_DROP = 120.0, 6.0
TICKS = ((0.125, "3 h"), (1.0, "1 d"), (7.0, "7 d"), (30.0, "30 d"), (90.0, "90 d"), (365.0, "1 y"))
NEVER_DAYS = 900.0  # the place of "no decay" on the logarithmic axis


def save_picture(decay: Decay, path: Path) -> Path:
    """Write the picture as .svg or .png: a row for each type, its weight on the left and its likelihood on the right."""
    if path.suffix.lower() not in (".svg", ".png"):
        raise ParamsError("picture", value=path.name, expected="a name that ends in .svg or .png")
    shown = [item for item in decay.types if item.profile]
    size = (WIDTH, HEAD + ROW * max(1, len(shown)))
    draw = partial(_draw, decay, shown, size)
    label, is_png = catalog("en")("half_lives.label"), path.suffix.lower() == ".png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(size, draw) if is_png else f"{svg(label, size, draw)}\n".encode())
    return path


def weights(days: float | None, ages: Sequence[float]) -> Floats:
    """Return the weight of an event at some ages (days) with a half-life; None is no decay."""
    return np.ones(len(ages)) if days is None else 0.5 ** (np.asarray(ages, dtype=np.float64) / days)


def weight_interval(item: HalfLife, ages: Sequence[float]) -> tuple[Floats, Floats]:
    """Return the lowest and the highest weight at some ages (days) within the interval of the half-life."""
    at_once = (np.asarray(ages) <= 0).astype(np.float64)
    return at_once if item.lower is None else weights(item.lower, ages), weights(item.upper, ages)


def _draw(decay: Decay, shown: Sequence[HalfLife], size: tuple[int, int], figure: Any) -> None:
    words, height = catalog("en"), size[1]
    figure.set_facecolor("white")

    def text(x: float, y: float, content: str, **style: Any) -> None:
        figure.text(x / WIDTH, 1 - y / height, content, va="top", **style)

    cut = datetime.fromisoformat(decay.cut)
    learned = words("half_lives.learned_from", leads=decay.fit_leads, wins=decay.fit_wins, cut=cut)
    text(20, 14, words("half_lives.title"), fontsize=17, weight="bold")
    text(20, 40, learned, color=MUTED)
    if decay.synthetic:
        text(WIDTH - 20, 18, words("half_lives.synthetic"), ha="right", color=RED)
    for k, item in enumerate(shown):
        top = HEAD + ROW * k
        text(20, top + 2, short(name_of(item.type), 80), fontsize=14, weight="bold")
        said = words("half_lives.events", count=item.events, words=item.words)
        text(20, top + 22, short(said, 150), color=MUTED)
        for left, draw in ((64, _weight), (520, _likelihood)):
            box = (left / WIDTH, 1 - (top + ROW - 46) / height, 360 / WIDTH, (ROW - 96) / height)
            draw(figure.add_axes(box), item, words)
        if k == 0:
            place = (20 / WIDTH, 1 - 60 / height)
            figure.legend(loc="upper left", bbox_to_anchor=place, ncols=5, borderaxespad=0, borderpad=0)


def _weight(axes: Any, item: HalfLife, words: Catalog) -> None:
    ages = [*np.geomspace(0.05, 1, 12), *np.linspace(0, SHOWN_DAYS, 121)[2:]]
    rule, window = (
        words(f"half_lives.{key}", days=n) for key, n in (("rule", HALF_LIFE_DAYS), ("window", WINDOW_DAYS))
    )
    axes.plot(ages, weights(HALF_LIFE_DAYS, ages), "--", color=RULE, label=rule)
    axes.plot([0, WINDOW_DAYS, WINDOW_DAYS, SHOWN_DAYS], [1, 1, 0, 0], ":", color=WINDOW, label=window)
    known = item.verdict == "identified"
    learned = (ages, weights(item.days, ages)) if known else ([], [])
    axes.plot(*learned, color=BLUE, linewidth=2.6, label=words("half_lives.learned"))
    if known:
        axes.fill_between(ages, *weight_interval(item, ages), color=BLUE, alpha=0.15, linewidth=0)
    else:
        axes.text(75, 0.25, words("half_lives.not_identified"), ha="center", color=MUTED, fontsize=15)
    axes.set(xlim=(0, SHOWN_DAYS), ylim=(0, 1.04))
    axes.set(xlabel=words("half_lives.age"), ylabel=words("half_lives.weight"))
    percent_axis(axes.yaxis)


def _likelihood(axes: Any, item: HalfLife, words: Catalog) -> None:
    days = [NEVER_DAYS if point.days is None else point.days for point in item.profile]
    drops = [-point.drop for point in item.profile]
    axes.plot(days[:-1], drops[:-1], color=BLUE)
    axes.plot(days, drops, "o", color=BLUE, markersize=4)
    axes.axhline(-HALF_CHI_SQUARE, color=RED, linestyle="--", linewidth=1, label=words("half_lives.limit"))
    axes.set(xscale="log", xlim=(TICKS[0][0], NEVER_DAYS * 1.15), ylim=(-MOST_DROP, 0.3))
    axes.set_xticks(*zip(*TICKS, (NEVER_DAYS, words("half_lives.none")), strict=True))
    axes.minorticks_off()
    axes.set(xlabel=words("half_lives.half_life"), ylabel=words("half_lives.likelihood"))
