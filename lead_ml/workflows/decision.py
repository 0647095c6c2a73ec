"""Whether a version passes the promotion gate: rules and figures, without changing anything.

The rules, with the log-loss of conversion on the same rows of the challenger's forward window:

signal
    Under every rule: better than the base rate on its own test window, see :class:`~lead_ml.evaluation.Evaluation`. Where that
    cannot be told yet, only a first scorecard with rules that tell leads apart may serve, as unvalidated rules, and only one trained
    alone: a scorecard that competed and won by a tie was not asked for.
first
    No champion yet. Not clearly worse than the calibrated scorecard: the 95% interval of the increase reaches down to 0
    or below. A version that could not be evaluated may only be a scorecard with rules.
refresh
    Same features and same candidate for conversion as the champion. Not inferior: the one-sided 95% upper bound of the
    relative increase is under 1%.
change
    Other features or another candidate. Superior: the upper bound of the two-sided 95% interval of the increase is below 0.
undated
    Data without dates has no forward window: never allowed, only forced by name.

The fake model must not be clearly worse, where there are enough rows to compare.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from lead_ml.evaluation import Evaluation, turned
from lead_ml.evaluation.backtest import log_loss_gap
from lead_ml.model.metrics import Interval, Known, log_loss
from lead_ml.project.params import EvaluationParams
from lead_ml.registry.runs import Run
from lead_ml.tables.dataset import Dataset
from lead_ml.workflows.paired import MIN_POSITIVES, MIN_ROWS, Pair, pair_of

Rule = Literal["first", "refresh", "change", "undated"]
COMPARED: dict[Rule, str] = {
    "first": "first version",
    "refresh": "refresh of the recipe that serves",
    "change": "change of candidate or features",
}
MARGIN = 0.01
UNKNOWN = "too few outcomes to tell whether it is better than the base rate"
LEVELS: dict[Rule, float] = {"first": 0.95, "refresh": 0.90, "change": 0.95, "undated": 0.95}
BOOTSTRAP = 1_000
MAIN = "conversion"
FIRST_SCORECARD = ("first", "scorecard")
# What an evaluation without signal means, and what to do.
WITHOUT_SIGNAL = {
    "none": (
        "no signal: not measurably better than the base rate",
        "look for features that tell good leads from bad ones",
    ),
    "worse": ("worse than the base rate", "look for what changed in the market or the data"),
    "unknown": (UNKNOWN, "wait for more outcomes"),
}
UNDATED_CHAMPION = "the version that serves was trained on data without dates, so no row can be compared"
FLAT = "its log-loss is lower, but it does not rank leads measurably better than chance"
NO_RULES = "the scorecard has no rules, so every lead would get the same score"
IDLE_RULES = "the rules of the scorecard give every lead of the test window the same score"
CONSTANT = "no signal: it gives every lead of the test window the same score"
WRITE_RULES = "write rules under conversion.scorecard.rules in params.yaml and train again"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the comparison found.

    ``figures`` are increases from the champion (or baseline) to the challenger, so negative is better: per target
    ``<target>.log_loss_increase`` in nats and ``<target>.log_loss_increase_relative``, with two-sided intervals of 90%
    under the rule ``refresh`` and 95% otherwise. ``rows``, ``leads`` and ``positives`` (leads with a positive row) are
    those compared for conversion; ``left_out`` the rows of the window that the champion cannot answer for.
    """

    allowed: bool
    rule: Rule
    against: str = "nothing"
    figures: dict[str, Interval] = {}
    rows: int = 0
    leads: int = 0
    positives: int = 0
    left_out: int = 0
    words: str
    do: str = ""


