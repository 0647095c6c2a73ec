"""Personal data stays in the data and in the worklist: planted names, phones, emails and addresses are looked for everywhere else."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

PLANTED = 1_000
ROLES = ("name", "email", "phone", "ip")


def planted(k: int) -> dict[str, str]:
    """Return who lead `k` is; one in twenty is one person, as in a burst, and would count as a usual spelling."""
    k = 0 if k % 20 == 0 else k
    letters = "".join("bcdfghjklm"[int(digit)] + "aeiou"[int(digit) // 2] for digit in f"{k:04d}")
    return {
        "name": f"{letters.title()} Plantedname",
        "email": f"{letters}.{k}@planted-firm{k % 7}.example",
        "phone": f"+49 30 {55_000_000 + 7 * k}",
        "ip": f"203.{k // 250}.{k % 250}.77",
    }


@pytest.fixture(scope="module")
def project(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("personal") / "demo"
    shutil.copytree(world, root, ignore=shutil.ignore_patterns("runs"))
    with (root / "leads.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for k, row in enumerate(rows[:PLANTED]):
        row |= planted(k)
    with (root / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    params["data"]["layout"] = "layout"
    (root / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    return root


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".npz":
            with ZipFile(path) as file:
                yield from ((f"{path}/{name}", file.read(name)) for name in file.namelist())
        elif path.suffix == ".parquet":
            import pyarrow.parquet as pq

            yield str(path), repr(pq.read_table(path).to_pydict()).encode()
        else:
            yield str(path), path.read_bytes()


@pytest.mark.slow
def test_no_planted_person_is_found_outside_of_the_worklist(project: Path, tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "LEAD_ML_PSEUDONYM_KEY"}
    environment["LEAD_ML_DEBUG"] = "1"
    logs = io.StringIO()
    for command in (
        "layout build",
        "train",
        "promote --force tests",
        f"score --output {tmp_path / 'scores.csv'}",
        "check",
        "audit",
        "report",
    ):
        done = subprocess.run(
            [sys.executable, "-m", "lead_ml", *command.split(), "--project", str(project)],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        logs.write(done.stdout + done.stderr)
    people = [planted(k) for k in range(PLANTED)]
    texts = {person[role] for person in people for role in ROLES}
    texts |= {re.sub(r"\D", "", person["phone"]) for person in people}
    wanted = re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))).encode())
    runs, layout = project / "runs", project / "layout"
    assert wanted.search((runs / "worklist.jsonl").read_bytes()), (
        "who they are is shown to those who call them"
    )
    assert stat.S_IMODE((runs / "worklist.jsonl").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "scores.csv").stat().st_mode) == 0o600
    assert any("mlartifacts" in str(path) for path in runs.rglob("scorer.json")), (
        "MLflow's copy is looked at too"
    )
    assert any(layout.rglob("*.parquet"))
    found = {
        (name, match.group().decode())
        for folder in (runs, layout)
        for name, data in contents(folder)
        if not name.endswith("worklist.jsonl")
        for match in wanted.finditer(data)
    }
    assert found == set()
    assert wanted.findall(logs.getvalue().encode()) == []
