"""The same raw row gives the same bits, whichever way it comes: file, DataFrame, `lead-ml score`, HTTP single and batch, MLflow."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from asked import ALL_REASONS, contributions
from candidates import run_of_candidate
from five_paths import Asked, answers_of, asked, check, largest_difference, rows_of
from raw_worlds import EMPTY, RawWorld

from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Spine
from lead_ml.declare import Aggregate, Rate, operands
from lead_ml.model.metrics import sigmoid
from lead_ml.registry.logged_model import MODEL_CODE
from lead_ml.registry.store import import_mlflow
from lead_ml.scoring import Scorer, ScoreRequest, prepare
from lead_ml.tables.dataset import Coded
from lead_ml.tables.instants import iso
from lead_ml.workflows.load import load
from lead_ml.workflows.train import train

LEADS = 300


@pytest.fixture(scope="module")
def demo(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """The latest leads of the demo, most of them still open, for the candidate with the longest way from a value to a reason."""
    run = run_of_candidate(trained, "lightgbm", tmp_path_factory.mktemp("paths"))
    return asked(
        trained.root, run, rows_of(trained.root / "leads.csv")[-LEADS:], rows_of(trained.root / "events.csv")
    )


def raw_world(root: Path, seed: int, rows: int) -> Asked:
    """A random project with random cell rules."""
    world, loaded = RawWorld(root, seed, rows), load(root)
    run = train(loaded.project, loaded.dataset, candidates=("logistic" if seed % 2 else "lightgbm",))
    return asked(root, run, world.raw_leads, world.events)


def request_of(body: dict[str, Any], **changes: Any) -> ScoreRequest:
    return msgspec.convert({**body, **changes}, ScoreRequest)


def test_there_is_enough_to_compare(demo: Asked) -> None:
    assert len(demo.expected) == len(demo.bodies) == LEADS
    assert len({answer.probability for answer in demo.expected.values()}) > LEADS / 2
    assert sum(bool(body["events"]) for body in demo.bodies) > LEADS / 2
    assert all(answer.fake is not None for answer in demo.expected.values())


@pytest.mark.slow
def test_raw_rows_of_the_demo_are_answered_alike(demo: Asked) -> None:
    assert largest_difference(demo, singles=50) == 0.0


def test_raw_rows_are_answered_alike(tmp_path: Path) -> None:
    given = raw_world(tmp_path, seed=3, rows=150)
    assert len({answer.probability for answer in given.expected.values()}) > 100
    assert largest_difference(given, singles=20) == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_raw_rows_of_any_project_are_answered_alike(tmp_path: Path, seed: int) -> None:
    assert largest_difference(raw_world(tmp_path, 100 + seed, rows=1_000), singles=200) == 0.0


def test_the_training_table_equals_the_scored_data_set(
    demo: Asked,
) -> None:
    scorer, expected = demo.scorer, demo.expected.values()
    raw = features_at(scorer.bundle.declarations, demo.dataset, demo.spine)
    for target, part in scorer.bundle.parts.items():
        matrix = part.fitted.matrix(raw)
        logit = part.calibration.apply(part.fitted.model.predict_logit(matrix))
        probability = sigmoid(logit)
        table = part.calibration.scale_contributions(part.fitted.model.contributions(matrix))
        names = [f"{target} {item.name}" for item in part.fitted.declarations]
        for row, answer in enumerate(expected):
            found = answer if target == "conversion" else answer.fake
            assert found.probability == probability[row]
            assert found.base == table[row, -1]
            of_row, wanted = contributions(answer), dict(zip(names, table[row, :-1].tolist(), strict=True))
            said = {name: of_row[name] for name in names if name in of_row}
            assert said == {name: wanted[name] for name in said}
            left_out = sum(value for name, value in wanted.items() if name not in said)
            assert of_row[f"{target} other"] == pytest.approx(left_out, abs=1e-9)


@pytest.mark.slow
def test_the_model_of_mlflow_answers_alike(demo: Asked, tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow warns of its own type hints while it is imported
        mlflow = import_mlflow()
        mlflow.pyfunc.save_model(
            tmp_path / "model",
            python_model=str(MODEL_CODE),
            artifacts={"bundle": str(demo.bundle)},
            pip_requirements=[],
        )
        model = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    table = model.unwrap_python_model().predict(None, demo.frame, {"reasons": ALL_REASONS})
    assert [check(answer, demo) for answer in answers_of(table)] == [0.0] * LEADS


def test_every_kind_answers_alike_alone_and_in_a_batch(demo: Asked, candidate_scorer: Scorer) -> None:
    schema = candidate_scorer.bundle.schema
    prepared = [prepare(request_of(body), schema, 0) for body in demo.bodies[::5]]
    batch = candidate_scorer.score_prepared(prepared)
    whole = candidate_scorer.score_dataset(
        demo.dataset, demo.spine.take(np.arange(0, LEADS, 5)), top=ALL_REASONS
    )
    for one, of_batch, of_data in zip(prepared, batch, whole, strict=True):
        for found in (candidate_scorer.score_prepared([one])[0], of_batch):
            assert msgspec.structs.replace(found, warnings=(), ignored=()) == of_data
            assert contributions(found) == contributions(of_data)


def test_leads_asked_about_later_see_themselves_later_and_shared_keys_as_the_data_ended(
    demo: Asked,
) -> None:
    scorer, until, lead = demo.scorer, demo.dataset.until, demo.spine.lead[:200]
    later = until + 36 * 3_600_000_000 + 1
    now, then = (
        features_at(scorer.compiled, demo.dataset, Spine(lead, np.full(200, moment)))
        for moment in (later, until)
    )
    shared = {
        item.name
        for item in scorer.bundle.declarations
        if any(
            isinstance(part, Aggregate | Rate) and part.key != "lead_id" for part in operands(item) or (item,)
        )
    }
    assert {"source_leads_7d"} < shared
    for row, body in enumerate(demo.bodies[:200]):
        request = prepare(request_of(body, as_of=iso(later)), scorer.bundle.schema, 0)
        found = scorer._features(request)
        for name in scorer.bundle.parts["conversion"].fitted.encoder.names:
            wanted = (then if name in shared else now)[name]
            assert values(found[name])[0] == values(wanted)[row], name


def values(column: Any) -> list[Any]:
    """The values of a raw column, None where missing."""
    found = column.values() if isinstance(column, Coded) else column.tolist()
    return [None if value != value else value for value in found]


def test_no_events_table_is_told_apart_from_no_events(demo: Asked) -> None:
    some = demo.bodies[:50]
    prepared = [prepare(request_of(body, events=None), demo.scorer.bundle.schema, 0) for body in some]
    answers = demo.scorer.score_prepared(prepared)
    assert not any(answer.events_supplied for answer in answers)
    assert any(answer.probability != demo.expected[answer.lead_id].probability for answer in answers)


def test_the_worlds_use_every_rule(tmp_path: Path) -> None:
    worlds = [RawWorld(tmp_path / str(seed), 100 + seed, 20) for seed in range(20)]
    for rule in (
        "comma",
        "spelled",
        "constants",
        "event_defaults",
        "theirs",
        "where_filled",
        "defaults",
        "dates",
    ):
        used = [bool(getattr(world, rule)) for world in worlds]
        assert any(used), rule
        assert not all(used) or rule == "defaults", rule
    assert {world.zone for world in worlds} == {"UTC", "Asia/Shanghai", "America/New_York"}
    cells = {cell for world in worlds for lead in world.leads for cell in lead.values()}
    assert cells.issuperset(EMPTY)
