"""What the leakage audit finds: leaks of every kind planted in SYNTHETIC tables of leads, and clean tables.

Each kind is planted in one table per seed, under its own name and again as c1..c40 in random order, half of the tables dated. A kind
counts as found where every planted column is flagged (for ids: the order check). *Honest AUC* is the AUC that the audit reports
without the flagged columns, minus that of the same table without the leaks.

Usage: python benchmarks/leaks.py [--seeds 20] [--leads 4000] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
FIRST_SEED, SMOKE = 0, ("3 flags of some winners", "tag, quality, profile, index")


def project_of(world: Any, seed: int, *, named: bool, dated: bool, declared: bool) -> tuple[Any, Any, dict[str, str]]:
    """Return the data set and the task of a world, and the names of its columns in the export."""
    import numpy as np

    from lead_ml.project.params import params_from
    from lead_ml.project.targets import Column, ModelSpec
    from lead_ml.project.task import Task
    from lead_ml.tables.dataset import Coded, Dataset, Leads

    rng = np.random.default_rng(seed)
    old = list(world.columns)
    places = rng.permutation(len(old))
    names = {name: name if named else f"c{place + 1}" for name, place in zip(old, places.tolist(), strict=True)}
    columns = {names[old[k]]: Coded.of(world.columns[old[k]]) for k in np.argsort(places).tolist()}
    columns["converted"] = Coded.of(np.where(world.y, "yes", "no").tolist())
    number = rng.permutation(len(world)) if world.ids is None else world.ids
    leads = Leads(tuple(f"L{k:06d}" for k in number.tolist()), world.created if dated else None, columns)
    known_at = {name: "creation" for name in columns if declared}
    settings = {"project": "worlds", "data": {"leads": {"path": "leads.csv"}}, "known_at": known_at}
    spec = ModelSpec(name="conversion", target=Column(column="converted"), groups=("fit",))
    until = int(world.created.max()) + 400 * 86_400_000_000 if dated else 0
    return Dataset(leads, until=until), Task.of(spec, params_from(settings)), names


def audited(world: Any, seed: int, **how: bool) -> tuple[Any, dict[str, str]]:
    from lead_ml.evaluation.leakage import audit

    dataset, task, names = project_of(world, seed, dated=seed % 2 == 0, **how)
    return audit(dataset, task), names


def measured(kind: str, seed: int, leads: int, *, named: bool, declared: bool) -> dict[str, Any]:
    """Plant one kind in one world; return what was found."""
    from leakage_worlds.clean import clean_world
    from leakage_worlds.plants import KINDS

    clean = clean_world(seed, leads)
    world = KINDS[kind](clean) if kind else clean
    report, names = audited(world, seed, named=named, declared=declared)
    planted = {names[name] for name in world.planted}
    flagged = set(report.flagged)
    order = any(found.verdict != "clear" for found in report.of("order"))
    found = planted <= flagged if planted else order
    return {
        "found": found if kind else None,
        "share": len(planted & flagged) / len(planted) if planted else float(order),
        "false_alarms": sorted({old for old, new in names.items() if new in flagged - planted}),
        "missed": sorted({old for old, new in names.items() if new in planted - flagged}),
        "honest_auc": report.honest.random_auc.value,
        "leaky_auc": report.leaky.random_auc.value,
        "suspect": getattr(report, "suspect", False),
        "others": [f"{f.check}/{f.subject}" for f in report.findings if f.verdict != "clear" and not f.columns],
    }
