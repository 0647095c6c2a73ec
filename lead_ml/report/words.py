"""What the figures mean, in every language of the interface: names of metrics, verdicts, the summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from lead_ml.evaluation import BASE, Evaluation, candidate_name, interval_text, turned
from lead_ml.language import LANGUAGES, Catalog, Lang, catalog
from lead_ml.model.metrics import Interval

Record = Mapping[str, Any]
STRONGEST = 3


class Metric(NamedTuple):
    """How a metric is written: the direction that is better, decimals, and whether it is a share."""

    better: Literal["lower", "higher", ""] = ""
    digits: int = 3
    share: bool = False


METRICS: Mapping[str, Metric] = {
    "log_loss": Metric("lower", 4),
    "brier": Metric("lower", 4),
    "ece": Metric("lower", 4),
    "roc_auc": Metric("higher"),
    "pr_auc": Metric("higher"),
    **{f"lift_{share}": Metric("higher", 2) for share in (5, 10, 20)},
    **{f"capture_{share}": Metric("higher", 1, True) for share in (5, 10, 20)},
    "mean_prediction": Metric("", 2, True),
    "observed_rate": Metric("", 2, True),
    "calibration_slope": Metric("", 2),
    "calibration_intercept": Metric("", 2),
}


def metric_words(name: str) -> dict[str, str]:
    """Return the name of a metric by language, and its ``meaning`` in English; one without words keeps its own name."""
    if name not in METRICS:
        return {**dict.fromkeys(LANGUAGES, name), "meaning": ""}
    names = {lang: catalog(lang)(f"metrics.{name}.name") for lang in LANGUAGES}
    return {**names, "meaning": catalog("en")(f"metrics.{name}.meaning")}


def method_name(method: str) -> str:
    """Return the name for people of a method of setting thresholds."""
    return catalog("en").name_of("report.methods", method)


def target_name(target: str, lang: Lang = "en") -> str:
    """Return the name for people of a target."""
    return catalog(lang).name_of("report.targets", target)


def verdicts(evaluation: Evaluation) -> list[dict[str, str]]:
    """Compare the chosen candidate with the base rate, then every other with it: text by language, and ``tone``."""
    winner = evaluation.chosen
    found = [_base_verdict(evaluation)]
    for candidate, gap in evaluation.lead_over.items():
        better = gap.upper < 0  # on the test window, which does not choose
        shown = turned(gap) if better else gap
        key, tone = ("worse", "lost") if gap.lower > 0 else ("better", "lost") if better else ("tied", "tied")
        found.append(_verdict(key, tone, shown, candidate, winner))
    return found


def opening(evaluation: Evaluation, level: float, lang: Lang) -> str:
    """Say how much more often the best-scored 10% of the leads are positive; nothing without a signal, or where that was not measured."""
    key, words = f"report.opening.{evaluation.target}", catalog(lang)
    lift = evaluation.of(evaluation.chosen).metrics.get("lift_10")
    if lift is None or key not in words or evaluation.signal != "signal":
        return ""
    key = key if lift.lower > 1 else f"{key}_tied"
    return words(key, lift=lift.value, lower=lift.lower, upper=lift.upper, level=level)


def summary(data: Record, lang: Lang) -> list[str]:
    """Return the sentences of the summary, from the data dict."""
    words = catalog(lang)
    lines = [line for part in data["targets"].values() for line in _target(part, words)]
    if not data["run"]["dated"]:
        lines.append(words("report.summary.undated"))
    if data["thresholds"] is not None and data["targets"]["conversion"].get("ranks", True):
        force = data["thresholds"]["in_force"]
        shown = {name: force[name] for name in ("mql", "sql", "mql_score", "sql_score")}
        lines.append(words("report.summary.thresholds", **shown))
    unused = {name: len(data[f"features_{name}"]) for name in ("left_out", "flagged")}
    return [
        *lines,
        *(words(f"report.summary.{name}", count=count) for name, count in unused.items() if count),
    ]


def _target(part: Record, words: Catalog) -> list[str]:
    lang = words.language
    unknown = [words("report.summary.not_evaluated", name=candidate_name(part["candidate"], lang))]
    first, *rest = _judged(part, words) if part["evaluated"] else unknown
    return [words("report.summary.target", target=target_name(part["target"], lang), text=first), *rest]


def _judged(part: Record, words: Catalog) -> list[str]:
    lang, test = words.language, part["judged_on"]
    auc = next(row["cells"][part["candidate"]] for row in part["metrics"] if row["name"] == "roc_auc")
    moved = [row for row in part["importance"]["features"][:STRONGEST] if row["mean_abs"] > 0]
    drivers = words("report.separator").join(row[lang] for row in moved)
    return [
        *filter(None, [part["opening"][lang]]),
        words("report.summary.sentence", text=part[f"headline_{lang}"]),
        words(
            "report.summary.folds" if part["optimistic"] else "report.summary.window",
            leads=test["test_leads"],
            positives=test["test_positives"],
            base=part["base_rate"],
            auc=words("report.unknown") if auc["value"] is None else interval_text(Interval(**auc), words, 3),
        ),
        *(words("report.summary.sentence", text=item[lang]) for item in part["verdicts"]),
        *([words("report.summary.top_drivers", names=drivers)] if moved else []),
    ]


def _base_verdict(evaluation: Evaluation) -> dict[str, str]:
    """Compare the chosen candidate with the base rate; the verdict agrees with the headline."""
    winner, gap = evaluation.chosen, evaluation.over_base
    if evaluation.signal == "signal":
        return _verdict("better_than_base", "won", gap, winner, BASE)
    if evaluation.signal == "worse":
        return _verdict("worse_than_base", "lost", turned(gap), winner, BASE)
    if evaluation.constant:
        return _verdict("constant", "tied", gap, winner, BASE)
    return _verdict("flat" if gap.lower > 0 else "tied_with_base", "tied", gap, winner, BASE)


def _verdict(key: str, tone: str, gap: Interval, candidate: str, winner: str) -> dict[str, str]:
    texts = {
        lang: catalog(lang)(
            f"report.verdicts.{key}",
            name=candidate_name(candidate, lang),
            winner=candidate_name(winner, lang),
            gap=interval_text(gap, catalog(lang)),
        )
        for lang in LANGUAGES
    }
    return {**{lang: text[:1].upper() + text[1:] for lang, text in texts.items()}, "tone": tone}
