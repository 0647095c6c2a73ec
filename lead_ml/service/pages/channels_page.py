"""The page that compares channels, as plain data: what the channel report beside the served version says."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lead_ml.lead_data.channels import ChannelReport, ChannelRow
from lead_ml.lead_data.channels.records import CHANNELS_FILE
from lead_ml.lead_data.channels.words import (
    advice_text,
    alarm_texts,
    basis_texts,
    channel_name,
    method_texts,
    money_text,
)
from lead_ml.service.pages.bars import lengths, probability_bar
from lead_ml.service.pages.frame import NO_VALUE, PageFrame

_FLAGS = {"scale": "good", "pause": "bad", "fix": "warn"}


class WeekBar(NamedTuple):
    """The leads of one week: place and height on 0-100 from the top, and whether the week is ripe."""

    x: float
    y: float
    width: float
    ripe: bool


def channels_view(bundle: Path | None, frame: PageFrame) -> dict[str, Any]:
    """Return everything that the page of the channels shows; without rows where the version has no report, or a damaged one."""
    report = None if bundle is None else _read(bundle.parent / CHANNELS_FILE)
    if report is None:
        return {"title": frame.text("channels.short"), "basis": [], "rows": []}
    top = max((row.conversion.share.upper for row in report.rows), default=1.0)
    return {
        "title": frame.text("channels.title", by=report.by),
        "basis": basis_texts(report, frame.lang),
        "method": method_texts(report, frame.lang),
        "fakes": any(row.fakes is not None for row in report.rows),
        "money": any(row.money is not None for row in report.rows),
        "rows": [_row(report, row, top, frame) for row in report.rows],
    }


def _read(path: Path) -> ChannelReport | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=ChannelReport)
    except (OSError, msgspec.DecodeError):
        return None


def _row(report: ChannelReport, row: ChannelRow, top: float, frame: PageFrame) -> dict[str, Any]:
    share, numbers, money = row.conversion.share, frame.text.numbers, row.money
    value, lower, upper = (numbers.percent(part, 1) for part in (share.value, share.lower, share.upper))
    win = None if money is None else money.per_win
    amounts = (
        [] if win is None else [money_text(bound, report, frame.text) for bound in (win.lower, win.upper)]
    )
    return {
        "name": channel_name(row, frame.lang),
        "verb": frame.text(f"channels.verbs.{row.advice.verb}"),
        "tone": _FLAGS.get(row.advice.verb, "plain"),
        "advice": advice_text(report, row, frame.lang),
        "alarms": alarm_texts(row, frame.lang),
        "per_week": numbers.number(row.per_week, 1),
        "share": value,
        "range": frame.range(lower, upper),
        "bar": probability_bar(share.value, share.lower, share.upper, top),
        "counts": frame.text("channels.converted", wins=row.conversion.reached, count=row.conversion.leads),
        "fakes": NO_VALUE if row.fakes is None else numbers.percent(row.fakes.share.value, 1),
        "per_win": NO_VALUE if win is None else money_text(win.value, report, frame.text),
        "per_win_range": frame.range(*amounts) if amounts else "",
        "weeks": _weeks(row),
    }


def _weeks(row: ChannelRow) -> list[WeekBar]:
    heights = lengths([float(week.leads) for week in row.weeks])
    width = 100 / max(1, len(row.weeks))
    return [
        WeekBar(round(width * k, 2), round(100 - height, 2), round(0.8 * width, 2), week.wins is not None)
        for k, (week, height) in enumerate(zip(row.weeks, heights, strict=True))
    ]
