"""``lead-ml layout`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from layout_project import project_at
from typer.testing import CliRunner

from lead_ml.cli.app import app


def test_build_and_append_print_what_was_read_and_rejected(world: Path, tmp_path: Path) -> None:
    root = project_at(tmp_path / "demo", world, layout="laid")
    run = CliRunner().invoke
    built = run(app, ["layout", "build", "-C", str(root), "--partitions", "2", "--json"])
    assert built.exit_code == 0, built.stderr
    found = json.loads(built.stdout)
    rows = len((root / "events.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert (found["partitions"], found["read"]["rows_in"]) == (2, rows)
    again = run(app, ["layout", "append", "events.csv", "-C", str(root)])
    assert again.exit_code == 0, again.stderr
    assert "Rejected rows" in again.stdout
    assert f"holds {found['events']:,} events in 2 partitions" in " ".join(again.stdout.split())
    twice = run(app, ["layout", "build", "-C", str(root)])
    assert twice.exit_code == 1
    assert "there is a layout already" in twice.stderr
    assert "Traceback" not in twice.stderr
