"""What part of a change of the conversion rate is the channel itself, and what part the leads that came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lead_ml.leads.channels.records import Cause, MixPart
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
    design = _design(after, codes)
    y, late = won.astype(np.float64), after.astype(np.float64)
    penalty = np.full(design.shape[1], _RIDGE)
    penalty[:2] = 0.0
    inverse = np.linalg.pinv(design.T @ design + np.diag(penalty), hermitian=True)
    beta = inverse @ (design.T @ y)
    fit_influence = (design * (y - design @ beta)[:, None]) @ inverse
    sides = late / late.sum() - (1 - late) / (1 - late).sum()
    moved = sides @ design
    centred = design - np.where(late[:, None] > 0, design[after].mean(axis=0), design[~after].mean(axis=0))
    influence = fit_influence * moved + centred * sides[:, None] * beta

    def part(places: Sequence[int]) -> Interval:
        return _normal(float(moved[places] @ beta[places]), influence[:, places].sum(axis=1), level)

    spans, start = {}, 2
    for name, coded in codes.items():
        spans[name] = list(range(start, start + len(coded.levels)))
        start += len(coded.levels)
    mixed = [place for name, places in spans.items() if name != FAKE for place in places]
    return Split(
        total=part(list(range(1, design.shape[1]))),
        itself=part([1]),
        mix=part(mixed),
        fakes=part(spans[FAKE]) if FAKE in spans else None,
        columns=_largest(codes, after, {name: float(moved[p] @ beta[p]) for name, p in spans.items()}),
    )


def _frequent(column: Coded) -> Coded:
    """Return a column whose last level is everything rare, and whose missing cells are a level."""
    counts = np.bincount(column.codes + 1, minlength=len(column.levels) + 1)
    order = [k for k in np.argsort(-counts, kind="stable")[:_MOST_VALUES] if counts[k] >= _LEAST_LEADS]
    place = np.full(len(counts), len(order), dtype=np.int32)
    place[order] = np.arange(len(order))
    names = [column.levels[k - 1] if k else "" for k in order]
    return Coded(place[column.codes + 1], (*names, "\0"))


def _design(after: Mask, codes: Mapping[str, Coded]) -> Floats:
    blocks = [np.ones((len(after), 1)), after[:, None].astype(np.float64)]
    blocks += [np.eye(len(coded.levels))[coded.codes] for coded in codes.values()]
    return np.concatenate(blocks, axis=1)


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
