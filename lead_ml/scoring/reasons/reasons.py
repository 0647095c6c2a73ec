"""Reasons that add up: the contributions to one score, summed per family of features, ordered and put into words.

base + the contributions of all reasons + ``other`` = logit of the probability shown; a contribution times ``20 / ln 10`` is in points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import msgspec
import numpy as np

from lead_ml.declare import GROUPS, Declaration, families_of
from lead_ml.errors import InputError
from lead_ml.scoring.reasons.evidence import Evidence, Finding
from lead_ml.scoring.reasons.select import LEAST_POINTS, select
from lead_ml.scoring.reasons.values import Value, spoken
from lead_ml.scoring.reasons.wording import ReasonTarget, read_the_same, reason_text, with_related
from lead_ml.scoring.thresholds.scale import POINTS_PER_LOGIT
from lead_ml.tables.dataset import Floats

_SOURCE = "contributions"
_TEXTS = 16_384


class ReasonMember(msgspec.Struct, frozen=True):
    """One feature of a family: its own part of the sum, its value, the words."""

    feature: str
    contribution: float
    points: float
    value: str | float | None
    text: str


class Reason(msgspec.Struct, frozen=True):
    """One family's part in a score: ``contribution`` on the logit and ``points`` on the score are those of all its features.

    ``feature``, ``group``, ``value`` and ``text`` are those of its feature that weighs most in that direction; ``members`` are all its
    features that weigh anything, where there are several, and their contributions add up to that of the family.
    """

    feature: str
    family: str
    group: str
    contribution: float
    points: float
    value: str | float | None
    text: str
    members: tuple[ReasonMember, ...] = ()

    @property
    def visible(self) -> tuple[ReasonMember, ...]:
        """The members that weigh more than 0.0 points."""
        return tuple(member for member in self.members if abs(member.points) >= LEAST_POINTS)


class Reasons(msgspec.Struct, frozen=True, rename={"for_": "for"}):
    """Reasons that raise (``for``) and lower (``against``) the probability, strongest first.

    ``other`` is the sum, on the logit, of the families that are not listed. It never exceeds a third of the sum of the reasons on its side.
    """

    for_: tuple[Reason, ...]
    against: tuple[Reason, ...]
    other: float = 0.0

    @property
    def other_points(self) -> float:
        """``other`` in points of the score."""
        return self.other * POINTS_PER_LOGIT


class Importance(msgspec.Struct, frozen=True):
    """How much a feature moves scores on the whole: its mean absolute contribution, and that as a share of all."""

    feature: str
    group: str
    en: str
    zh: str
    mean_abs: float
    share: float


@dataclass(frozen=True, eq=False)
class Explainer:
    """Puts contributions into words: the features of a model in matrix order, and what history says about their values."""

    declarations: Sequence[Declaration]
    evidence: Evidence | None = None
    target: ReasonTarget = "conversion"

    @cached_property
    def families(self) -> dict[str, list[int]]:
        """The places of the features of each family."""
        found: dict[str, list[int]] = {}
        for place, family in enumerate(families_of(self.declarations)):
            found.setdefault(family, []).append(place)
        return found

    @cached_property
    def groups(self) -> dict[str, list[int]]:
        """The places of the features of each group, groups in their fixed order."""
        found: dict[str, list[int]] = {group: [] for group in GROUPS}
        for place, item in enumerate(self.declarations):
            found.setdefault(item.group, []).append(place)
        return {group: places for group, places in found.items() if places}

    @cached_property
    def named(self) -> dict[str, Declaration]:
        """The features by name."""
        return {item.name: item for item in self.declarations}

    def reasons(
        self,
        contributions: Sequence[float] | Floats,
        value_of: Callable[[int], Value],
        lang: str,
        top: int | None = 5,
    ) -> Reasons:
        """Return the reasons for and against: at least the `top` strongest families on each side (None: all).

        There are more where what is left out would outweigh what is shown, none where `top` is 0; a reason of 0.0 points is none.
        Contributions (d,) on the logit are in the order of the features; ``value_of(place)`` is the lead's own value.
        """
        parts = self._checked(contributions)
        families = list(self.families.items())
        totals = [_sum(parts, places) for _, places in families]
        up, down = select(totals, top)

        def word(k: int) -> Reason:
            family, places = families[k]
            return self._reason(family, [(place, parts[place]) for place in places], value_of, lang)

        shown = sum(totals[k] for k in (*up, *down))
        return Reasons(tuple(map(word, up)), tuple(map(word, down)), sum(totals) - shown)

    def family_sums(self, contributions: Sequence[float] | Floats) -> dict[str, float]:
        """Return the sum of contributions of each family; base + the sums = logit."""
        parts = self._checked(contributions)
        return {family: _sum(parts, places) for family, places in self.families.items()}

    def group_sums(self, contributions: Sequence[float] | Floats) -> dict[str, float]:
        """Return the sum of contributions of each group; base + the sums = logit."""
        parts = self._checked(contributions)
        return {group: _sum(parts, places) for group, places in self.groups.items()}

    def reworded(self, reason: Reason, lang: str) -> Reason:
        """Return the same reason in another language."""
        members = tuple(
            msgspec.structs.replace(
                member, text=self._text(member.feature, member.value, member.contribution, lang)
            )
            for member in reason.members
        )
        text = self._text(reason.feature, reason.value, reason.contribution, lang)
        return msgspec.structs.replace(
            reason, text=with_related(text, _related(members), lang), members=members
        )

    def _reason(
        self, family: str, parts: list[tuple[int, float]], value_of: Callable[[int], Value], lang: str
    ) -> Reason:
        if len(parts) == 1:
            (place, part), item = parts[0], self.declarations[parts[0][0]]
            value = spoken(item, value_of(place))
            text = self._text(item.name, value, part, lang)
            return Reason(item.name, family, item.group, part, part * POINTS_PER_LOGIT, value, text)
        total = sum(part for _, part in parts)
        ranked = sorted(((place, part) for place, part in parts if part), key=lambda pair: -abs(pair[1]))
        lead = next(place for place, part in ranked if part * total > 0)
        members = tuple(self._member(place, part, value_of(place), lang) for place, part in ranked)
        main = next(m for m, (place, _) in zip(members, ranked, strict=True) if place == lead)
        item = self.declarations[lead]
        several = members if len(members) > 1 else ()
        text = with_related(main.text, _related(several), lang)
        points = total * POINTS_PER_LOGIT
        return Reason(item.name, family, item.group, total, points, main.value, text, several)

    def _member(self, place: int, part: float, value: Value, lang: str) -> ReasonMember:
        item = self.declarations[place]
        given = spoken(item, value)
        text = self._text(item.name, given, part, lang)
        return ReasonMember(item.name, part, part * POINTS_PER_LOGIT, given, text)

    def _text(self, feature: str, value: Value, contribution: float, lang: str) -> str:
        return self._remembered(feature, value, contribution > 0, lang)

    @cached_property
    def _remembered(self) -> Callable[[str, Value, bool, str], str]:
        """Most values come again with the next lead: their words are kept, up to a limit."""
        return lru_cache(_TEXTS)(self._word)

    def _word(self, feature: str, value: Value, raises: bool, lang: str) -> str:
        found = _agreeing(self.evidence, feature, value, raises)
        return reason_text(self.named[feature], value, lang, found, target=self.target)

    def _checked(self, contributions: Sequence[float] | Floats) -> list[float]:
        parts = contributions.tolist() if isinstance(contributions, np.ndarray) else list(contributions)
        if len(parts) != len(self.declarations):
            raise _misfit(len(parts), f"{len(self.declarations)}, one per declared feature")
        if not math.isfinite(sum(parts)):
            raise _misfit(parts, "finite numbers")
        return parts


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


def _sum(parts: Sequence[float], places: Sequence[int]) -> float:
    return parts[places[0]] if len(places) == 1 else sum([parts[place] for place in places])


def _related(members: Sequence[ReasonMember]) -> int:
    """How many further features of a family weigh visibly."""
    return max(sum(abs(member.points) >= LEAST_POINTS for member in members) - 1, 0)


def _agreeing(evidence: Evidence | None, feature: str, value: Value, raises: bool) -> Finding | None:
    """Return the evidence of a value where it points the way of the contribution, and visibly so, else None."""
    found = None if evidence is None else evidence.lookup(feature, value)
    if found is None or found.rate == found.overall or (found.rate > found.overall) != raises:
        return None
    return None if read_the_same(found.rate, found.overall) else found


def _misfit(value: Any, expected: str) -> InputError:
    return InputError("contributions do not fit", source=_SOURCE, value=value, expected=expected)
