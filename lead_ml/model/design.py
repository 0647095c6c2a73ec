"""The design of the logistic regression, laid out block by block of rows, and its fit by Newton steps.

No sum over rows goes through BLAS, so results do not depend on the number of threads, and no second matrix of all rows
is held.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from lead_ml.asof.matrix import Matrix
from lead_ml.model.base import ColumnInfo
from lead_ml.model.metrics import logit, logit_losses, sigmoid
from lead_ml.model.monotone import Bound, Bounds
from lead_ml.model.scorecard import Scorecard
from lead_ml.model.terms import UNSEEN, CategoryTerm, NumberTerm, Term, Terms, number_term
from lead_ml.tables.dataset import Floats, Indices

_log = logging.getLogger(__name__)
_STEPS = 100
_BLOCK = 4096  # rows whose design stays in the processor's cache
_SMALL_STEP, _SMALLEST_SHARE = 1e-6, 1e-6
_ROUNDING = 1e-13  # share of the total weight below which a change of the loss is rounding
# The prior's column is scaled to ten standard deviations, so its coefficient bears a hundredth of the penalty.
_PRIOR_SCALE = 10.0


@dataclass(frozen=True)
class Design:
    """What a fit needs besides the penalty: the rows, the terms (slopes and effects still 0), and the prior's logit.

    Coefficients stand in the order: numbers, missing indicators, the prior, the intercept, category codes.
    """

    X: Matrix
    labels: Floats
    weight: Floats
    columns: tuple[ColumnInfo, ...]
    terms: tuple[Term, ...]
    prior: Scorecard | None
    offset: Floats | None  # centered logit of the prior over `scale`, None where it does not vary
    scale: float

    @classmethod
    def of(
        cls, X: Matrix, labels: Floats, weight: Floats, columns: Sequence[ColumnInfo], prior: Scorecard | None
    ) -> Design:
        """Decide the transforms; rows without weight must not decide which codes or missing values were seen."""
        used = weight > 0
        if not used.all():
            X, labels, weight = np.ascontiguousarray(X[used]), labels[used], weight[used]
        terms = tuple(
            _term(np.ascontiguousarray(X[:, j]), weight, column) for j, column in enumerate(columns)
        )
        fitted = None if prior is None else Scorecard(rules=prior.rules, base_rate=prior.base_rate)
        if fitted is not None:
            fitted.fit(X, None, sample_weight=weight, columns=columns)
        return cls(X, labels, weight, tuple(columns), terms, fitted, *_prior_column(fitted, X, weight))

    @cached_property
    def numbers(self) -> Indices:
        """Columns of numbers that vary."""
        return np.array(
            [j for j, t in enumerate(self.terms) if isinstance(t, NumberTerm) and t.scale > 0], int
        )

    @cached_property
    def missing(self) -> Floats:
        """Weighted share of the rows in which a column is missing, (d,)."""
        w, count = self.weight, len(self.columns)
        return np.array([w[np.isnan(self.X[:, j])].sum() / w.sum() for j in range(count)])

    @cached_property
    def indicators(self) -> Indices:
        """Columns that are missing in some rows and not in all."""
        return np.flatnonzero((self.missing > 0) & (self.missing < 1))

    @cached_property
    def shares(self) -> dict[int, Floats]:
        """Weighted share of every code of the categories that vary, by column."""
        found = {
            j: np.bincount(self.X[:, j].astype(np.int64), self.weight, len(term.effects))
            for j, term in enumerate(self.terms)
            if isinstance(term, CategoryTerm)
        }
        return {j: w / self.weight.sum() for j, w in found.items() if (w > 0).sum() > 1}

    @cached_property
    def places(self) -> dict[int, Indices]:
        """Place of every code among those seen of all categories, by column."""
        found, end = {}, 0
        for j, shares in self.shares.items():
            found[j] = end + np.cumsum(shares > 0) - 1
            end = int(found[j][-1]) + 1
        return found

    @cached_property
    def n_codes(self) -> int:
        """Number of codes seen, of all categories that vary."""
        return sum(int((shares > 0).sum()) for shares in self.shares.values())

    @cached_property
    def n_dense(self) -> int:
        """Number of coefficients that are not of codes."""
        return len(self.numbers) + len(self.indicators) + (self.offset is not None) + 1

    @cached_property
    def _standardized(self) -> Terms:
        terms = [self.terms[j] for j in self.numbers]
        return Terms([replace(t, slope=1 / t.scale) for t in terms if isinstance(t, NumberTerm)])

    def blocks(self) -> Iterator[tuple[slice, Floats, Any]]:
        """Yield the rows, the dense columns (k, n) and the one-hot codes, sparse (n, codes), of every block."""
        from scipy import sparse

        for start in range(0, len(self.X), _BLOCK):
            rows = slice(start, start + _BLOCK)
            X = self.X[rows]
            dense = np.ones((self.n_dense, len(X)))
            dense[: len(self.numbers)] = self._standardized.effects(X[:, self.numbers]).T
            dense[len(self.numbers) :][: len(self.indicators)] = np.isnan(X[:, self.indicators]).T
            if self.offset is not None:
                dense[-2] = self.offset[rows]
            codes = [place[X[:, j].astype(np.int64)] for j, place in self.places.items()]
            indices = np.column_stack(codes).ravel() if codes else np.empty(0, dtype=np.int64)
            ends = np.arange(len(X) + 1) * len(codes)
            hot = sparse.csr_array((np.ones(len(indices)), indices, ends), shape=(len(X), self.n_codes))
            yield rows, dense, hot

    def at(self, b: Floats, l2: float) -> tuple[float, Floats, Floats]:
        """Return the penalized loss at coefficients b, its gradient, and its second derivative."""
        k, ridge = self.n_dense, np.full(len(b), float(l2))
        ridge[k - 1] = 0.0
        loss, gradient, curvature = 0.5 * float((ridge * b**2).sum()), ridge * b, np.diag(ridge)
        across = curvature[k:, k:]
        for rows, dense, hot in self.blocks():
            z = np.einsum("k,kn->n", b[:k], dense) + hot @ b[k:]
            y, weight, chance = self.labels[rows], self.weight[rows], sigmoid(z)
            residual, spread = weight * (chance - y), weight * chance * (1 - chance)
            loss += float((weight * logit_losses(z, y)).sum())
            gradient[:k] += np.einsum("kn,n->k", dense, residual)
            gradient[k:] += hot.T @ residual
            weighed = dense * spread
            curvature[:k, :k] += np.einsum("kn,mn->km", dense, weighed)
            curvature[k:, :k] += hot.T @ weighed.T
            hot_spread = hot.copy()
            hot_spread.data = np.repeat(spread, len(self.places))
            pairs = (hot.T @ hot_spread).tocoo()
            across[pairs.row, pairs.col] += pairs.data
        curvature[:k, k:] = curvature[k:, :k].T
        return loss, gradient, curvature

    def fit(self, l2: float) -> Floats:
        """Return the coefficients of the least penalized loss, the same bits whatever the number of threads."""
        with threadpool_limits(1, "blas"):
            return self.bounds.fit(partial(self._newton, l2), lambda b: self.at(b, l2)[1])

    @cached_property
    def bounds(self) -> Bounds:
        """What declared directions forbid: slopes of the other sign, a missing value above every value, a reversed prior."""
        found, n = [], len(self.numbers)
        for k, j in enumerate(self.numbers.tolist()):
            sign = self.columns[j].monotone
            if sign:
                found.append(Bound(k, sign))
                place = np.flatnonzero(self.indicators == j)
                found += [Bound(n + int(p), -1, k, self._standardized.extreme(k, sign)) for p in place]
        ruled = {rule.column for rule in self.prior.rules} if self.prior is not None else set()
        if self.offset is not None and any(self.columns[j].monotone for j in ruled):
            found.append(Bound(self.n_dense - 2, 1))
        return Bounds(tuple(found), self.n_dense + self.n_codes)

    def _newton(self, l2: float, start: Floats | None, basis: Floats | None) -> Floats:
        b = np.zeros(self.n_dense + self.n_codes) if start is None else start
        if start is None:
            b[self.n_dense - 1] = logit(np.average(self.labels, weights=self.weight))
        rounding = _ROUNDING * float(self.weight.sum())
        loss, gradient, curvature = self.at(b, l2)
        for _ in range(_STEPS):
            move = _solution(curvature, -gradient, basis)
            if np.abs(move).max() < _SMALL_STEP:
                return np.asarray(b + move)  # this last step squares the error that is left
            before, share = loss, 1.0
            loss, gradient, curvature = self.at(b + move, l2)
            while not loss <= before + rounding and share > _SMALLEST_SHARE:  # NaN is no progress either
                share /= 2
                loss, gradient, curvature = self.at(b + share * move, l2)
            b = b + share * move
        _log.warning("logistic regression stopped after %d steps; raise l2 above %g", _STEPS, l2)
        return b


def _solution(curvature: Floats, values: Floats, basis: Floats | None = None) -> Floats:
    if basis is not None:
        return np.asarray(basis @ _solution(basis.T @ curvature @ basis, basis.T @ values))
    try:
        return np.asarray(np.linalg.solve(curvature, values))
    except np.linalg.LinAlgError:  # columns that add up to each other, under next to no penalty
        return np.asarray(np.linalg.lstsq(curvature, values)[0])


def _term(values: Floats, weight: Floats, column: ColumnInfo) -> Term:
    if column.kind == "number":
        return number_term(values, weight)
    return CategoryTerm((0.0,) * max(column.n_codes, int(values.max()) + 1, UNSEEN + 1))


def _prior_column(prior: Scorecard | None, X: Matrix, weight: Floats) -> tuple[Floats | None, float]:
    """The centered prior logit over ``scale``, and ``scale``; None where the prior does not vary."""
    if prior is None:
        return None, 1.0
    centered = prior.predict_logit(X) - prior.contributions(X[:1])[0, -1]
    deviation = float(np.sqrt(np.average(centered**2, weights=weight)))
    if deviation < 1e-12:
        return None, 1.0
    scale = deviation / _PRIOR_SCALE
    return centered / scale, scale