def decide(challenger: Run, champion: Run | None, *, dataset: Dataset | None = None) -> Decision:
    """Compare a challenger with the champion, if there is one, on the challenger's forward window and apply the rule.

    Today's data scores the shipped champion on rows it did not evaluate itself; without it they are left out.
    """
    rule = rule_of(challenger, champion)
    pair, evaluation = pair_of(challenger, champion, MAIN, dataset), challenger.evaluation(MAIN)
    if pair is None or evaluation is None:
        return _unjudged(challenger, rule)
    figures = figures_of(pair, MAIN, rule, challenger.record.seed)
    guard: dict[str, Interval] = {}
    for target in challenger.targets:
        other = None if target == MAIN else pair_of(challenger, champion, target, dataset)
        if other is not None and other.enough and not _not_shown(challenger, target):
            guard |= figures_of(other, target, "change", challenger.record.seed)
    allowed, words, do = _verdict(rule, challenger, pair, figures)
    if champion is not None and not champion.record.dated and not len(pair.scores.y):
        words += f"; {UNDATED_CHAMPION}"
        do = "promote with --force REASON"
    if allowed or (evaluation.signal == "worse" and rule != "undated"):
        allowed, words, do = _with_signal(evaluation, words, challenger, first=rule == "first")
    worse = [name for name, gap in guard.items() if name.endswith("_increase") and gap.lower > 0]
    if allowed and worse:
        target = worse[0].split(".")[0]
        allowed, do = False, f"improve the {target} model"
        words += f"; but {target} is clearly worse: log-loss {_worded(guard[worse[0]])}"
    rows, leads, positives = pair.counts
    return Decision(
        allowed=allowed,
        rule=rule,
        against=pair.against,
        figures={**figures, **guard},
        rows=rows,
        leads=leads,
        positives=positives,
        left_out=pair.left_out,
        words=words,
        do=do,
    )


def _not_shown(run: Run, target: str) -> bool:
    """Return whether the scores of a target are shown to nobody, see :class:`~lead_ml.scoring.BundleInfo`."""
    evaluation = run.evaluation(target)
    return evaluation is not None and evaluation.constant


def rule_of(challenger: Run, champion: Run | None) -> Rule:
    """Return the rule that applies."""
    new = challenger.record
    if not new.dated:
        return "undated"
    if champion is None:
        return "first"
    old = champion.record
    same = new.features == old.features and new.candidates[MAIN] == old.candidates[MAIN]
    return "refresh" if same else "change"


def figures_of(pair: Pair, target: str, rule: Rule, seed: int) -> dict[str, Interval]:
    """Return the increase of the log-loss from ``b`` to ``a`` with its interval, absolute and relative to that of ``b``.

    Empty where the rows cannot carry an interval: fewer than two, or of one class.
    """
    scores = pair.scores
    if len(scores.y) < 2 or not 0 < scores.y.mean() < 1:
        return {}
    options = EvaluationParams(bootstrap=BOOTSTRAP, level=LEVELS[rule])
    gap = log_loss_gap(Known(scores.y, scores.weight, scores.group), pair.a, pair.b, options, seed)
    base = log_loss(scores.y, pair.b, scores.weight)
    relative = Interval(gap.value / base, gap.lower / base, gap.upper / base)
    return {f"{target}.log_loss_increase": gap, f"{target}.log_loss_increase_relative": relative}


def _verdict(rule: Rule, run: Run, pair: Pair, figures: dict[str, Interval]) -> tuple[bool, str, str]:
    """Apply a rule: allowed, in words, and what to do where it is not."""
    candidate = run.record.candidates[MAIN]
    rows, leads, positives = pair.counts
    basis = f"{candidate} against {pair.against} on {rows:,} rows of {leads:,} leads, {positives:,} of which convert"
    if pair.left_out:
        basis += f" ({pair.left_out:,} rows left out: the champion cannot answer for them)"
    gap = figures.get(f"{MAIN}.log_loss_increase")
    if (rule, candidate) == FIRST_SCORECARD:
        return True, f"first version, {basis}: {_found(gap)}", ""
    if rule == "undated":
        words = f"the data has no dates, so nothing was evaluated forward in time; {basis}, random folds: {_found(gap)}"
        return False, words, "bring dated leads, or promote with --force REASON"
    if not pair.enough or gap is None:
        need = f"at least {MIN_ROWS} rows and {MIN_POSITIVES} leads that convert are needed"
        more = _start(run) if rule == "first" else "wait for more outcomes"
        return False, f"too little to compare: {basis}; {need}", f"{more}, or promote with --force REASON"
    upper = figures[f"{MAIN}.log_loss_increase_relative"].upper
    allowed, granted, denied = {
        "first": (
            gap.lower <= 0,
            f"{'clearly better' if gap.upper < 0 else 'not clearly worse'} than {pair.against}",
            "clearly worse",
        ),
        "refresh": (
            upper < MARGIN,
            f"not inferior: relative upper bound {upper:+.2%}, under {MARGIN:.0%}",
            f"not shown to be not inferior: relative upper bound {upper:+.2%}, {MARGIN:.0%} allowed",
        ),
        "change": (
            gap.upper < 0,
            "superior: the upper bound is below 0",
            "a change of candidate or features must be superior, and the upper bound is not below 0",
        ),
    }[rule]
    words = f"{COMPARED[rule]}, {basis}: {_found(gap)} ({LEVELS[rule]:.0%} interval); {granted if allowed else denied}"
    keep = "" if rule == "first" else "keep the version that serves, "
    do = f"{keep}improve the features or bring more data, or promote with --force REASON"
    return allowed, words, "" if allowed else do


