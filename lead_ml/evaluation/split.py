"""Forward windows with an embargo, and groups that are never on both sides of a cut."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lead_ml.asof.labels import NEVER, Mask, Spine
from lead_ml.clean import normal_email, normal_phone
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.errors import TooLittleData
from lead_ml.lead_data.hub import is_hub
from lead_ml.project.task import Task
from lead_ml.tables.dataset import Coded, Dataset, Indices, Instants, Leads

UNDATED_FOLDS = 5  # random folds of data without dates; the last one is evaluated
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


def groups_in(dataset: Dataset) -> Indices:
    """Return a group number per lead of a data set, see :func:`groups_of`: of people, with what each of their members shares."""
    members = dataset.members
    if members is None:
        return groups_of(dataset.leads)
    return groups_of(members.data.leads, same=members.first[members.person])[members.first]


def groups_of(leads: Leads, same: Indices | None = None) -> Indices:
    """Return a group number per lead: leads that share a person (phone or e-mail) or an account share it.

    Phones and e-mails with three or more different names join nobody (the hub guard). `same` is for each lead the row of one
    that is the same person.
    """
    parent, names = np.arange(len(leads)), leads.columns.get("name")
    for row, other in enumerate([] if same is None else same.tolist()):
        parent[_root(parent, row)] = _root(parent, other)
    for key, normal in (("phone", normal_phone), ("email", normal_email)):
        if key in leads.columns:
            _join(parent, leads.columns[key].map(normal), names)
    if "account_id" in leads.columns:
        _join(parent, leads.columns["account_id"], None)
    return np.array([_root(parent, i) for i in range(len(parent))], dtype=np.int64)


@dataclass(frozen=True)
class DatedRows:
    """Snapshots with a label, and creation and group of all leads (leads,): what windows are cut from.

    ``mature`` are the leads whose creation says where the windows begin; None stands for those that have a row.
    """

    spine: Spine
    created_at: Instants
    groups: Indices
    horizon_us: int
    mature: Mask | None = None

    @classmethod
    def of(cls, task: Task, spine: Spine, created_at: Instants, groups: Indices) -> DatedRows:
        """Keep the horizon of a task as an embargo before each window, unless its params turn that off."""
        return cls(spine, created_at, groups, (task.horizon_us or 0) if task.common.split.embargo else 0)

    def whatever_became(self, task: Task, until: int) -> DatedRows:
        """Return the rows with windows that begin where they do whatever became of any lead."""
        return replace(self, mature=mature_leads(task, self.created_at, until))

    def window(self, name: str, start: int, end: int) -> Window:
        """Cut one window."""
        created, groups, lead = self.created_at, self.groups, self.spine.lead
        born = created[lead]
        inside = np.isin(groups[lead], groups[(created >= start) & (created < end)])
        early = (born < start) & (self.spine.as_of + self.horizon_us <= start)
        return Window(name, early & ~inside, (born >= start) & (born < end), start, end)


def forward_windows(
    rows: DatedRows, *, test_share: float, folds: int, test_from: int | None = None
) -> tuple[Window, ...]:
    """Cut rows into rolling windows and, last, the forward window named ``test``.

    The windows hold equal numbers of leads by creation; a lead belongs to the window it was created in, with
    all its snapshots. The forward window is the latest `test_share` of the leads, or those created from `test_from` on. A row may fit
    only if ``as_of + horizon_us`` lies at or before the start of the window, and only if nobody of its group was created there:
    whether such a lead can be evaluated depends on later outcomes, which must not choose the rows of a fit.
    """
    leads = np.unique(rows.spine.lead)
    created = rows.created_at[leads if rows.mature is None else rows.mature]
    windows: list[Window] = []
    if len(leads) and len(created):
        starts = window_starts(created, test_share=test_share, folds=folds, test_from=test_from)
        names = [*(f"window {k + 1}" for k in range(folds)), "test"]
        windows = [rows.window(*cut) for cut in zip(names, starts, [*starts[1:], NEVER], strict=True)]
    kept = tuple(w for w in windows if w.fit.any() and w.test.any())
    if not kept or kept[-1].name != "test":
        raise TooLittleData(
            f"no forward window can be cut from {len(leads):,} mature leads with a horizon of "
            f"{rows.horizon_us / MICROSECONDS_PER_DAY:g} days",
            expected="leads that are older than the start of the window by a horizon",
            do="bring a longer history, or lower horizon_days or test_share",
        )
    return kept


def window_starts(
    created: Instants, *, test_share: float, folds: int, test_from: int | None = None
) -> list[int]:
    """Return where the rolling windows and, last, the forward window begin, by the creation of the mature leads."""
    ordered = np.sort(created)
    if test_from is not None:
        test_share = float((ordered >= test_from).mean())
    shares = np.linspace(min(FIRST_WINDOW_STARTS_AT, (1 - test_share) / 2), 1 - test_share, folds + 1)
    starts = [int(ordered[min(int(share * len(ordered)), len(ordered) - 1)]) for share in shares]
    return starts if test_from is None else [*starts[:-1], test_from]


def test_start(task: Task, created_at: Instants, until: int) -> int:
    """Return where the forward window of a task begins, by the creation of its leads; the end of the data if none is mature."""
    mature, split = created_at[mature_leads(task, created_at, until)], task.common.split
    if not len(mature):
        return until
    return window_starts(mature, test_share=split.test_share, folds=split.folds)[-1]


def mature_leads(task: Task, created_at: Instants, until: int) -> Mask:
    """Return which leads (leads,) had their first horizon in full by the end of the data."""
    return np.asarray(created_at + task.common.snapshots.scoring_delay_us + (task.horizon_us or 0) <= until)


def random_windows(usable: Mask, group: Indices, *, folds: int, seed: int) -> tuple[Window, ...]:
    """Cut rows at random by their group, for data without dates, or to show the optimism of a random split."""
    place = np.cumsum(np.bincount(group) > 0) - 1  # of each group among those present
    dealt = np.random.default_rng(seed).permutation(int(place[-1]) + 1) % folds
    of_row = dealt.astype(np.int32)[place][group]
    return tuple(
        Window(f"fold {k + 1}", usable & (of_row != k), usable & (of_row == k), 0, NEVER)
        for k in range(folds)
    )


def _join(parent: npt.NDArray[np.int64], keys: Coded, names: Coded | None) -> None:
    members: dict[int, list[int]] = defaultdict(list)
    for place in np.flatnonzero(keys.codes >= 0).tolist():
        members[int(keys.codes[place])].append(place)
    for rows in members.values():
        if len(rows) > 1 and not is_hub(names, rows):
            for row in rows[1:]:
                parent[_root(parent, row)] = _root(parent, rows[0])


def _root(parent: npt.NDArray[np.int64], row: int) -> int:
    above = int(parent[row])
    while above != row:
        parent[row] = parent[above]
        row, above = above, int(parent[above])
    return row
