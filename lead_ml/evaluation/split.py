"""Forward windows with an embargo, and groups that are never on both sides of a cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lead_ml.asof.labels import NEVER, Mask, Spine
from lead_ml.clean import normal_email, normal_phone
from lead_ml.errors import TooLittleData
from lead_ml.tables.dataset import Coded, Indices, Instants, Leads

HUB_NAMES = 3  # a phone or e-mail under this many different names is a switchboard, not a person
HUB_LEADS = 10  # and so is one of this many leads where nobody gives a name
FIRST_WINDOW_STARTS_AT = 0.3  # share of the leads before the first rolling window


@dataclass(frozen=True)
class Window:
    """One cut: ``fit`` may be learned from, ``test`` is evaluated; both are masks over the rows.

    ``start`` and ``end`` bound the creation of the test leads, in microseconds UTC, end excluded.
    """

    name: str
    fit: Mask
    test: Mask
    start: int
    end: int


def groups_of(leads: Leads) -> Indices:
    """Return a group number per lead: leads that share a person (phone or e-mail) or an account share it.

    Phones and e-mails with three or more different names join nobody (the hub guard).
    """
    parent = np.arange(len(leads))
    for keys, guarded in (("phone", True), ("email", True), ("account_id", False)):
        column = leads.columns.get(keys)
        if column is None:
            continue
        normal = {"phone": normal_phone, "email": normal_email}.get(keys)
        _join(
            parent, column.map(normal) if normal else column, leads.columns.get("name") if guarded else None
        )
    return np.array([_root(parent, i) for i in range(len(parent))], dtype=np.int64)


def forward_windows(
    spine: Spine,
    usable: Mask,
    created_at: Instants,
    groups: Indices,
    *,
    horizon_us: int,
    test_share: float,
    folds: int,
    test_from: int | None = None,
) -> tuple[Window, ...]:
    """Cut the usable rows into rolling windows and, last, the forward window named ``test``.

    The windows hold equal numbers of leads by creation; a lead belongs to the window it was created in, with
    all its snapshots. A row may fit only if ``as_of + horizon_us`` lies at or before the start of the window, and
    only if nobody of its group was created there: whether such a lead can be evaluated depends on later outcomes, which must
    not choose the rows of a fit.

    Parameters
    ----------
    spine, usable
        All snapshots (rows,) and the mask of those with a label.
    created_at, groups
        Per lead of the leads table.
    test_share, test_from
        The forward window is the latest `test_share` of the leads, or those created from `test_from` on.

    Raises
    ------
    TooLittleData
        If the forward window or its fit side would be empty.
    """
    rows, leads = _Rows(spine, usable, created_at, groups), np.unique(spine.lead[usable])
    ordered = np.sort(created_at[leads])
    if test_from is not None:
        test_share = float((ordered >= test_from).mean()) if len(ordered) else 0.0
    shares = np.linspace(min(FIRST_WINDOW_STARTS_AT, (1 - test_share) / 2), 1 - test_share, folds + 1)
    starts = (
        [int(ordered[min(int(share * len(ordered)), len(ordered) - 1)]) for share in shares]
        if len(ordered)
        else []
    )
    if test_from is not None and starts:
        starts[-1] = test_from
    names = [*(f"window {k + 1}" for k in range(folds)), "test"]
    windows = (
        [
            rows.window(name, start, end, horizon_us)
            for name, start, end in zip(names, starts, [*starts[1:], NEVER], strict=True)
        ]
        if starts
        else []
    )
    kept = tuple(w for w in windows if w.fit.any() and w.test.any())
    if not kept or kept[-1].name != "test":
        raise TooLittleData(
            f"no forward window can be cut from {len(leads):,} mature leads with a horizon of "
            f"{horizon_us / 86_400_000_000:g} days",
            expected="leads that are older than the start of the window by a horizon",
            do="bring a longer history, or lower horizon_days or test_share",
        )
    return kept


def random_windows(
    spine: Spine, usable: Mask, groups: Indices, *, folds: int, seed: int
) -> tuple[Window, ...]:
    """Cut at random by group, for data without dates, or to show the optimism of a random split."""
    unique, inverse = np.unique(groups[spine.lead], return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(unique)) % folds
    of_row = fold[inverse]
    return tuple(
        Window(f"fold {k + 1}", usable & (of_row != k), usable & (of_row == k), 0, NEVER)
        for k in range(folds)
    )


@dataclass(frozen=True)
class _Rows:
    """Snapshots with a label: see :func:`forward_windows`."""

    spine: Spine
    usable: Mask
    created_at: Instants
    groups: Indices

    def window(self, name: str, start: int, end: int, horizon_us: int) -> Window:
        """Cut one window."""
        created, groups, lead = self.created_at, self.groups, self.spine.lead
        born = created[lead]
        test = self.usable & (born >= start) & (born < end)
        inside = np.zeros(int(groups.max(initial=-1)) + 1, dtype=bool)
        inside[groups[(created >= start) & (created < end)]] = True
        early = (born < start) & (self.spine.as_of + horizon_us <= start)
        return Window(name, self.usable & early & ~inside[groups[lead]], test, start, end)


def _join(parent: npt.NDArray[np.int64], keys: Coded, names: Coded | None) -> None:
    members: dict[int, list[int]] = defaultdict(list)
    for place in np.flatnonzero(keys.codes >= 0).tolist():
        members[int(keys.codes[place])].append(place)
    for rows in members.values():
        if len(rows) > 1 and not _is_hub(names, rows):
            for row in rows[1:]:
                parent[_root(parent, row)] = _root(parent, rows[0])


def _is_hub(names: Coded | None, rows: Sequence[int]) -> bool:
    named = names is not None and bool((names.codes[np.array(rows)] >= 0).any())
    if names is None or not named:
        return len(rows) >= HUB_LEADS
    different = {names.levels[code].casefold() for code in (names.codes[row] for row in rows) if code >= 0}
    return len(different) >= HUB_NAMES


def _root(parent: npt.NDArray[np.int64], row: int) -> int:
    above = int(parent[row])
    while above != row:
        parent[row] = parent[above]
        row, above = above, int(parent[above])
    return row
