"""How well leads of one person are found: pairwise precision, recall and F1 after clustering, seconds and memory.

Sets: FEBRL 1 to 3 (Christen 2008) and `fake_1000` of Splink, read from the folder named by LEAD_ML_DATA; `register`, people who come back
up to ten times with errors in every column (SYNTHETIC, Faker); `crm`, the leads of `lead_ml.demo` in Chinese and English (SYNTHETIC).

Methods: *exact rules* (equal normalized email, phone, or all names with one other value), *Splink* 5 on DuckDB with a
comparison for each kind of column and blocking on every column, *no labels* and *2,000 pairs* (`lead_ml.lead_data.match`, without reviewed pairs and with
up to 2,000 that are answered by the truth). Splink sees the same normalized columns, after the same hub guard; its clusters are the connected components at the
threshold that is given beside it. Every method has the same settings for all sets. Settings of ours were chosen on `fake_1000` and
`register`, seed 1. That colleagues need a class of their own was seen on `crm`, and that birthdays agree in it only by chance on FEBRL 3;
FEBRL 1 and 2 were only measured. `--coverage SEEDS` counts how often the stated interval of the precision holds the
true one on `crm`; `--index` measures possible duplicates of one new lead.

Usage: python benchmarks/matching.py [--sets fake_1000 crm] [--leads 100000] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Columns = dict[str, list[str | None]]
Records = tuple[list[str], Columns, list[str]]
METHODS = ("exact rules", "Splink", "no labels", "2,000 pairs")
SETS = ("dataset1", "dataset2", "dataset3", "fake_1000", "register", "crm")
PAIRS = 2_000


def folder() -> Path:
    return Path(os.environ.get("LEAD_ML_DATA", "/nonexistent")) / "matching"


def febrl(name: str) -> Records:
    with (folder() / f"{name}.csv").open(encoding="utf-8") as file:
        head, *rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    columns = {column: [row[at] or None for row in rows] for at, column in enumerate(head) if at}
    return [row[0] for row in rows], columns, [row[0].split("-")[1] for row in rows]


def fake_1000() -> Records:
    with (folder() / "fake_1000.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = ("first_name", "surname", "dob", "city", "email")
    return (
        [row["unique_id"] for row in rows],
        {name: [row[name] or None for row in rows] for name in names},
        [row["cluster"] for row in rows],
    )


def crm(leads: int, seed: int) -> Records:
    from lead_ml.demo import generate
    from lead_ml.lead_data.match import lead_columns

    world = generate(leads, seed)
    table = world.data.leads
    columns = lead_columns({name: coded.values() for name, coded in table.columns.items()})
    return list(table.lead_id), columns, [str(person) for person in world.truth.person]


def register(people: int, seed: int) -> Records:
    """Return people of several centuries who are written down again and again; relatives share a name and a place."""
    from faker import Faker

    rng, fake = random.Random(seed), Faker("en_GB")
    fake.seed_instance(seed)
    firsts, lasts = [
        [draw().lower() for _ in range(3 * people)] for draw in (fake.first_name, fake.last_name)
    ]
    towns = [(fake.city().lower(), fake.postcode().split()[0].lower()) for _ in range(people // 6)]
    homes: list[tuple[str, tuple[str, str]]] = []
    rows, truth = [], []
    for person in range(people):
        home = rng.choice(homes) if homes and rng.random() < 0.25 else (rng.choice(lasts), rng.choice(towns))
        homes.append(home)
        born = f"{rng.randint(1600, 1950)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        row = {"first_name": rng.choice(firsts), "surname": home[0], "born": born, "place": home[1][0]}
        row |= {"postcode": f"{home[1][1]} {rng.randint(1, 9)}{rng.choice('abdefgh')}{rng.choice('jlnpqrs')}"}
        row |= {"gender": rng.choice(["male", "female"]), "occupation": fake.job().lower()}
        for _ in range(rng.randint(1, 10)):
            rows.append(written(rng, row, firsts, lasts))
            truth.append(str(person))
    order = rng.sample(range(len(rows)), len(rows))
    ids = [f"R{at:06d}" for at in range(len(rows))]
    return ids, {name: [rows[at][name] for at in order] for name in rows[0]}, [truth[at] for at in order]


def written(
    rng: random.Random, row: dict[str, str], firsts: Sequence[str], lasts: Sequence[str]
) -> dict[str, str | None]:
    again: dict[str, str | None] = dict(row)
    first, last, born = row["first_name"], row["surname"], row["born"]
    again["first_name"] = rng.choice(
        [first] * 4 + [typo(rng, first), first[0], first[:3], rng.choice(firsts)]
    )
    again["surname"] = rng.choice([last] * 6 + [typo(rng, last), rng.choice(lasts)])
    again["born"] = rng.choice(
        [born] * 5 + [f"{born[:4]}-01-01", None, born[:5] + f"{rng.randint(1, 12):02d}" + born[7:]]
    )
    again["postcode"] = rng.choice(
        [row["postcode"], row["postcode"][:-2] + rng.choice(["xx", "yy", "zz"]), None]
    )
    again |= {name: None for name in ("place", "gender", "occupation") if rng.random() < 0.25}
    again["full_name"] = f"{again['first_name']} {again['surname']}"
    return again


def typo(rng: random.Random, text: str) -> str:
    at = rng.randrange(max(1, len(text) - 1))
    return rng.choice([text[:at] + text[at + 1 :], text[:at] + text[at : at + 2][::-1] + text[at + 2 :]])


def exact_rules(records: Records) -> np.ndarray:
    """Return clusters by equal email or phone, or by equal names with one other equal value."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    from lead_ml.lead_data.match.fields import fields_of

    ids, columns, _ = records
    fields = fields_of(columns)
    names = [field for field in fields if field.kind == "name"]
    keys = [(field,) for field in fields if field.kind in ("email", "phone")]
    keys += [(*names, field) for field in fields if names and field.kind not in ("name", "email", "phone")]
    pairs = []
    for key in keys:
        code = np.stack([field.code for field in key], axis=1)
        rows = np.flatnonzero((code >= 0).all(axis=1))
        _, group = np.unique(code[rows], axis=0, return_inverse=True)
        order = rows[np.argsort(group, kind="stable")]
        together = np.diff(np.sort(group)) == 0
        pairs.append((order[:-1][together], order[1:][together]))
    left, right = (np.concatenate(side) for side in zip(*pairs, strict=True))
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(len(ids), len(ids)))
    return connected_components(graph, directed=False)[1]


