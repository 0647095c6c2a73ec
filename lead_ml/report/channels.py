"""Channels as a picture: the rate of each with its interval, its leads by week, and its alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import msgspec
from markupsafe import Markup

from lead_ml.errors import ParamsError
from lead_ml.language import LANGUAGES, Catalog, catalog
from lead_ml.lead_data.channels import ChannelReport, ChannelRow
from lead_ml.lead_data.channels.records import Verb
from lead_ml.lead_data.channels.words import (
    advice_text,
    alarm_texts,
    basis_texts,
    channel_name,
    method_texts,
    money_text,
    points_text,
    verdict_text,
)
from lead_ml.model.metrics import OptionalInterval, wilson
from lead_ml.report.style import BLUE, GRAY, GREEN, INK, MUTED, PALE, RED, png, short, svg

MOST_ROWS = 12
WIDTH, ROW, HEAD, FOOT = 1020, 84, 108, 40
_LEFT, _RATE, _WEEKS = 20, (214, 210), (470, 490)  # left edge and width of each column, pixels
_SPAN, _LEAST = 4, 30  # weeks and leads of one dot
VERB_COLORS: dict[Verb, str] = {
    "scale": GREEN,
    "keep": MUTED,
    "fix": "#8a5a00",
    "pause": RED,
    "too_few": MUTED,
}


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

    @cached_property
    def top_dot(self) -> float:
        dots = [found.value or 0.0 for row in self.rows for _, found in _spans(row, self.report.level)]
        return 1.15 * max([self.top_rate, *dots])

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
    frame, is_png = _Frame(report, report.rows[:MOST_ROWS], catalog(language)), path.suffix.lower() == ".png"
    if not is_png and path.suffix.lower() != ".svg":
        raise ParamsError("picture", value=path.name, expected="a name that ends in .svg or .png")
    names = "".join(channel_name(row, language) for row in frame.rows)
    if is_png and not f"{names}{frame.words('channels.title', by=report.by)}".isascii():
        raise ParamsError(
            "a .png picture has letters of Western languages only, and this one needs others",
            value=path.name,
            expected="a name that ends in .svg, whose text a browser draws with the fonts of your machine",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    if is_png:
        path.write_bytes(png(frame.size, partial(_draw, frame)))
    else:
        path.write_text(f"{channels_chart(report, language)}\n", encoding="utf-8", newline="\n")
    return path


def channels_data(path: Path) -> dict[str, Any] | None:
    """Return ``channels.json`` with its texts in every language, for the page of a run; None where there is none.

    ``has`` says which columns the page shows, ``stages`` the stages that occur, ``text`` of a row what is said of it.
    """
    if not path.is_file():
        return None
    report = msgspec.json.decode(path.read_bytes(), type=ChannelReport)
    if not report.rows:
        return None
    found: dict[str, Any] = msgspec.to_builtins(report)
    for row, plain_row in zip(report.rows, found["rows"], strict=True):
        plain_row["text"] = {lang: _texts(report, row, lang) for lang in LANGUAGES}
    has = ("fakes", "duplicates", "days_to_convert", "money", "change")
    shown = {name: any(getattr(row, name) is not None for row in report.rows) for name in has}
    shown["returns"] = any(row.money is not None and row.money.returns is not None for row in report.rows)
    said = {
        lang: {"basis": basis_texts(report, lang), "method": method_texts(report, lang)} for lang in LANGUAGES
    }
    return found | {"has": shown, "stages": sorted(report.rows[0].stages), "said": said}


def chart_of(data: Mapping[str, Any]) -> Markup:
    """Return the picture of what :func:`channels_data` returns; that data is synthetic is said at the top of its page."""
    return channels_chart(msgspec.structs.replace(msgspec.convert(data, ChannelReport), synthetic=False))


def _texts(report: ChannelReport, row: ChannelRow, language: str) -> dict[str, Any]:
    words, money, change = catalog(language), row.money, row.change
    amounts = {
        name: money_text(getattr(money, name, None), report, words) for name in ("per_lead", "per_real_lead")
    }
    win = None if money is None else money.per_win
    bounds = [] if win is None else [money_text(bound, report, words) for bound in (win.lower, win.upper)]
    parts = ("total", "itself", "mix", "fakes")
    return {
        "name": channel_name(row, language),
        "verdict": verdict_text(row, language),
        "advice": advice_text(report, row, language),
        "alarms": alarm_texts(row, language),
        "spend": money_text(None if money is None else money.spend, report, words),
        **amounts,
        "per_win": money_text(None if win is None else win.value, report, words),
        "per_win_interval": " – ".join(bounds),
        "change": {name: points_text(getattr(change, name, None), words) for name in parts},
    }


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
    text, behind = numbers.percent(share.value, 1), {"facecolor": "white", "edgecolor": "none", "pad": 1}
    axes.annotate(text, (share.value, 0), (0, 9), textcoords="offset points", ha="center", bbox=behind)
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
    _dots(rates, frame, row)
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


def _dots(axes: Any, frame: _Frame, row: ChannelRow) -> None:
    """Draw the rate of four ripe weeks at a time with its interval, on the scale of all rows."""
    for middle, found in _spans(row, frame.report.level):
        axes.plot([middle, middle], [found.lower, found.upper], color=INK, linewidth=1)
        axes.plot(middle, found.value, "o", color=INK, markersize=4)
    axes.set_ylim(0, frame.top_dot)


def _spans(row: ChannelRow, level: float) -> list[tuple[float, OptionalInterval]]:
    """Return the middle day and the rate of every four ripe weeks with enough leads; the latest four are complete."""
    ripe = [week for week in row.weeks if week.wins is not None]
    found = []
    for end in range(len(ripe), 0, -_SPAN):
        span = ripe[max(0, end - _SPAN) : end]
        leads = sum(week.leads for week in span)
        if leads >= _LEAST:
            days = [date.fromisoformat(week.week).toordinal() for week in (span[0], span[-1])]
            found.append((sum(days, 7) / 2, wilson(sum(week.wins or 0 for week in span), leads, level)))
    return found


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
