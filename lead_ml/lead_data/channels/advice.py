"""What to do with a channel: a rule for each piece of advice, and the evidence that it needs."""

from __future__ import annotations

from dataclasses import dataclass

from lead_ml.lead_data.channels.records import ChannelAdvice, ChannelMoney, ChannelShare, Fall
from lead_ml.model.metrics import Interval, OptionalInterval

LEAST_LEADS = 50  # ripe ones, before anything is advised
_TIMES = 2.0  # how much worse a channel must surely be than the others to be paused, or its fakes to be fixed
_MANY_FAKES = 0.1


@dataclass(frozen=True)
class ChannelEvidence:
    """What is known of a channel, beside the same figures of all other channels together."""

    conversion: ChannelShare
    others: OptionalInterval
    fakes: ChannelShare | None
    other_fakes: OptionalInterval
    money: ChannelMoney | None
    other_per_win: OptionalInterval
    fall: Fall | None


def advise(evidence: ChannelEvidence) -> ChannelAdvice:
    """Return the first rule that applies; without evidence of a difference a channel is kept."""
    money, fall = evidence.money, evidence.fall
    if evidence.conversion.leads < LEAST_LEADS:
        return ChannelAdvice(verb="too_few", why="too_few")
    if money is not None and money.returns is not None and money.returns.upper < 1:
        return ChannelAdvice(verb="pause", why="loss")
    if fall is not None and fall.ongoing:
        return ChannelAdvice(verb="fix", why=f"fall_{fall.change.cause}")
    if _too_many_fakes(evidence):
        return ChannelAdvice(verb="fix", why="fakes")
    return _by_cost(evidence) if money is not None else _by_rate(evidence.conversion.share, evidence.others)


def _too_many_fakes(evidence: ChannelEvidence) -> bool:
    fakes, other = evidence.fakes, evidence.other_fakes.upper
    if fakes is None or other is None:
        return False
    return fakes.share.lower > _TIMES * other and fakes.share.lower >= _MANY_FAKES


def _by_cost(evidence: ChannelEvidence) -> ChannelAdvice:
    """Compare the cost of a win; a channel whose revenue surely covers its spend is never paused for it."""
    money, others = evidence.money, evidence.other_per_win
    if money is None or others.lower is None or others.upper is None:
        return _by_rate(evidence.conversion.share, evidence.others)
    pays = money.returns is not None and money.returns.lower > 1
    if money.per_win.upper < others.lower:
        sure = money.returns is None or pays
        return ChannelAdvice(verb="scale" if sure else "keep", why="cheap" if sure else "cheap_unsure")
    if money.per_win.lower > _TIMES * others.upper:
        return ChannelAdvice(verb="keep" if pays else "pause", why="expensive_pays" if pays else "expensive")
    dearer = money.per_win.lower > others.upper
    return ChannelAdvice(verb="keep", why="dearer" if dearer else "cost_alike")


def _by_rate(share: Interval, others: OptionalInterval) -> ChannelAdvice:
    if others.lower is None or others.upper is None:
        return ChannelAdvice(verb="keep", why="alone")
    if share.lower > others.upper:
        return ChannelAdvice(verb="scale", why="converts_more")
    if _TIMES * share.upper < others.lower:
        return ChannelAdvice(verb="pause", why="converts_less")
    if share.upper < others.lower:
        return ChannelAdvice(verb="keep", why="somewhat_less")
    return ChannelAdvice(verb="keep", why="alike")
