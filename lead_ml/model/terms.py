"""How the logistic regression sees a column: a transform decided at fit time, and an effect of its own value alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lead_ml.tables.dataset import Floats, Indices

UNSEEN = 1
SKEWED = 1.0
TAILS = (0.001, 0.999)


@dataclass(frozen=True)
class NumberTerm:
    """Effect on the logit: ``slope`` * (t - ``mean``) + ``present``, or ``missing`` where the value is missing.

    t is the value clipped to [``low``, ``high``], the fit rows' 0.1 and 99.9% quantiles, and where ``log`` then
    sign(x) log(1 + abs(x)), with weighted ``mean`` and ``scale`` (0: constant). ``missing`` and ``present`` weigh out to 0.
    """

    low: float = 0.0
    high: float = 0.0
    log: bool = False
    mean: float = 0.0
    scale: float = 0.0
    slope: float = 0.0
    present: float = 0.0
    missing: float = 0.0


@dataclass(frozen=True)
class CategoryTerm:
    """Effect on the logit by code; they weigh out to 0 over the fit rows, and a code not seen in them has 0."""

    effects: tuple[float, ...]


Term = NumberTerm | CategoryTerm


def number_term(values: Floats, weight: Floats) -> NumberTerm:
    """Decide the transform of a number from its fit values (n,) and their weights: slope and effects still 0."""
    used = ~np.isnan(values) & (weight > 0)
    x, w = values[used], weight[used]
    if not len(x):
        return NumberTerm()
    low, high = (float(edge) for edge in np.quantile(x, TAILS, weights=w, method="inverted_cdf"))
    clipped = np.clip(x, low, high)
    plain, logged = _moments(clipped, w), _moments(_signed_log(clipped), w)
    log = abs(plain[2]) > SKEWED and abs(logged[2]) < abs(plain[2])
    mean, scale, _ = logged if log else plain
    return NumberTerm(low, high, log, mean, scale)


class Terms:
    """The terms of all columns as arrays: the effects of a whole matrix in a few elementwise steps."""

    def __init__(self, terms: Sequence[Term]) -> None:
        numbers = [(j, term) for j, term in enumerate(terms) if isinstance(term, NumberTerm)]
        categories = [(j, term) for j, term in enumerate(terms) if isinstance(term, CategoryTerm)]
        self._numbers: Indices = np.array([j for j, _ in numbers], dtype=np.int64)
        self._fields = {
            name: np.array([getattr(term, name) for _, term in numbers], dtype=np.float64)
            for name in ("low", "high", "mean", "slope", "present", "missing")
        }
        self._logged: Indices = np.flatnonzero([term.log for _, term in numbers]).astype(np.int64)
        self._categories: Indices = np.array([j for j, _ in categories], dtype=np.int64)
        self._sizes: Indices = np.array([len(term.effects) for _, term in categories], dtype=np.int64)
        self._offsets: Indices = np.cumsum(self._sizes) - self._sizes
        self._effects = np.array(
            [effect for _, term in categories for effect in term.effects], dtype=np.float64
        )

    def effects(self, X: Floats) -> Floats:
        """Return (n, d): what each column adds to the logit."""
        out = np.zeros_like(X)
        if len(self._numbers):
            out[:, self._numbers] = self._of_numbers(X[:, self._numbers])
        if len(self._categories):
            out[:, self._categories] = self._of_categories(X[:, self._categories])
        return out

    def extreme(self, k: int, sign: int) -> float:
        """Return the largest (sign 1) or the smallest (-1) centered value of number k of the fit, after its transform."""
        row = np.full((1, len(self._numbers)), np.nan)
        row[0, k] = self._fields["high" if sign > 0 else "low"][k]
        return float(self._of_numbers(row)[0, k])

    def _of_numbers(self, values: Floats) -> Floats:
        field = self._fields
        t = np.clip(values, field["low"], field["high"])
        if len(self._logged):
            t[:, self._logged] = _signed_log(np.ascontiguousarray(t[:, self._logged]))
        effect = field["slope"] * (t - field["mean"]) + field["present"]
        return np.where(np.isnan(values), field["missing"], effect)

    def _of_categories(self, values: Floats) -> Floats:
        codes = values.astype(np.int64)
        known = (codes >= 0) & (codes < self._sizes)
        effects: Floats = self._effects[self._offsets + np.where(known, codes, UNSEEN)]
        return effects


def term_of(content: Mapping[str, Any]) -> Term:
    """Rebuild a term from its fields as JSON values, and the name of its column."""
    if "effects" in content:
        return CategoryTerm(tuple(float(effect) for effect in content["effects"]))
    return NumberTerm(**{key: value for key, value in content.items() if key != "name"})


def _signed_log(x: Floats) -> Floats:
    return np.copysign(np.log1p(np.abs(x)), x)


def _moments(x: Floats, w: Floats) -> tuple[float, float, float]:
    """Weighted mean, standard deviation (0 where it is rounding only) and skewness."""
    total = w.sum()
    mean = float((x * w).sum() / total)
    deviation = x - mean
    scale = float(np.sqrt((deviation**2 * w).sum() / total))
    if scale <= 1e-12 * max(1.0, abs(mean)):
        return mean, 0.0, 0.0
    return mean, scale, float((deviation**3 * w).sum() / total / scale**3)
