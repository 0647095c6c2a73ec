"""The one style of every chart: Matplotlib figures as self-contained SVG, with equal bytes for equal input.

Text stays text, so a browser draws it with its own fonts, Chinese included. Ids are derived from the label of a chart: charts
with different labels can be inlined into one page.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from lead_ml.language import catalog

INK, MUTED, RULE = "#1b2430", "#5f6b7a", "#d8dee6"
BLUE, GREEN, RED, PALE, GRAY = "#1d5fd1", "#0b8574", "#b4235f", "#8fb0e6", "#b9c3cf"
CANDIDATE_COLORS = {"lightgbm": BLUE, "logistic": "#c4570c", "scorecard": "#7a3fc4", "base rate": "#8793a3"}
GROUP_COLORS = {"fit": BLUE, "engagement": GREEN, "channel": "#c07a08", "authenticity": RED}

_STYLE = Path(__file__).with_name("style.mplstyle")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Ids that nothing refers to would be the same in every chart; the style element would apply to the whole page.
_UNUSED = re.compile(r' id="[A-Za-z.2]+_\d+"|<style.*?</style>|xlink:(?=href)|(?<=>)\s+(?=<)', re.S)
_EMPTY = re.compile(r"<defs></defs>|<g/>")
_FONT = re.compile(r"'DejaVu Sans'[^;\"]*")


def color_of(name: str) -> str:
    """Return the color of a candidate or of a group of features."""
    return CANDIDATE_COLORS.get(name) or GROUP_COLORS.get(name, MUTED)


def chart(
    label: str,
    size: tuple[int, int],
    draw: Callable[[Any], None],
    *,
    margins: tuple[int, int, int, int] = (54, 16, 14, 44),
) -> Markup:
    """Return one chart as SVG, drawn by `draw` on one :class:`matplotlib.axes.Axes`.

    `label` says what the chart shows, to people who cannot see it; it is unique within a page. `size` is width and height
    in pixels, `margins` are pixels left, right, above and below the axes.
    """
    (width, height), (left, right, top, bottom) = size, margins
    box = (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    return svg(label, size, lambda figure: draw(figure.add_axes(box)))


def svg(label: str, size: tuple[int, int], draw: Callable[[Any], None]) -> Markup:
    """Return a figure as an SVG element; `draw` gets the :class:`matplotlib.figure.Figure`."""
    text = _render(size, draw, "svg", label).decode()
    body = _EMPTY.sub("", _UNUSED.sub("", text[text.index("<svg ") :]))
    body = _FONT.sub("system-ui, sans-serif", _CONTROL.sub("", body[body.index(">") + 1 :]))
    opening = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img"'
        ' aria-label="{2}" stroke-linejoin="round">'
    ).format(*size, _CONTROL.sub("", label))
    return opening + Markup(body.strip())  # noqa: S704  # Matplotlib has escaped the texts


def png(size: tuple[int, int], draw: Callable[[Any], None]) -> bytes:
    """Return a figure as a PNG image of twice the size."""
    return _render(size, draw, "png", "")


def short(text: str, most: int = 46) -> str:
    """Return a text of at most so many columns on one line; a Chinese character takes two.

    >>> short("Company size: 51-200", 8)
    'Company…'
    """
    line = " ".join(_CONTROL.sub("", text).split())
    if sum(map(_columns, line)) <= most:
        return line
    while sum(map(_columns, line)) >= most:
        line = line[:-1]
    return f"{line}…"


def percent_axis(*axes: Any) -> None:
    """Write the ticks of an axis as percentages."""
    for axis in axes:
        axis.set_major_formatter(lambda share, _: catalog("en").numbers.share(round(share, 9), 3))


def note(
    axes: Any, text: str, at: tuple[float, float], offset: tuple[int, int] = (5, 0), **style: Any
) -> None:
    """Write a text beside a place on the axes, some pixels away."""
    axes.annotate(text, at, offset, textcoords="offset points", va="center", annotation_clip=False, **style)


def name_rows(axes: Any, names: Sequence[str], most: int = 46) -> None:
    """Write one name beside each row of a horizontal chart, the first at the top."""
    axes.set_yticks(range(len(names)), [short(name, most) for name in names], color=INK)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def _columns(sign: str) -> int:
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _render(size: tuple[int, int], draw: Callable[[Any], None], kind: str, salt: str) -> bytes:
    import matplotlib
    from matplotlib.figure import Figure

    written, unsaid = io.BytesIO(), {"svg": ("Creator", "Date", "Format", "Type"), "png": ("Software",)}[kind]
    with matplotlib.rc_context({"svg.hashsalt": salt}, _STYLE), warnings.catch_warnings():
        if kind == "svg":  # its texts are only measured here, and drawn with the fonts of the reader
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(size[0] / 72, size[1] / 72))
        draw(figure)
        figure.savefig(written, format=kind, metadata=dict.fromkeys(unsaid))
    return written.getvalue()
