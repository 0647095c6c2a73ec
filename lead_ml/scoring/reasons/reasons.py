"""Reasons that add up: the contributions of the features to one score, ordered and put into words.

base + all contributions = logit of the probability shown; in points of the score it is ``contribution * 20 / ln 10``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from lead_ml.declare import GROUPS, Declaration
from lead_ml.errors import InputError
from lead_ml.scoring.reasons.evidence import Evidence
from lead_ml.scoring.reasons.wording import ReasonTarget, Value, read_the_same, reason_text, spoken
from lead_ml.scoring.thresholds.scale import POINTS_PER_LOGIT
from lead_ml.tables.dataset import Floats

_SOURCE = "contributions"


class Reason(msgspec.Struct, frozen=True):
    """One feature's part in a score: ``contribution`` on the logit, ``points`` on the score, the value, the words."""

    feature: str
    group: str
    contribution: float
    points: float
    value: str | float | None
    text: str


class Importance(msgspec.Struct, frozen=True):
    """How much a feature moves scores on the whole: its mean absolute contribution, and that as a share of all."""

    feature: str
    group: str
    en: str
    zh: str
    mean_abs: float
    share: float


def reasons_of(
    declarations: Sequence[Declaration],
    contributions: Sequence[float] | Floats,
    values: Sequence[Value],
    *,
    lang: str,
    evidence: Evidence | None = None,
    target: ReasonTarget = "conversion",
    top: int | None = 5,
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Return the reasons for and against, strongest first, at most `top` on each side (None: all); zero is no reason.

    Contributions (d,) on the logit and the lead's own values (d,) are in the order of the declarations. A figure of the
    evidence is shown only where it agrees with the sign of the contribution.
    """
    parts = _floats(declarations, contributions, values)
    ranked = sorted(range(len(parts)), key=lambda i: -abs(parts[i]))  # stable: ties stay in declared order
    sides = [i for i in ranked if parts[i] > 0][:top], [i for i in ranked if parts[i] < 0][:top]
    for_, against = (
        tuple(
            _reason(declarations[i], parts[i], values[i], lang, evidence=evidence, target=target)
            for i in side
        )
        for side in sides
    )
    return for_, against


def agreeing(
    evidence: Evidence | None, feature: str, value: Value, contribution: float
) -> tuple[float, float, int] | None:
    """Return the evidence of a value where it points the way of the contribution, and visibly so, else None."""
    found = None if evidence is None else evidence.lookup(feature, value)
    if found is None or (found[0] - found[1]) * contribution <= 0:
        return None
    return None if read_the_same(found[0], found[1]) else found


def group_sums(
    declarations: Sequence[Declaration], contributions: Sequence[float] | Floats
) -> dict[str, float]:
    """Return the sum of contributions per group with a feature, groups in their fixed order; base + the sums = logit."""
    parts = _floats(declarations, contributions)
    present = {item.group for item in declarations}
    known = [group for group in GROUPS if group in present]
    sums = dict.fromkeys([*known, *(item.group for item in declarations)], 0.0)
    for item, part in zip(declarations, parts, strict=True):
        sums[item.group] += part
    return sums


def importance(declarations: Sequence[Declaration], contributions: Floats) -> tuple[Importance, ...]:
    """Return the mean absolute contribution (n, d) of each feature, strongest first."""
    if contributions.shape != (len(contributions) or 1, len(declarations)):
        raise _misfit(contributions.shape, f"(n, {len(declarations)})")
    means = [float(np.abs(column).mean()) for column in contributions.T]
    total = sum(means)
    return tuple(
        Importance(item.name, item.group, item.en, item.zh, mean, mean / total if total else 0.0)
        for mean, item in sorted(zip(means, declarations, strict=True), key=lambda pair: -pair[0])
    )


def _reason(
    declaration: Declaration,
    part: float,
    value: Value,
    lang: str,
    *,
    evidence: Evidence | None,
    target: ReasonTarget,
) -> Reason:
    given = spoken(declaration, value)
    found = agreeing(evidence, declaration.name, given, part)
    text = reason_text(declaration, given, lang, found, target=target)
    return Reason(declaration.name, declaration.group, part, part * POINTS_PER_LOGIT, given, text)


def _floats(
    declarations: Sequence[Declaration],
    contributions: Sequence[float] | Floats,
    values: Sequence[Value] | None = None,
) -> list[float]:
    parts = [float(part) for part in contributions]
    for row in (parts, values):
        if row is not None and len(row) != len(declarations):
            raise _misfit(len(row), f"{len(declarations)}, one per declared feature")
    if not np.isfinite(parts).all():
        raise _misfit(parts, "finite numbers")
    return parts


def _misfit(value: Any, expected: str) -> InputError:
    return InputError("contributions or values do not fit", source=_SOURCE, value=value, expected=expected)
