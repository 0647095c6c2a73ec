"""lead-ml audit on the small world, whose lead_status is overwritten with the outcome."""

from __future__ import annotations

import json
import shutil

import pytest
import yaml
from typer.testing import CliRunner


@pytest.fixture
def run():
    from lead_ml.cli.app import app

    return lambda *arguments: CliRunner().invoke(app, [str(part) for part in arguments])


@pytest.mark.slow
def test_it_names_the_leak_and_shows_both_figures(run, world):
    done = run("audit", "-C", world)
    assert done.exit_code == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert "SYNTHETIC" in told
    assert "lead_status" in told
    assert "honest without the flagged columns, leaky with all" in told
    assert "Left out: lead_status" in done.stderr


@pytest.mark.slow
def test_json_is_the_whole_report_and_trust_keeps_a_leak(run, world, tmp_path):
    root = shutil.copytree(world, tmp_path / "trusting")
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    params["trust"] = ["lead_status"]
    (root / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    report = json.loads(run("audit", "-C", root, "--json").stdout)["conversion"]
    assert report["leaks"] == ["lead_status"]
    assert report["left_out"] == []
    assert {"check", "subject", "verdict", "evidence", "en", "do"} <= set(report["findings"][0])


def test_a_project_without_outcomes_is_an_input_error(run, world, tmp_path):
    root = shutil.copytree(world, tmp_path / "young")
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    del params["data"]["outcomes"]
    (root / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    done = run("audit", "-C", root)
    assert done.exit_code == 1
    assert "no table of them" in done.stderr


def test_its_help_has_an_example(run):
    assert "Example: lead-ml audit" in " ".join(run("audit", "--help").stdout.split())