def splink(records: Records, threshold: float = 0.5) -> np.ndarray:
    """Return Splink's clusters: a comparison for each kind of column, blocking on every column, EM without labels."""
    import logging

    import duckdb
    import pandas as pd
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    from lead_ml.lead_data.match.fields import fields_of
    from lead_ml.lead_data.match.hubs import guarded

    logging.getLogger("splink").setLevel(logging.ERROR)
    ids, columns, _ = records
    fields = guarded(fields_of(columns))
    table = pd.DataFrame({"unique_id": range(len(ids))})
    compared = []
    for field in fields:
        texts = [field.values[code] if code >= 0 else None for code in field.code]
        if field.kind == "date":
            texts = [
                f"{text[:4]}-{text[4:6]}-{text[6:]}" if text and len(text) == 8 else None for text in texts
            ]
        table[field.name] = pd.Series(texts, dtype="object")
        name = field.name
        compared.append(
            cl.DateOfBirthComparison(name, input_is_string=True)
            if field.kind == "date"
            else cl.EmailComparison(name)
            if field.kind == "email"
            else cl.NameComparison(name)
            if field.kind == "name"
            else cl.LevenshteinAtThresholds(name, 2)
            if field.kind in ("phone", "number")
            else cl.JaroWinklerAtThresholds(name, [0.9, 0.7]).configure(term_frequency_adjustments=True)
        )
    telling = [field for field in fields if len(field.values) > len(ids) / 100]
    rules = [
        block_on(field.name) for field in telling if np.bincount(field.code[field.code >= 0]).max() <= 500
    ]
    rules += [block_on(a.name, b.name) for k, a in enumerate(telling) for b in telling[k + 1 :]]
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    api = DuckDBAPI(connection)
    settings = SettingsCreator(
        "dedupe_only", comparisons=compared, blocking_rules_to_generate_predictions=rules
    )
    linker = Linker(api.register(table), settings)
    linker.training.estimate_probability_two_random_records_match(rules[-3:], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for field in telling[:3]:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(field.name))
    predicted = linker.inference.predict(threshold_match_probability=0.01)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold)
    found = clusters.as_pandas_dataframe().sort_values("unique_id")
    return np.unique(found["cluster_id"].to_numpy(), return_inverse=True)[1]


