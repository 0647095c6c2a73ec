"""Points from the ideal customer profile: a model that needs no labels."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
import numpy.typing as npt

from lead_ml.asof.encode import FIRST_LEVEL, MISSING
from lead_ml.asof.matrix import Matrix
from lead_ml.errors import DeclarationError
from lead_ml.model.base import Classifier, ColumnInfo, check_fit, check_matrix, described
from lead_ml.model.monotone import check_directions
from lead_ml.project.params import PointsRule
from lead_ml.project.targets import Candidate
from lead_ml.tables.dataset import Floats

LOGIT_PER_POINT = math.log(10) / 20


@dataclass(frozen=True)
class CompiledRule:
    """Points where column ``column`` holds one of ``codes``, lies in [``at_least``, ``below``), or is ``missing``.

    ``codes`` is None for a rule on a number. An empty tuple matches nothing: the values were never seen.
    """

    column: int
    points: float
    codes: tuple[int, ...] | None = None
    at_least: float | None = None
    below: float | None = None
    missing: bool = False

    def matches(self, values: Floats) -> npt.NDArray[np.bool_]:
        """Return which of the column's values (n,) earn the points."""
        if self.codes is not None:
            return np.isin(values, self.codes)
        if self.missing:
            return np.isnan(values)
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.below is None else self.below
        return np.asarray((values >= low) & (values < high), dtype=np.bool_)


def compile_rules(
    rules: Sequence[PointsRule],
    columns: Sequence[ColumnInfo],
    codes_of: Callable[[str, str], int | None],
) -> tuple[CompiledRule, ...]:
    """Translate the rules of ``params.yaml`` into columns and codes; raises DeclarationError where one does not fit.

    `codes_of` gives the code of a feature's value. A value without a level of its own (None, unseen or rare) matches nothing:
    points for one rare company must not go to every rare company.
    """
    places = {column.name: place for place, column in enumerate(columns)}
    found = tuple(_compiled(rule, places, columns, codes_of) for rule in rules)
    check_directions(columns, partial(_points_at, found), partial(_ends, found))
    return found


class Scorecard(Classifier):
    """Additive points: 20 log10(2) = 6.0206 points double the odds of ``base_rate``, those of a lead without points.

    ``fit`` learns no points, only the weighted mean points of each column, around which contributions are centered.
    """

    candidate: ClassVar[Candidate] = "scorecard"

    def __init__(self, *, rules: tuple[CompiledRule, ...] = (), base_rate: float = 0.05) -> None:
        self.rules = rules
        self.base_rate = base_rate

    def fit(
        self,
        X: Matrix,
        y: npt.NDArray[Any] | None = None,
        *,
        sample_weight: Floats | None = None,
        columns: Sequence[ColumnInfo] | None = None,
    ) -> Self:
        """Store the mean points per column; ``y`` is not used and may be None, ``X`` may have no rows."""
        self.columns_ = columns = described(X, columns)
        _, weight = check_fit(X, np.zeros(len(X)) if y is None else y, sample_weight, columns)
        total, self.mean_points_ = float(weight.sum()), np.zeros(len(columns))
        for column in self._used() if total > 0 else ():
            self.mean_points_[column] = (self._points(X, column) * weight).sum() / total
        return self

    def predict_logit(self, X: Matrix) -> Floats:
        """Return logit(base_rate) + points * ln(10) / 20, (n,)."""
        total = np.zeros(len(check_matrix(X, self._fitted())))
        for column in self._used():
            total += self._points(X, column)
        return total * LOGIT_PER_POINT + self._start()

    def contributions(self, X: Floats) -> Floats:
        """Return (n, d + 1): (points - mean points) * ln(10) / 20 of each column, and the mean lead's logit."""
        found = np.zeros((len(check_matrix(X, self._fitted())), len(self.columns_) + 1))
        found[:, -1] = self._start() + math.fsum(self.mean_points_) * LOGIT_PER_POINT
        for column in self._used():
            found[:, column] = (self._points(X, column) - self.mean_points_[column]) * LOGIT_PER_POINT
        return found

    def _points(self, X: Matrix, column: int) -> Floats:
        """Points (n,) of the rules on one column."""
        points, values = np.zeros(len(X)), X[:, column]
        for rule in self.rules:
            if rule.column == column:
                points += np.where(rule.matches(values), rule.points, 0.0)
        return points

    def _used(self) -> list[int]:
        return sorted({rule.column for rule in self.rules})

    def _start(self) -> float:
        return math.log(self.base_rate) - math.log1p(-self.base_rate)

    def _to_dict(self) -> dict[str, Any]:
        return {
            "base_rate": self.base_rate,
            "rules": [vars(rule) for rule in self.rules],
            "mean_points": self.mean_points_.tolist(),
        }

    @classmethod
    def _from_dict(cls, content: Mapping[str, Any], folder: Path) -> Self:  # noqa: ARG003
        rules = msgspec.convert(content["rules"], tuple[CompiledRule, ...])
        model = cls(rules=rules, base_rate=content["base_rate"])
        model.mean_points_ = np.array(content["mean_points"], dtype=np.float64)
        return model


def _ends(rules: Sequence[CompiledRule], column: int) -> set[float]:
    """Where the points of a number change."""
    own = [rule for rule in rules if rule.column == column]
    return {end for rule in own for end in (rule.at_least, rule.below) if end is not None}


def _points_at(rules: Sequence[CompiledRule], column: int, value: float) -> float:
    own = [rule for rule in rules if rule.column == column and not rule.missing]
    return sum(rule.points for rule in own if rule.matches(np.array([value]))[0])


def _compiled(
    rule: PointsRule,
    places: Mapping[str, int],
    columns: Sequence[ColumnInfo],
    codes_of: Callable[[str, str], int | None],
) -> CompiledRule:
    if rule.feature not in places:
        near = difflib.get_close_matches(rule.feature, places, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"the model has {', '.join(sorted(places))}"
        raise DeclarationError("a scorecard rule names no feature of the model", value=rule.feature, do=hint)
    place = places[rule.feature]
    ranged = rule.at_least is not None or rule.below is not None
    if columns[place].kind == "number":
        if rule.values:
            raise DeclarationError(
                f"a scorecard rule gives values of the number {rule.feature}",
                value=rule.values,
                expected="at_least and below",
            )
        return CompiledRule(place, rule.points, None, rule.at_least, rule.below, rule.missing)
    if ranged:
        raise DeclarationError(
            f"a scorecard rule gives a range of the category {rule.feature}",
            value=(rule.at_least, rule.below),
            expected="values",
        )
    found = (codes_of(rule.feature, value) for value in rule.values)
    levels = sorted({code for code in found if code is not None and code >= FIRST_LEVEL})
    return CompiledRule(place, rule.points, (MISSING,) if rule.missing else tuple(levels))
