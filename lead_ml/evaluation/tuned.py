"""What a search found, as plain data: printed by the command line, drawn as pictures and logged to MLflow."""

from __future__ import annotations

from typing import Any

import msgspec

from lead_ml.model.metrics import Interval
from lead_ml.project.targets import Candidate, Uniform

Number = int | float


class TrialRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A finished trial: its number from 0, its parameters and its log-loss on the rolling windows."""

    number: int
    params: dict[str, Number]
    log_loss: float


class Tuned(msgspec.Struct, frozen=True, kw_only=True):
    """The best trial beside the parameters in use.

    ``difference`` is the log-loss of the best trial minus that of the parameters in use with its paired interval over
    leads, so negative is better. Both are measured on the rolling windows that chose the trial, which makes it look a
    little better than it is; ``significant`` says that even so the interval lies below 0. ``importance`` is the share of
    the variance of the log-loss that each parameter explains (functional ANOVA). ``fixed`` are parameters that go with the
    best ones. ``interrupted`` says that Ctrl-C ended the search early.
    """

    target: str
    candidate: Candidate
    study: str
    params: dict[str, Number]
    fixed: dict[str, Any] = {}
    log_loss: float
    log_loss_now: float
    difference: Interval
    trials: int
    history: tuple[TrialRecord, ...] = ()
    ranges: dict[str, Uniform] = {}
    importance: dict[str, float] = {}
    interrupted: bool = False

    @property
    def better(self) -> bool:
        """Whether the best trial has a lower log-loss than the parameters in use."""
        return self.log_loss < self.log_loss_now

    @property
    def significant(self) -> bool:
        """Whether the interval of the difference lies below 0."""
        return self.better and self.difference.upper < 0
