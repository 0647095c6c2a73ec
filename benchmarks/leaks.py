"""What the leakage audit finds: leaks of every kind planted in SYNTHETIC tables of leads, and clean tables.

Each kind is planted in one table per seed, under its own name and again as c1..c40 in random order, half of the tables dated. A kind
counts as found where every planted column is flagged (for ids: the order check). *AUC without* is what the audit reports
without the flagged columns, *minus clean* is that minus the AUC of the same table without leaks. Ways: *named*, *numbered* (c1 to c40), and
*declared* (numbered, and every column declared known at creation, so that the audit asks for more evidence).

Usage: python benchmarks/leaks.py [--seeds 20] [--leads 4000] [--ways named,numbered,declared] [--kinds ...] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
WAYS = ("named", "numbered", "declared")
SMOKE = ("3 flags of some winners", "tag, quality, profile, index")


def project_of(
    world: Any, seed: int, *, named: bool, dated: bool, declared: bool
) -> tuple[Any, Any, dict[str, str]]:
    """Return the data set and the task of a world, and the names of its columns in the export."""
    import numpy as np

    from lead_ml.project.params import params_from
    from lead_ml.project.targets import Column, ModelSpec
    from lead_ml.project.task import Task
    from lead_ml.tables.dataset import Coded, Dataset, Leads

    rng = np.random.default_rng(seed)
    old = list(world.columns)
    places = rng.permutation(len(old))
    names = {
        name: name if named else f"c{place + 1}" for name, place in zip(old, places.tolist(), strict=True)
    }
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

    dated = bool(seed % 2 == 0 or world.needs_dates)
    dataset, task, names = project_of(world, seed, dated=dated, **how)
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
        "suspect": report.suspect,
        "clean_auc": None if kind else report.leaky.random_auc.value,
        "others": [
            f"{f.check}/{f.subject}" for f in report.findings if f.verdict != "clear" and not f.columns
        ],
    }


def row_of(kind: str, runs: Sequence[Mapping[str, Any]], clean: Mapping[int, float]) -> dict[str, Any]:
    """Sum up the runs of one kind under one way of naming."""
    return {
        "kind": kind or "nothing (clean)",
        "worlds": len(runs),
        "found": sum(bool(run["found"]) for run in runs) if kind else None,
        "columns_found": statistics.mean(run["share"] for run in runs) if kind else None,
        "false_alarms": sum(len(run["false_alarms"]) + (0 if kind else len(run["others"])) for run in runs),
        "suspect": sum(run["suspect"] for run in runs),
        "leaky_auc": statistics.mean(run["leaky_auc"] for run in runs),
        "honest_auc": statistics.mean(run["honest_auc"] for run in runs),
        "honest_minus_clean": statistics.mean(run["honest_auc"] - clean[run["seed"]] for run in runs),
        "missed": dict(Counter(name for run in runs for name in run["missed"])),
    }


def benchmark(
    kinds: Sequence[str], seeds: Sequence[int], leads: int, ways: Sequence[str], progress: bool
) -> dict[str, Any]:
    began, rows, clean = time.perf_counter(), [], dict[int, float]()
    for way in ways:
        how = {"named": way == "named", "declared": way == "declared"}
        for kind in ("", *kinds):
            runs = [{"seed": seed, **measured(kind, seed, leads, **how)} for seed in seeds]
            clean = clean if kind else {run["seed"]: run["clean_auc"] for run in runs}
            rows.append({"way": way, **row_of(kind, runs, clean)})
            if progress:
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return {
        "synthetic": True,
        "leads": leads,
        "seeds": list(seeds),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "seconds": time.perf_counter() - began,
        "rows": rows,
    }


def shown(result: Mapping[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    title = f"{len(result['seeds'])} SYNTHETIC worlds of {result['leads']:,} leads a row; {result['machine']}"
    table = Table(title=title)
    heads = (
        "planted",
        "names",
        "all found",
        "columns found",
        "false alarms",
        "AUC with",
        "AUC without",
        "minus clean",
        "suspect",
    )
    for head in heads:
        table.add_column(head, justify="left" if head in ("planted", "names") else "right")
    for row in result["rows"]:
        found = "-" if row["found"] is None else f"{row['found']}/{row['worlds']}"
        share = "-" if row["columns_found"] is None else f"{row['columns_found']:.0%}"
        figures = (f"{row['leaky_auc']:.3f}", f"{row['honest_auc']:.3f}", f"{row['honest_minus_clean']:+.3f}")
        table.add_row(
            row["kind"], row["way"], found, share, str(row["false_alarms"]), *figures, str(row["suspect"])
        )
    Console(width=150).print(table)


def main() -> int:
    from leakage_worlds.plants import KINDS

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--leads", type=int, default=4_000)
    parser.add_argument("--ways", default=",".join(WAYS), help="of naming and declaring the columns")
    parser.add_argument("--kinds", default="|".join(KINDS), help="separated by |")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="two kinds, one world of 1,500 leads each")
    asked = parser.parse_args()
    kinds = SMOKE if asked.smoke else tuple(kind for kind in asked.kinds.split("|") if kind)
    seeds, leads = (range(1), 1_500) if asked.smoke else (range(asked.seeds), asked.leads)
    result = benchmark(kinds, seeds, leads, asked.ways.split(","), progress=not asked.json)
    if asked.json:
        print(json.dumps(result, indent=1))
    else:
        shown(result)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
