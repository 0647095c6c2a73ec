"""init, check, doctor, warm: before anything is trained."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from lead_ml.asof.kernel import run as _kernels  # noqa: F401 - compiled before doctor is timed


def test_init_writes_a_project_that_check_finds_without_data(run: Any, tmp_path: Path) -> None:
    assert run("init", tmp_path / "mine").exit_code == 0
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {
        "params.yaml",
        "features",
        "models",
        "serving",
        "tables",
    }
    done = run("check", "--project", tmp_path / "mine")
    assert done.exit_code == 1
    assert "leads.csv" in done.stderr


def test_init_never_writes_into_a_folder_with_something_in_it(run: Any, tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("x")
    done = run("init", tmp_path)
    assert done.exit_code == 1
    assert "not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_check_shows_what_was_read(run: Any, shared: Path) -> None:
    done = run("check", "-C", shared)
    assert done.exit_code == 0, done.stderr
    assert "Tables" in done.stdout
    assert "lead_status" in done.stdout
    assert "current: left out" in done.stdout


def test_check_accounts_for_every_row(json_of: Any, project: Path) -> None:
    _spoil(project, twice=True)
    found = json_of("check", "-C", project)
    leads = found["intake"]["tables"]["leads"]
    assert leads["rows_in"] == leads["used"] + sum(item["count"] for item in leads["rejected"])
    assert sum(item["count"] for item in leads["rejected"]) == 2
    assert Path(found["rejected_files"][0]).read_text(encoding="utf-8").count("\n") == 3


def test_check_tells_what_was_rejected_and_where_it_is(run: Any, project: Path) -> None:
    _spoil(project, twice=False)
    done = run("check", "-C", project)
    assert done.exit_code == 0
    assert "Rejected rows" in done.stdout
    assert "rejected_leads.csv" in done.stdout.replace("\n", "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sede": 7}, "did you mean seed"),
        ({"seed": "many"}, "seed"),
        ({"data": {"leads": {"path": "nothing.csv"}}}, "nothing.csv"),
        ({"time_zone": "Mars"}, "Asia/Shanghai"),
    ],
)
def test_a_wrong_params_file_is_told_by_key(
    run: Any, shared: Path, tmp_path: Path, change: Any, said: str
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(shared, changed, ignore=shutil.ignore_patterns("runs"))
    params = yaml.safe_load((changed / "params.yaml").read_text(encoding="utf-8"))
    (changed / "params.yaml").write_text(yaml.safe_dump({**params, **change}), encoding="utf-8")
    done = run("check", "-C", changed)
    assert done.exit_code == 1
    assert said in done.stderr


def test_params_that_are_no_yaml_are_one_paragraph(run: Any, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("a: [1\nb: }", encoding="utf-8")
    done = run("check", "-C", tmp_path)
    assert done.exit_code == 1
    assert "not valid YAML" in done.stderr
    assert done.stderr.count("\n") == 1


def test_doctor_is_content_with_a_trained_project(json_of: Any, shared: Path) -> None:
    findings = {item["what"]: item for item in json_of("doctor", "-C", shared)}
    assert findings["champion"]["ok"]
    assert findings["project"]["ok"]
    assert "compiled" in findings["feature kernels"]["found"]


def test_doctor_says_what_to_mend(run: Any, tmp_path: Path) -> None:
    done = run("doctor", "-C", tmp_path)
    assert done.exit_code == 1
    assert "FAIL" in done.stdout
    assert "lead-ml init" in " ".join(done.stdout.split())
    assert "Some checks failed" in done.stderr


def test_warm_says_that_the_kernels_are_ready(run: Any) -> None:
    done = run("warm")
    assert done.exit_code == 0
    assert "ready" in done.stderr


def _spoil(project: Path, *, twice: bool) -> None:
    """Append a lead that came at no readable time and, if asked for, one that is there already."""
    path = project / "leads.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    _, _, rest = lines[1].split(",", 2)
    more = [f"X1,soon,{rest}", *([lines[1]] if twice else [])]
    path.write_text("\n".join([*lines, *more]) + "\n", encoding="utf-8")
