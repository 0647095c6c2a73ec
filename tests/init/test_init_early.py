"""A draft learns from outcomes only what was known before the test window of the training that follows."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from ugly import write

from lead_ml.evaluation.split import groups_of
from lead_ml.init import draft_project
from lead_ml.init.early import early_data
from lead_ml.project.targets import Won
from lead_ml.workflows.init import init_from_export
from lead_ml.workflows.load import load
from lead_ml.workflows.training import build_table, usable_features, windows_of

HEADER = ["id", "created", "source"]
Rows = list[list[str]]


def at(day: float) -> str:
    return str(np.datetime64("2024-01-01") + np.timedelta64(round(day * 86_400), "s"))


def files(folder: Path, leads: int, days: float, won: Callable[[int], float | None]) -> tuple[Path, Path]:
    """Write leads at equal distances over so many days, and the day after creation on which each was won, if it was."""
    rows = [[f"L{k}", at(k * days / leads), ("web", "fair")[k % 2]] for k in range(leads)]
    wins = [[f"L{k}", at(k * days / leads + after)] for k in range(leads) if (after := won(k)) is not None]
    wins = [row for row in wins if row[1] < at(days) and row[0] != f"L{leads - 1}"]
    wins.append([f"L{leads - 1}", at(days)])  # the end of the data, which outcomes must not move
    return write(folder / "leads.csv", HEADER, rows), write(folder / "wins.csv", ["id", "won date"], wins)


def start_of(root: Path) -> int:
    loaded = load(root)
    groups = groups_of(loaded.dataset.leads)
    task = loaded.project.tasks["conversion"]
    table = build_table(task, loaded.dataset, usable_features(loaded.project, loaded.dataset)[0], groups)
    return windows_of(task, table, groups)[-1].start


@pytest.mark.parametrize(("leads", "days"), [(600, 300), (600, 45), (2_500, 500), (400, 24)])
def test_what_is_early_ends_where_the_test_window_of_training_begins(
    tmp_path: Path, leads: int, days: float
) -> None:
    export, wins = files(tmp_path, leads, days, lambda k: 1 + k % 5 if k % 4 == 0 else None)
    init_from_export(tmp_path / "mine", export, outcomes=wins)
    loaded, start = load(tmp_path / "mine"), start_of(tmp_path / "mine")
    early = early_data(loaded.dataset, loaded.project.params, Won())
    assert early.dataset.until == start
    assert early.leads.tolist() == (loaded.dataset.leads.created_at < start).tolist()
    assert 0 < early.won.sum() < early.leads.sum() < leads


def test_the_base_rate_and_the_horizon_are_those_of_the_leads_before_the_test_window(tmp_path: Path) -> None:
    """Wins come within 4 days in one of five leads; in the last fifth of the leads every one is won, after 20 days."""
    drafts = []
    for name, late in (("plain", None), ("turned", 20)):
        folder = tmp_path / name
        folder.mkdir()
        export, wins = files(
            folder,
            1_000,
            400,
            lambda k, late=late: late if late and k >= 800 else 2 + k % 3 if k % 5 == 0 else None,
        )
        drafts.append(draft_project(folder / "mine", export, outcomes=wins))
    plain, turned = (yaml.safe_load(draft.files["params.yaml"])["conversion"] for draft in drafts)
    assert plain["horizon_days"] == turned["horizon_days"] == 5
    assert plain["scorecard"] == turned["scorecard"]
    assert plain["scorecard"]["base_rate"] == pytest.approx(0.2, abs=0.005)
    assert drafts[1].figures.converted > 1.5 * drafts[0].figures.converted
    assert drafts[1].figures.early_converted == drafts[0].figures.early_converted


def test_a_column_that_only_late_winners_have_is_no_reason_to_leave_it_out(tmp_path: Path) -> None:
    rows = [
        [f"L{k}", at(k / 2), "web", int(k % 4 == 0), "x" if k % 4 == 0 and (k < 300) == early else ""]
        for early in (True, False)
        for k in range(600)
    ]
    said = []
    for place, half in enumerate((rows[:600], rows[600:])):
        file = write(tmp_path / f"{place}.csv", [*HEADER, "converted", "code"], half)
        said.append(draft_project(tmp_path / "mine", file).files["features/others.py"])
    assert "code: filled for converted leads" not in said[1]
    always = [[*row[:4], "x" if row[3] else "", "abc"[k % 3]] for k, row in enumerate(rows[:600])]
    file = write(tmp_path / "always.csv", [*HEADER, "converted", "code", "other"], always)
    text = draft_project(tmp_path / "mine", file).files["features/others.py"]
    assert "code: filled for converted leads" in text


def test_no_count_of_outcomes_of_the_whole_export_is_written(tmp_path: Path) -> None:
    export, wins = files(tmp_path, 777, 300, lambda k: 3 if k % 3 == 0 else None)
    draft = draft_project(tmp_path / "mine", export, outcomes=wins)
    with wins.open(encoding="utf-8", newline="") as file:
        count = len(list(csv.DictReader(file)))
    assert draft.figures.converted == count
    assert not any(str(count) in text for text in draft.files.values())
