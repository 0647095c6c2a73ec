"""Matching on the public sets, without labels and with the same settings."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from match_kit import pairwise_f1

from lead_ml.lead_data.match import match

pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.mark.parametrize("name", ["dataset1", "dataset2", "dataset3"])
def test_febrl_is_solved(public_data: Path, name: str) -> None:
    with (public_data / "matching" / f"{name}.csv").open(encoding="utf-8") as file:
        head, *rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    columns = {column: [row[at] or None for row in rows] for at, column in enumerate(head) if at}
    assert f1({row[0]: row[0].split("-")[1] for row in rows}, columns) >= 0.994


def test_fake_1000_is_nearly_solved(public_data: Path) -> None:
    with (public_data / "matching" / "fake_1000.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = {
        name: [row[name] or None for row in rows]
        for name in ("first_name", "surname", "dob", "city", "email")
    }
    assert f1({row["unique_id"]: row["cluster"] for row in rows}, columns) >= 0.95


def f1(truth: dict[str, str], columns: dict[str, list[str | None]]) -> float:
    found = match(list(truth), columns)
    return pairwise_f1(dict(zip(found.lead_id, found.person.tolist(), strict=True)), truth)
