"""What a scorer answers, as plain data: the same for one lead over HTTP, a batch, a file and the page."""

from __future__ import annotations

from typing import Literal

import msgspec

from lead_ml.scoring.reasons import Reasons
from lead_ml.scoring.thresholds import Grade, Stage

Validation = Literal["validated", "unvalidated", "no_signal"]


class FakeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The probability that the lead is fake, with its 90% interval; ``flag`` is true from the flag threshold up."""

    probability: float
    lower: float
    upper: float
    flag: bool
    candidate: str
    base: float
    reasons: Reasons


def validation_key(validation: Validation, candidate: str) -> str:
    """Return under which name of the catalog a validation is worded: scores of a scorecard are those of rules.

    >>> validation_key("unvalidated", "scorecard"), validation_key("unvalidated", "logistic")
    ('unvalidated_rules', 'unvalidated')
    """
    rules = (validation, candidate) == ("unvalidated", "scorecard")
    return "unvalidated_rules" if rules else validation


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One scored lead.

    ``probability`` (0-1) with its 90% interval ``lower``-``upper``; ``score`` 0-100; ``grade`` A-D, null for a lead flagged as
    fake and for a model without signal; ``stage`` is the advice (``sql``, ``mql``, ``none``, or ``verify`` for a lead flagged as
    fake). ``validation`` is ``validated`` where the test window showed the model to be better than the base rate, ``unvalidated``
    where too few outcomes are known to tell, ``no_signal`` where it showed no gain. ``base`` plus the contributions of the reasons and their ``other`` is the logit of the probability.
    ``families`` sums all contributions per family of features about one thing, ``groups`` per feature group. ``as_of`` and ``reference_until``, how far the history of shared keys reaches, are ISO 8601 and empty for data without dates;
    ``events_supplied`` tells whether events came with the lead at all; ``ignored`` lists events that were left out, and why.
    """

    lead_id: str
    as_of: str
    probability: float
    lower: float
    upper: float
    score: float
    grade: Grade | None
    stage: Stage
    validation: Validation
    base: float
    reasons: Reasons
    groups: dict[str, float]
    families: dict[str, float]
    fake: FakeAnswer | None
    candidate: str
    model_version: str
    thresholds_version: str
    reference_until: str
    events_supplied: bool
    ignored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def validation_key(self) -> str:
        """Under which name of the catalog ``validation`` is worded."""
        return validation_key(self.validation, self.candidate)
