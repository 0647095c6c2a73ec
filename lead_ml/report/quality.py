"""The quality of lead columns over time as a picture: one line per column, the share of valid cells by month."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from lead_ml.errors import ParamsError
from lead_ml.language import Catalog
from lead_ml.lead_data.quality import QualityReport
from lead_ml.report.style import INK, MUTED, RED, percent_axis, png, svg

SIZE, MARGINS = (900, 430), (64, 170, 70, 48)  # pixels; left, right, top, bottom
_COLORS = (
    "#1f6fb4",
    "#c4570c",
    "#2a8a4a",
    "#7a3fc4",
    "#b0303a",
    "#7d6a1e",
    "#17808a",
    "#b04a94",
    "#555f6b",
    "#3c4fb8",
)
_MOST_TICKS = 12


def save_quality_picture(report: QualityReport, path: Path, texts: Catalog) -> Path:
    """Write the picture as .svg or .png: by month, or in bars over all leads where they have no dates."""
    check_picture(path)
    draw = partial(_draw, report, texts)
    is_png = path.suffix.lower() == ".png"
    path.write_bytes(png(SIZE, draw) if is_png else f"{svg(texts('clean.picture'), SIZE, draw)}\n".encode())
    return path


def check_picture(path: Path) -> None:
    """Refuse a name that is no picture, before the work begins."""
    if path.suffix.lower() not in (".svg", ".png"):
        raise ParamsError("picture", value=path.name, expected="a name that ends in .svg or .png")


def _draw(report: QualityReport, texts: Catalog, figure: Any) -> None:
    width, height = SIZE
    left, right, top, bottom = MARGINS
    figure.set_facecolor("white")
    figure.text(20 / width, 1 - 14 / height, texts("clean.picture"), va="top", fontsize=15, weight="bold")
    said = texts("clean.picture_of", rows=report.rows, file=report.file)
    figure.text(20 / width, 1 - 40 / height, said, va="top", color=MUTED)
    if report.synthetic:
        figure.text(
            1 - 20 / width, 1 - 18 / height, texts("clean.synthetic"), va="top", ha="right", color=RED
        )
    axes = figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    )
    (_lines if len(report.by_month) > 1 else _bars)(axes, report, texts)
    percent_axis(axes.yaxis)
    axes.set_ylim(0, 1.02)


def _lines(axes: Any, report: QualityReport, texts: Catalog) -> None:
    months = range(len(report.by_month))
    last = [column.valid_share for column in report.by_month[-1].columns]
    places = _apart(last)
    for k, column in enumerate(report.columns):
        color = _COLORS[k % len(_COLORS)]
        axes.plot(months, [part.columns[k].valid_share for part in report.by_month], color=color, linewidth=2)
        name = texts(f"clean.roles.{column.role}")
        share = texts.numbers.percent(last[k])
        axes.annotate(
            f"{name} {share}",
            (months[-1], last[k]),
            (months[-1] + 0.02 * len(months), places[k]),
            color=color,
            va="center",
            annotation_clip=False,
        )
    step = -(-len(months) // _MOST_TICKS)
    axes.set_xticks(list(months)[::step], [part.name for part in report.by_month][::step])


def _bars(axes: Any, report: QualityReport, texts: Catalog) -> None:
    names = [texts(f"clean.roles.{column.role}") for column in report.columns]
    axes.bar(range(len(names)), [column.valid_share for column in report.columns], 0.6, color=_COLORS[0])
    axes.set_xticks(range(len(names)), names, color=INK, rotation=20)


def _apart(values: list[float], least: float = 0.055) -> list[float]:
    """Return places for labels near some values, no two closer than `least`, none above 1."""
    places, below = list(values), 0.0 - least
    for k in sorted(range(len(values)), key=lambda k: values[k]):
        places[k] = below = max(values[k], below + least)
    above = 1.0 + least
    for k in sorted(range(len(values)), key=lambda k: -places[k]):
        places[k] = above = min(places[k], above - least)
    return places
