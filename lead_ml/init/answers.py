"""What the values of an outcome mean: yes or no, which of our stages, and which reasons say that a lead is not real."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from lead_ml.clean import clean
from lead_ml.clean.text import words
from lead_ml.init.names import key

YES = words(
    """1 1.0 true yes y t x ja oui si sí 是 有 已成交 成交 成功 已转化 转化 赢单 已签约 签约 已购买 won converted success
    purchased subscribed customer closed_won"""
)
NO = words(
    "0 0.0 false no n f nein non 否 没有 未成交 未转化 失败 输单 未签约 未购买 lost unconverted none open"
)
# Patterns of stages, the first that matches counts: "closed lost" before "closed".
_STAGES: Sequence[tuple[str, re.Pattern[str]]] = tuple(
    (stage, re.compile(pattern))
    for stage, pattern in (
        ("lost", r"\b(lost|unqualified|verloren|not interested)\b|输单|战败|丢单|流失|失败|未成交|已关闭"),
        ("invalid", r"\b(invalid|junk|spam|fake|bad data|ungültig)\b|无效|虚假|垃圾|空号"),
        (
            "won",
            r"\b(won|converted|customer|gewonnen|abschluss|purchased|signed)\b|成交|赢单|签约|已转化|成功|付款|已购买",
        ),
        ("sql", r"\b(sql|sales qualified( lead)?|sales accepted( lead)?)\b|销售认可|销售合格"),
        ("mql", r"\b(mql|marketing qualified( lead)?)\b|市场认可|市场合格"),
        (
            "opportunity",
            r"\b(opportunity|proposal|negotiation|quote|quotation|angebot)\b|商机|报价|谈判|方案",
        ),
    )
)
_NOT_YET = re.compile(r"\b(not|un|no|non|to be)\b|^(未|待|不|潜在)|意向")
_UNREAL = re.compile(
    r"bad number|wrong number|bounc|\bbots?\b|\btest|spam|fake|bogus|invalid (phone|number|e ?mail)|does not exist|not real"
    r"|空号|错号|停机|号码错误|虚假|假(信息|号|客户)|测试|机器人|垃圾|恶意|退信|邮箱无效"
)
_CONTACT = re.compile(
    r"call (connected|answered)|connected call|reply|replied|meeting|demo (held|done|attended)|conversation|通话|接通|回复|会面|到访|面谈"
)


def is_yes(text: str) -> bool:
    """Tell whether a value says yes.

    >>> is_yes("Yes"), is_yes("已成交"), is_yes("Closed Won"), is_yes("0")
    (True, True, True, False)
    """
    plain = clean(text).casefold()
    return plain in YES or "_".join(key(text).split()) in YES


def is_no(text: str) -> bool:
    """Tell whether a value says no."""
    return clean(text).casefold() in NO


def stage_of(text: str) -> str | None:
    """Return the stage of ours that a value means, or None.

    >>> stage_of("Closed Lost"), stage_of("Closed Won"), stage_of("已成交"), stage_of("未成交"), stage_of("MQL"), stage_of("New")
    ('lost', 'won', 'won', 'lost', 'mql', None)
    """
    plain = key(text)
    for stage, pattern in _STAGES:
        if pattern.search(plain) and not (stage == "won" and _NOT_YET.search(plain)):
            return stage
    return None


def stages_of(values: Iterable[str]) -> dict[str, str]:
    """Return their stages that mean one of ours, by their name."""
    return {value: stage for value in values if (stage := stage_of(value)) is not None}


def unreal_reasons(reasons: Mapping[str, int]) -> tuple[str, ...]:
    """Return the reasons that mean that nobody real could be reached."""
    return tuple(reason for reason in reasons if _UNREAL.search(key(reason)))


def contacts_of(types: Iterable[str]) -> tuple[str, ...]:
    """Return the types of events that only a real person causes."""
    return tuple(kind for kind in types if _CONTACT.search(key(kind)))
