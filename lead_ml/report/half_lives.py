"""Half-lives as a picture: the weight of an event over its age beside the hand rules, and the likelihood behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from markupsafe import Markup

from lead_ml.errors import MissingExtra, ParamsError
from lead_ml.evaluation.decay import Decay, HalfLife
from lead_ml.evaluation.decay.against import HALF_LIFE_DAYS, WINDOW_DAYS
from lead_ml.evaluation.decay.profile import HALF_CHI_SQUARE
from lead_ml.evaluation.decay.words import between, name_of, spoken
from lead_ml.report.svg import INK, MUTED, Frame, figure, line, text

LEARNT, HAND, WINDOW, LIMIT = "#1d5fd1", "#c4570c", "#7a3fc4", "#b4235f"
WIDTH, ROW, HEAD, GAP = 900, 300, 84, 460
SHOWN_DAYS, MOST_DROP = 120.0, 6.0
TICKS = ((0.125, "3 h"), (1.0, "1 d"), (7.0, "7 d"), (30.0, "30 d"), (90.0, "90 d"), (365.0, "1 y"))
NEVER_DAYS = 900.0  # where no decay stands on the logarithmic axis
Points = list[tuple[float, float]]


def save_picture(decay: Decay, path: Path) -> Path:
    """Write the picture as SVG, or as PNG where matplotlib is installed.

    Raises
    ------
    ParamsError
        If the name ends otherwise.
    MissingExtra
        If a PNG is wanted and matplotlib is not installed.
    """
    if path.suffix.lower() not in (".svg", ".png"):
        raise ParamsError("picture", value=path.name, expected="a name that ends in .svg or .png")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".png":
        _save_png(decay, path)
    else:
        path.write_text(svg(decay), encoding="utf-8")
    return path


def svg(decay: Decay) -> str:
    """Return one self-contained SVG: a row for each type, its weight on the left and its likelihood on the right."""
    shown = _shown(decay)
    height = HEAD + ROW * len(shown) + 10
    rows = [
        Markup('<g transform="translate(0 {})">{}</g>').format(HEAD + ROW * k, _row(item))
        for k, item in enumerate(shown)
    ]
    inner = figure(WIDTH, height, "Half-lives of event types", _head(decay), *rows)
    opened = Markup('<svg xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" ')
    ground = Markup('<rect width="{}" height="{}" fill="#ffffff"/>').format(WIDTH, height)
    start = inner.index(">") + 1
    return str(opened + inner[len("<svg ") : start] + ground + inner[start:]) + "\n"


def curve(days: float | None, ages: Sequence[float]) -> Points:
    """Return the weight of an event at some ages (days); None does not fade."""
    return [(age, 1.0 if days is None else float(0.5 ** (age / days))) for age in ages]


def band(item: HalfLife, ages: Sequence[float]) -> list[tuple[float, float, float]]:
    """Return the lowest and the highest weight at some ages (days) that the interval allows."""
    low = [(age, float(age <= 0)) for age in ages] if item.lower is None else curve(item.lower, ages)
    return [(age, a, b) for (age, a), (_, b) in zip(low, curve(item.upper, ages), strict=True)]


def _shown(decay: Decay) -> list[HalfLife]:
    return [item for item in decay.types if item.profile]


def _ages() -> list[float]:
    return [float(age) for age in np.unique([*np.geomspace(0.05, 1, 12), *np.linspace(0, SHOWN_DAYS, 121)])]


def _head(decay: Decay) -> Markup:
    label = "SYNTHETIC data: says nothing about a real market.  " if decay.synthetic else ""
    words = f"{label}Learnt from {decay.fit_leads:,} leads ({decay.fit_wins:,} won) known before {decay.cut[:10]}."
    legend = (
        ("learnt, with its 90 % interval", LEARNT, ""),
        (f"half-life {HALF_LIFE_DAYS} d by hand", HAND, "6 3"),
        (f"active within {WINDOW_DAYS} d, by hand", WINDOW, "2 3"),
        ("limit of the 90 % interval", LIMIT, "4 3"),
    )
    marks = [
        text(20, 26, "How long an event keeps its weight", colour=INK, size=17, bold=True),
        text(20, 46, words, colour=LIMIT if decay.synthetic else MUTED, size=12),
    ]
    for k, (name, colour, dash) in enumerate(legend):
        x = 20 + 218 * k
        marks += [line(x, 66, x + 26, 66, colour, width=2.5, dash=dash), text(x + 34, 70, name, colour=INK)]
    return Markup("").join(marks)


def _row(item: HalfLife) -> Markup:
    title = text(20, 16, name_of(_printable(item.type)), colour=INK, size=14, bold=True)
    told = text(20, 33, f"{item.events:,} events; {item.words}.", size=11)
    right = Markup('<g transform="translate({} 36)">{}</g>').format(GAP, _likelihood(item))
    return title + told + Markup('<g transform="translate(0 36)">{}</g>').format(_weights(item)) + right


def _figures(item: HalfLife) -> str:
    if item.verdict != "identified":
        return ""
    point = "No decay fits best" if item.days is None else f"Half-life {spoken(item.days)}"
    return f"{point} ({between(item.lower, item.upper)}): "


def _weights(item: HalfLife) -> Markup:
    ages = _ages()
    frame = Frame.of((0, SHOWN_DAYS), (0, 1), width=430, height=250)
    marks = [frame.axes("age of the event, days", "weight", percent_y=True)]
    if item.verdict == "identified":
        marks += [frame.band(band(item, ages), LEARNT)]
    marks.append(frame.path(curve(HALF_LIFE_DAYS, ages), HAND, dash="6 3"))
    step = [(0.0, 1.0), (WINDOW_DAYS, 1.0), (WINDOW_DAYS, 0.0), (SHOWN_DAYS, 0.0)]
    marks.append(frame.path(step, WINDOW, dash="2 3"))
    if item.verdict == "identified":
        marks.append(frame.path(curve(item.days, ages), LEARNT, width=2.6))
    else:
        marks.append(text(250, 170, "not identified", anchor="middle", colour=MUTED, size=15))
    return frame.figure(f"Weight of {_printable(item.type) or 'all activity'} over its age", *marks)


def _likelihood(item: HalfLife) -> Markup:
    low, high = np.log(TICKS[0][0]), np.log(NEVER_DAYS)
    frame = Frame.of((low, high), (-MOST_DROP, 0.0), width=430, height=250)
    marks = [
        line(frame.x.start, frame.y(tick), frame.x.end, frame.y(tick), "#d8dee6")
        + text(frame.x.start - 6, frame.y(tick) + 3.5, f"{tick:g}", anchor="end")
        for tick in (-6.0, -4.0, -2.0, 0.0)
    ]
    for days, name in (*TICKS, (NEVER_DAYS, "none")):
        marks.append(text(frame.x(np.log(days)), frame.y.start + 15, name, anchor="middle"))
    marks.append(text(240, 244, "half-life", anchor="middle", colour=INK))
    marks.append(text(8, 14, "log-likelihood below the best, adjusted", colour=INK))
    limit = frame.y(-HALF_CHI_SQUARE)
    marks.append(line(frame.x.start, limit, frame.x.end, limit, LIMIT, dash="4 3"))
    points = [(float(np.log(point.days or NEVER_DAYS)), -point.drop) for point in item.profile]
    marks.append(frame.path(points[:-1], LEARNT) + frame.dots(points, LEARNT, 2.6))
    return frame.figure(f"Likelihood of half-lives of {_printable(item.type) or 'all activity'}", *marks)


def _printable(name: str) -> str:
    """Leave out control characters, which no XML may hold."""
    return "".join(sign for sign in name if sign.isprintable())


def _save_png(decay: Decay, path: Path) -> None:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("matplotlib", "train") from error
    shown, ages = _shown(decay), _ages()
    picture = Figure(figsize=(9, 1 + 2.8 * max(len(shown), 1)), layout="constrained")
    FigureCanvasAgg(picture)
    mark = " (SYNTHETIC data)" if decay.synthetic else ""
    picture.suptitle(f"How long an event keeps its weight{mark}", fontsize=12)
    for k, item in enumerate(shown):
        left, right = (picture.add_subplot(len(shown), 2, 2 * k + side) for side in (1, 2))
        left.set_title(f"{name_of(item.type)}: {_figures(item) or 'not identified'}".rstrip(": "), fontsize=9)
        left.plot(
            *zip(*curve(HALF_LIFE_DAYS, ages), strict=True),
            color=HAND,
            linestyle="--",
            label=f"half-life {HALF_LIFE_DAYS} d by hand",
        )
        left.step(
            [0, WINDOW_DAYS, SHOWN_DAYS],
            [1, 0, 0],
            where="post",
            color=WINDOW,
            linestyle=":",
            label=f"active within {WINDOW_DAYS} d, by hand",
        )
        if item.verdict == "identified":
            left.plot(*zip(*curve(item.days, ages), strict=True), color=LEARNT, label="learnt")
            _, low, high = np.array(band(item, ages)).T
            left.fill_between(ages, low, high, color=LEARNT, alpha=0.15, linewidth=0)
        left.legend(fontsize=7, loc="upper right")
        left.set_xlabel("age of the event, days", fontsize=8)
        right.plot(
            [p.days or NEVER_DAYS for p in item.profile], [-p.drop for p in item.profile], ".-", color=LEARNT
        )
        right.axhline(-HALF_CHI_SQUARE, color=LIMIT, linestyle="--", linewidth=1)
        right.set(xscale="log", ylim=(-MOST_DROP, 0.3))
        right.set_xticks([*(days for days, _ in TICKS), NEVER_DAYS], [*(name for _, name in TICKS), "none"])
        right.minorticks_off()
        right.set_xlabel("half-life; log-likelihood below the best", fontsize=8)
    picture.savefig(path, dpi=110, metadata={"Software": None})