def _with_signal(evaluation: Evaluation, words: str, run: Run, *, first: bool) -> tuple[bool, str, str]:
    """Allow what is better than the base rate; unvalidated rules may serve until that can be told."""
    signal, gap = evaluation.signal, evaluation.over_base
    if signal == "signal":
        return True, f"{words}; better than the base rate: log-loss lower by {_plain(gap)}", ""
    if signal == "unknown" and first and run.record.candidates[MAIN] == "scorecard":
        if evaluation.constant or not run.record.hand_written:
            do = f"{WITHOUT_SIGNAL['none'][1]}, or {WRITE_RULES}, or promote with --force REASON"
            return False, f"{words}; {IDLE_RULES if run.record.hand_written else NO_RULES}", do
        if evaluation.alone:
            return True, f"{words}; unvalidated rules: {UNKNOWN}", ""
    why, do = WITHOUT_SIGNAL[signal]
    why = CONSTANT if evaluation.constant and signal == "unknown" else why
    if signal == "unknown" and first:
        do = f"{do}, or {_start(run)}"
    if signal == "worse":
        why += f": log-loss higher by {_plain(turned(gap))}"
    else:
        why += f": {FLAT}" if gap.lower > 0 else f", a gain in log-loss of {_worded(gap)}"
    return False, f"{words}; {why}", f"{do}, or promote with --force REASON"


def without_signal(run: Run) -> Decision | None:
    """Return the refusal of a run that is not better than the base rate or was not evaluated, whatever serves; else None."""
    evaluation: Evaluation | None = run.evaluation(MAIN)
    rule: Rule = "change" if run.record.dated else "undated"
    if evaluation is None:
        return _unjudged(run, rule)
    allowed, words, do = _with_signal(evaluation, run.record.candidates[MAIN], run, first=False)
    return None if allowed else Decision(allowed=False, rule=rule, words=words, do=do)


def _start(run: Run) -> str:
    """Say how a hand-written scorecard can serve until there are more outcomes."""
    rules = (
        "" if run.record.hand_written else "write rules under conversion.scorecard.rules in params.yaml and "
    )
    return f"{rules}start with lead-ml train --candidate scorecard"


def _unjudged(challenger: Run, rule: Rule) -> Decision:
    candidate, record = challenger.record.candidates[MAIN], challenger.record
    words = f"{candidate} was not evaluated: {record.not_evaluated.get(MAIN, 'the known outcomes do not allow it')}"
    force = "or promote with --force REASON"
    if (rule, candidate) == FIRST_SCORECARD and record.hand_written:
        words += "; a first scorecard may serve as it was written, as unvalidated rules"
        return Decision(allowed=True, rule=rule, words=words)
    if (rule, candidate) == FIRST_SCORECARD:
        return Decision(allowed=False, rule=rule, words=f"{words}; {NO_RULES}", do=f"{WRITE_RULES}, {force}")
    return Decision(allowed=False, rule=rule, words=words, do=f"wait for more outcomes, {force}")


def _found(gap: Interval | None) -> str:
    return "no figure" if gap is None else f"log-loss {_worded(gap)}"


def _plain(gap: Interval) -> str:
    return f"{gap.value:.4f} ({gap.lower:.4f} to {gap.upper:.4f})"


def _worded(gap: Interval) -> str:
    return f"{gap.value:+.4f} ({gap.lower:+.4f} to {gap.upper:+.4f})"
