"""The sentences of the advice, in English and Chinese."""

from __future__ import annotations

import msgspec

from lead_ml.model.metrics import OptionalInterval
from lead_ml.scoring.thresholds.basis import Threshold
from lead_ml.scoring.thresholds.figures import percent, plain, trimmed


class Words(msgspec.Struct, frozen=True):
    """The same text in both languages."""

    en: str = ""
    zh: str = ""


def joined(parts: list[Words]) -> Words:
    """Return the texts one after the other."""
    return Words(" ".join(part.en for part in parts), "".join(part.zh for part in parts))


def line_words(name: str, line: Threshold, horizon_days: float | None) -> Words:
    """Describe one line: where it lies, how many leads a week, how many of them win, how many winners it reaches."""
    parts = [
        Words(
            f"{name} from {percent(line.probability, 'en', 3)} (score {trimmed(line.score, 1)}):",
            f"{name} 线：概率 {percent(line.probability, 'zh', 3)}（{trimmed(line.score, 1)} 分）：",
        ),
        _volume(line),
        _precision(line, horizon_days),
        _recall(line),
    ]
    return joined(parts)


def capacity_words(sql_per_week: float, mql_per_week: float) -> Words:
    """Say what the capacity method does."""
    sql, mql = plain(sql_per_week), plain(mql_per_week)
    return Words(
        f"The lowest lines that fit the team: at most {sql} new SQLs and {mql} new MQLs a week.",
        f"在团队产能内取最低的线：每周新增 SQL 不超过 {sql} 条，新增 MQL 不超过 {mql} 条。",
    )


def value_words(cost_per_sql: float, cost_per_mql: float, value_per_win: float) -> Words:
    """Say what the value method does."""
    sql, mql, win = plain(cost_per_sql), plain(cost_per_mql), plain(value_per_win)
    return Words(
        f"The lines with the highest net value on history: a win brings {win}, an SQL costs {sql}, an MQL {mql}.",
        f"历史净价值最高的线：每单成交价值 {win}，每条 SQL 成本 {sql}，每条 MQL 成本 {mql}。",
    )


def floor_words(what: str, sql: float, mql: float) -> Words:
    """Say what the precision and the recall floor do."""
    sql_en, mql_en, sql_zh, mql_zh = (percent(p, lang) for lang in ("en", "zh") for p in (sql, mql))
    if what == "precision":
        return Words(
            f"The lowest lines at which at least {sql_en} of SQLs and {mql_en} of MQLs win.",
            f"取满足以下成交比例的最低线：SQL 至少 {sql_zh}，MQL 至少 {mql_zh}。",
        )
    return Words(
        f"The highest lines that still reach {sql_en} of all winners as SQL and {mql_en} as MQL.",
        f"取仍能覆盖以下比例成交线索的最高线：SQL 覆盖 {sql_zh}，MQL 覆盖 {mql_zh}。",
    )


def opportunity_mean_words(n: int, stage_known: bool, mean_low: float, mean_high: float) -> Words:
    """Say what the opportunity_mean rule does, on how many leads it rests, and the 90 % interval of the mean score."""
    en = "just before they became an opportunity" if stage_known else "in their last snapshot before the win"
    zh = "进入商机阶段前" if stage_known else "成交前最后一次快照"
    return Words(
        f"SQL is the mean score of {n} leads {en} (90 % interval {mean_low:.0f} to {mean_high:.0f}); "
        "MQL is the score that three quarters of them had reached (the 25th percentile).",
        f"SQL 线取 {n} 条线索{zh}的平均分（90% 区间 {mean_low:.0f}–{mean_high:.0f}）；"
        "MQL 线取其中四分之三线索已达到的分数（第 25 百分位）。",
    )


def spread(figure: OptionalInterval, lang: str, *, share: bool) -> str:
    """Write the interval of a figure, such as ``18.1 to 20.3``."""
    if figure.lower is None or figure.upper is None:
        return "?"
    low, high = (percent(f, lang) if share else _volume_text(f) for f in (figure.lower, figure.upper))
    return f"{low} to {high}" if lang == "en" else f"{low}–{high}"


def _volume(line: Threshold) -> Words:
    if line.per_week.value is None:
        return Words(f"{line.crossed} leads in the history,", f"历史中 {line.crossed} 条线索，")
    volume = _volume_text(line.per_week.value)
    return Words(
        f"{volume} leads a week (90 % interval {spread(line.per_week, 'en', share=False)}),",
        f"每周 {volume} 条线索（90% 区间 {spread(line.per_week, 'zh', share=False)}），",
    )


def _precision(line: Threshold, horizon_days: float | None) -> Words:
    if line.precision.value is None:
        return Words("so nothing is known of their wins,", "成交情况未知，")
    within = "" if horizon_days is None else f" within {plain(horizon_days)} days"
    within_zh = "" if horizon_days is None else f"在 {plain(horizon_days)} 天内"
    return Words(
        f"{percent(line.precision.value, 'en')} of them win{within} ({spread(line.precision, 'en', share=True)}),",
        f"其中 {percent(line.precision.value, 'zh')} {within_zh}成交（{spread(line.precision, 'zh', share=True)}），",
    )


def _recall(line: Threshold) -> Words:
    if line.recall.value is None:
        return Words()
    return Words(
        f"{percent(line.recall.value, 'en')} of all winners reach it ({spread(line.recall, 'en', share=True)}).",
        f"覆盖全部成交线索的 {percent(line.recall.value, 'zh')}（{spread(line.recall, 'zh', share=True)}）。",
    )


def _volume_text(figure: float) -> str:
    return trimmed(figure, 0 if abs(figure) >= 100 else 1 if abs(figure) >= 1 else 2)
