"""Windows forward in time: nothing learned reaches into what is evaluated, and nobody stands on both sides."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small import DAY, START, draw

from lead_ml.asof.labels import NEVER, Spine, build_spine
from lead_ml.errors import TooLittleData
from lead_ml.evaluation.split import DatedRows, Window, forward_windows, groups_of, random_windows
from lead_ml.tables.dataset import Coded, Leads

check = settings(max_examples=150, deadline=None)
HOUR = DAY // 24


def windows_of(
    seed: int, horizon: int, share: float, folds: int, groups: np.ndarray | None = None, **options
):
    data = draw(120, seed)
    spine = build_spine(data, HOUR, (3, 14))
    spine = spine.take(spine.as_of + horizon * DAY <= data.until)
    of_lead = np.arange(120) if groups is None else groups
    rows = DatedRows(spine, data.leads.created_at, of_lead, horizon * DAY)
    cut = forward_windows(rows, test_share=share, folds=folds, **options)
    return spine, data.leads.created_at, of_lead, cut


cuts = {
    "seed": st.integers(0, 10_000),
    "horizon": st.integers(0, 60),
    "share": st.floats(0.05, 0.6),
    "folds": st.integers(2, 6),
    "people": st.integers(20, 120),
}


@check
@given(**cuts)
def test_what_may_fit_was_over_before_the_window_began(seed, horizon, share, folds, people) -> None:
    groups = np.random.default_rng(seed).integers(0, people, 120)
    try:
        spine, created, of_lead, cut = windows_of(seed, horizon, share, folds, groups)
    except TooLittleData:
        assume(False)
    assert cut[-1].name == "test"
    for window in cut:
        assert (spine.as_of[window.fit] + horizon * DAY <= window.start).all()
        assert (created[spine.lead[window.test]] >= window.start).all()
        assert (created[spine.lead[window.test]] < window.end).all()
        assert not set(of_lead[spine.lead[window.fit]]) & set(of_lead[spine.lead[window.test]])
        assert not (window.fit & window.test).any()
        assert window.fit.any()
        assert window.test.any()


@check
@given(**cuts)
def test_windows_follow_one_another_and_no_row_is_judged_twice(seed, horizon, share, folds, people) -> None:
    try:
        cut = windows_of(seed, horizon, share, folds)[-1]
    except TooLittleData:
        assume(False)
    assert sum(window.test.astype(int) for window in cut).max() == 1
    assert all(a.end <= b.start for a, b in pairwise(cut))
    assert cut[-1].end == NEVER


def test_without_groups_the_embargo_keeps_out_no_more_than_it_must() -> None:
    spine, created, _, cut = windows_of(3, 10, 0.25, 3)
    window = cut[-1]
    allowed = (spine.as_of + 10 * DAY <= window.start) & (created[spine.lead] < window.start)
    assert (window.fit == allowed).all()


def test_the_forward_window_is_the_latest_share_of_the_leads() -> None:
    spine, created, _, cut = windows_of(3, 10, 0.25, 3)
    evaluated, everyone = np.unique(spine.lead[cut[-1].test]), np.unique(spine.lead)
    assert len(evaluated) == pytest.approx(0.25 * len(everyone), abs=1)
    assert created[evaluated].min() >= created[np.setdiff1d(everyone, evaluated)].max()


def test_the_forward_window_may_start_on_a_day() -> None:
    day = START + 120 * DAY
    spine, created, _, cut = windows_of(3, 10, 0.25, 3, test_from=day)
    assert cut[-1].start == day
    assert (cut[-1].test == (created[spine.lead] >= day)).all()


@pytest.mark.parametrize("day", [0, 10_000])
def test_a_day_with_nothing_on_one_side_is_too_little(day: int) -> None:
    with pytest.raises(TooLittleData, match="no forward window can be cut from"):
        windows_of(3, 10, 0.25, 3, test_from=START + day * DAY)


def test_a_horizon_longer_than_the_history_says_what_to_do() -> None:
    with pytest.raises(TooLittleData, match=r"no forward window .* horizon of 150 days.*lower horizon_days"):
        windows_of(3, 150, 0.25, 3)


def test_no_row_is_too_little() -> None:
    none = np.empty(0, dtype=np.int64)
    with pytest.raises(TooLittleData, match="from 0 mature leads"):
        forward_windows(
            DatedRows(Spine(none, none), np.array([START]), np.array([0]), DAY), test_share=0.2, folds=2
        )


@check
@given(seed=st.integers(0, 1_000), folds=st.integers(2, 8), people=st.integers(10, 60))
def test_random_folds_judge_every_row_once_and_split_nobody(seed: int, folds: int, people: int) -> None:
    rng = np.random.default_rng(seed)
    lead = rng.integers(0, 60, 150)
    groups = rng.integers(0, people, 60)
    usable = rng.random(150) < 0.9
    cut = random_windows(usable, groups[lead], folds=folds, seed=seed)
    assert (sum(window.test.astype(int) for window in cut) == usable).all()
    for window in cut:
        assert not set(groups[lead[window.fit]]) & set(groups[lead[window.test]])
        assert (window.fit | window.test == usable).all()


def test_random_folds_repeat_by_seed() -> None:
    usable, group = np.ones(50, dtype=bool), np.arange(50)
    first, again, other = (random_windows(usable, group, folds=5, seed=seed) for seed in (1, 1, 2))
    assert same(first, again)
    assert not same(first, other)


def same(a: tuple[Window, ...], b: tuple[Window, ...]) -> bool:
    return all((x.test == y.test).all() for x, y in zip(a, b, strict=True))


def people(**columns: list[str | None]) -> Leads:
    n = len(next(iter(columns.values())))
    return Leads(
        tuple(map(str, range(n))), None, {name: Coded.of(values) for name, values in columns.items()}
    )


def test_the_same_phone_mail_or_account_is_one_group() -> None:
    groups = groups_of(
        people(
            phone=["+86 139 1234 5678", "13912345678", None, None, None, None],
            email=[None, "Ann@acme.com", "ann@ACME.com", None, None, None],
            account_id=[None, None, "A1", "A1", "A2", None],
        )
    )
    assert len(set(groups[:4])) == 1
    assert len(set(groups)) == 3


def test_a_switchboard_joins_nobody_but_an_account_always_does() -> None:
    shared = ["02012345678"] * 3
    names = ["Ann", "Bob", "Chen"]
    assert len(set(groups_of(people(phone=shared, name=names)))) == 3
    assert len(set(groups_of(people(phone=shared, name=["Ann", "ann", "Bob"])))) == 1
    assert len(set(groups_of(people(phone=shared)))) == 1
    assert len(set(groups_of(people(account_id=["A"] * 3, name=names)))) == 1


def test_names_that_are_missing_make_no_hub() -> None:
    groups = groups_of(people(email=["info@acme.com"] * 4, name=["Ann", None, "Bob", None]))
    assert len(set(groups)) == 1


def test_without_names_a_phone_of_ten_leads_is_nobodys() -> None:
    assert len(set(groups_of(people(phone=["+1 415 555 2671"] * 9)))) == 1
    assert len(set(groups_of(people(phone=["+1 415 555 2671"] * 10)))) == 10


def test_leads_without_any_key_stand_alone() -> None:
    assert groups_of(people(phone=[None, None], email=[None, None])).tolist() == [0, 1]


def test_groups_do_not_depend_on_the_order_of_leads() -> None:
    rng = np.random.default_rng(4)
    mails = [f"p{k}@acme.com" for k in rng.integers(0, 15, 40)]
    accounts = [None if k > 6 else f"A{k}" for k in rng.integers(0, 12, 40)]
    order = rng.permutation(40)
    first = groups_of(people(email=mails, account_id=accounts))
    other = groups_of(people(email=[mails[k] for k in order], account_id=[accounts[k] for k in order]))
    together = first[:, None] == first[None, :]
    assert (together[np.ix_(order, order)] == (other[:, None] == other[None, :])).all()
