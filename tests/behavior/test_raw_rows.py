"""A raw row of the export gives the same answer on every path, whatever the cell rules of its project."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from asked import contributions
from raw_worlds import EMPTY, RawWorld

from lead_ml.api.model import Model
from lead_ml.asof.labels import Spine
from lead_ml.registry.frame import answers_frame, prepared_rows
from lead_ml.scoring import Answer, Scorer, Served, serve_version
from lead_ml.service import Settings, create_app
from lead_ml.service.reload import Loaders
from lead_ml.tables.instants import iso
from lead_ml.workflows.load import load
from lead_ml.workflows.train import train

ALL = 100
BATCH = 200

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette asks for another HTTP client than the one that is installed
    from starlette.testclient import TestClient


@dataclass(frozen=True)
class Asked:
    """A trained raw world, the answers from its files, and its raw rows as the bodies of requests."""

    scorer: Scorer
    runs: Path
    expected: dict[str, Answer]
    bodies: list[dict[str, Any]]


def asked(root: Path, seed: int, rows: int) -> Asked:
    """Train on the files of a raw world, and score every lead of them at the end of the data."""
    world = RawWorld(root, seed, rows)
    loaded = load(root)
    run = train(loaded.project, loaded.dataset, candidates=("logistic" if seed % 2 else "lightgbm",))
    served = Served(version=run.record.version, folder=f"{run.record.version}/bundle", at="", why="tests")
    serve_version(loaded.project.runs, served)
    scorer = Scorer.load(run.bundle)
    dataset = load(root, sealed=scorer.bundle.info.rules).dataset
    count = len(dataset.leads)
    spine = Spine(np.arange(count), np.full(count, dataset.until))
    answers = scorer.score_dataset(dataset, spine, top=ALL)
    by_lead: dict[str, list[dict[str, Any]]] = {}
    for event in world.events:
        by_lead.setdefault(event["lead_id"], []).append({k: v for k, v in event.items() if k != "lead_id"})
    bodies = [
        {
            "lead": lead,
            "events": by_lead.get(lead["lead_id"].strip(), []),
            "as_of": iso(dataset.until),
            "reasons": ALL,
        }
        for lead in world.leads
    ]
    return Asked(scorer, loaded.project.runs, {answer.lead_id: answer for answer in answers}, bodies)


def check(found: Answer, given: Asked) -> float:
    """Hold an answer equal to that of the file; return the largest difference of probability and contributions."""
    wanted = given.expected[found.lead_id]
    assert msgspec.structs.replace(found, warnings=(), ignored=()) == wanted
    first, second = contributions(found), contributions(wanted)
    assert first.keys() == second.keys()
    return max(
        [abs(found.probability - wanted.probability), *(abs(first[name] - second[name]) for name in first)]
    )


@contextmanager
def client_of(given: Asked) -> Iterator[Any]:
    loaders = Loaders(check=lambda _: None, load=Scorer.load, warm=lambda: None)
    settings = Settings(runs=given.runs, auth=False, poll_seconds=3600, max_batch_body=64 * 1024 * 1024)
    app = create_app(settings, loaders=loaders)
    app.state.runtime.reloader.check()
    with TestClient(app, client=("127.0.0.1", 50_000), base_url="http://localhost") as found:
        yield found


def over_http(given: Asked, singles: int) -> Iterator[Answer]:
    with client_of(given) as client:
        for body in given.bodies[:singles]:
            response = client.post("/v1/score", json=body)
            assert response.status_code == 200, response.text
            yield msgspec.json.decode(response.content, type=Answer)
        for start in range(0, len(given.bodies), BATCH):
            content = {"leads": given.bodies[start : start + BATCH]}
            for item in json.loads(client.post("/v1/score/batch", json=content).content)["results"]:
                yield msgspec.convert(item["answer"], Answer)


def as_pyfunc(given: Asked) -> Iterator[Answer]:
    """Answer rows as the pyfunc does: see ``LeadScoring.predict``."""
    rows = [
        {**body["lead"], "as_of": body["as_of"], "events": json.dumps(body["events"])}
        for body in given.bodies
    ]
    frame = pd.DataFrame(rows)
    answers = given.scorer.score_prepared(prepared_rows(frame, given.scorer.bundle.schema, 0, reasons=ALL))
    for text in answers_frame(answers, frame.index)["answer"]:
        yield msgspec.json.decode(text, type=Answer)


def as_frames(given: Asked) -> Iterator[tuple[str, float, dict[str, float]]]:
    """Answer DataFrames of leads and events; return id, probability and contributions."""
    leads = pd.DataFrame([body["lead"] for body in given.bodies])
    events = pd.DataFrame(
        [{"lead_id": body["lead"]["lead_id"], **event} for body in given.bodies for event in body["events"]]
    )
    model, as_of = Model(given.scorer), given.bodies[0]["as_of"]
    table = model.score(leads, events, as_of=as_of)
    explained = dict(iter(model.explain(leads, events, as_of=as_of).groupby("lead_id")))
    for lead_id, probability in zip(table["lead_id"], table["probability"], strict=True):
        part = explained[lead_id]
        yield lead_id, probability, dict(zip(part["feature"], part["contribution"], strict=True))


def largest_difference(given: Asked, singles: int) -> float:
    found = [check(answer, given) for answer in (*over_http(given, singles), *as_pyfunc(given))]
    for lead_id, probability, contributed in as_frames(given):
        wanted = given.expected[lead_id]
        found.append(abs(probability - wanted.probability))
        found += [
            abs(contributed[name.removeprefix("conversion ")] - value)
            for name, value in contributions(wanted).items()
        ]
    assert len(found) > 2 * len(given.bodies)
    return max(found)


def test_raw_rows_are_answered_alike(tmp_path: Path) -> None:
    given = asked(tmp_path, seed=3, rows=150)
    assert len({answer.probability for answer in given.expected.values()}) > 100
    assert largest_difference(given, singles=20) == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_raw_rows_of_any_project_are_answered_alike(tmp_path: Path, seed: int) -> None:
    given = asked(tmp_path, seed=100 + seed, rows=1_000)
    assert largest_difference(given, singles=1_000) == 0.0


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
