"""A history that ended a while ago answers as of its end, with a request's own rows as old as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lead_ml.asof.join import features_at, shared_plans
from lead_ml.asof.kernel import compile_plans, take_snapshot
from lead_ml.asof.labels import Spine
from lead_ml.declare import events, leads, validated
from lead_ml.errors import InputError
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads

DAY = 86_400_000_000
UNTIL = 100 * DAY
W = {"en": "x", "zh": "x", "group": "engagement"}
DECLARED = validated(
    [
        leads(by="source").count("week", window="7d", **W),
        leads(by="source").count("ever", **W),
        leads(by="source").days_since_last("last", **W),
        leads(by="source").conversion_rate("rate", within="10d", window="40d", **W),
        events(by="source").sum("value", of="value", window="14d", **W),
        events(by="source").distinct("types", of="type", window="14d", **W),
        events(by="source").distinct("all_types", of="type", **W),
        events(by="source").last("last_type", of="type", **W),
        events(by="source").max("most", of="value", window="30d", **W),
    ]
)


def history(rng: np.random.Generator, own: np.ndarray | None = None) -> Dataset:
    """Sixty leads before UNTIL with an event each; with `own`, a last lead created at the first instant with events at the others."""
    created = np.sort(rng.integers(0, UNTIL - DAY, 60))
    when = created + rng.integers(0, DAY, 60)
    of, source = np.arange(60), list(rng.choice(["a", "b"], 60))
    if own is not None:
        created, when = np.append(created, own[0]), np.append(when, own[1:])
        of, source = np.append(of, np.full(len(own) - 1, 60)), [*source, "a"]
    types = [("view", "call", "mail")[k % 3] for k in range(len(when))]
    order = np.argsort(when, kind="stable")
    rows = Events(
        of[order],
        when[order],
        when[order],
        {"type": Coded.of([types[k] for k in order])},
        1.0 + np.arange(len(when))[order],
    )
    table = Leads(tuple(f"L{k}" for k in range(len(created))), created, {"source": Coded.of(source)})
    return Dataset(table, rows, until=UNTIL)


def alone(data: Dataset, by: int) -> Dataset:
    """The last lead of the data as a request that comes `by` later."""
    assert data.events is not None
    assert data.leads.created_at is not None
    own = data.events.take(data.events.lead == 60)
    moved = replace(
        own,
        lead=np.zeros(len(own), dtype=np.int64),
        occurred_at=own.occurred_at + by,
        known_at=own.known_at + by,
    )
    table = Leads(("L60",), data.leads.created_at[60:] + by, {"source": Coded.of(["a"])})
    return Dataset(table, moved, until=UNTIL + by)


def values(raw: dict, row: int) -> dict[str, object]:
    return {
        name: column.values()[row] if isinstance(column, Coded) else column[row]
        for name, column in raw.items()
    }


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("gap_days", [8, 90])
def test_it_answers_as_if_the_lead_had_come_at_the_end_of_the_history(seed: int, gap_days: int) -> None:
    rng, gap = np.random.default_rng(seed), gap_days * DAY
    own = UNTIL - np.sort(rng.integers(1, 6 * DAY, 4))[::-1]
    kept = {
        plan.name: replace(take_snapshot(plan, history(np.random.default_rng(seed)), UNTIL), anchored=True)
        for plan in shared_plans(compile_plans(DECLARED))
    }
    whole = history(np.random.default_rng(seed), own)
    expected = features_at(DECLARED, whole, Spine(np.array([60]), np.array([UNTIL])))
    here = Spine(np.array([0]), np.array([UNTIL + gap]))
    found = features_at(DECLARED, alone(whole, gap), here, reference=kept)
    for name, value in values(expected, 0).items():
        got = values(found, 0)[name]
        assert got == value or (value != value and got != got), name


def test_at_the_end_of_the_history_nothing_is_moved() -> None:
    data = history(np.random.default_rng(1))
    plans = shared_plans(compile_plans(DECLARED))
    kept = {plan.name: take_snapshot(plan, data, UNTIL) for plan in plans}
    anchored = {name: replace(item, anchored=True) for name, item in kept.items()}
    request = Dataset(Leads(("new",), np.array([UNTIL - 1]), {"source": Coded.of(["a"])}), until=UNTIL)
    here = Spine(np.array([0]), np.array([UNTIL]))
    one, two = (values(features_at(DECLARED, request, here, reference=item), 0) for item in (kept, anchored))
    assert {k: str(v) for k, v in one.items()} == {k: str(v) for k, v in two.items()}


def test_a_request_asks_at_one_instant() -> None:
    plan = shared_plans(compile_plans(DECLARED))[0]
    kept = replace(take_snapshot(plan, history(np.random.default_rng(1)), UNTIL), anchored=True)
    request = Dataset(Leads(("new",), np.array([UNTIL]), {"source": Coded.of(["a"])}), until=UNTIL + DAY)
    several = Spine(np.array([0, 0]), np.array([UNTIL + 1, UNTIL + 2]))
    with pytest.raises(InputError, match="several instants"):
        features_at([DECLARED[0]], request, several, reference={plan.name: kept})
