"""What reading a file of leads costs: CPU seconds and memory, in the fast way for regular files and in the one for all others.

A CSV file of leads is written, SYNTHETIC: id, creation time and eight columns of categories and numbers; a second file has a name,
an email address and a phone number as well, of which most occur once. `lead_ml.tables.read.read_dataset` reads each as a project does,
with its cell rules and digests. For comparison pyarrow alone reads the same file into columns with dictionaries. Every reading has a process
of its own, which has read a small file before, so that imports do not count; CPU seconds are user and system time of all of its
threads, memory is its peak (Linux). The ways take turns; shown are medians. Both of ours must read the same content.

Usage: python benchmarks/reading.py [--leads 600000] [--rounds 5] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

FAST, OTHER, ARROW = "regular", "any", "pyarrow"
WAYS = (FAST, OTHER, ARROW)
CATEGORIES = {
    "source": ("web", "fair", "Google Ads", "referral", "webinar", "partner", ""),
    "campaign": tuple(
        f"2024-{month:02d} {what}" for month in range(1, 13) for what in ("launch", "retargeting", "brand")
    ),
    "industry": ("software", "retail", "finance", "energy", "education", "health"),
    "country": ("DE", "US", "CN", "FR", "GB", "IN"),
    "company_size": ("1-10", "11-50", "51-200", "201-1000", ""),
    "job_title": ("CEO", "CTO", "Buyer", "Head of Sales, EMEA", "Einkäufer", "采购经理"),
}
FIRST = ("Li", "Wang", "Anna", "Bob", "Carla", "Dmitri", "Eva", "Feng", "Gita", "Hans", "Inès", "José")
LAST = ("Smith", "Chen", "Müller", "Novak", "Garcia", "Rossi", "Kim", "Singh", "Lopez", "Brown")


def write(path: Path, leads: int, *, contacts: bool, seed: int = 18) -> None:
    """Write a file of leads as an export of a CRM has them."""
    rng, start = random.Random(seed), datetime(2024, 1, 1, tzinfo=UTC)
    people = ("name", "email", "phone") if contacts else ()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["lead_id", "created_at", *CATEGORIES, "cost", "form_seconds", *people])
        for lead in range(leads):
            created = start + timedelta(seconds=30 * lead + rng.randrange(30))
            row = [f"L{lead:07d}", f"{created:%Y-%m-%d %H:%M:%S}", *map(rng.choice, CATEGORIES.values())]
            row += [f"{rng.expovariate(0.1):.2f}", str(rng.randrange(5, 300))]
            if contacts:
                first, last = rng.choice(FIRST), rng.choice(LAST)
                email = f"{first}.{last}.{rng.randrange(10**6)}@example{rng.randrange(3000)}.com".lower()
                row += [
                    f"{first} {last}",
                    rng.choice([email] * 9 + [""]),
                    f"+49 30 {rng.randrange(10**8):08d}",
                ]
            writer.writerow(row)


def arrow(path: Path) -> None:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = path.open(encoding="utf-8").readline().strip().split(",")
    texts = dict.fromkeys(names, pa.dictionary(pa.int32(), pa.utf8()))
    convert = arrow_csv.ConvertOptions(column_types=texts)
    arrow_csv.read_csv(
        path, arrow_csv.ReadOptions(use_threads=False), convert_options=convert
    ).unify_dictionaries()


def read(path: Path, way: str) -> str:
    """Read a file in one of the ways; return the digest of its content."""
    if way == ARROW:
        arrow(path)
        return ""
    from lead_ml.project.params import params_from
    from lead_ml.tables.read import files, read_dataset
    from lead_ml.tables.read.regular_csv import regular_table

    params = params_from({"project": "reading", "data": {"leads": {"path": path.name}}})
    reader = mock.Mock(side_effect=regular_table) if way == FAST else mock.Mock(return_value=None)
    with mock.patch.object(files, "regular_table", reader) as taken:
        dataset, _ = read_dataset(params, path.parent)
    assert taken.called
    return str(dataset.digests["leads"])


def measured(folder: Path, name: str, way: str) -> dict[str, Any]:
    """Read a file in this process, after a small one."""
    read(folder / "small.csv", way)
    cpu = time.process_time()
    digest = read(folder / name, way)
    cpu = time.process_time() - cpu
    return {"cpu": cpu, "mb": peak_mb(), "digest": digest}


def peak_mb() -> float:
    """Return the most memory that this process has had; what getrusage says counts its parent."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), math.nan)


def in_a_process(folder: Path, name: str, way: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", str(folder), name, way]
    result: dict[str, Any] = json.loads(
        subprocess.run(command, capture_output=True, text=True, check=True).stdout
    )
    return result


def benchmark(leads: int, rounds: int) -> dict[str, Any]:
    from lead_ml.project.params import TableParams
    from lead_ml.tables.read.regular_csv import regular_table

    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), {"leads.csv": False, "with_contacts.csv": True}
        write(folder / "small.csv", 5_000, contacts=True)
        table = {}
        for file, contacts in files.items():
            write(folder / file, leads, contacts=contacts)
            assert regular_table(folder / file, file, TableParams(path=file)) is not None
            runs: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
            for _ in range(rounds):
                for way, found in runs.items():
                    found.append(in_a_process(folder, file, way))
            rows = {
                way: {what: round(statistics.median(run[what] for run in found), 3) for what in ("cpu", "mb")}
                for way, found in runs.items()
            }
            table[file] = {
                **rows,
                "ratio": round(rows[FAST]["cpu"] / rows[OTHER]["cpu"], 3),
                "equal": len({run["digest"] for run in runs[FAST] + runs[OTHER]}) == 1,
                "megabytes": round((folder / file).stat().st_size / 1e6, 1),
            }
    return {
        "synthetic": True,
        "leads": leads,
        "rounds": rounds,
        "python": platform.python_version(),
        "table": table,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=600_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="write the figures as JSON")
    parser.add_argument(
        "--smoke", action="store_true", help="a few leads once: that it runs, not what it measures"
    )
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        folder, name, way = options.one
        print(json.dumps(measured(Path(folder), name, way)))
        return
    result = benchmark(20_000, 1) if options.smoke else benchmark(options.leads, options.rounds)
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(
        f"SYNTHETIC: {result['leads']:,} leads, medians of {result['rounds']} rounds, Python {result['python']}"
    )
    for file, row in result["table"].items():
        print(
            f"{file}, {row['megabytes']} MB: ratio {row['ratio']:.2f}, {'equal' if row['equal'] else 'DIFFERENT'} content"
        )
        for way in WAYS:
            print(f"  {way:<10}{row[way]['cpu']:>8.2f} CPU s {row[way]['mb']:>8.0f} MB of memory")


if __name__ == "__main__":
    main()
