"""Calibration against the known truth of the SYNTHETIC CRM: slope, mean error, and how often the interval covers.

For each seed a world is generated; a random part of its leads is trained on, the others are scored, and their probabilities
are held against the true ones. The slope is that of the true probability on the logit of the predicted one;
the interval covers a bin when the mean true probability of the bin lies inside its mean bounds.

Usage: python benchmarks/calibration.py [--seeds 5] [--train 50000] [--test 50000] [--kind logistic] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from lead_ml.data import Dataset, Leads
from lead_ml.labels import build_spine, snapshot_weights
from lead_ml.metrics import fit_logit, logit, roc_auc
from lead_ml.project import load_project
from lead_ml.scorer import Scorer
from lead_ml.synth import generate, true_probability
from lead_ml.workflows.init import init_project
from lead_ml.workflows.train import train

BINS = 20
DAY = 86_400_000_000


def one_seed(seed: int, n_train: int, n_test: int, kinds: tuple[str, ...] | None) -> dict[str, object]:
    """Train on one part of a world's leads and score the others: the same campaigns, sources and time."""
    world = generate(n_train + n_test, seed)
    trains = np.random.default_rng(seed).permutation(n_train + n_test) < n_train
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        init_project(root)
        project = load_project(root)
        run = train(project, part_of(world.data, np.nonzero(trains)[0]), kinds=kinds)
        scorer = Scorer.load(run.bundle)
    fresh = np.nonzero(~trains)[0]
    dataset = part_of(world.data, fresh)
    spine = build_spine(dataset, project.params.snapshots.settle_us, project.params.snapshots.ages_days)
    main = scorer.bundle.parts["conversion"]
    truth = true_probability(world, fresh[spine.lead], spine.as_of, round(main.horizon_days * DAY))
    scored = scorer.scored(dataset, spine)["conversion"]
    created = dataset.leads.created_at
    weight = snapshot_weights(spine, created, np.unique(spine.as_of - created[spine.lead]))
    found = figures(truth, scored.probability, scored.lower, scored.upper, weight)
    return {"seed": seed, "kind": main.fitted.kind, "calibration": main.calibration.method, **found}


def part_of(dataset: Dataset, leads: np.ndarray) -> Dataset:
    """Return the data of some leads."""
    place = np.full(len(dataset.leads), -1, dtype=np.int64)
    place[leads] = np.arange(len(leads))

    def rows_of(table):
        rows = np.nonzero(place[table.lead] >= 0)[0]
        numeric = "value" if hasattr(table, "value") else "amount"
        return type(table)(
            lead=place[table.lead[rows]],
            occurred_at=table.occurred_at[rows],
            known_at=table.known_at[rows],
            columns={name: column.take(rows) for name, column in table.columns.items()},
            **{numeric: getattr(table, numeric)[rows]},
        )

    own = Leads(
        tuple(dataset.leads.lead_id[k] for k in leads),
        dataset.leads.created_at[leads],
        {name: column.take(leads) for name, column in dataset.leads.columns.items()},
    )
    return Dataset(own, rows_of(dataset.events), rows_of(dataset.outcomes), until=dataset.until)


def figures(truth, probability, lower, upper, weight) -> dict[str, float]:
    """Compare probabilities with the truth; each lead weighs 1."""
    line = np.column_stack([logit(probability), np.ones_like(probability)])
    slope = float(fit_logit(line, truth, weight, toward=np.array([1.0, 0.0]))[0])
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
    parser.add_argument("--train", type=int, default=50_000)
    parser.add_argument("--test", type=int, default=50_000)
    parser.add_argument("--kind", action="append")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    options = parser.parse_args()
    if options.smoke:
        options.seeds, options.train, options.test = 1, 3_000, 3_000
    rows = [
        one_seed(seed, options.train, options.test, tuple(options.kind) if options.kind else None)
        for seed in range(1, options.seeds + 1)
    ]
    covered = sum(row["covered_bins"] for row in rows) / sum(row["bins"] for row in rows)
    if options.json:
        json.dump({"rows": rows, "coverage": covered, "synthetic": True}, sys.stdout, indent=1)
        return
    print("SYNTHETIC; seed, kind, slope, mean error, bins covered, mean width of the 90 % interval")
    for row in rows:
        print(
            f"{row['seed']:4d} {row['kind']:10s} {row['slope']:.3f} {row['mean_error']:.4f} "
            f"{row['covered_bins']:2d}/{row['bins']} {row['mean_width']:.4f}"
        )
    print(f"coverage over all bins {covered:.1%}")


if __name__ == "__main__":
    main()
