"""How long a score takes: in process step by step, in batches, and over HTTP. Data is SYNTHETIC unless --project brings own.

A small project is generated and trained once (or given with --project); then open leads are scored again and again. The ways
of scoring take turns in every round, so that whatever else the machine does falls on all of them alike. Each round gives one
figure per way: milliseconds a lead, by the clock of the wall. Shown are the median round with the fastest and the slowest.

features + model + explain are parts of total, measured on their own; total also words the reasons.

Usage: python benchmarks/scoring.py [--leads 12000] [--rounds 30] [--candidate lightgbm] [--project FOLDER] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
SINGLES, BATCH = 20, 500
Way = Callable[[], int]


def bodies_of(dataset: Any, count: int) -> list[bytes]:
    """Write the last open leads with their events as bodies of POST /v1/score, at the end of the data."""
    import msgspec
    import numpy as np

    from lead_ml.asof.labels import open_leads
    from lead_ml.tables.instants import iso

    leads, events = dataset.leads, dataset.events
    names = list(leads.columns)
    bodies = []
    for row in open_leads(dataset, dataset.until).lead[-count:].tolist():
        taken = np.array([row])
        own = np.nonzero(events.lead == row)[0]
        columns = {
            n: c.take(own).values() for n, c in events.columns.items() if n in ("type", "page", "channel")
        }
        told = [
            {
                "occurred_at": iso(int(events.occurred_at[k])),
                **{n: v[i] for n, v in columns.items() if v[i] is not None},
            }
            for i, k in enumerate(own)
        ]
        lead = {"lead_id": leads.lead_id[row], "created_at": iso(int(leads.created_at[row]))}
        lead |= {n: leads.columns[n].take(taken).values()[0] for n in names}
        bodies.append(msgspec.json.encode({"lead": lead, "events": told, "as_of": iso(dataset.until)}))
    return bodies


def ways_in_process(scorer: Any, bodies: Sequence[bytes], batch: Sequence[bytes]) -> dict[str, Way]:
    """Return the ways that need no server; each scores some leads and says how many."""
    import msgspec

    from lead_ml.asof.join import features_at
    from lead_ml.scoring import ScoreRequest, prepare
    from lead_ml.service.scoring import score_many, score_one

    schema, compiled, kept = scorer.bundle.schema, scorer.compiled, scorer.bundle.reference
    prepared = [prepare(msgspec.json.decode(body, type=ScoreRequest), schema, 0) for body in bodies]
    raws = [features_at(compiled, p.dataset, p.spine, reference=kept) for p in prepared]
    parts = list(scorer.bundle.parts.values())
    matrices = [[(part, part.fitted.matrix(raw)) for part in parts] for raw in raws]
    whole = msgspec.json.encode({"leads": [msgspec.Raw(body) for body in batch]})

    def features() -> int:
        for p in prepared:
            features_at(compiled, p.dataset, p.spine, reference=kept)
        return len(prepared)

    def model() -> int:
        for pairs in matrices:
            for part, X in pairs:
                part.interval.bounds(part.calibration.apply(part.fitted.model.predict_logit(X)))
        return len(matrices)

    def explain() -> int:
        for pairs in matrices:
            for part, X in pairs:
                part.calibration.scale_contributions(part.fitted.model.contributions(X))
        return len(matrices)

    def total() -> int:
        for body in bodies:
            score_one(scorer, body)
        return len(bodies)

    def in_batch() -> int:
        score_many(scorer, whole)
        return len(batch)

    return {
        "one lead: features": features,
        "one lead: model": model,
        "one lead: explain": explain,
        "one lead: total, JSON to JSON": total,
        f"batch of {len(batch)}, a lead": in_batch,
    }


@contextlib.contextmanager
def served(runs: Path) -> Iterator[str]:
    """Serve the champion on a free port of this machine, in a thread of this process; yields the address."""
    import uvicorn

    from lead_ml.service import Settings, create_app

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create_app(Settings(runs=runs, auth=False))
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not app.state.runtime.reloader.ready:
            if not thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def way_over_http(client: Any, bodies: Sequence[bytes], singles: list[float]) -> Way:
    """Return the way over HTTP with one kept connection; every request's milliseconds go into `singles`."""

    def over_http() -> int:
        for body in bodies:
            start = time.perf_counter()
            answer = client.post("/v1/score", content=body, headers={"content-type": "application/json"})
            singles.append(1e3 * (time.perf_counter() - start))
            if answer.status_code != 200:
                raise RuntimeError(answer.text)
        return len(bodies)

    return over_http


