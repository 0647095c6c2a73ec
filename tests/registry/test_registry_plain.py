"""What needs no store: names, cards, and a machine without mlflow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lead_ml import registry as tracking
from lead_ml.errors import MissingExtra
from lead_ml.registry import store
from lead_ml.registry.card import card_markdown
from lead_ml.registry.flat import flat_params, git_commit
from lead_ml.registry.logged_model import requirements
from lead_ml.registry.runs import Run, RunRecord
from lead_ml.scoring.manifest import FORMAT

RECORD = RunRecord(
    version="abc",
    project="demo",
    synthetic=False,
    seed=1,
    fit_until=0,
    dated=True,
    data_digests={"leads": "d1"},
    project_digest="p",
    features="f",
    candidates={"conversion": "scorecard"},
    left_out_features=(),
    cold_start_stage="",
)


def test_params_become_dotted_names_with_the_digests_of_the_data() -> None:
    flat = flat_params({"split": {"folds": 4, "embargo": True}, "trust": [], "known_at": {}}, RECORD)
    assert flat == {
        "split.folds": "4",
        "split.embargo": "true",
        "trust": "[]",
        "known_at": "{}",
        "data_digest.leads": "d1",
    }


def test_a_long_value_is_cut_to_what_mlflow_takes() -> None:
    assert len(flat_params({"rules": "x" * 10_000}, RECORD)["rules"]) == 6_000


def test_the_card_shows_kinds_with_intervals_and_warns_of_synthetic_data() -> None:
    forward = {
        "lightgbm": {"log_loss": {"value": 0.2, "lower": 0.1, "upper": 0.3}},
        "base rate": {"log_loss": {"value": 0.4, "lower": None, "upper": None}, "roc_auc": {"value": None}},
    }
    target = {
        "candidate": "lightgbm",
        "headline": "lightgbm leads",
        "warnings": ["few"],
        "forward": forward,
        "features": 3,
    }
    text = card_markdown({"project": "demo", "synthetic": True, "targets": {"conversion": target}}, "abc")
    assert "synthetic data" in text
    assert "## conversion: lightgbm\n\nlightgbm leads\n\n- few\n- features: 3\n" in text
    assert "| lightgbm | 0.2000 (0.1000 to 0.3000) | - |" in text
    assert "| base rate | 0.4000 | - | - |" in text


def test_a_project_under_git_is_named_by_its_commit(tmp_path: Path) -> None:
    assert git_commit(tmp_path) is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    (tmp_path / "params.yaml").write_text("a")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    head = subprocess.run(
        [*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert git_commit(tmp_path) == head
    (tmp_path / "params.yaml").write_text("b")
    assert git_commit(tmp_path) == f"{head}-dirty"


def test_the_pyfunc_names_exact_requirements() -> None:
    needs = requirements()
    assert needs[0].startswith("lead-ml")
    assert all("==" in need for need in needs[1:])
    assert {"mlflow", "lightgbm", "numba"} <= {need.split("==")[0] for need in needs}


def test_without_mlflow_every_function_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "find_spec", lambda _: None)
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "manifest.json").write_text(f'{{"format": {FORMAT}, "files": {{}}}}')
    calls = (
        lambda: tracking.mark_promoted(tmp_path, "demo", "abc", promoted_at="", why=""),
        lambda: tracking.downloaded("models:/demo@champion").__enter__(),
        lambda: tracking.log_run(Run(tmp_path, RECORD), {}, tmp_path),
    )
    for call in calls:
        with pytest.raises(MissingExtra, match=r"mlflow is not installed.*lead-ml\[train\]"):
            call()


def test_importing_tracking_and_promotion_imports_no_mlflow() -> None:
    code = "import sys, lead_ml.registry, lead_ml.workflows.promote; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_environment_overrides_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert tracking.tracking_uri(tmp_path) == f"sqlite:///{tmp_path}/mlflow.db"
    assert not tracking.store_exists(tmp_path)
    monkeypatch.setitem(os.environ, "MLFLOW_TRACKING_URI", "https://mlflow.example.com")
    assert tracking.tracking_uri(tmp_path) == "https://mlflow.example.com"
    assert tracking.store_exists(tmp_path)
