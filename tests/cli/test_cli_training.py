"""train, tune, evaluate: what they print, and what Ctrl-C keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lead_ml.evaluation.tuned import Tuned
from lead_ml.model.metrics import Interval
from lead_ml.project.params import load_params
from lead_ml.project.targets import Candidate
from lead_ml.registry.runs import open_run

# what mlflow itself raises while it is imported and opens its store
MLFLOW = (
    "ignore:The ``noload`` loader strategy is deprecated:DeprecationWarning:mlflow",
    "ignore:.*Any type hint is inferred as AnyType:UserWarning:mlflow",
    "ignore:Operation with range is deprecated:DeprecationWarning:mlflow",
)


def tuned(
    *,
    interrupted: bool = False,
    better: bool = True,
    upper: float = -0.001,
    candidate: Candidate = "lightgbm",
) -> Tuned:
    return Tuned(
        target="conversion",
        candidate=candidate,
        study="s",
        params={"learning_rate": 0.02123, "num_leaves": 9} if candidate == "lightgbm" else {"l2": 42.5},
        fixed={} if candidate == "lightgbm" else {"l2_search": ()},
        log_loss=0.30 if better else 0.33,
        log_loss_now=0.31,
        difference=Interval(-0.01 if better else 0.02, -0.02, upper),
        trials=3,
        interrupted=interrupted,
    )


@pytest.fixture
def finding(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the search find something, without searching."""
    return lambda found: monkeypatch.setattr("lead_ml.workflows.tune.tune_target", lambda *_, **__: found)


def test_a_finished_search_says_what_to_do_next(run: Any, tmp_path: Path, finding: Any) -> None:
    finding(tuned())
    done = run("tune", "-C", tmp_path, "--trials", 3)
    assert done.exit_code == 0
    assert "0.02123" in done.stdout
    assert "-0.01000 (interval -0.02000 to -0.00100): significantly better" in done.stdout
    assert "--write" in done.stderr


def test_a_difference_that_may_be_noise_is_called_so(run: Any, tmp_path: Path, finding: Any) -> None:
    finding(tuned(upper=0.001))
    done = run("tune", "-C", tmp_path)
    assert "not significantly better" in done.stdout
    assert "may be noise" in done.stderr


def test_a_search_that_found_nothing_better_says_so_and_writes_nothing(
    run: Any, project: Path, finding: Any
) -> None:
    finding(tuned(better=False, upper=0.03))
    before = (project / "params.yaml").read_bytes()
    done = run("tune", "-C", project, "--write")
    assert "nothing to change" in done.stderr
    assert "params.yaml is unchanged" in done.stderr
    assert (project / "params.yaml").read_bytes() == before


@pytest.mark.parametrize("candidate", ["lightgbm", "logistic"])
def test_write_puts_the_parameters_into_params_yaml(
    json_of: Any, project: Path, finding: Any, candidate: Candidate
) -> None:
    finding(tuned(candidate=candidate))
    found = json_of("tune", "-C", project, "--candidate", candidate, "--write")
    assert (found["better"], found["significant"], found["written"]) == (True, True, True)
    params = load_params(project / "params.yaml").conversion
    if candidate == "lightgbm":
        assert (params.lightgbm.learning_rate, params.lightgbm.num_leaves) == (0.02123, 9)
        assert params.lightgbm.rounds == 30  # what was not searched stays
    else:
        assert (params.logistic.l2, params.logistic.l2_search) == (42.5, ())


def test_an_interrupted_search_prints_the_best_and_ends_with_130(
    run: Any, tmp_path: Path, finding: Any
) -> None:
    finding(tuned(interrupted=True))
    done = run("tune", "-C", tmp_path)
    assert done.exit_code == 130
    assert "0.02123" in done.stdout
    assert "Interrupted after 3 of 40 trials" in done.stderr


def test_an_unknown_candidate_is_refused(run: Any, tmp_path: Path) -> None:
    done = run("tune", "-C", tmp_path, "--candidate", "forest")
    assert done.exit_code == 2
    assert "forest" in done.stderr


@pytest.mark.slow
def test_ctrl_c_keeps_the_trials_and_the_next_call_goes_on(
    json_of: Any, run: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third trial is interrupted; the first call of all evaluates the parameters in use."""
    from lead_ml.evaluation import tune as module

    real, calls = module.Rolling.loss, []

    def interrupting(*arguments: Any) -> float:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(module.Rolling, "loss", interrupting)
    stopped = run("tune", "-C", project, "--trials", 3, "--no-track")
    assert stopped.exit_code == 130
    assert "best of 2 trials" in " ".join(stopped.stdout.split())
    assert "Traceback" not in stopped.stderr
    kept = json_of("tune", "-C", project, "--trials", 2, "--no-track")
    after = json_of("tune", "-C", project, "--trials", 3, "--no-track")
    assert (kept["trials"], after["trials"], after["interrupted"]) == (2, 3, False)
    assert after["log_loss"] <= kept["log_loss"]
    pictures = sorted(path.name for path in (project / "runs" / "tune-conversion-lightgbm").iterdir())
    assert pictures == ["history.png", "importance.png", "parallel.png"]


@pytest.mark.slow
def test_evaluate_writes_no_version(json_of: Any, project: Path) -> None:
    before = sorted(path.name for path in (project / "runs").iterdir())
    found = json_of("evaluate", "-C", project, "--candidate", "scorecard")
    assert [record["candidate"] for record in found["conversion"]["candidates"]] == ["scorecard", "base rate"]
    assert sorted(path.name for path in (project / "runs").iterdir()) == before


@pytest.mark.slow
def test_train_writes_a_version_with_a_report(run: Any, json_of: Any, project: Path) -> None:
    done = run("train", "-C", project, "--candidate", "logistic", "--seed", 3, "--no-track")
    assert done.exit_code == 0, done.stderr
    assert "Cold-start stage: logistic" in done.stdout
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
