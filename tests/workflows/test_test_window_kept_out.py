"""Nothing from the test window, by any door: other outcomes after its start change nothing that init writes and train fits."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from kept_out import fit_side, same, start_of, training_of

from lead_ml.demo import generate, write
from lead_ml.init import draft_project
from lead_ml.tables.instants import iso
from lead_ml.workflows.init import init_from_export, init_project
from lead_ml.workflows.load import load

Row = dict[str, str]
QUICK = {"evaluation": {"bootstrap": 50}, "threads": 1}


def edited(path: Path, change: Callable[[list[Row]], None]) -> None:
    """Change the rows of a CSV file in place."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(rows[0])
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def swapped(file: str, column: str, time: str, pairs: dict[str, str]) -> Callable[[Path, str], int]:
    """Return a change of an export: from an instant on, every value of a column becomes its counterpart."""
    both = {**pairs, **{b: a for a, b in pairs.items()}}

    def change(folder: Path, start: str) -> int:
        changed: list[Row] = []

        def turn(rows: list[Row]) -> None:
            for row in rows:
                if row[time] and row[time] >= start and row[column] in both:
                    row[column] = both[row[column]]
                    changed.append(row)

        edited(folder / file, turn)
        return len(changed)

    return change


def permuted(file: str, columns: tuple[str, ...], time: str) -> Callable[[Path, str], int]:
    """Return a change of an export: from an instant on, the outcomes change places."""

    def change(folder: Path, start: str) -> int:
        places: list[int] = []

        def shuffle(rows: list[Row]) -> None:
            places.extend(k for k, row in enumerate(rows) if row[time] >= start)
            order = np.random.default_rng(8).permutation(places).tolist()
            before = {k: {name: rows[k][name] for name in columns} for k in places}
            for place, other in zip(places, order, strict=True):
                rows[place].update(before[other])

        edited(folder / file, shuffle)
        return len(places)

    return change


def wins_only(folder: Path) -> None:
    """Leave of the close dates only those of wins, under their own name."""

    def change(rows: list[Row]) -> None:
        for row in rows:
            row["closed_at"] = row["closed_at"] if row.pop("is_won") == "true" else ""

    with (folder / "leads.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    change(rows)
    with (folder / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [name if name != "closed_at" else "closed_at" for name in rows[0]])
        writer.writeheader()
        writer.writerows(rows)
    text = (folder / "leads.csv").read_text(encoding="utf-8")
    (folder / "leads.csv").write_text(text.replace("closed_at", "won_date", 1), encoding="utf-8")


def fewer_wins(folder: Path, start: str) -> int:
    """Take away two of three wins from an instant on, all but the last of the data."""
    changed: list[Row] = []

    def change(rows: list[Row]) -> None:
        last = max(row["won_date"] for row in rows)
        late = [row for row in rows if start <= row["won_date"] < last]
        changed.extend(row for k, row in enumerate(late) if k % 3)
        for row in changed:
            row["won_date"] = ""

    edited(folder / "leads.csv", change)
    return len(changed)


STAGES = {"won": "lost", "invalid": "opportunity"}
FAKES = swapped("outcomes.csv", "reason", "recorded_at", {"bot": "student", "test": "no_budget"})
SHAPES: dict[str, tuple[str, Callable[[Path], None] | None, tuple[Callable[[Path, str], int], ...]]] = {
    "outcomes": (
        "outcomes",
        None,
        (
            swapped("outcomes.csv", "stage", "recorded_at", STAGES),
            permuted("outcomes.csv", ("lead_id", "stage", "reason"), "recorded_at"),
        ),
    ),
    "status": (
        "status",
        None,
        (
            swapped("leads.csv", "lead_status", "created_at", {"Converted": "Closed"}),
            permuted("leads.csv", ("lead_status",), "created_at"),
        ),
    ),
    "close_date": ("close_date", None, (swapped("leads.csv", "is_won", "closed_at", {"true": "false"}),)),
    "column": (
        "column",
        None,
        (
            swapped("leads.csv", "converted", "created_at", {"yes": "no"}),
            permuted("leads.csv", ("converted",), "created_at"),
        ),
    ),
    "wins only": ("close_date", wins_only, (fewer_wins,)),
}


@pytest.fixture(scope="module")
def world() -> Any:
    return generate(2_000, 5)


def exported(world: Any, shape: str, folder: Path) -> Path:
    closing, change, _ = SHAPES[shape]
    write(world, folder, closing=closing)  # type: ignore[arg-type]
    if change is not None:
        change(folder)
    return folder


def drafted_from(folder: Path, project: Path) -> dict[str, str]:
    """Draft a project from the files of a folder, at the same place whatever they hold."""
    outcomes = folder / "outcomes.csv"
    draft = draft_project(
        project, folder / "leads.csv", folder / "events.csv", outcomes if outcomes.is_file() else None
    )
    return dict(draft.files)


def quick(root: Path) -> None:
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    params.update(QUICK)
    for target in ("conversion", "fake"):
        if target in params:
            params[target].setdefault("lightgbm", {})["rounds"] = 20
    (root / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True, sort_keys=False), "utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_other_outcomes_in_the_test_window_change_nothing_that_a_drafted_project_fits(
    world: Any, shape: str, tmp_path: Path
) -> None:
    data, root = tmp_path / "data", tmp_path / "project"
    exported(world, shape, data)
    files = drafted_from(data, root)
    outcomes = data / "outcomes.csv"
    init_from_export(root, data / "leads.csv", data / "events.csv", outcomes if outcomes.is_file() else None)
    quick(root)
    start = start_of(training_of(load(root)), "conversion")
    before = fit_side(training_of(load(root)), "conversion")
    for change in SHAPES[shape][2]:
        exported(world, shape, data)
        assert change(data, iso(start)) > 20
        assert drafted_from(data, root) == files
        same(before, fit_side(training_of(load(root)), "conversion"))


@pytest.mark.slow
@pytest.mark.parametrize("target", ["conversion", "fake"])
def test_other_outcomes_in_the_test_window_change_nothing_that_the_reference_project_fits(
    world: Any, target: str, tmp_path: Path
) -> None:
    root = tmp_path / "demo"
    init_project(root)
    write(world, root)
    quick(root)
    start = start_of(training_of(load(root)), target)
    before = fit_side(training_of(load(root)), target)
    changes = SHAPES["outcomes"][2] if target == "conversion" else (FAKES, SHAPES["outcomes"][2][1])
    for change in changes:
        write(world, root)
        assert change(root, iso(start)) > 20
        same(before, fit_side(training_of(load(root)), target))


@pytest.mark.slow
def test_other_outcomes_before_the_test_window_do_change_it(world: Any, tmp_path: Path) -> None:
    """The comparison can fail: what is learned before the window depends on the outcomes before it."""
    data, root = tmp_path / "data", tmp_path / "project"
    exported(world, "outcomes", data)
    files = drafted_from(data, root)
    exported(world, "outcomes", data)
    swapped("outcomes.csv", "stage", "recorded_at", STAGES)(data, "2000")
    assert drafted_from(data, root)["params.yaml"] != files["params.yaml"]
