"""Forward figures of the example projects on public data, every candidate beside the base rate.

Usage: python benchmarks/public.py DATA_FOLDER [--json]

DATA_FOLDER holds ``bank_marketing/bank-full.csv`` and ``olist_funnel/*.csv`` (not part of this repository; see the README of
each example for source and license).
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lead_ml.workflows.load import load
from lead_ml.workflows.train import train

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def figures(name: str, data: Path) -> list[dict[str, object]]:
    """Train one example and return a row per candidate."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / name
        shutil.copytree(EXAMPLES / name, root, ignore=shutil.ignore_patterns("runs"))
        source = data / "olist_funnel"
        if name == "bank_marketing":
            source = root
            subprocess.run(
                [sys.executable, root / "prepare.py", data / "bank_marketing" / "bank-full.csv", root],
                check=True,
            )
        loaded = load(root, source)
        evaluation = train(loaded.project, loaded.dataset).evaluation("conversion")
    return [
        {
            "data": name,
            "candidate": record.candidate,
            "wins": record.candidate == evaluation.chosen,
            **{
                m: [getattr(record.metrics[m], end) for end in ("value", "lower", "upper")]
                for m in ("log_loss", "roc_auc")
            },
            "random_auc": record.random_split.get("roc_auc"),
            "test_positives": evaluation.windows[-1].test_positives,
        }
        for record in evaluation.candidates
    ]


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [row for name in ("bank_marketing", "olist") for row in figures(name, options.data)]
    if options.json:
        json.dump(rows, sys.stdout, indent=1)
        return
    print("data, candidate, forward log-loss, forward AUC (95%), AUC of a random split, positives evaluated")
    for row in rows:
        loss, auc = row["log_loss"], row["roc_auc"]
        chance = "-" if row["random_auc"] is None else f"{row['random_auc']:.3f}"
        print(
            f"{row['data']:15s} {row['candidate']:10s}{'*' if row['wins'] else ' '} {loss[0]:.3f} ({loss[1]:.3f}-{loss[2]:.3f}) "
            f"{auc[0]:.3f} ({auc[1]:.3f}-{auc[2]:.3f}) {chance} {row['test_positives']}"
        )


if __name__ == "__main__":
    main()
