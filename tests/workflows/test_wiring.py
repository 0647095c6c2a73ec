"""What a workflow hands on: a changed sign or a dropped argument between two correct steps is found here."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import written
from small import DAY, START, draw, outcomes_of, write_project

from lead_ml.evaluation import Forward, calibration_rows, forward
from lead_ml.model.metrics import sigmoid
from lead_ml.project.load import Project
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.instants import iso
from lead_ml.workflows import ship as shipping
from lead_ml.workflows.ship import ship
from lead_ml.workflows.train import train_project
from lead_ml.workflows.training import Training

OVERCONFIDENT = {
    "horizon_days": 10,
    "lightgbm": {"rounds": 150, "min_data_in_leaf": 2, "learning_rate": 0.3},
    "scorecard": {"base_rate": 0.2, "rules": [{"feature": "source", "values": ["web"], "points": 5}]},
}


def overconfident(root: Path, **split: object) -> Project:
    """A project whose LightGBM overfits its rows, so that its scores need a calibration."""
    return write_project(
        root,
        conversion=OVERCONFIDENT,
        split={"folds": 2, "test_share": 0.3, **split},
        evaluation={"bootstrap": 50},
    )


def evaluated(project: Project, dataset: Dataset) -> tuple[Training, Forward]:
    training = Training(project, dataset, candidates=("lightgbm",))
    task = training.tasks["conversion"]
    table = training.table(task)
    return training, training.evaluate(task, table, training.windows(task, table))


def moving(leads: int = 3_000) -> Dataset:
    """Leads whose win rate changes from month to month, whatever their source and size."""
    data = draw(leads, seed=3)
    assert data.leads.created_at is not None
    rng = np.random.default_rng(4)
    month = (data.leads.created_at - START) // (30 * DAY)
    won = np.flatnonzero(rng.random(leads) < np.array([0.1, 0.5, 0.1, 0.5, 0.1, 0.5, 0.3])[month])
    at = data.leads.created_at[won] + 2 * DAY
    return replace(data, outcomes=outcomes_of(won, at, at, ["won"] * len(won)))


def recorded_late(data: Dataset, start: int) -> Dataset:
    """Half of the wins of earlier leads are recorded only after `start`."""
    outcomes, created = data.outcomes, data.leads.created_at
    assert outcomes is not None
    assert created is not None
    late = (np.arange(len(outcomes)) % 2 == 0) & (created[outcomes.lead] < start)
    return replace(data, outcomes=replace(outcomes, known_at=np.where(late, start + DAY, outcomes.known_at)))


def test_what_is_recorded_after_the_forward_window_began_changes_no_calibration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = START + 140 * DAY
    asked: list[int] = []
    original = forward.for_fit

    def spied(*arguments: Any, known_by: int) -> Any:
        asked.append(known_by)
        return original(*arguments, known_by=known_by)

    monkeypatch.setattr(forward, "for_fit", spied)  # its labels matter under platt only
    project = overconfident(tmp_path, test_from=iso(start))
    later = recorded_late(draw(1_500), start)
    assert later.outcomes is not None
    never = later.outcomes.known_at != start + DAY
    outcomes = later.outcomes
    gone = outcomes_of(
        outcomes.lead[never],
        outcomes.occurred_at[never],
        outcomes.known_at[never],
        ["won"] * int(never.sum()),
    )
    found = [
        evaluated(project, known)[1].evaluated["lightgbm"].calibration
        for known in (later, replace(later, outcomes=gone))
    ]
    assert found[0].method != "identity"
    assert found[0] == found[1]
    assert asked == [start, start]


def test_the_refitted_model_is_calibrated_on_its_own_scores(tmp_path: Path) -> None:
    training, done = evaluated(overconfident(tmp_path), draw(1_500))
    task = training.tasks["conversion"]
    table = training.table(task)
    part, out_of_sample = ship(task, table, done.chosen)
    rows = calibration_rows(done.chosen.scores, table, known_by=2**62, horizon_us=task.horizon_us or 0)
    logit = part.fitted.model.predict_logit(part.fitted.matrix(table.raw))[rows]
    y, weight = table.labels.y[rows], table.weights(rows)
    assert part.calibration.method != "identity"
    assert part.calibration != out_of_sample
    mean = np.average(sigmoid(part.calibration.apply(logit)), weights=weight)
    goal = y if part.calibration.method == "platt" else sigmoid(logit)
    assert mean == pytest.approx(np.average(goal, weights=weight), abs=1e-6)


def test_the_interval_knows_how_much_the_calibration_moves_between_months(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training, done = evaluated(overconfident(tmp_path), moving())
    task = training.tasks["conversion"]
    table = training.table(task)

    def width() -> float:
        lower, upper = ship(task, table, done.chosen)[0].interval.bounds(np.zeros(1))
        return float(upper[0] - lower[0])

    moving_months = width()
    monkeypatch.setattr(shipping, "between_period_variance", lambda *_: None)
    assert moving_months > 1.5 * width()


@pytest.mark.slow
def test_features_that_read_a_leak_found_by_the_audit_stay_out_of_training(tmp_path: Path) -> None:
    project = write_project(
        tmp_path, data={"leads": {"path": "leads.csv"}, "outcomes": {"path": "outcomes.csv"}}
    )
    features = (tmp_path / "features" / "all.py").read_text(encoding="utf-8")
    leaking = features.replace("lead_age(),", 'category("campaign", en="Campaign", zh="活动"), lead_age(),')
    (tmp_path / "features" / "all.py").write_text(leaking, encoding="utf-8")
    data = draw(1_500)
    outcomes, created = data.outcomes, data.leads.created_at
    assert outcomes is not None
    assert created is not None
    won = set(outcomes.lead.tolist())
    ids = data.leads.lead_id
    with (tmp_path / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("lead_id", "created_at", "source", "size", "campaign")]
            + [
                (ids[k], written(int(created[k])), source, size, "renewal" if k in won else "")
                for k, (source, size) in enumerate(
                    zip(
                        data.leads.columns["source"].values(),
                        data.leads.columns["size"].values(),
                        strict=True,
                    )
                )
            ]
        )
    with (tmp_path / "outcomes.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("lead_id", "occurred_at", "stage")]
            + [
                (ids[k], written(int(at)), "won")
                for k, at in zip(outcomes.lead, outcomes.occurred_at, strict=True)
            ]
        )
    assert project.specs
    run = train_project(tmp_path, None, track=False)
    assert "campaign" in run.record.left_out_features
