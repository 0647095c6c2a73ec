"""Calibration against the known truth of the SYNTHETIC CRM: slope, mean error, and how often the interval covers.

For each seed a world is generated and a part of its leads is trained on; the others are scored, and their probabilities are held
against the true ones. With ``--when same`` the others are a random part of the leads of the same period, which neither the model
nor the calibration has seen: that measures the method. With ``--when future`` they are the leads created after the end of the
training data, as in use: where channels drift and seasons turn, as they do in the generator, no method can know how
far. ``--drift 0`` holds the channels still. The slope is that of the true probability on the logit of the predicted one; the
interval covers a bin when the mean true probability of the bin lies inside its mean bounds.

Usage: python benchmarks/calibration.py [--seeds 5] [--train 50000] [--test 50000] [--drift 1] [--when same] [--candidate logistic] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from lead_ml.asof.labels import build_spine, snapshot_weights
from lead_ml.demo import SynthSettings, SynthWorld, generate, true_probability
from lead_ml.model.metrics import fit_logit, logit, roc_auc
from lead_ml.project.load import load_project
from lead_ml.scoring import Scorer
from lead_ml.tables.dataset import Dataset, Leads
from lead_ml.workflows.init import init_project
from lead_ml.workflows.train import train

BINS = 20
DAY = 86_400_000_000
DAYS = 540  # of history to train on


def one_seed(
    seed: int, n_train: int, n_test: int, when: str, drift: float, candidates: tuple[str, ...] | None
) -> dict[str, object]:
    """Train on one part of a world's leads and score the others."""
    world, trains, until = split_world(seed, n_train, n_test, when, drift)
    seen = np.nonzero(trains)[0]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        init_project(root)
        project = load_project(root)
        run = train(project, known_before(part_of(world.data, seen), until), candidates=candidates)
        scorer = Scorer.load(run.bundle)
    # A future lead is scored beside all the history there is; one of the same period beside the others scored with it.
    dataset = world.data if when == "future" else part_of(world.data, np.nonzero(~trains)[0])
    in_world = np.arange(len(trains)) if when == "future" else np.nonzero(~trains)[0]
    created = dataset.leads.created_at
    spine = build_spine(
        dataset, project.params.snapshots.scoring_delay_us, project.params.snapshots.ages_days
    )
    spine = spine.take(~trains[in_world[spine.lead]])
    main = scorer.bundle.parts["conversion"]
    truth = true_probability(world, in_world[spine.lead], spine.as_of, round(main.horizon_days * DAY))
    scored = scorer.scored(dataset, spine)["conversion"]
    weight = snapshot_weights(spine, created, np.unique(spine.as_of - created[spine.lead]))
    found = figures(truth, scored.probability, scored.lower, scored.upper, weight)
    about = {"seed": seed, "candidate": main.fitted.candidate, "calibration": main.calibration.method}
    return {**about, "test_leads": len(np.unique(spine.lead)), **found}


def split_world(
    seed: int, n_train: int, n_test: int, when: str, drift: float
) -> tuple[SynthWorld, np.ndarray, int]:
    """Return a world, the mask of the leads to train on, and the instant at which training stops knowing."""
    n = n_train + n_test
    settings = SynthSettings(drift=drift)
    if when == "same":
        world = generate(n, seed, settings=settings)
        return world, np.random.default_rng(seed).permutation(n) < n_train, world.data.until
    world = generate(n, seed, days=round(DAYS * n / n_train), settings=settings)
    until = int(np.sort(world.data.leads.created_at)[n_train])
    return world, world.data.leads.created_at < until, until


def known_before(dataset: Dataset, until: int) -> Dataset:
    """Return the data as of an instant."""

    def rows_of(table):
        rows = np.nonzero(table.known_at < until)[0]
        return taken(table, rows, table.lead[rows])

    return Dataset(dataset.leads, rows_of(dataset.events), rows_of(dataset.outcomes), until=until)


def part_of(dataset: Dataset, leads: np.ndarray) -> Dataset:
    """Return the data of some leads."""
    place = np.full(len(dataset.leads), -1, dtype=np.int64)
    place[leads] = np.arange(len(leads))

    def rows_of(table):
        rows = np.nonzero(place[table.lead] >= 0)[0]
        return taken(table, rows, place[table.lead[rows]])

    own = Leads(
        tuple(dataset.leads.lead_id[k] for k in leads),
        dataset.leads.created_at[leads],
        {name: column.take(leads) for name, column in dataset.leads.columns.items()},
    )
    return Dataset(own, rows_of(dataset.events), rows_of(dataset.outcomes), until=dataset.until)


def taken(table, rows: np.ndarray, lead: np.ndarray):
    """Return some rows of events or outcomes under new lead numbers."""
    numeric = "value" if hasattr(table, "value") else "amount"
    return type(table)(
        lead=lead,
        occurred_at=table.occurred_at[rows],
        known_at=table.known_at[rows],
        columns={name: column.take(rows) for name, column in table.columns.items()},
        **{numeric: getattr(table, numeric)[rows]},
    )


def figures(truth, probability, lower, upper, weight) -> dict[str, float]:
    """Compare probabilities with the truth; each lead weighs 1."""
    line = np.column_stack([logit(probability), np.ones_like(probability)])
    slope = float(fit_logit(line.T, truth, weight, toward=np.array([1.0, 0.0]))[0])
    order = np.argsort(probability, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    of_bin = np.empty(len(order), dtype=int)
    of_bin[order] = np.minimum((share * BINS).astype(int), BINS - 1)
    mass = np.bincount(of_bin, weights=weight, minlength=BINS)
    mean = [
        np.bincount(of_bin, weights=weight * column, minlength=BINS) / mass
        for column in (truth, lower, upper)
    ]
    return {
        "slope": slope,
        "mean_error": float(abs((weight * (probability - truth)).sum() / weight.sum())),
        "covered_bins": int(((mean[1] <= mean[0]) & (mean[0] <= mean[2])).sum()),
        "bins": BINS,
        "mean_width": float((weight * (upper - lower)).sum() / weight.sum()),
        "auc_of_truth_above_median": float(roc_auc(truth > np.median(truth), probability, weight)),
    }


def main() -> None:
    """Run the benchmark and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--train", type=int, default=50_000)
    parser.add_argument("--test", type=int, default=50_000)
    parser.add_argument("--when", choices=("same", "future"), default="same")
    parser.add_argument("--drift", type=float, default=1.0)
    parser.add_argument("--candidate", action="append")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    options = parser.parse_args()
    if options.smoke:
        options.seeds, options.train, options.test = 1, 3_000, 3_000
    rows = [
        one_seed(
            seed,
            options.train,
            options.test,
            options.when,
            options.drift,
            tuple(options.candidate) if options.candidate else None,
        )
        for seed in range(options.first, options.first + options.seeds)
    ]
    covered = sum(row["covered_bins"] for row in rows) / sum(row["bins"] for row in rows)
    if options.json:
        json.dump(
            {"rows": rows, "coverage": covered, "synthetic": True, "when": options.when}, sys.stdout, indent=1
        )
        return
    print(
        f"SYNTHETIC, {options.when} leads; seed, candidate, calibration, slope, mean error, bins covered, mean width of the 90% interval"
    )
    for row in rows:
        print(
            f"{row['seed']:4d} {row['candidate']:10s} {row['calibration']:11s} {row['slope']:.3f} {row['mean_error']:.4f} "
            f"{row['covered_bins']:2d}/{row['bins']} {row['mean_width']:.4f}"
        )
    print(f"coverage over all bins {covered:.1%}")


if __name__ == "__main__":
    main()
