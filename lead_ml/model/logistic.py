"""L2-regularised logistic regression, with the scorecard as its prior."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from lead_ml.model.base import Classifier, ColumnInfo, add_up, check_classes, check_fit, described
from lead_ml.model.metrics import logit
from lead_ml.model.scorecard import Scorecard
from lead_ml.model.terms import (
    UNSEEN,
    CategoryTerm,
    Term,
    Terms,
    number_term,
    standardized,
    terms_from_dicts,
    terms_to_dicts,
)
from lead_ml.project.targets import Kind
from lead_ml.tables.dataset import Floats, Indices

_log = logging.getLogger(__name__)
_TOLERANCE = 1e-8
_STEPS = 20_000
# The prior's column is scaled to ten standard deviations, so its coefficient bears a hundredth of the penalty.
_PRIOR_SCALE = 10.0


class Logistic(Classifier):
    """Logistic regression on standardized numbers, missing indicators and one column per category code.

    Minimizes sum_i w_i * loss_i + l2 / 2 * sum_k b_k^2 (scikit-learn's ``C = 1 / l2``). Weights are taken as counts,
    not rescaled: a row of weight 2 is that row twice, and weights of 1 / rows of a lead make every lead one
    observation, against which ``l2`` is the strength of a normal prior with variance 1 / l2 on each b_k, the effect of
    one standard deviation of a number, of being missing, or of one category. The intercept is not penalized.

    With a ``prior`` its points enter as one more column at a hundredth of the penalty; the other
    columns learn departures from the profile.
    """

    kind: ClassVar[Kind] = "logistic"

    def __init__(self, *, l2: float = 1.0, prior: Scorecard | None = None) -> None:
        self.l2 = l2
        self.prior = prior

    def fit(
        self,
        X: Floats,
        y: npt.NDArray[Any],
        *,
        sample_weight: Floats | None = None,
        columns: Sequence[ColumnInfo] | None = None,
    ) -> Self:
        """Decide the transforms, then fit; see :meth:`Classifier.fit`."""
        return self.fit_design(self.design(X, y, sample_weight, described(X, columns)))

    def design(
        self, X: Floats, y: npt.NDArray[Any], sample_weight: Floats | None, columns: Sequence[ColumnInfo]
    ) -> Design:
        """Decide the transforms and lay out the design matrix, which fits with other penalties can share."""
        labels, weight = check_fit(X, y, sample_weight, columns)
        check_classes(labels, weight)
        # Rows without weight must not decide which codes or missing values were seen.
        used = weight > 0
        X, labels, weight = np.ascontiguousarray(X[used]), labels[used], weight[used]
        parts = tuple(_part(X[:, j].copy(), weight, column) for j, column in enumerate(columns))
        prior = _fitted_prior(self.prior, X, weight, columns)
        offset, scale = _prior_column(prior, X, weight)
        empty = not sum(part.width for part in parts) and offset is None
        matrix = None if empty else _matrix(parts, offset, len(labels))
        return Design(
            tuple(columns), parts, matrix, labels, weight, prior, scale if offset is not None else None
        )

    def fit_design(self, design: Design) -> Self:
        """Fit the coefficients of a design, which is not changed."""
        self.columns_, self.prior_ = design.columns, design.prior
        coefficients, intercept = _solve(design, self.l2)
        self.prior_coefficient_ = coefficients.pop() / design.prior_scale if design.prior_scale else 0.0
        pairs = list(zip(design.parts, coefficients, strict=True))
        self._set_terms(tuple(part.term_with(b) for part, b in pairs))
        self.base_ = intercept + sum(part.level(b) for part, b in pairs)
        return self

    def predict_logit(self, X: Floats) -> Floats:
        """Return the sum of :meth:`contributions` over columns, (n,)."""
        return add_up(self.contributions(X))

    def contributions(self, X: Floats) -> Floats:
        """Return (n, d + 1): coefficient * (value - weighted fit mean) summed per column, and the mean lead's logit."""
        self._checked(X)
        effects = self._terms.effects(X)
        if self.prior_ is not None:
            effects += self.prior_coefficient_ * self.prior_.contributions(X)[:, :-1]
        return np.column_stack([effects, np.full(len(X), self.base_)])

    def _set_terms(self, terms: tuple[Term, ...]) -> None:
        self.terms_ = terms
        self._terms = Terms(terms)

    def _to_dict(self) -> dict[str, Any]:
        prior = self.prior_
        return {
            "l2": self.l2,
            "base": self.base_,
            "terms": terms_to_dicts(self.terms_, self.columns_),
            "prior_coefficient": self.prior_coefficient_,
            "prior": None if prior is None else prior._to_dict(),
        }

    @classmethod
    def _from_dict(cls, content: Mapping[str, Any], folder: Path) -> Self:
        model = cls(l2=content["l2"])
        model.base_ = content["base"]
        model._set_terms(terms_from_dicts(content["terms"]))
        model.prior_coefficient_ = content["prior_coefficient"]
        model.prior_ = None
        if content["prior"] is not None:
            model.prior_ = Scorecard._from_dict(content["prior"], folder)
            model.prior_.columns_ = tuple(ColumnInfo(**column) for column in content["columns"])
            model.prior = Scorecard(rules=model.prior_.rules, base_rate=model.prior_.base_rate)
        return model


@dataclass(frozen=True)
class _Part:
    """Design columns of one source column: a dense block (numbers) or the codes that are one-hot (categories)."""

    term: Term
    dense: Floats
    position: Indices | None
    codes: Indices
    means: Floats
    indicator: bool = False

    @property
    def width(self) -> int:
        return len(self.means)

    def level(self, b: Floats) -> float:
        """What the fit mean of these columns adds to the logit: it belongs to the base."""
        return float((b * self.means).sum())

    def term_with(self, b: Floats) -> Term:
        """The term with the effects that the coefficients ``b`` (width,) give it."""
        if isinstance(self.term, CategoryTerm):
            effects = np.zeros(len(self.term.effects))
            effects[self.codes] = b - self.level(b)
            return CategoryTerm(tuple(effects.tolist()))
        # The standardized value has mean 0 over the rows that have it, and is 0 in those that lack it.
        absent, share = (float(b[-1]), float(self.means[-1])) if self.indicator else (0.0, 0.0)
        slope = float(b[0]) / self.term.scale if self.term.scale > 0 else 0.0
        return replace(self.term, slope=slope, present=-absent * share, missing=absent * (1 - share))


@dataclass(frozen=True)
class Design:
    """What a fit needs besides the penalty: ``matrix`` is sparse (rows, coefficients), or None without any column that varies.

    ``prior_scale`` is the scale of the prior's column, the last of the matrix, or None without one.
    """

    columns: tuple[ColumnInfo, ...]
    parts: tuple[_Part, ...]
    matrix: Any
    labels: Floats
    weight: Floats
    prior: Scorecard | None
    prior_scale: float | None


_NO_CODES = np.empty(0, dtype=np.int64)


def _part(values: Floats, weight: Floats, column: ColumnInfo) -> _Part:
    return _category(values, weight, column) if column.kind == "category" else _number(values, weight)


def _number(values: Floats, weight: Floats) -> _Part:
    term = number_term(values, weight)
    missing = np.isnan(values)
    blocks = [standardized(term, values)] if term.scale > 0 else []
    indicator = bool(missing.any() and not missing.all())
    if indicator:
        blocks.append(missing.astype(np.float64))
    dense = np.column_stack(blocks) if blocks else np.empty((len(values), 0))
    means = np.array([(block * weight).sum() / weight.sum() for block in blocks], dtype=np.float64)
    return _Part(term, dense, None, _NO_CODES, means, indicator)


def _category(values: Floats, weight: Floats, column: ColumnInfo) -> _Part:
    codes, position = np.unique(values.astype(np.int64), return_inverse=True)
    size = max(column.n_codes, int(codes[-1]) + 1, UNSEEN + 1)
    term, nothing = CategoryTerm((0.0,) * size), np.empty((len(values), 0))
    if len(codes) < 2:
        return _Part(term, nothing, None, _NO_CODES, np.empty(0))
    means = np.bincount(position, weights=weight) / weight.sum()
    return _Part(term, nothing, position.astype(np.int64), codes, means)


def _fitted_prior(
    prior: Scorecard | None, X: Floats, weight: Floats, columns: Sequence[ColumnInfo]
) -> Scorecard | None:
    if prior is None:
        return None
    fresh = Scorecard(rules=prior.rules, base_rate=prior.base_rate)
    return fresh.fit(X, None, sample_weight=weight, columns=columns)


def _prior_column(prior: Scorecard | None, X: Floats, weight: Floats) -> tuple[Floats | None, float]:
    """The centered prior logit over ``scale``, and ``scale``; None where the prior does not vary."""
    if prior is None:
        return None, 1.0
    centered = add_up(prior.contributions(X)) - prior.contributions(X[:1])[0, -1]
    deviation = float(np.sqrt((centered**2 * weight).sum() / weight.sum()))
    if deviation < 1e-12:
        return None, 1.0
    scale = deviation / _PRIOR_SCALE
    return centered / scale, scale


def _solve(design: Design, l2: float) -> tuple[list[Any], float]:
    """Return the coefficients of each part, the prior's (a float) after them, and the intercept."""
    parts, y, weight = design.parts, design.labels, design.weight
    if design.matrix is None:
        return [np.empty(0) for _ in parts], float(logit((y * weight).sum() / weight.sum()))
    b, intercept = _newton(design.matrix, y, weight, l2)
    edges = np.cumsum([0, *(part.width for part in parts)])
    found: list[Any] = [b[edges[j] : edges[j + 1]] for j in range(len(parts))]
    return found + ([float(b[-1])] if design.prior_scale else []), intercept


def _matrix(parts: Sequence[_Part], offset: Floats | None, n: int) -> Any:
    """Sparse, so that categories stay small; and its products are sums in one thread, the same on every machine."""
    from scipy import sparse

    blocks = []
    for part in parts:
        if part.position is None:
            blocks.append(sparse.csr_array(part.dense))
        else:
            ones, rows = np.ones(n), np.arange(n + 1)
            blocks.append(sparse.csr_array((ones, part.position, rows), shape=(n, part.width)))
    if offset is not None:
        blocks.append(sparse.csr_array(offset[:, None]))
    return sparse.csr_array(sparse.hstack(blocks, format="csr"))


def _newton(design: Any, y: Floats, weight: Floats, l2: float) -> tuple[Floats, float]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1 / l2, solver="newton-cholesky", tol=_TOLERANCE, max_iter=_STEPS)
    with warnings.catch_warnings():
        # At this tolerance the line search may end on rounding, at the optimum; running out of steps is logged below.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(design, y, sample_weight=weight)
    if int(model.n_iter_[0]) >= _STEPS:
        _log.warning("logistic regression stopped after %d steps; raise l2 above %g", _STEPS, l2)
    return np.asarray(model.coef_[0], dtype=np.float64), float(model.intercept_[0])
