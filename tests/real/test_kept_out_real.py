"""The examples: other outcomes in the test window change nothing that training fits."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
from kept_out import fit_side, same, start_of, training_of

from lead_ml.tables.dataset import Coded
from lead_ml.workflows.load import Loaded, load

OLIST = Path(__file__).parents[2] / "examples" / "olist"
pytestmark = [pytest.mark.data, pytest.mark.slow]


def quick(loaded: Loaded) -> Loaded:
    evaluation = loaded.project.params.evaluation.model_copy(update={"bootstrap": 50})
    params = loaded.project.params.model_copy(update={"evaluation": evaluation})
    return dataclasses.replace(loaded, project=dataclasses.replace(loaded.project, params=params))


def test_other_answers_in_the_test_window_of_the_bank_change_nothing(bank: Loaded) -> None:
    loaded = quick(bank)
    training = training_of(loaded)
    before, start = fit_side(training, "conversion"), start_of(training, "conversion")
    leads = loaded.dataset.leads
    rows = np.flatnonzero(leads.created_at >= start)
    y = leads.columns["y"]
    codes = y.codes.copy()
    codes[rows] = 1 - codes[rows]  # yes becomes no, and no yes
    other = dataclasses.replace(leads, columns={**leads.columns, "y": Coded(codes, y.levels)})
    turned = dataclasses.replace(loaded, dataset=dataclasses.replace(loaded.dataset, leads=other))
    assert len(rows) > 1_000
    same(before, fit_side(training_of(turned), "conversion"))


def test_fewer_deals_in_the_test_window_of_olist_change_nothing(public_data: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(OLIST, root)
    loaded = quick(load(root, public_data / "olist_funnel"))
    training = training_of(loaded)
    before, start = fit_side(training, "conversion"), start_of(training, "conversion")
    outcomes = loaded.dataset.outcomes
    assert outcomes is not None
    late = np.flatnonzero(outcomes.known_at >= start)
    kept = np.setdiff1d(np.arange(len(outcomes)), late[::2])
    assert len(late) > 100
    fewer = dataclasses.replace(
        loaded, dataset=dataclasses.replace(loaded.dataset, outcomes=outcomes.take(kept))
    )
    same(before, fit_side(training_of(fewer), "conversion"))
