"""A report of the small trained world, and one of a world with too few outcomes to evaluate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lead_ml.registry.runs import ForwardScores, Run
from lead_ml.report import report_data


@pytest.fixture(scope="session")
def data(trained: Any) -> dict[str, Any]:
    """The data dict of the trained run; tests that change it copy it first."""
    return report_data(trained.run)


@pytest.fixture(scope="session")
def cold(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on 150 leads none of which has won yet."""
    from lead_ml.demo import generate
    from lead_ml.workflows.train import train

    dataset = generate(150, 3, days=200).data
    outcomes = dataset.outcomes
    assert outcomes is not None
    stage = np.array(outcomes.columns["stage"].values())
    kept = np.isin(stage, ["mql", "lost"])
    few = replace(
        outcomes,
        lead=outcomes.lead[kept],
        occurred_at=outcomes.occurred_at[kept],
        known_at=outcomes.known_at[kept],
        columns={name: column.take(kept) for name, column in outcomes.columns.items()},
        amount=outcomes.amount[kept],
    )
    project = replace(trained.project, root=tmp_path_factory.mktemp("cold"))
    return train(project, replace(dataset, outcomes=few))


@pytest.fixture(scope="session")
def scores() -> ForwardScores:
    """Forward scores of 900 rows, three per lead: a candidate that is calibrated, and one that is twice too sure."""
    rng = np.random.default_rng(5)
    size = 900
    z = rng.normal(-1.5, 1.0, size)
    y = (rng.random(size) < 1 / (1 + np.exp(-z))).astype(np.float64)
    return ForwardScores(
        lead_id=np.array([f"L{k // 3}" for k in range(size)]),
        as_of=np.arange(size, dtype=np.int64),
        y=y,
        weight=np.full(size, 1 / 3),
        group=np.arange(size, dtype=np.int64) // 3,
        probability={"logistic": 1 / (1 + np.exp(-z)), "lightgbm": 1 / (1 + np.exp(-2 * z))},
    )
