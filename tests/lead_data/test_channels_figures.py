"""The other figures of a channel: days to convert, duplicates, money, and the advice that follows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lead_ml.lead_data.channels.advice import ChannelEvidence, advise
from lead_ml.lead_data.channels.duplicates import repeats
from lead_ml.lead_data.channels.money import money_of
from lead_ml.lead_data.channels.records import ChannelMoney, ChannelShare, Fall, RateChange
from lead_ml.lead_data.channels.waiting import median_days
from lead_ml.model.metrics import Interval
from lead_ml.tables.dataset import Coded

NOTHING: Any = Interval(None, None, None)


def test_with_ripe_leads_only_it_is_the_median_of_the_winners() -> None:
    rng = np.random.default_rng(1)
    days, converted = rng.uniform(0, 30, 500), np.arange(500) < 200
    days[~converted] = 30.0
    found = median_days(days, converted, 30.0, level=0.9, seed=1)
    assert found is not None
    assert found.value == pytest.approx(np.median(days[:200]), abs=0.15)
    assert found.lower < found.value < found.upper


def test_young_leads_do_not_make_conversions_look_fast() -> None:
    rng = np.random.default_rng(2)
    takes, observed = rng.uniform(0, 60, 6_000), np.minimum(rng.uniform(0, 120, 6_000), 60)
    wins = rng.random(6_000) < 0.3
    converted = wins & (takes < observed)
    days = np.where(converted, takes, observed)
    found = median_days(days, converted, 60.0, level=0.9, seed=1)
    assert found is not None
    assert abs(found.value - 30.0) < 2.5 < 30.0 - np.median(days[converted]) + 2.5
    assert found.lower <= 30.0 <= found.upper


def test_few_wins_have_no_median() -> None:
    assert median_days(np.ones(50), np.arange(50) < 9, 30.0, level=0.9, seed=1) is None


PEOPLE = (
    ("email", ["a@x.com", "A@X.com ", None, "b@x.com"], ["Ann", "Ann", "Ann", "Bo"], [0, 1, 0, 0]),
    ("email", ["li.wei@gmail.com", "liwei+crm@googlemail.com"], ["Li Wei", "Wei Li"], [0, 1]),
    ("phone", ["+86 138 0571 2233", "0086 13805712233", "13805712234"], ["A", "A", "A"], [0, 1, 0]),
    ("phone", ["021 5555 1234"] * 3, ["Ann", "Bo", "Cy"], [0, 0, 0]),
    ("phone", ["021 5555 1234"] * 3, ["Ann", " ann", "Bo"], [0, 1, 1]),
    ("email", ["info@x.com"] * 12, [None] * 12, [0] * 12),
    ("email", ["nonsense"] * 3, ["A"] * 3, [0, 0, 0]),
)


@pytest.mark.parametrize(("column", "values", "names", "expected"), PEOPLE)
def test_a_lead_repeats_an_earlier_one(
    column: str, values: list[Any], names: list[Any], expected: list[int]
) -> None:
    created = np.arange(len(values))
    columns = {column: Coded.of(values), "name": Coded.of(names)}
    found = repeats(created, columns)
    assert found is not None
    assert found.astype(int).tolist() == expected


def test_the_first_lead_is_the_one_created_first_wherever_it_stands() -> None:
    found = repeats(np.array([5, 1]), {"email": Coded.of(["a@x.com", "a@x.com"])})
    assert found is not None
    assert found.tolist() == [True, False]
    assert repeats(np.array([5, 1]), {"source": Coded.of(["web", "web"])}) is None


def money(
    cost: float,
    *,
    leads: int = 400,
    wins: int = 40,
    amount: float = 100.0,
    fakes: int = 0,
    given: float = 1.0,
) -> ChannelMoney | None:
    won, fake = np.arange(leads) < wins, np.arange(leads) >= leads - fakes
    costs = np.where(np.arange(leads) < given * leads, cost, np.nan)
    amounts = np.where(won, amount, np.nan)
    rate = wins / leads
    return money_of(costs, amounts, won, fake, Interval(rate, rate * 0.8, rate * 1.2), level=0.9, seed=1)


def test_costs_are_those_of_leads_of_real_leads_and_of_wins() -> None:
    found = money(5.0, fakes=100)
    assert found is not None
    assert (found.spend, found.per_lead, found.per_real_lead) == (2_000.0, 5.0, pytest.approx(2_000 / 300))
    assert found.per_win.value == pytest.approx(50.0)
    assert found.per_win.lower < 50.0 < found.per_win.upper
    assert found.revenue == 4_000.0
    assert found.returns is not None
    assert found.returns.value == pytest.approx(2.0)
    assert found.returns.lower < 2.0 < found.returns.upper


@pytest.mark.parametrize("nothing", [{"cost": np.nan}, {"cost": 0.0}, {"cost": 5.0, "given": 0.5}])
def test_nothing_is_said_of_costs_that_are_missing(nothing: dict[str, Any]) -> None:
    assert money(**nothing) is None


def test_amounts_that_are_missing_or_few_give_no_return() -> None:
    for found in (money(5.0, amount=np.nan), money(5.0, wins=4)):
        assert found is not None
        assert found.returns is None
        assert found.revenue is None


def channel(
    *,
    share: tuple[float, float] = (0.09, 0.11),
    leads: int = 1_000,
    others: tuple[float, float] | None = (0.09, 0.11),
    per_win: tuple[float, float] | None = None,
    other_per_win: tuple[float, float] = (90.0, 110.0),
    returns: tuple[float, float] | None = None,
    fakes: tuple[float, float] | None = None,
    fall: Fall | None = None,
) -> ChannelEvidence:
    def interval(bounds: tuple[float, float]) -> Interval:
        return Interval(sum(bounds) / 2, *bounds)

    return ChannelEvidence(
        conversion=ChannelShare(reached=1, leads=leads, share=interval(share)),
        others=NOTHING if others is None else interval(others),
        fakes=None if fakes is None else ChannelShare(reached=1, leads=leads, share=interval(fakes)),
        other_fakes=Interval(0.04, 0.03, 0.05),
        money=None
        if per_win is None
        else ChannelMoney(
            spend=1.0,
            per_lead=1.0,
            per_real_lead=1.0,
            per_win=interval(per_win),
            revenue=None,
            returns=None if returns is None else interval(returns),
        ),
        other_per_win=interval(other_per_win),
        fall=fall,
    )


def fallen(cause: Any, *, ongoing: bool = True) -> Fall:
    part = Interval(-0.05, -0.06, -0.04)
    change = RateChange(
        since="2026-01-05", split="2026-03-02", until="2026-05-04", leads_before=500, leads_after=500,
        wins_before=50, wins_after=25, before=0.1, after=0.05, total=part, itself=part, mix=part, fakes=None,
        columns=(), cause=cause,
    )  # fmt: skip
    return Fall(
        week="2026-03-02",
        earliest="2026-03-02",
        latest="2026-03-02",
        ongoing=ongoing,
        p_value=0.001,
        change=change,
    )


CASES = (
    ({"leads": 49, "share": (0.3, 0.5)}, "too_few", "too_few"),
    ({}, "keep", "alike"),
    ({"others": None}, "keep", "alone"),
    ({"share": (0.12, 0.14)}, "scale", "converts_more"),
    ({"share": (0.10, 0.14)}, "keep", "alike"),
    ({"share": (0.06, 0.08)}, "keep", "somewhat_less"),
    ({"share": (0.01, 0.04)}, "pause", "converts_less"),
    ({"share": (0.01, 0.04), "per_win": (40.0, 60.0)}, "scale", "cheap"),
    ({"per_win": (40.0, 60.0), "returns": (0.7, 1.9)}, "keep", "cheap_unsure"),
    ({"per_win": (40.0, 60.0), "returns": (1.1, 1.9)}, "scale", "cheap"),
    ({"per_win": (100.0, 150.0)}, "keep", "cost_alike"),
    ({"per_win": (150.0, 250.0)}, "keep", "dearer"),
    ({"per_win": (250.0, 400.0)}, "pause", "expensive"),
    ({"per_win": (250.0, 400.0), "returns": (1.5, 2.0)}, "keep", "expensive_pays"),
    ({"per_win": (100.0, 150.0), "returns": (0.3, 0.8)}, "pause", "loss"),
    ({"fakes": (0.2, 0.3)}, "fix", "fakes"),
    ({"fakes": (0.08, 0.3)}, "keep", "alike"),
    ({"share": (0.12, 0.14), "fall": fallen("mix")}, "fix", "fall_mix"),
    ({"share": (0.12, 0.14), "fall": fallen("itself", ongoing=False)}, "scale", "converts_more"),
)


@pytest.mark.parametrize(("known", "verb", "why"), CASES)
def test_advice_needs_evidence(known: dict[str, Any], verb: str, why: str) -> None:
    found = advise(channel(**known))
    assert (found.verb, found.why) == (verb, why)
