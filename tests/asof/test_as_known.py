"""What was known at an instant: one rule for data sets, labels, features and the reading of files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from random_projects import START as PROJECTS_START
from random_projects import answers, projects, questions

from lead_ml.asof.join import Compiled, features_at
from lead_ml.asof.labels import Spine, label
from lead_ml.declare import category, events, leads, number, outcomes, validated
from lead_ml.project.params import params_from
from lead_ml.project.targets import Fake, Won
from lead_ml.tables.dataset import Changes, Coded, Dataset
from lead_ml.tables.instants import iso
from lead_ml.tables.read import read_dataset
from lead_ml.testing import sample_dataset
from lead_ml.testing.sample import DAYS, HOUR, START

W = {"en": "x", "zh": "x", "group": "engagement"}
DECLARED = validated(
    [
        category("industry", **W),
        number("firms.employees", name="firm_employees", **W),
        events().count("own_events", **W),
        events(by="account_id").count("account_events_7d", window="7d", **W),
        events(by="account_id").last("account_last_page", of="page", **W),
        leads(by="account_id").count("account_leads", **W),
        outcomes(by="account_id", stage="won").count("account_won", **W),
    ]
)
COMPILED = Compiled.of(DECLARED)
check = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 10_000)
instants = st.integers(-24, (DAYS + 60) * 24).map(lambda hour: START + hour * HOUR)


def sample(seed: int) -> Dataset:
    return sample_dataset(
        DECLARED, seed=seed, leads=25, history=("industry", "account_id"), extra={"firms": "account_id"}
    )


def content(data: Dataset) -> object:
    """The whole content of a data set as plain values."""
    streams = [
        (t.lead.tolist(), t.occurred_at.tolist(), t.known_at.tolist(), values(t.columns), numbers.tolist())
        for t, numbers in ((data.events, data.events.value), (data.outcomes, data.outcomes.amount))
    ]
    changing = {**data.history, **{f"{name}.": table.rows for name, table in data.extra.items()}}
    return (
        data.until,
        data.leads.lead_id,
        values(data.leads.columns),
        repr(streams),  # NaN equals NaN as text
        {name: (c.owner.tolist(), c.at.tolist(), values(c.columns)) for name, c in changing.items()},
    )


def values(columns: dict[str, Coded]) -> dict[str, list[str | None]]:
    return {name: column.values() for name, column in columns.items()}


@check
@given(seed=seeds, at=instants)
def test_no_row_was_known_at_or_after_the_instant_and_none_known_before_is_lost(seed: int, at: int) -> None:
    data = sample(seed)
    known = data.as_known(at)
    for before, after in ((data.events, known.events), (data.outcomes, known.outcomes)):
        assert (after.known_at < at).all()
        assert len(after) == (before.known_at < at).sum()
    changes: list[tuple[Changes, Changes]] = [
        *((data.history[name], known.history[name]) for name in data.history),
        *((data.extra[name].rows, known.extra[name].rows) for name in data.extra),
    ]
    for old, new in changes:
        assert (new.at < at).all()
        assert len(new) == (old.at < at).sum()
    assert known.until == min(at, data.until)


@check
@given(seed=seeds, first=instants, second=instants)
def test_it_is_idempotent_and_monotone(seed: int, first: int, second: int) -> None:
    data, (early, late) = sample(seed), sorted((first, second))
    once = content(data.as_known(early))
    assert content(data.as_known(early).as_known(early)) == once
    assert content(data.as_known(late).as_known(early)) == once
    assert content(data.as_known(early).as_known(late)) == once


@check
@given(seed=seeds, at=instants, steps=st.lists(st.integers(0, 30), min_size=25, max_size=25))
def test_features_up_to_the_instant_are_those_of_the_full_data(seed: int, at: int, steps: list[int]) -> None:
    data = sample(seed)
    as_of = np.maximum(at - np.array(steps, dtype=np.int64) ** 2 * HOUR, 0)
    there = np.flatnonzero(data.leads.created_at <= as_of)
    spine = Spine(there, as_of[there])
    full, known = (features_at(COMPILED, part, spine) for part in (data, data.as_known(at)))
    for name, column in full.items():
        other = known[name]
        if isinstance(column, Coded):
            assert column.values() == other.values(), name
        else:
            np.testing.assert_array_equal(column, other, err_msg=name)


@settings(max_examples=25, deadline=None)
@given(question=questions())
def test_every_aggregation_is_that_of_the_full_data(question) -> None:
    project, lead, as_of = question
    project = replace(project, until=int(as_of.max()) + 1)
    assert answers(project.as_known(int(as_of.max())), lead, as_of) == answers(project, lead, as_of)


@check
@given(seed=seeds, at=instants)
def test_a_column_with_history_holds_its_value_of_that_time(seed: int, at: int) -> None:
    data = sample(seed)
    column = data.as_known(at).leads.columns["industry"].values()
    for lead, value in enumerate(column):
        dated = [
            (when, text)
            for owner, when, text in zip(
                data.history["industry"].owner.tolist(),
                data.history["industry"].at.tolist(),
                data.history["industry"].columns["industry"].values(),
                strict=True,
            )
            if owner == lead and when < at
        ]
        assert value == (max(dated, key=lambda item: item[0])[1] if dated else None)


@settings(max_examples=60, deadline=None)
@given(project=projects(), half=st.integers(0, 60), horizon=st.integers(1, 12))
def test_labels_as_known_are_the_labels_of_the_data_as_known(project, half: int, horizon: int) -> None:
    first = np.unique(project.outcomes.lead, return_index=True)[1]
    project = replace(project, outcomes=project.outcomes.take(first))  # one record of a lead, as in a CRM
    at = PROJECTS_START + half * HOUR // 2
    created = project.leads.created_at
    lead = np.repeat(np.arange(len(created)), 4)
    spine = Spine(lead, created[lead] + np.tile([0, 1, 3, 7], len(created)) * HOUR)
    spine = spine.take(spine.as_of + horizon * HOUR <= at)  # mature by then
    project = replace(project, until=at + 1000 * HOUR)
    for target in (Won(), Fake(reasons=("bot",), contacts=("call",), stages=("lost",))):
        full = label(target, project, spine, horizon * HOUR)
        then = label(target, project.as_known(at), spine, horizon * HOUR)
        usable = full.usable_by(at)
        if isinstance(target, Won):
            assert usable.tolist() == then.used.tolist()
        assert full.as_known(at)[usable & then.used].tolist() == then.y[usable & then.used].tolist()


def test_data_until_leaves_out_what_as_known_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(
        "lead_id,created_at,owner\nL1,2024-05-01T10:00Z,\nL2,2024-05-02T10:00Z,\n"
    )
    (tmp_path / "events.csv").write_text(
        "lead_id,occurred_at,recorded_at,type\nL1,2024-05-03T10:00Z,,a\nL2,2024-05-04T10:00Z,,b\n"
        "L2,2024-05-03T10:00Z,2024-05-09T10:00Z,c\n"
    )
    (tmp_path / "history.csv").write_text(
        "lead_id,changed_at,field,value\nL1,2024-05-03T10:00Z,owner,Li\nL1,2024-05-05T10:00Z,owner,Wang\n"
    )
    data = {name: {"path": f"{name}.csv"} for name in ("leads", "events")}
    data["lead_history"] = {"path": "history.csv"}
    known_at = {"owner": "history"}
    whole, _ = read_dataset(params_from({"project": "p", "data": data, "known_at": known_at}), tmp_path)
    at = 1_714_817_400_000_000  # 2024-05-04T10:10:00Z
    cut, _ = read_dataset(
        params_from({"project": "p", "data": {**data, "until": iso(at)}, "known_at": known_at}), tmp_path
    )
    known = whole.as_known(at)
    assert known.events.columns["type"].values() == cut.events.columns["type"].values() == ["a", "b"]
    assert known.history["owner"].at.tolist() == cut.history["owner"].at.tolist()
    assert known.leads.columns["owner"].values() == ["Li", None]
    assert known.until == cut.until == at
