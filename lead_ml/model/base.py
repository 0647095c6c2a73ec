"""The interface of every candidate: a fit on a float64 matrix, contributions that add up to the logit, files without pickle."""

from __future__ import annotations

import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt

from lead_ml.asof.matrix import FeatureMatrix, Matrix
from lead_ml.errors import BundleError, InputError, LeadMLError, TooLittleData
from lead_ml.model.metrics import sigmoid
from lead_ml.project.targets import Candidate
from lead_ml.tables.dataset import Floats

FILE = "model.json"
FORMAT = 1
M = TypeVar("M", bound=Matrix)


@dataclass(frozen=True)
class ColumnInfo:
    """One column of the matrix.

    A ``number`` is a float, NaN where missing; ``monotone`` is +1, -1 or 0. A ``category`` is an integer code below
    ``n_codes``: 0 missing, 1 other (values seen in fewer than 10 leads, or never), 2 up the levels.
    """

    name: str
    kind: Literal["number", "category"]
    n_codes: int = 0
    monotone: int = 0


class Classifier(ABC):
    """A binary classifier in scikit-learn's style; the constructor stores its keywords and does nothing else.

    One row scores to the same last bit as the same row among many.
    """

    candidate: ClassVar[Candidate]
    columns_: tuple[ColumnInfo, ...]

    @abstractmethod
    def fit(
        self,
        X: Matrix,
        y: npt.NDArray[Any],
        *,
        sample_weight: Floats | None = None,
        columns: Sequence[ColumnInfo] | None = None,
    ) -> Self:
        """Learn from labeled rows.

        Parameters
        ----------
        X
            (n, d) float64, C-contiguous, NaN where missing; or one that is made block by block.
        y
            (n,) labels 0 and 1.
        sample_weight
            (n,) weights of at least 0; 1 each by default.
        columns
            What the d columns hold; numbers named ``x0``, ``x1``, ... by default.

        Raises
        ------
        InputError
            If shapes, types or values are not that.
        TooLittleData
            If the rows with a weight hold one class only and the candidate learns from labels.
        """

    @abstractmethod
    def contributions(self, X: Floats) -> Floats:
        """Return (n, d + 1): what each column adds to the logit, and the base in the last column."""

    @abstractmethod
    def predict_logit(self, X: Floats) -> Floats:
        """Return the log-odds of the positive class, (n,); the rows of :meth:`contributions` add up to it within 1e-9."""

    def predict_proba(self, X: Floats) -> Floats:
        """Return (n, 2): the probabilities of class 0 and class 1."""
        z = self.predict_logit(X)
        return np.column_stack([sigmoid(-z), sigmoid(z)])

    def save(self, folder: Path) -> None:
        """Write the fitted model into ``folder``, the same bytes each time; no pickle."""
        self._fitted()
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "format": FORMAT,
            "candidate": self.candidate,
            "columns": [vars(column) for column in self.columns_],
            **self._to_dict(),
        }
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True)
        (folder / FILE).write_text(text + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises
        ------
        BundleError
            If the file is missing, damaged, of another candidate, or written by a newer lead-ml.
        """
        path = folder / FILE
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BundleError(f"{path} cannot be read: {error}", do="restore the bundle") from error
        found = content.get("format") if isinstance(content, dict) else content
        if found != FORMAT:
            raise BundleError(
                "format of a model file", value=found, expected=str(FORMAT), do="upgrade lead-ml"
            )
        if content.get("candidate") != cls.candidate:
            raise BundleError("another candidate", value=content.get("candidate"), expected=cls.candidate)
        try:
            model = cls._from_dict(content, folder)
            model.columns_ = tuple(ColumnInfo(**column) for column in content["columns"])
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise BundleError(f"{path} is damaged: {error!r}", do="restore the bundle") from error
        return model

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 (scikit-learn's signature)
        """Return the constructor's keywords, so that ``sklearn.base.clone`` works."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Replace constructor keywords."""
        unknown = set(params) - set(self.get_params())
        if unknown:
            raise LeadMLError(
                "unknown parameter", value=sorted(unknown), expected=", ".join(self.get_params())
            )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def predict(self, X: Floats) -> npt.NDArray[np.int64]:
        """Return 1 where the probability is at least one half, else 0, (n,)."""
        return (self.predict_logit(X) >= 0).astype(np.int64)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn what this is, so that its cross-validation and searches take it."""
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(multi_class=False),
            input_tags=InputTags(allow_nan=True),
        )

    @property
    def n_features_in_(self) -> int:
        """The number of columns; none before :meth:`fit` or :meth:`load`."""
        return len(self.columns_)

    @property
    def classes_(self) -> npt.NDArray[np.int64]:
        """The labels in the order of :meth:`predict_proba`."""
        return np.array([0, 1], dtype=np.int64)

    @abstractmethod
    def _to_dict(self) -> dict[str, Any]:
        """Return keywords and fitted state as JSON values."""

    @classmethod
    @abstractmethod
    def _from_dict(cls, content: Mapping[str, Any], folder: Path) -> Self:
        """Rebuild from the values of :meth:`_to_dict`."""

    def _fitted(self) -> tuple[ColumnInfo, ...]:
        if not hasattr(self, "columns_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(f"this {type(self).__name__} is not fitted: call fit or load first")
        return self.columns_

    def _checked(self, X: Floats) -> Floats:
        return check_matrix(X, self._fitted())


def described(X: Matrix, columns: Sequence[ColumnInfo] | None) -> tuple[ColumnInfo, ...]:
    """Return the columns of a matrix: those given, or numbers named ``x0``, ``x1``, ..."""
    if columns is not None:
        return tuple(columns)
    return tuple(ColumnInfo(f"x{j}", "number") for j in range(np.shape(X)[-1]))


def check_matrix(X: M, columns: Sequence[ColumnInfo]) -> M:
    """Return ``X``, or raise InputError where it is no float64 C-contiguous matrix with these columns."""
    right = isinstance(X, FeatureMatrix) or (
        isinstance(X, np.ndarray) and X.dtype == np.float64 and X.ndim == 2 and X.flags.c_contiguous
    )
    if not right or X.shape[1] != len(columns):
        raise InputError(
            "the matrix does not fit the model",
            source="X",
            value=(getattr(X, "dtype", type(X)), getattr(X, "shape", None)),
            expected=f"float64, C-contiguous, {len(columns)} columns",
        )
    return X


def check_fit(
    X: Matrix, y: npt.NDArray[Any], sample_weight: Floats | None, columns: Sequence[ColumnInfo]
) -> tuple[Floats, Floats]:
    """Return labels and weights as float64 (n,), or raise InputError where an input is not sound."""
    check_matrix(X, columns)
    labels = np.asarray(y)
    weight = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    if labels.shape != (len(X),) or weight.shape != (len(X),):
        raise InputError("lengths differ", source="fit", value=(len(X), labels.shape, weight.shape))
    if labels.dtype.kind not in "biuf" or not np.all((labels == 0) | (labels == 1)):
        raise InputError("a label is not 0 or 1", source="y", expected="the numbers 0 or 1")
    if not np.all((weight >= 0) & np.isfinite(weight)):
        raise InputError(
            "a weight is negative or not finite", source="sample_weight", expected="finite, at least 0"
        )
    names = [column.name for j, column in enumerate(columns) if np.isinf(X[:, j]).any()]
    if names:
        raise InputError(
            "infinite values", source="X", value=names, expected="finite numbers, NaN where missing"
        )
    return labels.astype(np.float64, copy=False), weight


def check_classes(y: Floats, weight: Floats) -> None:
    """Raise TooLittleData unless the rows that carry weight hold both classes."""
    positives, rows = int((y[weight > 0] == 1).sum()), int((weight > 0).sum())
    if not 0 < positives < rows:
        raise TooLittleData(
            "the fit rows hold one class only",
            value=f"{positives} positives of {rows} rows",
            do="use the scorecard, which needs no labels, until there are both",
        )


def add_up(contributions: Floats) -> Floats:
    """Sum (n, d + 1) over its columns, base first and then left to right: the same bits for one row as for many."""
    total = contributions[:, -1].copy()
    for column in range(contributions.shape[1] - 1):
        total += contributions[:, column]
    return total
