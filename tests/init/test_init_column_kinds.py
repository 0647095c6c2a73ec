"""The draft, the reading of a project and the leakage audit say the same about what a column holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ugly import write

from lead_ml.evaluation.leakage.columns import View, view_of
from lead_ml.evaluation.leakage.sample import take_sample
from lead_ml.init import Draft
from lead_ml.workflows.init import init_from_export
from lead_ml.workflows.load import Loaded, load

ROWS = 600
WORDS = [
    "please",
    "send",
    "a",
    "quote",
    "for",
    "our",
    "new",
    "plant",
    "next",
    "week",
    "thanks",
    "call",
    "me",
    "about",
    "the",
    "price",
    "of",
    "your",
    "product",
    "today",
]
RNG = np.random.default_rng(5)


def text(k: int) -> str:
    return " ".join(WORDS[j] for j in RNG.integers(0, len(WORDS), 8)) + f" {k}"


TRICKY = {
    "captcha_passed": ("two_values", [("yes", "no")[k % 2] for k in range(ROWS)]),
    "newsletter": ("two_values", [k % 2 for k in range(ROWS)]),
    "vip": ("two_values", [("true", "false")[k % 3 == 0] for k in range(ROWS)]),
    "visits": ("number", [k % 90 for k in range(ROWS)]),
    "few_visits": ("number", [k % 7 for k in range(ROWS)]),
    "spent": ("number", [f"{k % 400}.50" for k in range(ROWS)]),
    "spent_thousands": ("number", [f"{1 + k % 9},{k % 1000:03d}.00" for k in range(ROWS)]),
    "postcode": ("category", [f"{k % 40:05d}" for k in range(ROWS)]),
    "last_seen": ("date", [f"2024-{1 + k % 12:02d}-{1 + k % 28:02d}" for k in range(ROWS)]),
    "birthday": ("date", [f"{1 + k % 28:02d}/{1 + k % 12:02d}/1990" for k in range(ROWS)]),
    "renewal_date": ("date", [45_000 + k % 300 for k in range(ROWS)]),
    "income": ("number", [45_000 + k % 300 for k in range(ROWS)]),
    "remark": ("text", [text(k) for k in range(ROWS)]),
    "order_code": ("id", [f"ORD-{k:04d}" for k in range(ROWS)]),
    "ticket": ("id", [90_000 + k for k in range(ROWS)]),
    "discount": ("number", [f"{k / 1000:.3f}" if k % 50 == 0 else "" for k in range(ROWS)]),
    "coupon": ("constant", ["SPRING" if k % 60 == 0 else "" for k in range(ROWS)]),
    "fax": ("empty", ["N/A"] * ROWS),
    "grade": ("category", ["ABCDE"[k % 5] for k in range(ROWS)]),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Draft, Loaded]:
    folder: Path = tmp_path_factory.mktemp("kinds")
    header = ["lead_id", "created_at", *TRICKY, "converted"]
    created = [f"2024-{1 + k // 50:02d}-{1 + k % 28:02d} 10:00" for k in range(ROWS)]
    columns = [[f"L{k}" for k in range(ROWS)], created, *(values for _, values in TRICKY.values())]
    won = [int(k % 4 == 0) for k in range(ROWS)]
    rows = [list(row) for row in zip(*columns, won, strict=True)]
    draft, _ = init_from_export(folder / "mine", write(folder / "leads.csv", header, rows))
    return draft, load(folder / "mine")


@pytest.fixture(scope="module")
def views(project: tuple[Draft, Loaded]) -> dict[str, View]:
    loaded = project[1]
    sample = take_sample(loaded.dataset, loaded.project.tasks["conversion"], (), seed=0)
    return {name: view_of(name, sample) for name in sample.columns}


@pytest.mark.parametrize("column", TRICKY)
def test_init_check_and_audit_say_the_same(
    column: str, project: tuple[Draft, Loaded], views: dict[str, View]
) -> None:
    draft, loaded = project
    drafted = {item.column: item.kind for item in draft.columns}
    checked = {item.name: item.kind for item in loaded.intake.columns}
    expected = TRICKY[column][0]
    assert (drafted[column], checked[column], views[column].kind) == (expected, expected, expected)


@pytest.mark.parametrize("column", ["birthday", "renewal_date", "last_seen"])
def test_the_audit_reads_dates_in_the_format_that_was_found(column: str, views: dict[str, View]) -> None:
    assert not np.isnan(views[column].matrix).any()
    assert len(np.unique(views[column].bins)) > 5


def test_numbers_with_many_values_have_bins_and_those_with_few_have_levels(views: dict[str, View]) -> None:
    assert views["visits"].infos[0].kind == "number"
    assert views["few_visits"].infos[0].kind == "category"
    assert len(np.unique(views["few_visits"].bins)) == 7
