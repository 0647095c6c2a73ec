"""What a channel report says in words: advice with the numbers behind it, alarms, and how it was measured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from lead_ml.language import Catalog, catalog
from lead_ml.lead_data.channels.advice import LEAST_LEADS
from lead_ml.lead_data.channels.records import (
    ChannelMoney,
    ChannelReport,
    ChannelRow,
    ChannelShare,
    Fall,
    RateChange,
    Surge,
)
from lead_ml.model.metrics import Interval, OptionalInterval


def channel_name(row: ChannelRow, language: str) -> str:
    """Return the name of a channel for people."""
    return row.labels.get(language) or row.name or catalog(language)("channels.no_value")


def advice_text(report: ChannelReport, row: ChannelRow, language: str) -> str:
    """Say why the advice is what it is, without the verb."""
    words = catalog(language)
    rate = _rate(row.conversion, words) + _others(row.others, words)
    said = {"rate": rate, "least": LEAST_LEADS, "fakes": "", "cost": "", "returns": "", "pays": ""}
    if row.fakes is not None:
        said["fakes"] = _fakes(row.fakes, row.other_fakes, words)
    if row.money is not None:
        said["cost"] = _per_win(report, row, words)
        said["returns"] = _returns(report, row.money, words)
        if row.money.returns is not None and row.money.returns.lower > 1:
            said["pays"] = words("channels.pays", returns=said["returns"])
    text = words(f"channels.why.{row.advice.why}", **said)
    return text[:1].upper() + text[1:]


def alarm_texts(row: ChannelRow, language: str) -> list[str]:
    """Say what is alarming about a channel: its fall with its parts, then its bursts and drops."""
    words = catalog(language)
    found = [] if row.fall is None else [fall_text(row.fall, words)]
    return found + [_surge(surge, words) for surge in row.surges]


def fall_text(fall: Fall, words: Catalog) -> str:
    """Say when a channel fell, by how much, and what explains it."""
    change, section = fall.change, "channels.alarms_of"
    between = ""
    if fall.earliest != fall.latest:
        between = words(f"{section}.between", **_dates(earliest=fall.earliest, latest=fall.latest))
    until = _dates(until=change.until)
    said = words(
        f"{section}.fall",
        between=between,
        span=words(f"{section}.ongoing") if fall.ongoing else words(f"{section}.passing", **until),
        **_dates(week=fall.week),
        **{name: getattr(change, name) for name in ("before", "after", "leads_before", "leads_after")},
    )
    sentences = [said, words(f"channels.causes.{change.cause}"), _parts(change, words)]
    moved = change.columns[0] if change.columns and change.cause in ("mix", "several") else None
    if moved is not None and moved.value is not None and moved.part < 0:
        part = words("channels.points", value=100 * moved.part)
        sentences.append(
            words(
                f"{section}.fall_again",
                column=moved.column,
                part=part,
                value=moved.value,
                before=moved.share_before,
                after=moved.share_after,
            )
        )
    return _joined(sentences, words)


def basis_texts(report: ChannelReport, language: str) -> list[str]:
    """Say which leads the rates are of, and which are too young for them."""
    words = catalog(language)
    dates = _dates(since=report.since, until=report.ripe_until)
    said = [
        words("channels.measured", days=report.horizon_days, leads=report.ripe, wins=report.wins, **dates)
    ]
    if report.lag_days >= 1:
        said.append(words("channels.late", days=report.lag_days))
    unripe = report.leads > report.ripe
    return [
        *said,
        words("channels.unripe" if unripe else "channels.no_unripe", **_dates(since=report.ripe_until)),
    ]


def method_texts(report: ChannelReport, language: str) -> list[str]:
    """Say how the figures come about, each sentence only where it applies."""
    words = catalog(language)
    said = [
        words("channels.shrunk", level=report.level),
        words("channels.alarms"),
        words("channels.falls_tested", count=report.compared),
    ]
    if any(row.fall is not None for row in report.rows):
        said.append(words("channels.overstated"))
    if any(row.fakes is not None for row in report.rows):
        said.append(words("channels.fakes"))
    if any(row.duplicates is not None for row in report.rows):
        said.append(words("channels.duplicates"))
    if any(row.money is not None for row in report.rows):
        said.append(words("channels.money"))
    if report.left_out:
        said.append(words("channels.left_out", count=report.left_out, leads=report.left_out_leads))
    return said


def verdict_text(row: ChannelRow, language: str) -> str:
    """Name a channel and what to do with it."""
    words = catalog(language)
    return words(
        "channels.verdict", name=channel_name(row, language), verb=words(f"channels.verbs.{row.advice.verb}")
    )


def money_text(value: float | None, report: ChannelReport, words: Catalog) -> str:
    """Write an amount of money with its currency: whole from 100 on."""
    if value is None:
        return "-"
    text = words.numbers.number(value, 0 if value >= 100 else 2)
    return f"{report.currency} {text}".strip()


def share_text(share: Interval, words: Catalog) -> str:
    """Write a share with its interval."""
    return words("channels.known", share=share.value, lower=share.lower, upper=share.upper)


def points_text(part: Interval | None, words: Catalog) -> str:
    """Write a change in percentage points with its interval."""
    if part is None:
        return "-"
    value, lower, upper = (100 * bound for bound in (part.value, part.lower, part.upper))
    return words("channels.points_interval", value=value, lower=lower, upper=upper)


def _rate(conversion: ChannelShare, words: Catalog) -> str:
    share = conversion.share
    return words(
        "channels.rate",
        share=share.value,
        lower=share.lower,
        upper=share.upper,
        wins=conversion.reached,
        count=conversion.leads,
    )


def _others(others: OptionalInterval, words: Catalog) -> str:
    if others.value is None:
        return ""
    return words("channels.other_rate", share=others.value, lower=others.lower, upper=others.upper)


def _fakes(fakes: ChannelShare, others: OptionalInterval, words: Catalog) -> str:
    share, said = fakes.share, {"reached": fakes.reached, "leads": fakes.leads}
    own = words("channels.fakes_share", share=share.value, lower=share.lower, upper=share.upper, **said)
    return own if others.value is None else own + words("channels.other_fakes", share=others.value)


def _per_win(report: ChannelReport, row: ChannelRow, words: Catalog) -> str:
    assert row.money is not None
    text = words("channels.per_win", **_amounts(row.money.per_win, report, words))
    if row.other_per_win.value is None:
        return text
    return text + words("channels.other_per_win", **_amounts(row.other_per_win, report, words))


def _amounts(figure: Interval | OptionalInterval, report: ChannelReport, words: Catalog) -> dict[str, str]:
    return {name: money_text(getattr(figure, name), report, words) for name in ("value", "lower", "upper")}


def _returns(report: ChannelReport, money: ChannelMoney, words: Catalog) -> str:
    if money.returns is None:
        return ""
    back = money.returns
    unit = report.currency or words("channels.money_unit")
    bounds = {"value": back.value, "lower": back.lower, "upper": back.upper}
    return words("channels.returns", unit=unit, days=report.horizon_days, **bounds)


def _parts(change: RateChange, words: Catalog) -> str:
    fakes = ""
    if change.fakes is not None:
        fakes = words("channels.alarms_of.part_fakes", part=points_text(change.fakes, words))
    named = {name: points_text(getattr(change, name), words) for name in ("total", "itself", "mix")}
    return words("channels.alarms_of.parts", fakes=fakes, **named)


def _surge(surge: Surge, words: Catalog) -> str:
    fakes = ""
    if surge.fakes:
        fakes = words("channels.alarms_of.fakes_among", count=surge.fakes)
    return words(
        f"channels.alarms_of.{surge.kind}",
        leads=surge.leads,
        expected=surge.expected,
        fakes=fakes,
        **_dates(start=surge.start),
    )


def _dates(**texts: str) -> Mapping[str, date]:
    return {name: date.fromisoformat(text) for name, text in texts.items()}


def _joined(sentences: list[str], words: Catalog) -> str:
    return ("" if words.language == "zh" else " ").join(sentences)
