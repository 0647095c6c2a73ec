"""What becomes of answers when the history of shared keys in a bundle gets old. Data is SYNTHETIC.

A bundle holds the state of keys that many leads share (source, ip, phone, e-mail domain) as of the end of its data, and a request does
not update it. 600 leads (`--asked`) of the demo's CRM are scored one minute after they arrive, by one model, with that state as of
their arrival, a week and 90 days before: *frozen* counts in windows up to now, as if nothing had happened since; *anchored*, which
is what bundles do, counts in windows up to the end of the state. *All history* sees every lead up to now, as the live state of a
store would. Shown are the median lead's count of its source in 7 days, the mean change of the fake model's logit against all history,
how many fakes are flagged, and how many leads are above the MQL threshold. Then 50 robots with one ip and phone come within a minute,
as one batch and one by one, and each lead is asked for a day before the end of the state.

Usage: python benchmarks/aging.py [--leads 12000] [--asked 600] [--candidate logistic] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from lead_ml.asof.join import features_at, shared_plans
from lead_ml.asof.kernel import take_snapshot
from lead_ml.asof.labels import Spine
from lead_ml.demo import SynthWorld, generate, write
from lead_ml.errors import RequestError
from lead_ml.project.targets import CANDIDATES, Candidate
from lead_ml.scoring import Answer, Prepared, Scorer, ScoreRequest, prepare
from lead_ml.tables.dataset import Coded, Dataset
from lead_ml.tables.instants import iso
from lead_ml.testing.change import one_lead
from lead_ml.workflows.init import init_project
from lead_ml.workflows.load import load
from lead_ml.workflows.train import train

MINUTE = 60_000_000
DAY = 1440 * MINUTE
GAPS = (0, 7, 90)  # days
ROBOTS = 50
COUNT = "source_leads_7d"


def trained(world: SynthWorld, cut: int, root: Path, candidate: Candidate) -> Scorer:
    """Train the demo's project on what was known before `cut`, with few trees and folds."""
    init_project(root)
    write(world, root)
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    params["evaluation"] = {"bootstrap": 50}
    params["split"] = {"folds": 2, "test_share": 0.25}
    params["snapshots"] = {"ages_days": [3, 14, 30]}
    for target in ("conversion", "fake"):
        params[target].setdefault("lightgbm", {})["rounds"] = 60
    (root / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    loaded = load(root)
    run = train(loaded.project, loaded.dataset.as_known(cut), candidates=[candidate])
    return Scorer.load(run.bundle)


def with_state(scorer: Scorer, data: Dataset, until: int, *, anchored: bool) -> Scorer:
    """Return the scorer with the history of shared keys as of another instant."""
    plans = shared_plans(scorer.compiled.plans)
    state = {plan.name: replace(take_snapshot(plan, data, until), anchored=anchored) for plan in plans}
    info = msgspec.structs.replace(scorer.bundle.info, until=until)
    return replace(scorer, bundle=replace(scorer.bundle, reference=state, info=info))


def requests_of(data: Dataset, leads: Sequence[int]) -> list[Prepared]:
    """Ask for each lead a minute after its creation."""
    assert data.leads.created_at is not None
    found = []
    for lead in leads:
        as_of = int(data.leads.created_at[lead]) + MINUTE
        spine = Spine(np.zeros(1, dtype=np.int64), np.array([as_of], dtype=np.int64))
        found.append(Prepared(_own(one_lead(data, lead, as_of)), spine, "en", 100))
    return found


def _own(request: Dataset) -> Dataset:
    """Return a request whose columns hold no values of other leads."""

    def bare(columns: Mapping[str, Coded]) -> dict[str, Coded]:
        return {name: Coded.of(column.values()) for name, column in columns.items()}

    leads, events = request.leads, request.events
    return replace(
        request,
        leads=replace(leads, columns=bare(leads.columns)),
        events=None if events is None else replace(events, columns=bare(events.columns)),
    )


def figures(
    scorer: Scorer, answers: Sequence[Answer], fake: np.ndarray, counts: Sequence[float]
) -> dict[str, Any]:
    """Summarize the answers of the leads that were asked for."""
    flagged = np.array([answer.fake is not None and answer.fake.flag for answer in answers])
    above = sum(answer.probability >= scorer.thresholds.mql for answer in answers)
    return {
        "source_leads_7d": float(np.median(counts)),
        "fake_logit": float(np.mean([_logit(answer) for answer in answers])),
        "fakes": int(fake.sum()),
        "fakes_flagged": int((flagged & fake).sum()),
        "real_flagged": int((flagged & ~fake).sum()),
        "above_mql": int(above),
        "warned": sum(any("days before as_of" in text for text in answer.warnings) for answer in answers),
    }


def aged(scorer: Scorer, world: SynthWorld, asked: Sequence[int]) -> dict[str, dict[str, Any]]:
    """Score the same leads with all history, and with states that end earlier."""
    data, fake = world.data, world.truth.fake[list(asked)]
    assert data.leads.created_at is not None
    as_of = data.leads.created_at[list(asked)] + MINUTE
    spine = Spine(np.array(asked, dtype=np.int64), as_of)
    raw = features_at(scorer.compiled, data, spine)
    found = {
        "all history": figures(scorer, scorer.score_features(raw, data, spine), fake, _counts(raw[COUNT]))
    }
    requests = requests_of(data, asked)
    for days in GAPS:
        for anchored in (False, True):
            until = int(as_of.min()) - MINUTE - days * DAY
            version = with_state(scorer, data, until, anchored=anchored)
            counts = [float(_counts(version._features(request)[COUNT])[0]) for request in requests]
            answers = version.score_prepared(requests)
            found[f"{'anchored' if anchored else 'frozen'}, {days} days"] = figures(
                version, answers, fake, counts
            )
    return found


def robots(scorer: Scorer, data: Dataset, lead: int) -> dict[str, int]:
    """Send robots with one ip and phone within a minute, as a batch and one by one, and a lead before the end of the state."""
    [request] = requests_of(data, [lead])
    created = scorer.bundle.info.until + DAY
    schema = scorer.bundle.schema
    fields = {name: column.values()[0] for name, column in request.dataset.leads.columns.items()}
    fields |= {"ip": "203.0.113.9", "phone": "+86 139 1234 0077", "email": None}
    asked = []
    for k in range(ROBOTS):
        own = {**fields, "lead_id": f"robot-{k}", "created_at": iso(created + k * MINUTE // ROBOTS)}
        asked.append(prepare(ScoreRequest(lead=own), schema, created + 2 * MINUTE))
    batch = scorer.score_prepared(asked)
    alone = [scorer.score_prepared([item])[0] for item in asked]
    refused = 0
    try:
        prepare(ScoreRequest(lead=own), schema, scorer.bundle.info.until - DAY)
    except RequestError:
        refused = 1
    return {
        "robots": ROBOTS,
        "warned": sum(any("possible burst" in text for text in answer.warnings) for answer in batch),
        "figures_differ": sum(_bare(one) != _bare(two) for one, two in zip(batch, alone, strict=True)),
        "refused_before_the_reference": refused,
    }


def _bare(answer: Answer) -> Answer:
    return msgspec.structs.replace(answer, warnings=())


def _counts(column: Any) -> np.ndarray:
    return np.asarray(column, dtype=np.float64)


def _logit(answer: Answer) -> float:
    if answer.fake is None:
        return float("nan")
    probability = answer.fake.probability
    return float(np.log(probability) - np.log1p(-probability))


def measure(leads: int, asked: int, candidate: Candidate) -> dict[str, Any]:
    """Generate, train and score."""
    world = generate(leads, 7)
    created = world.data.leads.created_at
    assert created is not None
    chosen = np.arange(leads - asked, leads)  # leads are in order of creation
    with tempfile.TemporaryDirectory() as folder:
        cut = int(created[chosen[0]]) - max(GAPS) * DAY
        scorer = trained(world, cut, Path(folder) / "demo", candidate)
        table = aged(scorer, world, chosen.tolist())
        return {"synthetic": True, "asked": asked, "table": table, "burst": robots(scorer, world.data, 0)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=12_000)
    parser.add_argument("--asked", type=int, default=600)
    parser.add_argument("--candidate", choices=CANDIDATES, default="logistic")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="few leads, to see that it runs")
    given = parser.parse_args(arguments)
    result = measure(*((2_500, 100) if given.smoke else (given.leads, given.asked)), given.candidate)
    if given.json:
        print(json.dumps(result))
        return 0
    table = Table(title=f"{result['asked']} leads by the age of the state of shared keys (SYNTHETIC DATA)")
    for name in (
        "state",
        "source 7d, median",
        "fake logit",
        "fakes flagged",
        "real flagged",
        "above MQL",
        "warned",
    ):
        table.add_column(name, justify="left" if name == "state" else "right")
    base = result["table"]["all history"]["fake_logit"]
    for name, row in result["table"].items():
        table.add_row(
            name,
            f"{row['source_leads_7d']:.0f}",
            f"{row['fake_logit'] - base:+.2f}",
            f"{row['fakes_flagged']} of {row['fakes']}",
            str(row["real_flagged"]),
            str(row["above_mql"]),
            str(row["warned"]),
        )
    console = Console()
    console.print(table)
    console.print(result["burst"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
