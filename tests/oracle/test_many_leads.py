"""100,000 random leads: all at once, one by one, and from incremental state give the same bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_projects import COMPILED, HOUR, START, busy, picked

from lead_ml.asof.kernel import IncrementalState, aggregate_coded, take_snapshot
from lead_ml.tables.dataset import Dataset, Events, Leads

LEADS, PART, PIECES = 100_000, 2_000, 12
OWN = next(plan for plan in COMPILED.plans if plan.key == "lead_id")
ACCOUNT = next(plan for plan in COMPILED.plans if plan.key == "account_id" and plan.stream == "events")


def part(number: int) -> Dataset:
    """Return some of the leads, with their events by lead, and shared keys of their own."""
    project = busy(np.random.default_rng(number), leads=PART, events=6 * PART, outcomes=0)
    order = np.argsort(project.events.lead, kind="stable")
    return replace(project, outcomes=None, events=picked(project.events, order))


def one(project: Dataset, lead: int, begin: int, end: int) -> Dataset:
    """Return one lead with its events, as a request brings them."""
    rows = slice(begin, end)
    events = project.events
    return Dataset(
        Leads(
            (project.leads.lead_id[lead],),
            project.leads.created_at[lead : lead + 1],
            {name: column.take(slice(lead, lead + 1)) for name, column in project.leads.columns.items()},
        ),
        Events(
            np.zeros(end - begin, dtype=np.int64),
            events.occurred_at[rows],
            events.known_at[rows],
            {name: column.take(rows) for name, column in events.columns.items()},
            events.value[rows],
        ),
    )


def bits(plan, answer):
    """Return answers with the codes of texts replaced by the texts, as something to compare to the last bit."""
    matrix, texts = answer
    shown = {
        k: texts[plan.shown_columns.index(item.of)]
        for k, item in enumerate(plan.features)
        if item.aggregation in ("first", "last")
    }
    numbers = np.ascontiguousarray(np.delete(matrix, list(shown), axis=1))
    words = [
        [None if np.isnan(code) else levels[int(code)] for code in matrix[:, k]]
        for k, levels in shown.items()
    ]
    return numbers.tobytes(), words


@pytest.mark.slow
@pytest.mark.parametrize(
    "numbers",
    [range(k, k + 10) for k in range(0, LEADS // PART, 10)],
    ids=lambda numbers: f"{numbers[0] * PART}",
)
def test_batch_single_and_live_state_are_equal_to_the_last_bit(numbers):
    for number in numbers:
        project, until = part(number), START + 36 * HOUR
        as_of = np.random.default_rng(number).integers(until, START + 60 * HOUR, PART)
        lead = np.arange(PART)
        offsets = np.searchsorted(project.events.lead, np.arange(PART + 1)).tolist()
        live = IncrementalState(OWN, grace=6 * HOUR)
        known = np.argsort(project.events.known_at, kind="stable")
        for piece in np.array_split(known, PIECES):
            live.add(replace(project, events=picked(project.events, np.sort(piece))))
        kept = take_snapshot(ACCOUNT, project, until)
        whole, together = (
            aggregate_coded(plan, project, lead, moments)
            for plan, moments in ((OWN, as_of), (ACCOUNT, np.full(PART, until)))
        )
        first = np.zeros(1, dtype=np.int64)
        for k in range(PART):
            request, at = one(project, k, offsets[k], offsets[k + 1]), as_of[k : k + 1]
            expected = bits(OWN, (whole[0][k : k + 1], whole[1]))
            assert bits(OWN, aggregate_coded(OWN, request, first, at)) == expected
            assert bits(OWN, live.read(f"L{k}", at)) == expected
            asked = aggregate_coded(ACCOUNT, request, first, np.array([until]), kept)
            assert bits(ACCOUNT, asked) == bits(ACCOUNT, (together[0][k : k + 1], together[1]))
