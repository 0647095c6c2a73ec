"""What the advice learns from: scores that were given in time, out of fold, and what became of the leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lead_ml.errors import BundleError, InputError, TooLittleData
from lead_ml.tables.dataset import Floats, Indices, Instants, Mask

MICROSECONDS_PER_WEEK = 604_800_000_000
_SOURCE = "threshold history"
_NEEDED = ("lead", "logit", "won")
_OPTIONAL = ("as_of", "groups", "opportunity_at", "amount")


@dataclass(frozen=True)
class History:
    """Cross-fitted scores of mature snapshots, several rows per lead, in any order.

    Per row (n,): the number of the ``lead``, the calibrated out-of-fold ``logit`` at ``as_of`` (microseconds UTC), whether it
    ``won`` within ``horizon_days``, and the ``amount`` (NaN unknown). Per lead (n_leads,): ``groups``, what is resampled as one,
    and ``opportunity_at``, microseconds UTC or -1. Raises InputError or TooLittleData where it cannot be used.
    """

    lead: Indices
    logit: Floats
    won: Mask
    as_of: Instants | None = None
    groups: Indices | None = None
    opportunity_at: Instants | None = None
    amount: Floats | None = None
    horizon_days: float | None = None

    def __post_init__(self) -> None:
        if len(self.lead) == 0:
            raise TooLittleData(
                "no mature scored snapshots to take thresholds from",
                do="wait until the horizon of some leads has passed, or shorten horizon_days",
            )
        _check(self)
        if not self.won.any():
            raise TooLittleData(
                f"none of {len(self.lead):,} mature snapshots is followed by a win",
                do="check the stage that counts as won and the horizon, or wait for the first wins",
            )

    @property
    def n_leads(self) -> int:
        """Number of lead numbers, also those without a row."""
        for per_lead in (self.groups, self.opportunity_at):
            if per_lead is not None:
                return len(per_lead)
        return int(self.lead.max()) + 1

    def take(self, rows: npt.NDArray[Any]) -> History:
        """Return the rows by position or mask, with the same leads."""
        groups = np.arange(self.n_leads, dtype=np.int64) if self.groups is None else self.groups
        columns = {name: getattr(self, name) for name in ("lead", "logit", "won", "as_of", "amount")}
        taken: dict[str, Any] = {
            name: None if array is None else array[rows] for name, array in columns.items()
        }
        return replace(self, groups=groups, **taken)

    def arrays(self) -> dict[str, Any]:
        """Return plain arrays, without objects, as ``numpy.savez`` keeps them."""
        kept = {name: array for name, array in vars(self).items() if array is not None}
        horizon = np.nan if self.horizon_days is None else self.horizon_days
        return {**kept, "horizon_days": np.array([horizon], dtype=np.float64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> History:
        """Read what :meth:`arrays` wrote; raises BundleError where an array is missing."""
        absent = [name for name in (*_NEEDED, "horizon_days") if name not in arrays]
        if absent:
            raise BundleError(
                "threshold evidence lacks an array",
                value=absent[0],
                expected=", ".join(_NEEDED),
                do="build the bundle again",
            )
        horizon = float(arrays["horizon_days"][0])
        found = {name: arrays[name] for name in (*_NEEDED, *_OPTIONAL) if name in arrays}
        return cls(**found, horizon_days=None if np.isnan(horizon) else horizon)


def before_opportunity(history: History) -> Indices:
    """Return, per lead that became an opportunity, its last row strictly before that."""
    if history.opportunity_at is None or history.as_of is None:
        return np.zeros(0, dtype=np.int64)
    when = history.opportunity_at[history.lead]
    return last_rows(history, (when >= 0) & (history.as_of < when))


def last_rows(history: History, chosen: Mask) -> Indices:
    """Return the latest chosen row of each lead that has one."""
    rows = np.flatnonzero(chosen)
    if history.as_of is not None:
        rows = rows[np.argsort(history.as_of[rows], kind="stable")]
    _, from_end = np.unique(history.lead[rows[::-1]], return_index=True)
    return rows[::-1][from_end]


def _check(history: History) -> None:
    rows, leads = len(history.lead), history.n_leads
    lengths = {
        "logit": rows,
        "won": rows,
        "as_of": rows,
        "amount": rows,
        "groups": leads,
        "opportunity_at": leads,
    }
    for name, length in lengths.items():
        array = getattr(history, name)
        if array is not None and array.shape != (length,):
            per_lead = ", one value per lead" if name in ("groups", "opportunity_at") else ""
            raise InputError(
                f"{name} has the wrong shape",
                source=_SOURCE,
                value=array.shape,
                expected=f"({length},){per_lead}",
            )
    if history.won.dtype != np.bool_:
        raise InputError("won", source=_SOURCE, value=str(history.won.dtype), expected="an array of bool")
    outside = (history.lead < 0) | (history.lead >= leads)
    _refuse(outside, history.lead, "number of the lead", f"0 to {leads - 1}")
    _refuse(~np.isfinite(history.logit), history.logit, "logit", "a finite number")


def _refuse(bad: Mask, values: npt.NDArray[Any], what: str, expected: str) -> None:
    if bad.any():
        rows = np.flatnonzero(bad)
        raise InputError(
            what,
            source=_SOURCE,
            rows=[int(row) + 1 for row in rows[:5]],
            count=len(rows),
            value=values[rows[0]].item(),
            expected=expected,
        )
