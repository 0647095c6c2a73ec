"""What a model predicts, as plain data: the definitions in ``models/*.py`` of a project."""

from __future__ import annotations

from typing import Literal

import msgspec

from lead_ml.project.words import POSITIVE_WORDS

Candidate = Literal["scorecard", "logistic", "lightgbm"]
CANDIDATES: tuple[Candidate, ...] = ("scorecard", "logistic", "lightgbm")
CLOSING_STAGES = ("won", "lost", "invalid")
# What an evaluation says of the chosen candidate against the base rate, see :class:`lead_ml.evaluation.Evaluation`.
Signal = Literal["signal", "none", "unknown", "worse"]


class Won(msgspec.Struct, frozen=True, kw_only=True, tag="won"):
    """Positive: the lead reaches one of ``stages`` within the horizon after ``as_of``. Every other lead is negative.

    Parameters
    ----------
    stages
        Stages of outcomes that count as converted.

    Examples
    --------
    >>> Won(stages=("won", "signed"))
    Won(stages=('won', 'signed'))
    """

    stages: tuple[str, ...] = ("won",)


class Fake(msgspec.Struct, frozen=True, kw_only=True, tag="fake"):
    """Positive: the lead becomes ``invalid`` or ``lost`` within the horizon, for a reason that means it is not real.

    Negative: within the horizon it shows a two-way contact or reaches one of ``stages``. Leads with neither are unlabelled and left
    out; reasons not in ``reasons`` mean *real but unfit* and are negatives.

    Parameters
    ----------
    reasons
        Reasons of invalid and lost outcomes that mean *not real*.
    contacts
        Types of events that are a two-way contact.
    stages
        Stages of outcomes that only real leads reach.

    Examples
    --------
    >>> Fake(reasons=("bot", "bad_number"), contacts=("call_answered",)).stages
    ('sql', 'opportunity', 'won', 'lost')
    """

    reasons: tuple[str, ...]
    contacts: tuple[str, ...] = ()
    stages: tuple[str, ...] = ("sql", "opportunity", "won", "lost")


class Column(msgspec.Struct, frozen=True, kw_only=True, tag="column"):
    """Positive: a column of the leads table has one of the values in ``positive``. For data without dated outcomes.

    Parameters
    ----------
    column
        Name of the outcome column; it can never be a feature.
    positive
        Values that mean yes, in any letter case; a lead without a value is left out.
    negative
        Values that mean no, in any letter case: a lead with any other value is left out. Without any, every other value is a no.

    Examples
    --------
    >>> Column(column="converted").positive[:3]
    ('1', 'true', 'yes')
    """

    column: str
    positive: tuple[str, ...] = POSITIVE_WORDS
    negative: tuple[str, ...] = ()


Target = Won | Fake | Column


def closing_stages(target: Target) -> tuple[str, ...]:
    """Return the stages after which a lead is closed: those that count as won, then the usual ones."""
    own = target.stages if isinstance(target, Won) else ()
    return tuple(dict.fromkeys((*own, *CLOSING_STAGES)))


class Uniform(msgspec.Struct, frozen=True, tag="uniform"):
    """A range that tuning searches, both ends included.

    Parameters
    ----------
    low, high
        The ends.
    log
        Search on a logarithmic scale.
    whole
        Search integers.

    Examples
    --------
    >>> Uniform(0.01, 0.2, log=True).high
    0.2
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False


class ModelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One target: what is positive, which features are used, and what may be tuned.

    Parameters
    ----------
    name
        ``"conversion"`` or ``"fake"``.
    target
        What is positive: :class:`Won`, :class:`Fake` or :class:`Column`.
    groups
        Feature groups that the model sees.
    monotone
        Feature name to +1 (never lowers the probability) or -1 (never raises it), for every candidate.
    search
        Parameter of a candidate to the range that ``lead-ml tune`` searches instead of the default one, see
        :mod:`lead_ml.evaluation.search_spaces`.
    candidates
        Candidates that are compared, simplest first.
    ages_days
        Snapshot ages instead of those of ``params.yaml``.

    Examples
    --------
    >>> ModelSpec(name="conversion", target=Won(), groups=("fit", "engagement")).target.stages
    ('won',)
    """

    name: Literal["conversion", "fake"]
    target: Target
    groups: tuple[str, ...]
    monotone: dict[str, int] = {}
    search: dict[str, Uniform] = {}
    candidates: tuple[Candidate, ...] = CANDIDATES
    ages_days: tuple[int, ...] | None = None
