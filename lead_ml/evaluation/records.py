"""What an evaluation found, as plain data: saved with the run, printed by the CLI, drawn by the report."""

from __future__ import annotations

from pathlib import Path

import msgspec

from lead_ml.model.metrics import Interval
from lead_ml.project.targets import CANDIDATES, Candidate, Signal

MOST_NAMED = 8
# Positive leads of the test window from which no measurable gain means that there is no signal.
SIGNAL_WINS = 400


def ranks_nothing(auc: Interval) -> bool:
    """Return whether an AUC is that of one probability for all: .5 in every resample.

    >>> ranks_nothing(Interval(0.5, 0.5, 0.5)), ranks_nothing(Interval(0.5, 0.49, 0.51))
    (True, False)
    """
    return auc.lower == auc.upper == 0.5


class WindowRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One cut of time: creation of the test leads (ISO 8601 UTC), rows on either side, positives."""

    name: str
    start: str
    end: str
    fit_rows: int
    fit_leads: int
    fit_positives: int
    test_rows: int
    test_leads: int
    test_positives: int


class CandidateRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The forward figures of one candidate, its calibration, and the same recipe under a random split."""

    candidate: str
    metrics: dict[str, Interval]
    calibration: str
    slope: float
    intercept: float
    uncalibrated_log_loss: float
    random_split: dict[str, float]


class SliceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The winner's figures on one part of the forward window."""

    by: str
    value: str
    rows: int
    leads: int
    positives: int
    mean_prediction: float
    observed_rate: float
    log_loss: float
    roc_auc: float | None


class LeakyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the winner with the features that were left out, for comparison only."""

    features: tuple[str, ...]
    metrics: dict[str, Interval]

    @property
    def said(self) -> str:
        """The figures in a sentence, with what to do."""
        named = ", ".join(self.features[:MOST_NAMED]) + (", ..." if len(self.features) > MOST_NAMED else "")
        figures = ", ".join(
            f"{words} {found.value:.3f} ({found.lower:.3f} to {found.upper:.3f})"
            for name, words in (("log_loss", "log-loss"), ("roc_auc", "ROC AUC"))
            if (found := self.metrics.get(name)) is not None
        )
        return (
            f"{named}: with them the same model would seem to reach {figures}. Their columns may be filled in or overwritten "
            "by people who know the outcome; trust one by name in params.yaml only if it is known when the lead is scored."
        )


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The candidate chosen before the test window, and what it was chosen on.

    ``behind`` is, per other candidate, its log-loss on the rolling windows minus that of ``best``, with the interval of one
    standard error of the paired difference. ``leads`` and ``positives`` are the leads compared there; 0 where nothing could be
    compared.
    """

    candidate: Candidate
    best: str = ""
    behind: dict[str, Interval] = {}
    leads: int = 0
    positives: int = 0

    @property
    def tied(self) -> tuple[str, ...]:
        """The best, and the candidates that are not clearly behind it."""
        return (self.best, *(name for name, gap in self.behind.items() if gap.lower <= 0))


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an evaluation says about one target.

    ``chosen`` is the candidate of ``choice``, made before the test window; ``lead_over`` gives, per other candidate, its
    log-loss on the test window minus that of the chosen, ``over_base`` that of the base rate, with the interval of the paired
    difference. ``signal`` says what that means: ``signal`` (better than the base rate, and the AUC above .5), ``worse``, or,
    where the interval includes 0, ``none`` with at least 400 positive leads and ``unknown`` with fewer. ``optimistic`` marks
    figures of undated data. ``leaky`` is what the chosen would seem to reach with the features that read columns overwritten
    later; None where there are none.
    """

    target: str
    horizon_days: float | None
    synthetic: bool
    optimistic: bool
    base_rate: float
    windows: tuple[WindowRecord, ...]
    candidates: tuple[CandidateRecord, ...]
    choice: Choice
    lead_over: dict[str, Interval]
    over_base: Interval
    signal: Signal
    headline: str
    warnings: tuple[str, ...]
    slices: tuple[SliceRecord, ...]
    left_out: dict[str, int]
    leaky: LeakyRecord | None = None

    @property
    def tested(self) -> WindowRecord:
        """What was evaluated on: the test window, or all random folds together where the data has no dates."""
        last = self.windows[-1]
        if not self.optimistic:
            return last
        names = ("test_rows", "test_leads", "test_positives")
        sums = {name: sum(getattr(window, name) for window in self.windows) for name in names}
        return msgspec.structs.replace(last, name="all random folds", **sums)

    @property
    def chosen(self) -> Candidate:
        """The candidate that serves."""
        return self.choice.candidate

    @property
    def alone(self) -> bool:
        """Whether no other candidate was evaluated beside the chosen one."""
        return sum(record.candidate in CANDIDATES for record in self.candidates) == 1

    @property
    def constant(self) -> bool:
        """Whether the chosen candidate gives every lead the same probability."""
        auc = self.of(self.chosen).metrics.get("roc_auc")
        return auc is not None and ranks_nothing(auc)

    def of(self, candidate: str) -> CandidateRecord:
        """Return the figures of one candidate."""
        return next(record for record in self.candidates if record.candidate == candidate)

    def save(self, path: Path) -> None:
        """Write as indented JSON."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))

    @classmethod
    def load(cls, path: Path) -> Evaluation:
        """Read what :meth:`save` wrote."""
        return msgspec.json.decode(path.read_bytes(), type=cls)
