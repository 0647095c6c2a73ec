"""Channels as a picture: the rate of each with its interval, its leads by week, and its alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from lead_ml.errors import ParamsError
from lead_ml.language import Catalog, catalog
from lead_ml.leads.channels import ChannelReport, ChannelRow
from lead_ml.leads.channels.records import Verb
from lead_ml.leads.channels.words import channel_name
from lead_ml.model.metrics import wilson
from lead_ml.report.style import BLUE, GRAY, GREEN, INK, MUTED, PALE, RED, png, short, svg

MOST_ROWS = 12
WIDTH, ROW, HEAD, FOOT = 1020, 84, 108, 40
_LEFT, _RATE, _WEEKS = 20, (214, 210), (470, 490)  # left edge and width of each column, pixels
_SPAN, _LEAST = 4, 10  # weeks and leads of one dot
VERB_COLORS: dict[Verb, str] = {"scale": GREEN, "keep": MUTED, "fix": "#8a5a00", "pause": RED, "too_few": MUTED}


@dataclass(frozen=True)
class _Frame:
    """The picture of some channels, with one scale of rates for all of them."""

    report: ChannelReport
    rows: Sequence[ChannelRow]
    words: Catalog

    @property
    def size(self) -> tuple[int, int]:
        return WIDTH, HEAD + FOOT + ROW * len(self.rows)

    @property
    def top_rate(self) -> float:
        return 1.08 * max(row.conversion.share.upper for row in self.rows)

    @property
    def overall(self) -> float:
        return self.report.wins / max(1, self.report.ripe)

    def box(self, column: tuple[int, int], k: int) -> tuple[float, float, float, float]:
        """Return where the axes of a row are, as parts of the figure."""
        height = self.size[1]
        bottom = height - HEAD - ROW * (k + 1) + 14
        return column[0] / WIDTH, bottom / height, column[1] / WIDTH, (ROW - 26) / height


def channels_chart(report: ChannelReport, language: str = "en") -> Markup:
    """Return the picture as SVG for a page; empty without any channel."""
    if not report.rows:
        return Markup("")
    frame = _Frame(report, report.rows[:MOST_ROWS], catalog(language))
    return svg(frame.words("channels.label"), frame.size, partial(_draw, frame))


def save_picture(report: ChannelReport, path: Path, language: str = "en") -> Path:
    """Write the picture as .svg or .png."""
    if path.suffix.lower() not in (".svg", ".png"):
        raise ParamsError("picture", value=path.name, expected="a name that ends in .svg or .png")
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = _Frame(report, report.rows[:MOST_ROWS], catalog(language))
    if path.suffix.lower() == ".png":
        path.write_bytes(png(frame.size, partial(_draw, frame)))
    else:
        path.write_text(f"{channels_chart(report, language)}\n", encoding="utf-8", newline="\n")
    return path


def _draw(frame: _Frame, figure: Any) -> None:
    words, report, height = frame.words, frame.report, frame.size[1]
    figure.set_facecolor("white")

    def text(x: float, y: float, content: str, **style: Any) -> None:
        figure.text(x / WIDTH, 1 - y / height, content, va="top", **style)

    text(_LEFT, 14, words("channels.title", by=report.by), fontsize=17, weight="bold")
    dates = {"since": date.fromisoformat(report.since), "until": date.fromisoformat(report.ripe_until)}
    measured = words(
        "channels.measured", days=report.horizon_days, leads=report.ripe, wins=report.wins, **dates
    )
    text(_LEFT, 40, measured, color=MUTED)
    if report.synthetic:
        text(WIDTH - 20, 18, words("channels.synthetic"), ha="right", color=RED)
    text(_RATE[0], 66, words("channels.chart.rate"), weight="bold")
    text(_RATE[0], 82, words("channels.chart.all", share=frame.overall), color=MUTED)
    text(_WEEKS[0], 66, words("channels.chart.volume"), color=BLUE, weight="bold")
    text(_WEEKS[0], 82, words("channels.chart.monthly"), color=INK)
    for k, row in enumerate(frame.rows):
        top = HEAD + ROW * k
        text(_LEFT, top + 6, short(channel_name(row, words.language), 26), fontsize=13, weight="bold")
        wins = words("channels.converted", wins=row.conversion.reached, count=row.conversion.leads)
        text(_LEFT, top + 26, short(wins, 34), color=MUTED, fontsize=10)
        verb = row.advice.verb
        text(_LEFT, top + 44, words(f"channels.verbs.{verb}"), color=VERB_COLORS[verb], weight="bold")
        last = k == len(frame.rows) - 1
        _rate(figure.add_axes(frame.box(_RATE, k)), frame, row, last=last)
        _weeks(figure.add_axes(frame.box(_WEEKS, k)), frame, row, last=last)


def _rate(axes: Any, frame: _Frame, row: ChannelRow, *, last: bool) -> None:
    share, numbers = row.conversion.share, frame.words.numbers
    color = MUTED if row.advice.verb == "too_few" else BLUE
    axes.axvline(frame.overall, color=MUTED, linewidth=1, linestyle="--")
    axes.plot([share.lower, share.upper], [0, 0], color=color, linewidth=2.5)
    axes.plot(share.value, 0, "o", color=color, markersize=8)
    axes.annotate(
        numbers.percent(share.value, 1), (share.value, 0), (0, 9), textcoords="offset points", ha="center"
    )
    axes.set(xlim=(0, frame.top_rate), ylim=(-1, 1.4))
    axes.set_yticks([])
    axes.locator_params(axis="x", nbins=5)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_formatter(lambda value, _: numbers.share(round(value, 9), 3) if last else "")


def _weeks(axes: Any, frame: _Frame, row: ChannelRow, *, last: bool) -> None:
    """Draw bars of leads by week, pale where a week is not ripe, and the rate of every four ripe weeks with its interval."""
    days = [date.fromisoformat(week.week).toordinal() for week in row.weeks]
    colors = [GRAY if week.wins is None else PALE for week in row.weeks]
    axes.bar(days, [week.leads for week in row.weeks], width=6, align="edge", color=colors)
    axes.set_ylim(0, 1.25 * max([1, *(week.leads for week in row.weeks)]))
    axes.locator_params(axis="y", nbins=2, integer=True)
    axes.grid(visible=False)
    _mark_alarms(axes, frame, row, days)
    rates = axes.twinx()
    rates.spines["right"].set_visible(False)
    _dots(rates, frame, row, days)
    rates.yaxis.set_major_formatter(lambda value, _: frame.words.numbers.share(round(value, 9), 2))
    rates.locator_params(axis="y", nbins=3)
    rates.grid(visible=False)
    _month_axis(axes, days, last=last)


def _month_axis(axes: Any, days: Sequence[int], *, last: bool) -> None:
    from matplotlib.ticker import FixedLocator

    starts = [day for k, day in enumerate(days) if k % _SPAN == 0]
    axes.set_xlim(days[0] - 2, days[-1] + 9)
    axes.xaxis.set_major_locator(FixedLocator(starts[::2] if len(starts) > 7 else starts))
    axes.xaxis.set_major_formatter(lambda day, _: date.fromordinal(round(day)).isoformat() if last else "")


def _dots(axes: Any, frame: _Frame, row: ChannelRow, days: Sequence[int]) -> None:
    """Draw the rate of four ripe weeks at a time, the latest ones complete, on the scale of all rows."""
    ripe = [(day, week) for day, week in zip(days, row.weeks, strict=True) if week.wins is not None]
    for end in range(len(ripe), 0, -_SPAN):
        span = ripe[max(0, end - _SPAN) : end]
        leads = sum(week.leads for _, week in span)
        found = wilson(sum(week.wins or 0 for _, week in span), leads, frame.report.level)
        if leads < _LEAST or found.lower is None or found.upper is None:
            continue
        middle = (span[0][0] + span[-1][0] + 7) / 2
        axes.plot([middle, middle], [found.lower, found.upper], color=INK, linewidth=1)
        axes.plot(middle, found.value, "o", color=INK, markersize=4)
    axes.set_ylim(0, 1.25 * frame.top_rate)


def _mark_alarms(axes: Any, frame: _Frame, row: ChannelRow, days: Sequence[int]) -> None:
    place = axes.get_xaxis_transform()
    if row.fall is not None:
        day = date.fromisoformat(row.fall.week).toordinal()
        axes.axvline(day, color=RED, linewidth=1.5)
        axes.text(day + 1, 0.99, frame.words("channels.chart.fall"), color=RED, va="top", transform=place)
    for surge in row.surges:
        day = date.fromisoformat(surge.start).toordinal()
        marker = "v" if surge.kind == "burst" else "^"
        axes.plot(day, 0.94, marker, color="#8a5a00", markersize=6, transform=place)
    unripe = [day for day, week in zip(days, row.weeks, strict=True) if week.wins is None]
    if unripe:
        axes.text(
            unripe[-1] + 7, 0.99, frame.words("channels.chart.unripe"), color=MUTED, va="top", ha="right", transform=place
        )  # fmt: skip
