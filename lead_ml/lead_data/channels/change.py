"""What part of a change of the conversion rate is the channel itself, and what part the leads that came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lead_ml.lead_data.channels.records import Cause, MixPart
from lead_ml.model.metrics import Interval
from lead_ml.tables.dataset import Coded, Floats, Mask

FAKE = "known fake"  # the name of the column of known fakes; no lead column has a blank and this name
_LEAST_LEADS = 20  # of a value; rarer ones count as one
_MOST_VALUES = 60  # of a column, the most frequent first
_RIDGE = 20.0  # leads: the difference of a value to the others is believed as far as it has more than these
_MOSTLY = 0.5


@dataclass(frozen=True)
class Split:
    """A change of a rate, its parts with their intervals, and what each column adds to them."""

    total: Interval
    itself: Interval
    mix: Interval
    fakes: Interval | None
    columns: tuple[MixPart, ...]

    @property
    def cause(self) -> Cause:
        """Return which part explains a fall: the one that is surely negative and at least half of it."""
        parts: dict[Cause, Interval] = {"itself": self.itself, "mix": self.mix}
        if self.fakes is not None:
            parts["fakes"] = self.fakes
        sure = [name for name, part in parts.items() if part.upper < 0]
        large = [name for name in sure if parts[name].value <= _MOSTLY * self.total.value]
        if len(large) == 1:
            return large[0]
        return "several" if len(sure) > 1 else "unclear"


def split_change(won: Mask, after: Mask, columns: Mapping[str, Coded], level: float) -> Split:
    """Split the difference of two conversion rates, after less before, into what the channel and what its mix of leads explains.

    A linear model of the outcome on a constant, the later span and the values of all columns, fitted on both spans together, gives the
    Oaxaca-Blinder decomposition in its pooled form (Jann, *Stata Journal* 8, 2008; Fortin, *CJE* 41, 2008): the coefficient of the
    later span is the change at equal mix (`itself`), and each column adds (change of its shares) x (coefficients). The parts
    add up exactly. With one column and equal differences in each of its values this is Kitagawa's decomposition
    (*JASA* 50, 1955). Intervals are normal, from the influence of each lead (robust to unequal variance); both rates and shares vary.

    The column :data:`FAKE` is a part of its own. A lead that came twice is counted as two independent leads.
    """
    codes = {name: _frequent(column) for name, column in columns.items()}
    fit = _fitted(won, after, codes)
    places, start = {}, 2
    for name, coded in codes.items():
        places[name] = list(range(start, start + len(coded.levels)))
        start += len(coded.levels)
    mixed = [place for name, found in places.items() if name != FAKE for place in found]
    return Split(
        total=fit.part([*range(1, start)], level),
        itself=fit.part([1], level),
        mix=fit.part(mixed, level),
        fakes=fit.part(places[FAKE], level) if FAKE in places else None,
        columns=_largest(
            codes, after, {name: fit.part(found, level).value for name, found in places.items()}
        ),
    )


@dataclass(frozen=True)
class _Fit:
    """The fitted model: a sparse design (n, p) of 0 and 1, its coefficients, and what each lead adds to the change of its columns."""

    design: Any
    beta: Floats
    inverse: Floats
    residual: Floats
    sides: Floats

    def part(self, places: Sequence[int], level: float) -> Interval:
        """Return what some columns add to the change, with a normal interval from the influence of each lead."""
        moved, chosen = self.sides @ self.design, np.zeros(len(self.beta))
        chosen[places] = 1.0
        told = self.design @ (self.beta * chosen)
        means = np.where(self.sides > 0, told[self.sides > 0].mean(), told[self.sides <= 0].mean())
        influence = self.residual * (self.design @ (self.inverse @ (moved * chosen)))
        return _normal(float(moved @ (self.beta * chosen)), influence + self.sides * (told - means), level)


def _fitted(won: Mask, after: Mask, codes: Mapping[str, Coded]) -> _Fit:
    y, late = won.astype(np.float64), after.astype(np.float64)
    design = _design(after, codes)
    penalty = np.full(design.shape[1], _RIDGE)
    penalty[:2] = 0.0
    inverse = np.linalg.pinv((design.T @ design).toarray() + np.diag(penalty), hermitian=True)
    beta = inverse @ (design.T @ y)
    sides = late / late.sum() - (1 - late) / (1 - late).sum()
    return _Fit(design, beta, inverse, y - design @ beta, sides)


def _frequent(column: Coded) -> Coded:
    """Return a column whose last level is everything rare, and whose missing cells are a level."""
    counts = np.bincount(column.codes + 1, minlength=len(column.levels) + 1)
    order = [k for k in np.argsort(-counts, kind="stable")[:_MOST_VALUES] if counts[k] >= _LEAST_LEADS]
    place = np.full(len(counts), len(order), dtype=np.int32)
    place[order] = np.arange(len(order))
    names = [column.levels[k - 1] if k else "" for k in order]
    return Coded(place[column.codes + 1], (*names, "\0"))


def _design(after: Mask, codes: Mapping[str, Coded]) -> Any:
    """Return a sparse matrix: a constant, the later span, and a column for each value."""
    from scipy.sparse import csr_array, hstack

    rows = np.arange(len(after))
    blocks = [csr_array(np.column_stack([np.ones(len(after)), after.astype(np.float64)]))]
    blocks += [
        csr_array((np.ones(len(after)), (rows, coded.codes)), shape=(len(after), len(coded.levels)))
        for coded in codes.values()
    ]
    return hstack(blocks, format="csr")


def _normal(value: float, influence: Floats, level: float) -> Interval:
    from scipy.special import ndtri

    half = float(ndtri((1 + level) / 2)) * float(np.sqrt(influence @ influence))
    return Interval(value, value - half, value + half)


def _largest(codes: Mapping[str, Coded], after: Mask, parts: Mapping[str, float]) -> tuple[MixPart, ...]:
    """Return the columns by what they add, the largest fall first, each with the value whose share moved most."""
    found = []
    for name, coded in codes.items():
        if name == FAKE:
            continue
        size = len(coded.levels)
        before, later = (
            np.bincount(coded.codes[rows], minlength=size) / max(1, rows.sum()) for rows in (~after, after)
        )
        place = int(np.argmax(np.abs(later - before)))
        value = coded.levels[place]
        found.append(
            MixPart(
                column=name,
                part=parts[name],
                value=None if value in ("", "\0") else value,
                share_before=float(before[place]),
                share_after=float(later[place]),
            )
        )
    return tuple(sorted(found, key=lambda item: (item.part, item.column)))
