"""What commands read where leads were merged: every person once, under one id, in one group."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from small import DAY, START, draw, outcomes_of, write_project

from lead_ml.asof.open_leads import find_open_leads
from lead_ml.errors import InputError
from lead_ml.lead_data.merge.entries import MergePair, SignedDecision
from lead_ml.lead_data.merge.in_force import DecisionsInForce
from lead_ml.lead_data.merge.log import append_decisions, read_merges
from lead_ml.lead_data.merge.people import people_of
from lead_ml.lead_data.merge.united import united
from lead_ml.project.targets import Won
from lead_ml.scoring import Scorer
from lead_ml.tables.dataset import Coded, Dataset, Leads
from lead_ml.workflows.load import load
from lead_ml.workflows.merge import Signature, merge_two, undo_entry
from lead_ml.workflows.people import created_of
from lead_ml.workflows.score import score_one, score_open
from lead_ml.workflows.train import train
from lead_ml.workflows.training import Training

WHO = Signature("Li", "same phone")


@pytest.fixture
def merged(trained: Any, tmp_path: Path) -> tuple[Path, list[tuple[str, str]]]:
    """A copy of the trained world in which forty pairs of leads far apart in time were merged."""
    root = Path(shutil.copytree(trained.root, tmp_path / "project"))
    ids = trained.dataset.leads.lead_id
    pairs = [(ids[k], ids[2_400 - k]) for k in range(0, 400, 10)]
    signed = [SignedDecision(MergePair(a, b), *vars(WHO).values()) for a, b in pairs]
    append_decisions(root, "2026-01-01T00:00:00Z", lambda _: signed)
    return root, pairs


def test_every_person_is_read_once_and_undoing_gives_the_old_data_back(merged: Any, trained: Any) -> None:
    root, pairs = merged
    before, one = load(root, people=False).dataset, load(root).dataset
    assert len(before.leads) - len(one.leads) == len(pairs)
    assert set(one.leads.lead_id) == set(before.leads.lead_id) - {b for _, b in pairs}
    assert len(one.events) == len(before.events)  # type: ignore[arg-type]
    assert one.digests == {**before.digests, "merges": read_merges(root).head.hash}
    for number in range(len(pairs), 0, -1):
        undo_entry(root, number, WHO)
    again = load(root).dataset
    assert again.members is None
    assert again.digests == before.digests == trained.dataset.digests


def test_a_person_is_ranked_once_and_found_by_each_of_its_ids(merged: Any, trained: Any) -> None:
    root, pairs = merged
    scorer, dataset = Scorer.load(trained.bundle), load(root).dataset
    answers = score_open(scorer, dataset)
    ids = [answer.lead_id for answer in answers]
    assert len(ids) == len(set(ids))
    assert not {b for _, b in pairs} & set(ids)
    a, b = pairs[3]
    one, other = (score_one(scorer, dataset, lead_id) for lead_id in (a, b))
    assert one == other
    assert one.lead_id == a


def test_leads_of_a_person_are_on_one_side_of_every_split(merged: Any) -> None:
    root, pairs = merged
    loaded = load(root)
    training = Training(loaded.project, loaded.dataset)
    task = training.tasks["conversion"]
    table = training.table(task)
    created = loaded.dataset.leads.created_at
    assert created is not None
    place = {lead_id: row for row, lead_id in enumerate(loaded.dataset.leads.lead_id)}
    people = {place[a] for a, _ in pairs}
    assert people & set(table.lead.tolist())
    for window in training.windows(task, table):
        assert not set(table.group[window.fit].tolist()) & set(table.group[window.test].tolist())


def test_the_events_of_a_layout_and_merges_are_refused_together(merged: Any) -> None:
    from lead_ml.workflows.layout import build_layout

    root, _ = merged
    path = root / "params.yaml"
    params = yaml.safe_load(path.read_text(encoding="utf-8"))
    params["data"]["layout"] = "layout"
    path.write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    build_layout(root, None)
    with pytest.raises(InputError, match="leads are merged, and a layout keeps events by lead"):
        load(root)


@pytest.mark.slow
def test_training_with_people_writes_a_version_of_its_own(tmp_path: Path) -> None:
    project, data = write_project(tmp_path / "p"), draw(400)
    ids = data.leads.lead_id
    pairs = [(ids[k], ids[k + 150]) for k in range(0, 100, 2)]
    signed = [SignedDecision(MergePair(a, b), "Li", "x") for a, b in pairs]
    append_decisions(project.root, "2026-01-01T00:00:00Z", lambda _: signed)
    people = people_of(DecisionsInForce.of(read_merges(project.root).entries), created_of(data.leads))
    one = united(data, people, (), project.params)
    run = train(project, one)
    assert run.record.version != train(project, data).record.version
    assert len(one.leads) == 350


def test_a_lost_person_that_asks_again_is_open_and_as_old_as_its_last_lead() -> None:
    wins = 20
    created = START + np.array([0, 300, *range(wins)]) * DAY
    at = created[2:] + 5 * DAY
    outcomes = outcomes_of(
        [0, *range(2, wins + 2)], [START + DAY, *at], [START + DAY, *at], ["lost"] + ["won"] * wins
    )
    ids = tuple(f"L{k}" for k in range(wins + 2))
    data = Dataset(
        Leads(ids, created, {"source": Coded.of(["web"] * len(ids))}), None, outcomes, START + 301 * DAY
    )
    params = write_params()
    alone = find_open_leads(data, data.until, Won(), 10)
    assert [ids[row] for row in alone.ranked] == ["L1"]
    people = people_of(DecisionsInForce.of(()), created_of(data.leads))
    joined = replace(people, members={"L0": ("L0", "L1")}, person={"L0": "L0", "L1": "L0"})
    one = united(data, joined, (), params)
    found = find_open_leads(one, one.until, Won(), 10)
    assert [one.leads.lead_id[row] for row in found.ranked] == ["L0"]
    assert (found.stale_days, len(found.stale)) == (alone.stale_days, 0)


def write_params() -> Any:
    from lead_ml.project.params import params_from

    return params_from({"project": "p", "data": {"leads": {"path": "l.csv"}}})


def test_merging_by_hand_needs_leads_that_exist(merged: Any) -> None:
    root, _ = merged
    with pytest.raises(InputError, match="no such lead: got 'nobody'"):
        merge_two(root, None, "nobody", "L000001", WHO)
