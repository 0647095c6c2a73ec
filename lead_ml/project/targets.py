"""What a model predicts, as plain data: the definitions that stand in ``models/*.py`` of a project."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["scorecard", "logistic", "lightgbm"]
KINDS: tuple[Kind, ...] = ("scorecard", "logistic", "lightgbm")
CLOSING_STAGES = ("won", "lost", "invalid")


class Won(msgspec.Struct, frozen=True, kw_only=True, tag="won"):
    """Positive: the lead reaches one of ``stages`` within the horizon after ``as_of``. Every other lead is negative."""

    stages: tuple[str, ...] = ("won",)


class Fake(msgspec.Struct, frozen=True, kw_only=True, tag="fake"):
    """Positive: the lead turns ``invalid`` within the horizon, for a reason that means it is not real.

    Negative: within the horizon it shows a two-way contact (an event whose type is in ``contacts``) or reaches
    a stage of ``stages``. Leads with neither are unlabelled and left out; reasons not in ``reasons`` mean *real
    but unfit* and are negatives.
    """

    reasons: tuple[str, ...]
    contacts: tuple[str, ...] = ()
    stages: tuple[str, ...] = ("sql", "opportunity", "won", "lost")


class Column(msgspec.Struct, frozen=True, kw_only=True, tag="column"):
    """Positive: the outcome column of the leads table holds one of ``positive``. For data without dated outcomes."""

    column: str
    positive: tuple[str, ...] = ("1", "true", "yes", "y", "是")


Target = Won | Fake | Column


class Uniform(msgspec.Struct, frozen=True, tag="uniform"):
    """A range that the tuning searches, both ends included; ``log`` searches the exponent, ``whole`` integers."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


class ModelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One target: what is positive, which feature groups are seen, which directions are forced, what may be tuned.

    ``monotone`` maps a feature name to +1 (never lowers the probability) or -1 (never raises it); it binds the
    lightgbm kind. ``search`` maps a LightGBM parameter to the range that ``lead-ml tune`` searches.
    ``kinds`` are the kinds that compete, simplest first. ``ages_days`` overrides the snapshot ages of ``params.yaml``.
    """

    name: Literal["conversion", "fake"]
    target: Target
    groups: tuple[str, ...]
    monotone: dict[str, int] = {}
    search: dict[str, Uniform] = {}
    kinds: tuple[Kind, ...] = KINDS
    ages_days: tuple[int, ...] | None = None
