"""How results look on a terminal: metrics and thresholds as tables, leads with their reasons as short cards."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lead_ml.cli.console import interval, print_table, tell, wide
from lead_ml.language import Lang, catalog

if TYPE_CHECKING:
    from lead_ml.evaluation import Evaluation
    from lead_ml.evaluation.records import CandidateRecord
    from lead_ml.scoring import Answer
    from lead_ml.scoring.reasons import Reason
    from lead_ml.scoring.thresholds import Advice, Threshold, Thresholds

# Name, heading, and whether the interval is shown on a narrow terminal too.
PROBABILITY_FIGURES = (("log_loss", "log-loss", True), ("brier", "Brier", True), ("ece", "ECE", False))
RANKING_FIGURES = (
    ("roc_auc", "ROC AUC", True),
    ("pr_auc", "PR AUC", True),
    ("lift_10", "lift", False),
    ("capture_10", "capture", False),
)


def print_evaluation(evaluation: Evaluation | None, target: str, cold: str = "") -> None:
    """Print the metrics of a target: the verdict first, then every candidate next to the base rate; `cold` says why there are none."""
    if evaluation is None:
        tell((target, "bold"), f": {cold}.\n")
        return
    mark = " (SYNTHETIC DATA)" if evaluation.synthetic else ""
    tell((target, "bold"), f"{mark}: {evaluation.headline}")
    for warning in evaluation.warnings:
        tell(("warning", "yellow"), f" {warning}")
    test = evaluation.tested
    when = f"created {test.start[:10]} to {test.end[:10]}" if test.start else "in random folds"
    random = (
        ""
        if evaluation.optimistic
        else " The column random is the ROC AUC of a random split, which is optimistic."
    )
    tell(
        f"Evaluated on {test.test_leads:,} leads {when}: "
        f"{test.test_positives:,} positive of {test.test_rows:,} snapshots. Intervals in brackets.{random}\n"
    )
    named = [
        (f"{k.candidate}{' *' if k.candidate == evaluation.chosen else ''}", k) for k in evaluation.candidates
    ]
    print_table(
        f"{evaluation.target}: probability quality (lower is better; * chosen)",
        ("candidate", *(heading for _, heading, _ in PROBABILITY_FIGURES), "calibration"),
        [(name, *_cells(candidate, PROBABILITY_FIGURES), candidate.calibration) for name, candidate in named],
    )
    print_table(
        f"{evaluation.target}: ranking quality (higher is better; lift and capture: top 10%)",
        ("candidate", *(heading for _, heading, _ in RANKING_FIGURES), "random"),
        [(name, *_cells(candidate, RANKING_FIGURES), _random(candidate)) for name, candidate in named],
    )
    if evaluation.leaky is not None:
        tell(("left out", "yellow"), f" {evaluation.leaky.said}\n")


def _cells(record: CandidateRecord, figures: Sequence[tuple[str, str, bool]]) -> list[str]:
    return [interval(record.metrics[name], bounds=always or wide()) for name, _, always in figures]


def _random(record: CandidateRecord) -> str:
    return f"{record.random_split['roc_auc']:.3f}" if record.random_split else "-"


def print_advice(
    advice: Sequence[Advice], thresholds: Thresholds, *, synthetic: bool, currency: str = ""
) -> None:
    """Print the thresholds of every method with their figures and caveats, and the thresholds in force."""
    mark = " (SYNTHETIC DATA)" if synthetic else ""
    money = f", values in {currency}" if currency else ""
    full = ("score", "leads/week", "precision %", "recall %", "wins/week", "value/week")
    narrow = ("leads/wk", "precision %", "recall", "wins/wk", "value/wk")
    print_table(
        f"Thresholds by method, replayed on history, 90% intervals{money}{mark}",
        ("method", "", "from", *(full if wide() else narrow)),
        [
            (_method(item, thresholds) if name == "MQL" else "", name, *_line_cells(line))
            for item in advice
            for name, line in (("MQL", item.mql), ("SQL", item.sql))
        ],
    )
    for item in advice:
        if item.note["en"]:
            tell(f"{item.method}{'' if item.feasible else ' (not attainable)'}: {item.note['en']}")
    accepted = f", approved by {thresholds.accepted_by}" if thresholds.accepted_by else ""
    tell(
        ("In force (*)", "bold"),
        f": MQL from {thresholds.mql:.1%}, SQL from {thresholds.sql:.1%} "
        f"({thresholds.method}{accepted}, version {thresholds.version})\n",
    )


def _method(item: Advice, thresholds: Thresholds) -> str:
    name = item.method if wide() else item.method.partition("_")[0]
    return f"{name}{' *' if item.method == thresholds.method else ''}{'' if item.feasible else ' !'}"


def _line_cells(line: Threshold) -> tuple[str, ...]:
    return (
        f"{line.probability:.1%}",
        *([f"{line.score:.0f}"] if wide() else []),
        interval(line.per_week, 1, bounds=wide()),
        interval(line.precision, 1, times=100),
        interval(line.recall, 0, times=100, bounds=False),
        interval(line.expected_wins_per_week, 1, bounds=False),
        interval(line.value_per_week, 0, bounds=wide()),
    )


def print_worklist(answers: Sequence[Answer], heading: str, lang: Lang = "en") -> None:
    """Print the best leads, each with its strongest reason on either side."""
    tell((heading, "bold"), catalog(lang)("cli.interval"), "\n")
    _tell_validation(answers[:1], lang)
    width = max((len(answer.lead_id) for answer in answers), default=0)
    for answer in answers:
        _tell_lead(answer, lang, width)
        for sign, reasons in (("+", answer.reasons.for_), ("-", answer.reasons.against)):
            for reason in reasons[:1]:
                tell("  ", (sign, "dim"), f" {reason.text}")
    tell("")


def print_answer(answer: Answer, lang: Lang, *, members: bool = False) -> None:
    """Print one lead with its reasons, where asked with every feature behind them, and what adds up to the score."""
    _tell_validation([answer], lang)
    _tell_lead(answer, lang)
    texts = catalog(lang)
    when = [texts("pages.as_of", day=f"{answer.as_of[:19]}Z")] if answer.as_of else []
    candidate = texts.name_of("report.candidates", answer.candidate)
    model = texts("cli.model", candidate=candidate, version=answer.model_version)
    tell("  ", "; ".join([*when, model]), "\n")
    sides = (("cli.positive_factors", answer.reasons.for_), ("cli.negative_factors", answer.reasons.against))
    for key, reasons in sides:
        tell((texts(key), "bold"))
        rows = [row for reason in reasons for row in _reason_rows(reason, members=members)]
        print_table("", (texts("cli.points"), texts("cli.reason")), rows)
    tell(texts("lead.rest", points=answer.reasons.other_points))
    if not members:
        tell((texts("cli.all_reasons", lead=shlex.quote(answer.lead_id)), "dim"), "\n")
    for note in (*answer.ignored, *answer.warnings):
        tell(texts("cli.note", text=note))


def _tell_validation(answers: Sequence[Answer], lang: Lang) -> None:
    """Say of scores that were not shown to be better than the base rate what that means."""
    for answer in answers:
        if answer.validation != "validated":
            said = catalog(lang)(f"pages.validation.{answer.validation_key}")
            tell((said, "yellow"), "\n")


def _reason_rows(reason: Reason, *, members: bool) -> list[tuple[str, str]]:
    inner = reason.visible if members else ()
    return [
        (f"{reason.points:+.1f}", reason.text),
        *((f"({member.points:+.1f})", f"  {member.text}") for member in inner),
    ]


def _tell_lead(answer: Answer, lang: Lang, width: int = 0) -> None:
    fake, texts = answer.fake, catalog(lang)
    rest = texts("cli.grade", grade=answer.grade or "-", stage=texts(f"pages.stages.{answer.stage}"))
    if answer.stage == "verify":
        rest = texts("pages.stages.verify")
    figures = {"lower": f"{answer.lower:.1%}", "upper": f"{answer.upper:.1%}", "score": round(answer.score)}
    tell(
        (f"{answer.lead_id:<{width}}", "bold"),
        "  ",
        texts("cli.verdict", share=f"{answer.probability:5.1%}", rest=rest, **figures),
        "" if fake is None else texts("cli.fake", share=f"{fake.probability:.0%}"),
        (texts("cli.flag") if fake is not None and fake.flag else "", "red"),
    )
