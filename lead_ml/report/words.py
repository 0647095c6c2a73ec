"""What the figures mean, in English and Chinese: names of metrics, verdicts, the Chinese summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from lead_ml.evaluation import Evaluation
from lead_ml.language import catalog
from lead_ml.model.metrics import Interval

Record = Mapping[str, Any]
TARGETS_ZH = {"conversion": "转化", "fake": "虚假线索"}
KINDS_ZH = {"scorecard": "计分卡", "logistic": "逻辑回归", "lightgbm": "LightGBM", "base rate": "基础比率"}
TARGETS_EN = {"conversion": "Conversion", "fake": "Fake leads"}


class MetricWords(NamedTuple):
    """How a metric is called and read; ``better`` is the direction that is better."""

    en: str
    zh: str
    better: Literal["lower", "higher", ""]
    meaning: str
    digits: int = 3
    share: bool = False


METRIC_WORDS: Mapping[str, MetricWords] = {
    "log_loss": MetricWords(
        "Log-loss", "对数损失", "lower", "how surprised the probabilities were; decides the winner", 4
    ),
    "brier": MetricWords("Brier score", "Brier 分数", "lower", "mean squared error of the probabilities", 4),
    "ece": MetricWords(
        "Calibration error (ECE)", "校准误差", "lower", "mean gap between predicted and observed rates", 4
    ),
    "roc_auc": MetricWords("ROC-AUC", "ROC-AUC", "higher", "chance that a positive ranks above a negative"),
    "pr_auc": MetricWords(
        "PR-AUC", "PR-AUC", "higher", "average precision; the base rate is what chance gives"
    ),
    "lift_5": MetricWords(
        "Lift, best 5 %", "前 5% 提升度", "higher", "rate among the best-scored over the rate of all", 2
    ),
    "lift_10": MetricWords(
        "Lift, best 10 %", "前 10% 提升度", "higher", "rate among the best-scored over the rate of all", 2
    ),
    "lift_20": MetricWords(
        "Lift, best 20 %", "前 20% 提升度", "higher", "rate among the best-scored over the rate of all", 2
    ),
    "capture_5": MetricWords(
        "Capture, best 5 %", "前 5% 捕获率", "higher", "share of all positives found there", 1, True
    ),
    "capture_10": MetricWords(
        "Capture, best 10 %", "前 10% 捕获率", "higher", "share of all positives found there", 1, True
    ),
    "capture_20": MetricWords(
        "Capture, best 20 %", "前 20% 捕获率", "higher", "share of all positives found there", 1, True
    ),
    "mean_prediction": MetricWords("Mean prediction", "平均预测", "", "what the model expected", 2, True),
    "observed_rate": MetricWords("Observed rate", "实际比率", "", "what happened", 2, True),
    "calibration_slope": MetricWords(
        "Calibration slope", "校准斜率", "", "1 is calibrated; below 1 too extreme", 2
    ),
    "calibration_intercept": MetricWords("Calibration intercept", "校准截距", "", "0 is calibrated", 2),
}


def verdicts(evaluation: Evaluation, over_base: Interval | None) -> list[dict[str, str]]:
    """Say what lost and by how much, the base rate first; losses are said plainly."""
    winner = evaluation.winner
    found = [] if over_base is None else [_base_verdict(winner, over_base)]
    for kind, gap in evaluation.lead_over.items():
        if kind == "base rate":
            continue
        known = gap.lower > 0
        en = f"{kind} loses to {winner}: log-loss higher by {_gap(gap)}" if known else (
            f"{kind} and {winner} are not told apart: log-loss differs by {_gap(gap)}"
        )  # fmt: skip
        zh = f"{KINDS_ZH[kind]}不如{KINDS_ZH[winner]}：对数损失高 {_gap_zh(gap)}" if known else (
            f"{KINDS_ZH[kind]}与{KINDS_ZH[winner]}尚无法区分：对数损失相差 {_gap_zh(gap)}"
        )  # fmt: skip
        found.append({"en": en, "zh": zh, "tone": "lost" if known else "tied"})
    return found


def headline_zh(evaluation: Evaluation) -> str:
    """Return the headline in Chinese."""
    loss = evaluation.of(evaluation.winner).metrics["log_loss"]
    tied = [
        KINDS_ZH[kind] for kind, gap in evaluation.lead_over.items() if gap.lower <= 0 and kind in KINDS_ZH
    ]
    said = (
        f"{KINDS_ZH[evaluation.winner]}的前向对数损失最低，为 {loss.value:.4f}"
        f"（{loss.lower:.4f}–{loss.upper:.4f}）"
    )
    return said + (f"；与{'、'.join(tied)}尚无法区分。" if tied else "；明显优于其他各类模型。")


def summary_zh(data: Record) -> list[str]:
    """Return the sentences of the Chinese summary, from the data dict."""
    lines = ["数据为合成数据，任何数字都不代表真实市场。"] if data["synthetic"] else []
    for part in data["targets"].values():
        lines += _target_zh(part)
    if not data["run"]["dated"]:
        lines.append("数据没有日期：只能随机划分，所有数字都偏乐观。")
    if data["thresholds"] is not None:
        force = data["thresholds"]["lines"]
        lines.append(
            f"当前阈值：MQL 自 {_share_zh(force['mql'])}（{force['mql_score']:.0f} 分）起，"
            f"SQL 自 {_share_zh(force['sql'])}（{force['sql_score']:.0f} 分）起。"
        )
    if data["features_left_out"]:
        lines.append(f"{len(data['features_left_out'])} 个特征因所用字段会在事后被改写而未使用。")
    return lines


def _target_zh(part: Record) -> list[str]:
    name = TARGETS_ZH.get(part["target"], part["target"])
    if not part["judged"]:
        return [f"【{name}】结果数据太少，尚不能评估；目前使用{KINDS_ZH[part['kind']]}。"]
    metrics = {row["name"]: row["cells"][part["kind"]] for row in part["metrics"]}
    test = part["judged_on"]
    lines = [
        f"【{name}】{part['headline_zh']}",
        f"评估窗口共 {test['test_leads']:,} 条线索、{test['test_positives']:,} 个正例行；拟合期基础比率 "
        f"{_share_zh(part['base_rate'])}；ROC-AUC {_interval_zh(metrics['roc_auc'], 3)}，"
        f"前 10% 提升度 {_interval_zh(metrics['lift_10'], 2)}。",
    ]
    lines += [f"{item['zh']}。" for item in part["verdicts"]]
    strongest = "、".join(row["zh"] for row in part["importance"]["features"][:3])
    return [*lines, f"影响最大的特征：{strongest}。"]


def _base_verdict(winner: str, gap: Interval) -> dict[str, str]:
    if gap.lower > 0:
        return {
            "en": f"{winner} beats the base rate by {_gap(gap)} of log-loss",
            "zh": f"{KINDS_ZH[winner]}优于基础比率：对数损失低 {_gap_zh(gap)}",
            "tone": "won",
        }
    if gap.upper < 0:
        return {
            "en": f"{winner} does worse than the base rate: log-loss higher by {_gap(_turned(gap))}. Do not use its probabilities",
            "zh": f"{KINDS_ZH[winner]}不如基础比率：对数损失高 {_gap_zh(_turned(gap))}。请勿使用其概率",
            "tone": "lost",
        }
    return {
        "en": f"{winner} and the base rate are not told apart: log-loss differs by {_gap(gap)}. Take its probabilities as unproven",
        "zh": f"{KINDS_ZH[winner]}与基础比率尚无法区分：对数损失相差 {_gap_zh(gap)}。其概率尚未得到证实",
        "tone": "tied",
    }


def _turned(gap: Interval) -> Interval:
    return Interval(-gap.value, -gap.upper, -gap.lower)


def _gap(gap: Interval) -> str:
    return f"{gap.value:.4f} ({gap.lower:.4f} to {gap.upper:.4f})"


def _share_zh(share: float) -> str:
    return catalog("zh").numbers.share(share)


def _gap_zh(gap: Interval) -> str:
    return f"{gap.value:.4f}（{gap.lower:.4f} 至 {gap.upper:.4f}）"


def _interval_zh(cell: Record, digits: int) -> str:
    if cell["value"] is None:
        return "未知"
    if cell["lower"] is None:
        return f"{cell['value']:.{digits}f}"
    return f"{cell['value']:.{digits}f}（{cell['lower']:.{digits}f}–{cell['upper']:.{digits}f}）"
