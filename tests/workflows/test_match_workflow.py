"""`lead-ml match` over a project: files for their owner alone, and answers that survive."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lead_ml.cli import app as cli
from lead_ml.demo import generate, write
from lead_ml.workflows.init import init_project
from lead_ml.workflows.match import FOLDER, PAIRS, PEOPLE, REVIEWED, TO_REVIEW, match_project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("match") / "project"
    init_project(root)
    write(generate(600, 5), root)
    return root


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_answers_survive_runs_and_files_are_private(project: Path) -> None:
    folder = project / FOLDER
    first = match_project(project, ask=20)
    for name in (TO_REVIEW, PAIRS, PEOPLE):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    asked = rows_of(folder / TO_REVIEW)
    assert first.to_review == len(asked) > 0
    assert not (folder / REVIEWED).exists()
    one = next(row for row in asked if row["band"] == "same")
    lines = (folder / TO_REVIEW).read_text(encoding="utf-8-sig")
    start = f"{one['lead_a']},{one['lead_b']},"
    (folder / TO_REVIEW).write_text(lines.replace(f"{start},", f"{start}no,"), encoding="utf-8")
    for _ in range(2):  # the second run reads what the first has kept
        again = match_project(project, ask=20)
        people = {row["lead_id"]: row["person"] for row in rows_of(folder / PEOPLE)}
        first_one, other = (people.get(one[side], one[side]) for side in ("lead_a", "lead_b"))
        assert first_one != other
        assert again.found.reviewed == 1
        assert [(row["lead_a"], row["same"]) for row in rows_of(folder / REVIEWED)] == [(one["lead_a"], "no")]
        assert not any(
            row["lead_a"] == one["lead_a"] and row["lead_b"] == one["lead_b"]
            for row in rows_of(folder / TO_REVIEW)
        )


def test_the_command_prints_json(project: Path) -> None:
    done = CliRunner().invoke(cli.app, ["match", "-C", str(project), "--ask", "5", "--json"])
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["synthetic"] is True
    assert found["pairs"]["same"] > 0
    assert 0 <= found["precision"]["lower"] <= found["precision"]["value"] <= found["precision"]["upper"] <= 1