def ours(records: Records, reviewed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the clusters in the order of the records, and what the result says of itself."""
    from lead_ml.lead_data.match import ReviewedPair, match

    ids, columns, truth = records
    found, person = match(ids, columns), dict(zip(ids, truth, strict=True))
    if reviewed:
        asked = found.to_ask(reviewed)
        found = match(
            ids,
            columns,
            [
                ReviewedPair(p.lead_a, p.lead_b, person[p.lead_a] == person[p.lead_b], chance)
                for p, chance in asked
            ],
        )
    called = [person[pair.lead_a] == person[pair.lead_b] for pair in found.pairs_called("same")]
    said = found.quality.precision
    stated = {
        "lower": said.lower,
        "upper": said.upper,
        "true": float(np.mean(called)),
        "by": found.quality.source,
    }
    place = dict(zip(found.lead_id, found.person.tolist(), strict=True))
    return np.array([place[lead] for lead in ids]), {"stated": stated, "reviewed": found.reviewed}


def figures(found: np.ndarray, truth: Sequence[str]) -> dict[str, float]:
    """Return pairwise precision, recall and F1 of clusters."""
    actual = np.unique(np.array(truth), return_inverse=True)[1].astype(np.int64)
    both = np.unique(found.astype(np.int64), return_inverse=True)[1] * (actual.max() + 1) + actual
    hits, called, total = (pairs_in(codes) for codes in (both, found, actual))
    return {"precision": hits / max(1.0, called), "recall": hits / total, "f1": 2 * hits / (called + total)}


def pairs_in(codes: np.ndarray) -> float:
    count = np.unique(codes, return_counts=True)[1].astype(np.float64)
    return float((count * (count - 1) / 2).sum())


def measured(name: str, method: str, leads: int, seed: int) -> dict[str, Any]:
    records = records_of(name, leads, seed)
    start, extra = time.process_time(), {}
    ways: dict[str, Callable[[], np.ndarray]] = {
        "exact rules": lambda: exact_rules(records),
        "Splink": lambda: splink(records),
    }
    if method in ways:
        found = ways[method]()
    else:
        found, extra = ours(records, PAIRS if method == "2,000 pairs" else 0)
    seconds = time.process_time() - start
    return {
        **figures(found, records[2]),
        "seconds": seconds,
        "mb": peak_mb(),
        "leads": len(records[0]),
        **extra,
    }


def records_of(name: str, leads: int, seed: int) -> Records:
    if name == "crm":
        return crm(leads, seed)
    if name == "register":
        return register(leads // 20, seed)
    return fake_1000() if name == "fake_1000" else febrl(name)


def peak_mb() -> float:
    """Return the most memory that this process has had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def in_a_process(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1][:120]}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def index_speed(leads: int, seed: int) -> dict[str, float]:
    """Return the milliseconds of one question against an index of so many leads."""
    from lead_ml.lead_data.match import KeyIndex

    ids, columns, _ = crm(leads, seed)
    names = [name for name in ("name", "email", "phone", "company") if name in columns]
    start = time.perf_counter()
    index = KeyIndex.of(ids, columns)
    built = time.perf_counter() - start
    new = crm(min(leads, 5_000), seed + 1)[1]
    rows = [{name: new[name][row] for name in names} for row in range(len(new[names[0]]))]
    rows += [{name: columns[name][row] for name in names} for row in range(0, leads, max(1, leads // 5_000))]
    times = []
    for row in rows:
        start = time.perf_counter()
        index.possible_duplicates(row)
        times.append(1e3 * (time.perf_counter() - start))
    p50, p99 = np.quantile(times, [0.5, 0.99]).tolist()
    return {
        "leads": leads,
        "asked": len(rows),
        "build_seconds": built,
        "p50_ms": p50,
        "p99_ms": p99,
        "slowest_ms": max(times),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument(
        "--leads", type=int, default=100_000, help="leads of crm; register has about a fourth"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--coverage", type=int, default=0, help="seeds of crm on which the stated interval is checked"
    )
    parser.add_argument("--index", action="store_true", help="measure the key index only")
    parser.add_argument("--json", action="store_true", help="write the figures as JSON")
    parser.add_argument(
        "--smoke", action="store_true", help="a few leads once: that it runs, not what it measures"
    )
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        name, method, leads, seed = options.one
        print(json.dumps(measured(name, method, int(leads), int(seed))))
        return
    result = benchmark(options)
    print(json.dumps(result, indent=2) if options.json else printed(result))


def benchmark(options: argparse.Namespace) -> dict[str, Any]:
    leads = 1_000 if options.smoke else options.leads
    result: dict[str, Any] = {
        "synthetic": True,
        "leads": leads,
        "python": platform.python_version(),
        "table": [],
    }
    if options.smoke or options.index:
        result["index"] = index_speed(leads, options.seed)
    if options.index:
        return result
    public = folder().is_dir() and not options.smoke
    sets = (
        ["crm"]
        if options.coverage
        else [name for name in options.sets if public or name in ("register", "crm")]
    )
    methods = METHODS[-1:] if options.coverage else options.methods
    for name in sets:
        for method in methods:
            for seed in range(options.seed, options.seed + max(1, options.coverage)):
                row = in_a_process(name, method, str(leads), str(seed))
                result["table"].append({"set": name, "method": method, "seed": seed, **row})
                print(f"{name}, {method}, seed {seed}: {row}", file=sys.stderr)
    return result


def printed(result: dict[str, Any]) -> str:
    head = f"{'set':<10}{'method':<13}{'leads':>8}{'precision':>10}{'recall':>8}{'F1':>7}{'CPU s':>8}{'MB':>7}  stated precision, true"
    lines = ["register and crm are SYNTHETIC", head]
    for row in result["table"]:
        if "error" in row:
            lines.append(f"{row['set']:<10}{row['method']:<13} {row['error']}")
            continue
        said = row.get("stated")
        stated = (
            f"{said['lower']:.4f}-{said['upper']:.4f} by {said['by']}, {said['true']:.4f}" if said else ""
        )
        lines.append(
            f"{row['set']:<10}{row['method']:<13}{row['leads']:>8,}{row['precision']:>10.4f}{row['recall']:>8.4f}{row['f1']:>7.3f}"
            f"{row['seconds']:>8.0f}{row['mb']:>7.0f}  {stated}"
        )
    if index := result.get("index"):
        lines.append(
            f"key index of {index['leads']:,} leads: p50 {index['p50_ms']:.3f} ms, p99 {index['p99_ms']:.3f} ms"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
