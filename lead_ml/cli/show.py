"""How results look on a terminal: metrics and thresholds as tables, leads with their reasons as short cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from lead_ml.cli.console import interval, percent, print_table, tell, wide
from lead_ml.language import Lang, catalog

if TYPE_CHECKING:
    from lead_ml.evaluation import Evaluation
    from lead_ml.evaluation.records import KindRecord
    from lead_ml.scoring import Answer
    from lead_ml.scoring.thresholds import Advice, Threshold, Thresholds

# Name, heading, and whether the interval is shown on a narrow terminal too.
PROBABILITY_FIGURES = (("log_loss", "log-loss", True), ("brier", "Brier", True), ("ece", "ECE", False))
RANKING_FIGURES = (
    ("roc_auc", "ROC AUC", True),
    ("pr_auc", "PR AUC", True),
    ("lift_10", "lift", False),
    ("capture_10", "capture", False),
)


def print_evaluation(evaluation: Evaluation | None, target: str) -> None:
    """Print the metrics of a target: the verdict first, then every candidate next to the base rate."""
    if evaluation is None:
        tell(f"[bold]{target}[/]: too few outcomes to evaluate; the scorecard is used as written\n")
        return
    mark = " (SYNTHETIC DATA)" if evaluation.synthetic else ""
    tell(f"[bold]{target}[/]{mark}: {escape(evaluation.headline)}")
    for warning in evaluation.warnings:
        tell(f"[yellow]warning[/] {escape(warning)}")
    test = evaluation.windows[-1]
    when = f"created {test.start[:10]} to {test.end[:10]}" if test.start else "of the last random fold"
    tell(
        f"Evaluated on {test.test_leads:,} leads {when}: "
        f"{test.test_positives:,} positive of {test.test_rows:,} snapshots. 95% intervals; random is the ROC AUC "
        "of a random split, which is optimistic.\n"
    )
    _print_probability_figures(evaluation)
    _print_ranking_figures(evaluation)
    if evaluation.leaky is not None:
        tell(f"[yellow]left out[/] {escape(evaluation.leaky.said)}\n")


def _print_probability_figures(evaluation: Evaluation) -> None:
    rows = [
        (_kind(record, evaluation), *_cells(record, PROBABILITY_FIGURES), record.calibration)
        for record in evaluation.kinds
    ]
    headings = [heading for _, heading, _ in PROBABILITY_FIGURES]
    print_table(
        f"{evaluation.target}: probability quality (lower is better; * proposed)",
        ("candidate", *headings, "calibration"),
        rows,
    )


def _print_ranking_figures(evaluation: Evaluation) -> None:
    rows = [
        (
            _kind(record, evaluation),
            *_cells(record, RANKING_FIGURES),
            f"{record.random_split['roc_auc']:.3f}" if record.random_split else "-",
        )
        for record in evaluation.kinds
    ]
    headings = [heading for _, heading, _ in RANKING_FIGURES]
    print_table(
        f"{evaluation.target}: ranking quality (higher is better; lift and capture: top 10%)",
        ("candidate", *headings, "random"),
        rows,
    )


def _kind(record: KindRecord, evaluation: Evaluation) -> str:
    return f"{record.kind}{' *' if record.kind == evaluation.winner else ''}"


def _cells(record: KindRecord, figures: Sequence[tuple[str, str, bool]]) -> list[str]:
    return [interval(record.metrics[name], bounds=always or wide()) for name, _, always in figures]


def print_advice(advice: Sequence[Advice], thresholds: Thresholds, *, synthetic: bool) -> None:
    """Print the thresholds of every method with their figures and caveats, and the thresholds in force."""
    mark = " (SYNTHETIC DATA)" if synthetic else ""
    rows = [
        (_method(item, thresholds) if name == "MQL" else "", name, *_line_cells(line))
        for item in advice
        for name, line in (("MQL", item.mql), ("SQL", item.sql))
    ]
    print_table(
        f"Thresholds by method, replayed on history, 90% intervals{mark}",
        (
            "method",
            "",
            "from",
            "score",
            "leads/week",
            "precision %",
            "recall %",
            "wins/week",
            "value/week",
        )
        if wide()
        else ("method", "", "from", "leads/wk", "precision %", "recall", "wins/wk", "value/wk"),
        rows,
    )
    for item in advice:
        if item.note["en"]:
            tell(f"{item.method}{'' if item.feasible else ' (not attainable)'}: {escape(item.note['en'])}")
    accepted = f", approved by {escape(thresholds.accepted_by)}" if thresholds.accepted_by else ""
    tell(
        f"[bold]In force (*)[/]: MQL from {thresholds.mql:.1%}, SQL from {thresholds.sql:.1%} "
        f"({thresholds.method}{accepted}, version {thresholds.version})\n"
    )


def _method(item: Advice, thresholds: Thresholds) -> str:
    return f"{item.method}{' *' if item.method == thresholds.method else ''}{'' if item.feasible else ' !'}"


def _line_cells(line: Threshold) -> tuple[str, ...]:
    recall = interval(percent(line.recall), 0, bounds=False)
    start, wins = f"{line.probability:.1%}", interval(line.expected_wins_per_week, 1, bounds=False)
    if wide():
        return (
            start,
            f"{line.score:.0f}",
            interval(line.per_week, 1),
            interval(percent(line.precision), 1),
            recall,
            wins,
            interval(line.value_per_week, 0),
        )
    return (
        start,
        interval(line.per_week, 1, bounds=False),
        interval(percent(line.precision), 1),
        recall,
        wins,
        interval(line.value_per_week, 0, bounds=False),
    )


def print_worklist(answers: Sequence[Answer], total: int) -> None:
    """Print the best leads, each with its strongest reason on either side."""
    tell(f"[bold]Top {len(answers)} of {total:,} open leads[/] (probability with its 90% interval)\n")
    width = max((len(answer.lead_id) for answer in answers), default=0)
    for answer in answers:
        tell(f"[bold]{escape(answer.lead_id):<{width}}[/]  {_figures(answer)}")
        for sign, reasons in (("+", answer.reasons.for_), ("-", answer.reasons.against)):
            for reason in reasons[:1]:
                tell(f"  [dim]{sign}[/] {escape(reason.text)}")
    tell("")


def print_answer(answer: Answer, lang: Lang, top: int | None = None) -> None:
    """Print one lead with its reasons, or the `top` strongest on either side."""
    tell(f"[bold]{escape(answer.lead_id)}[/]  {_figures(answer)}")
    tell(f"  as of {answer.as_of[:19]}Z; {answer.kind}, version {answer.model_version}\n")
    texts = catalog(lang)
    sides = (("cli.positive_factors", answer.reasons.for_), ("cli.negative_factors", answer.reasons.against))
    for key, reasons in sides:
        tell(f"[bold]{texts(key)}[/]")
        print_table("", ("points", "reason"), [(f"{r.points:+.1f}", r.text) for r in reasons[:top]])
    for note in (*answer.ignored, *answer.warnings):
        tell(f"note: {escape(note)}")


def _figures(answer: Answer) -> str:
    text = (
        f"{answer.probability:5.1%} ({answer.lower:.1%}-{answer.upper:.1%})  score {answer.score:.0f}  "
        f"grade {answer.grade}  stage {answer.stage}"
    )
    return text if answer.fake is None else f"{text}  fake {answer.fake.probability:.0%}{_flag(answer)}"


def _flag(answer: Answer) -> str:
    return " [red]FLAG[/]" if answer.fake is not None and answer.fake.flag else ""
