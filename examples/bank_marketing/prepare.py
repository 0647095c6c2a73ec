"""Rebuild the dates of the UCI Bank Marketing file and write it as a leads table.

Usage: python prepare.py bank-full.csv OUTPUT_FOLDER
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

FIRST_YEAR = 2008
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def dated(rows: Iterator[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    """Add ``lead_id`` and ``created_at``: the year rises whenever the month falls."""
    year, last = FIRST_YEAR, 0
    for number, row in enumerate(rows, start=1):
        month = MONTHS.index(row["month"]) + 1
        year += month < last
        last = month
        yield {"lead_id": f"B{number:05d}", "created_at": f"{year}-{month:02d}-{int(row['day']):02d}", **row}


def main(source: Path, folder: Path) -> None:
    """Read `source` and write ``leads.csv`` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(dated(csv.DictReader(file, delimiter=";")))
    with (folder / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
