"""train, tune, evaluate: what they print, and what Ctrl-C keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lead_ml.evaluation.tune import Tuned
from lead_ml.registry.runs import open_run

# what mlflow itself raises while it is imported and opens its store
MLFLOW = (
    "ignore:The ``noload`` loader strategy is deprecated:DeprecationWarning:mlflow",
    "ignore:.*Any type hint is inferred as AnyType:UserWarning:mlflow",
    "ignore:Operation with range is deprecated:DeprecationWarning:mlflow",
)


def tuned(*, interrupted: bool = False, better: bool = True) -> Tuned:
    return Tuned(
        target="conversion",
        params={"learning_rate": 0.0212345678, "num_leaves": 9.0},
        log_loss=0.30 if better else 0.33,
        log_loss_now=0.31,
        trials=3,
        interrupted=interrupted,
    )


def test_a_finished_search_says_what_to_do_next(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lead_ml.workflows.tune.tune_target", lambda *_, **__: tuned())
    done = run("tune", "-C", tmp_path, "--trials", 3)
    assert done.exit_code == 0
    assert "0.0212346" in done.stdout
    assert "params.yaml" in done.stderr


def test_a_search_that_found_nothing_better_says_so(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lead_ml.workflows.tune.tune_target", lambda *_, **__: tuned(better=False))
    assert "nothing to change" in run("tune", "-C", tmp_path).stderr


def test_an_interrupted_search_prints_the_best_and_ends_with_130(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lead_ml.workflows.tune.tune_target", lambda *_, **__: tuned(interrupted=True))
    done = run("tune", "-C", tmp_path)
    assert done.exit_code == 130
    assert "0.0212346" in done.stdout
    assert "Interrupted after 3 of 40 trials" in done.stderr


def test_ctrl_c_keeps_the_trials_and_the_next_call_goes_on(
    json_of: Any, run: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third trial is interrupted; the first call of all judges the parameters in use."""
    from lead_ml.evaluation import tune as module

    real, calls = module.loss_of, []

    def interrupting(*arguments: Any) -> float:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(module, "loss_of", interrupting)
    stopped = run("tune", "-C", project, "--trials", 3)
    assert stopped.exit_code == 130
    assert "best of 2 trials" in " ".join(stopped.stdout.split())
    assert "Traceback" not in stopped.stderr
    kept = json_of("tune", "-C", project, "--trials", 2)
    after = json_of("tune", "-C", project, "--trials", 3)
    assert (kept["trials"], after["trials"], after["interrupted"]) == (2, 3, False)
    assert after["log_loss"] <= kept["log_loss"]


def test_evaluate_writes_no_version(json_of: Any, project: Path) -> None:
    before = sorted(path.name for path in (project / "runs").iterdir())
    found = json_of("evaluate", "-C", project, "--candidate", "scorecard")
    assert [record["kind"] for record in found["conversion"]["kinds"]] == ["scorecard", "base rate"]
    assert sorted(path.name for path in (project / "runs").iterdir()) == before


@pytest.mark.slow
def test_train_writes_a_version_with_a_report(run: Any, json_of: Any, project: Path) -> None:
    done = run("train", "-C", project, "--candidate", "logistic", "--seed", 3, "--no-track")
    assert done.exit_code == 0, done.stderr
    assert "Rung: logistic" in done.stdout
    trained = open_run(project / "runs")
    assert trained.record.seed == 3
    assert (trained.folder / "report.html").stat().st_size > 10_000
    assert set(json_of("evaluate", "-C", project, "--version", trained.record.version)) == {
        "conversion",
        "fake",
    }


@pytest.mark.slow
@pytest.mark.filterwarnings(*MLFLOW)
def test_the_demo_again_gives_the_same_version_and_says_whether_it_serves(
    json_of: Any, run: Any, tmp_path: Path
) -> None:
    first = json_of("demo", tmp_path / "demo", "--leads", 700, "--seed", 5)
    assert first["open_leads"] > 0
    assert len(first["best"]) == 5
    again = run("demo", tmp_path / "demo", "--leads", 700, "--seed", 5)
    assert again.exit_code == 0, again.stderr
    assert "6  One lead explained (SYNTHETIC)" in again.stdout
    assert f"Version {first['run']['version']} is in" in again.stdout.replace("\n", " ")
    serves = (tmp_path / "demo" / "runs" / "champion.json").is_file()
    assert ("lead-ml serve" in again.stderr, "No version serves" in again.stderr) == (serves, not serves)
    assert ("serves already" in again.stdout) == serves
