"""The ideal customer profile as tables for people: what is over-represented among the leads that converted, and by how much."""

from __future__ import annotations

from typing import Literal

import msgspec

from lead_ml.declare import MISSING, Declaration, Profile
from lead_ml.model.icp import BY_CHANCE, ColumnProfile, LearnedProfile, WeightOfEvidence
from lead_ml.model.metrics import OptionalInterval, wilson
from lead_ml.scoring.reasons.values import value_text

LEAST_POINTS = 1.0  # below, a value is called neither over- nor under-represented: 12% more or less common

Representation = Literal["over", "under", "even"]


class ValueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One value: its share of all leads and of the converted ones, its rate with Wilson's 90% interval, its points.

    ``by_hand`` marks points that ``params.yaml`` sets. Rate and shares are None where fewer than ten leads have the value.
    """

    value: str
    en: str
    zh: str
    leads: int
    wins: int
    rate: OptionalInterval
    of_all: float | None
    of_won: float | None
    points: float
    by_hand: bool
    representation: Representation


class ColumnTable(msgspec.Struct, frozen=True, kw_only=True):
    """One column, its values from the best to the worst; ``by_chance``: they differ by chance only, and have no points."""

    name: str
    en: str
    zh: str
    strength: float
    by_chance: bool
    rows: tuple[ValueRow, ...]


class ProfileTable(msgspec.Struct, frozen=True, kw_only=True):
    """One profile: the leads it was learned from, those that converted, and a table per column."""

    name: str
    en: str
    zh: str
    leads: int
    wins: int
    rate: OptionalInterval
    columns: tuple[ColumnTable, ...]


def profile_table(item: Profile, learned: LearnedProfile) -> ProfileTable:
    """Put a learned profile into words and shares."""
    return ProfileTable(
        name=item.name,
        en=item.en,
        zh=item.zh,
        leads=learned.leads,
        wins=learned.wins,
        rate=wilson(learned.wins, learned.leads),
        columns=tuple(
            _column(part, column, learned) for part, column in zip(item.of, learned.columns, strict=True)
        ),
    )


def _column(part: Declaration, column: ColumnProfile, learned: LearnedProfile) -> ColumnTable:
    ranked = sorted(column.values.items(), key=lambda entry: (-entry[1].points, -entry[1].leads, entry[0]))
    return ColumnTable(
        name=part.name,
        en=part.en,
        zh=part.zh,
        strength=column.strength,
        by_chance=column.strength >= BY_CHANCE,
        rows=tuple(_row(part, value, weight, learned) for value, weight in ranked),
    )


def _row(part: Declaration, value: str, weight: WeightOfEvidence, learned: LearnedProfile) -> ValueRow:
    said, points = None if value == MISSING else value, weight.points
    side: Representation = "over" if points > 0 else "under"
    return ValueRow(
        value=value,
        en=value_text(part, said, "en"),
        zh=value_text(part, said, "zh"),
        leads=weight.leads,
        wins=weight.wins,
        rate=wilson(weight.wins, weight.leads),
        of_all=weight.leads / learned.leads if weight.leads else None,
        of_won=weight.wins / learned.wins if weight.leads and learned.wins else None,
        points=points,
        by_hand=weight.by_hand,
        representation="even" if abs(points) < LEAST_POINTS else side,
    )
