"""The raw rows of the files of a project, sent over every path to an answer: what `lead-ml score` reads, DataFrames, HTTP, the pyfunc."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from asked import ALL_REASONS, contributions

from lead_ml.api.model import Model
from lead_ml.asof.labels import Spine
from lead_ml.registry.frame import answers_frame, prepared_rows
from lead_ml.registry.runs import Run
from lead_ml.scoring import Answer, EventIn, Scorer, Served, serve_version
from lead_ml.service import Settings, create_app
from lead_ml.service.reload import Loaders
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.instants import iso
from lead_ml.workflows.load import load
from lead_ml.workflows.score import score_open

BATCH = 200
Row = Mapping[str, Any]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette asks for another HTTP client than the one that is installed
    from starlette.testclient import TestClient


@dataclass(frozen=True)
class Asked:
    """A trained project, its files read by the rules of its scorer, the answers from them, and raw rows as the bodies of requests."""

    scorer: Scorer
    bundle: Path
    runs: Path
    dataset: Dataset
    spine: Spine
    expected: dict[str, Answer]
    bodies: list[dict[str, Any]]

    @property
    def frame(self) -> pd.DataFrame:
        """The rows of the pyfunc."""
        return pd.DataFrame(
            {**body["lead"], "as_of": body["as_of"], "events": json.dumps(body["events"])}
            for body in self.bodies
        )


def asked(root: Path, run: Run, leads: Sequence[Row], events: Sequence[Row]) -> Asked:
    """Serve a run, and score some leads of the files of its project at the end of the data; `leads` and all `events` are raw rows."""
    version = run.record.version
    serve_version(run.folder.parent, Served(version=version, folder=f"{version}/bundle", at="", why="tests"))
    scorer = Scorer.load(run.bundle)
    dataset = load(root, sealed=scorer.bundle.info.rules).dataset
    row = {lead_id: k for k, lead_id in enumerate(dataset.leads.lead_id)}
    rows = np.array([row[lead["lead_id"].strip()] for lead in leads])
    spine = Spine(rows, np.full(len(rows), dataset.until))
    answers = scorer.score_dataset(dataset, spine, top=ALL_REASONS)
    of_lead: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        of_lead.setdefault(event["lead_id"], []).append(
            {name: event[name] for name in event if name in EventIn.__struct_fields__}
        )
    bodies = [
        {
            "lead": lead,
            "events": of_lead.get(lead["lead_id"].strip(), []),
            "as_of": iso(dataset.until),
            "reasons": ALL_REASONS,
        }
        for lead in leads
    ]
    expected = {answer.lead_id: answer for answer in answers}
    return Asked(scorer, run.bundle, run.folder.parent, dataset, spine, expected, bodies)


def rows_of(path: Path) -> list[Row]:
    """Read a CSV file as any other program does."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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
    """Answer the first rows one by one, and all of them in batches."""
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
    frame = given.frame
    answers = given.scorer.score_prepared(
        prepared_rows(frame, given.scorer.bundle.schema, 0, reasons=ALL_REASONS)
    )
    return answers_of(answers_frame(answers, frame.index))


def answers_of(table: pd.DataFrame) -> Iterator[Answer]:
    for text in table["answer"]:
        yield msgspec.json.decode(text, type=Answer)


def as_worklist(given: Asked) -> Iterator[Answer]:
    """Answer open leads as ``lead-ml score`` does."""
    for answer in score_open(given.scorer, given.dataset, top=ALL_REASONS):
        if answer.lead_id in given.expected:
            yield answer


def as_frames(given: Asked) -> Iterator[float]:
    """Answer DataFrames of leads and events; return how far probabilities and contributions are from those of the file."""
    leads = pd.DataFrame([body["lead"] for body in given.bodies])
    events = pd.DataFrame(
        [{"lead_id": body["lead"]["lead_id"], **event} for body in given.bodies for event in body["events"]]
    )
    model, as_of = Model(given.scorer), given.bodies[0]["as_of"]
    table = model.score(leads, events, as_of=as_of)
    explained = dict(iter(model.explain(leads, events, as_of=as_of).groupby("lead_id")))
    for lead_id, probability in zip(table["lead_id"], table["probability"], strict=True):
        part, wanted = explained[lead_id], given.expected[lead_id]
        yield abs(probability - wanted.probability)
        contributed = dict(zip(part["feature"], part["contribution"], strict=True))
        for name, value in contributions(wanted).items():
            target, _, feature = name.partition(" ")
            if target == "conversion":
                yield abs(contributed[feature] - value)


def largest_difference(given: Asked, singles: int) -> float:
    """Return the largest difference over all paths; `singles` rows are asked about one by one as well."""
    paths = [list(over_http(given, singles)), list(as_pyfunc(given)), list(as_worklist(given))]
    assert [len(answers) for answers in paths[:2]] == [singles + len(given.bodies), len(given.bodies)]
    assert paths[2]
    frames = list(as_frames(given))
    assert len(frames) > len(given.bodies)
    return max([*(check(answer, given) for answers in paths for answer in answers), *frames])
