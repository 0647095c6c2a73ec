"""What a reader of the advice must know besides the figures, in English and Chinese."""

from __future__ import annotations

from lead_ml.scoring.thresholds.basis import Basis
from lead_ml.scoring.thresholds.figures import percent, plain
from lead_ml.scoring.thresholds.words import Words

FEW_WINS = 30


def few_wins(basis: Basis) -> Words:
    """Warn below 30 winning leads."""
    n = basis.steps.n_winners
    if n >= FEW_WINS:
        return Words()
    return Words(
        f"Only {n} winning leads stand behind this: take the lines as a first guess and look at the intervals.",
        f"仅有 {n} 条成交线索作为依据：请将这些线视为初步估计，并注意区间。",
    )


def reversed_lines() -> Words:
    """Say that SQL was raised to MQL."""
    return Words(
        "By this rule SQL would lie below MQL; it was raised to MQL.",
        "按此规则 SQL 线会低于 MQL 线，已上调至与 MQL 线相同。",
    )


def nothing_fits(name: str, crossed_per_week: float) -> Words:
    """Say that even the highest scores exceed the capacity."""
    volume = plain(crossed_per_week)
    return Words(
        f"No {name} line fits: the leads with the highest score alone are {volume} a week.",
        f"没有满足产能的 {name} 线：仅最高分的线索每周就有 {volume} 条。",
    )


def everything_fits(name: str) -> Words:
    """Say that the capacity exceeds the whole volume."""
    return Words(
        f"Every lead fits into the {name} capacity, so the line is the lowest score seen.",
        f"{name} 产能足以容纳全部线索，因此取历史最低分。",
    )


def no_dates() -> Words:
    """Say that without dates there is no weekly volume, so no capacity advice."""
    return Words(
        "The data has no dates, so the weekly volume is unknown and a capacity cannot be met; "
        "these lines only mark the highest scores seen.",
        "数据没有日期，无法计算每周数量，因此无法按产能给出建议；此处仅标示历史最高分。",
    )


def floor_missed(name: str, floor: float, reached: float, least: int) -> Words:
    """Say which precision can be reached instead."""
    return Words(
        f"No {name} line with at least {least} leads reaches {percent(floor, 'en')}; "
        f"the highest is {percent(reached, 'en')}.",
        f"没有任何 {name} 线（至少 {least} 条线索）能达到 {percent(floor, 'zh')}；最高为 {percent(reached, 'zh')}。",
    )


def nothing_pays(name: str) -> Words:
    """Say that no line earns its cost."""
    return Words(
        f"No {name} line earned its cost on history; this is the one that loses least.",
        f"历史上没有任何 {name} 线能收回成本；此处为损失最小的线。",
    )


def break_even(basis: Basis) -> Words:
    """Give the lines that calibrated probabilities alone would set: cost / value."""
    sql, mql = basis.cost_per_sql / basis.value_per_win, basis.cost_per_mql / basis.value_per_win
    if max(sql, mql) >= 1:
        return Words("A lead costs more than a win brings.", "单条线索的成本高于一单成交的价值。")
    return Words(
        f"By calibrated probability alone a lead pays from {percent(sql, 'en')} as SQL, {percent(mql, 'en')} as MQL.",
        f"仅按校准概率计算，盈亏平衡点为 SQL {percent(sql, 'zh')}、MQL {percent(mql, 'zh')}。",
    )


def no_opportunities() -> Words:
    """Say that the opportunity_mean rule had no opportunity stage to go by."""
    return Words(
        "No lead has a snapshot before an opportunity stage; the last snapshot before each win stands in for it.",
        "没有线索在进入商机阶段前有快照，因此以每次成交前的最后一次快照代替。",
    )
