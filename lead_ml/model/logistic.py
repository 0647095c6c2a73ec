"""L2-regularised logistic regression, with the scorecard as its prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from lead_ml.asof.matrix import Matrix
from lead_ml.errors import ParamsError
from lead_ml.model.base import Classifier, ColumnInfo, add_up, check_classes, check_fit, described
from lead_ml.model.design import Design
from lead_ml.model.scorecard import Scorecard
from lead_ml.model.terms import CategoryTerm, NumberTerm, Term, Terms, term_of
from lead_ml.project.targets import Candidate
from lead_ml.tables.dataset import Floats

_BLOCK = 65_536  # rows scored at a time


class Logistic(Classifier):
    """Logistic regression on standardized numbers, missing indicators and one column per category code.

    Minimizes sum_i w_i * loss_i + l2 / 2 * sum_k b_k^2 (scikit-learn's ``C = 1 / l2``). Weights are taken as counts,
    not rescaled: a row of weight 2 is that row twice, and weights of 1 / rows of a lead make every lead one
    observation, against which ``l2`` is the strength of a normal prior with variance 1 / l2 on each b_k, the effect of
    one standard deviation of a number, of being missing, or of one category. The intercept is not penalized.

    A number with a ``monotone`` direction gets no slope against it, and a missing one no more than the best value; the rest is
    fitted under these bounds.

    With a ``prior`` its points enter as one more column at a hundredth of the penalty; the other
    columns learn departures from the profile.
    """

    candidate: ClassVar[Candidate] = "logistic"

    def __init__(self, *, l2: float = 1.0, prior: Scorecard | None = None) -> None:
        self.l2 = l2
        self.prior = prior

    def fit(
        self,
        X: Matrix,
        y: npt.NDArray[Any],
        *,
        sample_weight: Floats | None = None,
        columns: Sequence[ColumnInfo] | None = None,
    ) -> Self:
        """Decide the transforms, then fit; see :meth:`Classifier.fit`."""
        return self.fit_design(self.design(X, y, sample_weight, described(X, columns)))

    def design(
        self, X: Matrix, y: npt.NDArray[Any], sample_weight: Floats | None, columns: Sequence[ColumnInfo]
    ) -> Design:
        """Decide the transforms, which fits with other penalties can share."""
        labels, weight = check_fit(X, y, sample_weight, columns)
        check_classes(labels, weight)
        return Design.of(X, labels, weight, columns, self.prior)

    def fit_design(self, design: Design) -> Self:
        """Fit the coefficients of a design, which is not changed."""
        if not (isinstance(self.l2, int | float) and 0 < self.l2 < np.inf):
            raise ParamsError(
                "l2", value=self.l2, expected="a finite number above 0", do="correct the penalty"
            )
        self.columns_, self.prior_ = design.columns, design.prior
        b, n, k = design.fit(self.l2), len(design.numbers), design.n_dense
        self.prior_coefficient_ = 0.0 if design.offset is None else float(b[k - 2]) / design.scale
        slopes, absent = np.zeros((2, len(design.columns)))
        slopes[design.numbers] = b[:n]
        absent[design.indicators] = b[n:][: len(design.indicators)]
        share, terms = design.missing, list(design.terms)
        self.base_ = float(b[k - 1] + absent @ share)
        for j, term in enumerate(terms):
            if isinstance(term, NumberTerm):
                terms[j] = replace(
                    term,
                    slope=float(slopes[j]) / (term.scale or 1.0),
                    present=float(-absent[j] * share[j]),
                    missing=float(absent[j] * (1 - share[j])),
                )
        for j, shares in design.shares.items():
            effects = b[k:][design.places[j]]
            level = float(effects @ shares)
            terms[j] = CategoryTerm(tuple(np.where(shares > 0, effects - level, 0.0).tolist()))
            self.base_ += level
        self._set_terms(tuple(terms))
        return self

    def predict_logit(self, X: Floats) -> Floats:
        """Return the sum of :meth:`contributions` over columns, (n,)."""
        starts = range(0, max(len(X), 1), _BLOCK)
        return np.concatenate([add_up(self.contributions(X[start : start + _BLOCK])) for start in starts])

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
            "terms": [{"name": c.name, **vars(t)} for c, t in zip(self.columns_, self.terms_, strict=True)],
            "prior_coefficient": self.prior_coefficient_,
            "prior": None if prior is None else prior._to_dict(),
        }

    @classmethod
    def _from_dict(cls, content: Mapping[str, Any], folder: Path) -> Self:
        model = cls(l2=content["l2"])
        model.base_ = content["base"]
        model._set_terms(tuple(map(term_of, content["terms"])))
        model.prior_coefficient_ = content["prior_coefficient"]
        model.prior_ = None
        if content["prior"] is not None:
            model.prior_ = Scorecard._from_dict(content["prior"], folder)
            model.prior_.columns_ = tuple(ColumnInfo(**column) for column in content["columns"])
            model.prior = Scorecard(rules=model.prior_.rules, base_rate=model.prior_.base_rate)
        return model