def measured(ways: dict[str, Way], rounds: int) -> dict[str, list[float]]:
    """Let the ways take turns; milliseconds a lead of each round, after one round that does not count."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            count = way()
            if number:
                found[name].append(1e3 * (time.perf_counter() - start) / count)
    return found


def trained_project(folder: Path, leads: int, candidate: str) -> Path:
    """Generate and train a project, and let it serve."""
    from lead_ml.demo import generate, write
    from lead_ml.scoring import Served, serve_version
    from lead_ml.workflows.init import init_project
    from lead_ml.workflows.load import load
    from lead_ml.workflows.train import train

    root = folder / "project"
    init_project(root)
    write(generate(leads, 7), root)
    loaded = load(root)
    version = train(loaded.project, loaded.dataset, candidates=(candidate,)).record.version
    served_now = Served(
        version=version, folder=f"{version}/bundle", at="2026-01-01T00:00:00Z", why="benchmark"
    )
    serve_version(loaded.project.runs, served_now)
    return root


def benchmark(root: Path, rounds: int) -> dict[str, Any]:
    """Measure a project that serves."""
    import httpx

    from lead_ml.asof.kernel import warm
    from lead_ml.scoring import Scorer, served_folder
    from lead_ml.workflows.load import load

    warm()
    scorer = Scorer.load(served_folder(root / "runs"))
    bodies = bodies_of(load(root).dataset, BATCH)
    singles: list[float] = []
    with served(root / "runs") as address, httpx.Client(base_url=address, trust_env=False) as client:
        ways = ways_in_process(scorer, bodies[:SINGLES], bodies)
        ways["POST /v1/score on loopback"] = way_over_http(client, bodies[:SINGLES], singles)
        found = measured(ways, rounds)
    waits = sorted(singles[SINGLES:])
    return {
        "synthetic": scorer.bundle.info.synthetic,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "candidates": {name: part.fitted.candidate for name, part in scorer.bundle.parts.items()},
        "features": len(scorer.bundle.declarations),
        "events_a_lead": statistics.mean(len(json.loads(body)["events"]) for body in bodies[:SINGLES]),
        "rounds": rounds,
        "ms": {
            name: {"median": statistics.median(ms), "fastest": min(ms), "slowest": max(ms)}
            for name, ms in found.items()
        },
        "http_p99_ms": waits[min(len(waits) - 1, int(0.99 * len(waits)))],
        "batch_leads_a_second": 1e3 / statistics.median(found[f"batch of {len(bodies)}, a lead"]),
    }


def table(result: dict[str, Any]) -> str:
    """Return the result as a table in Markdown."""
    candidates = ", ".join(f"{target} {candidate}" for target, candidate in result["candidates"].items())
    lines = [
        f"{'SYNTHETIC' if result['synthetic'] else 'Own'} data; {candidates}; {result['features']} features, {result['events_a_lead']:.0f} events a lead; "
        f"{result['date']}, {result['machine']}, one thread; {result['rounds']} rounds in turn",
        "",
        "| milliseconds a lead | median | fastest round | slowest round |",
        "|---|---:|---:|---:|",
    ]
    for name, ms in result["ms"].items():
        lines.append(f"| {name} | {ms['median']:.3f} | {ms['fastest']:.3f} | {ms['slowest']:.3f} |")
    lines += [
        "",
        f"Batch: {result['batch_leads_a_second']:,.0f} explained leads a second. "
        f"Over HTTP, 99% of the single requests took at most {result['http_p99_ms']:.2f} ms.",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=12_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--candidate", choices=("scorecard", "logistic", "lightgbm"), default="lightgbm")
    parser.add_argument("--project", type=Path, help="a project that serves already, instead of training one")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="a few seconds, to see that it still runs")
    given = parser.parse_args(arguments)
    leads, rounds, candidate = (
        (800, 2, "scorecard") if given.smoke else (given.leads, given.rounds, given.candidate)
    )
    with tempfile.TemporaryDirectory() as folder:
        root = given.project or trained_project(Path(folder), leads, candidate)
        result = benchmark(root, rounds)
    print(json.dumps(result, indent=2) if given.json else table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
