"""A project with a layout: train, evaluate and score give the same bits as with its events in memory."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from layout_project import files_of, project_at

from lead_ml.errors import InputError, ParamsError
from lead_ml.evaluation.leakage import to_json
from lead_ml.scoring import Scorer
from lead_ml.workflows.audit import audit_target
from lead_ml.workflows.decay import learn_decay
from lead_ml.workflows.layout import append_layout, build_layout
from lead_ml.workflows.load import Loaded, load
from lead_ml.workflows.score import score_open
from lead_ml.workflows.train import evaluate_project, train


def test_a_layout_holds_what_the_files_hold(trained: Any, laid: Loaded) -> None:
    assert len(laid.dataset.events) == 0  # no row of them is in memory
    assert laid.dataset.until == trained.dataset.until
    report = load(trained.root).intake.tables["events"]
    found = laid.intake.tables["events"]
    assert (found.rows_in, found.used, found.first, found.last) == (
        report.rows_in,
        report.used,
        report.first,
        report.last,
    )
    assert {item.cause: item.count for item in found.rejected} == {
        item.cause: item.count for item in report.rejected
    }


@pytest.mark.slow
def test_training_and_scoring_give_the_same_bits(
    trained: Any, laid: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lead_ml.cluster.layout.events.EVENTS_A_RANGE", 10_000)
    run = train(laid.project, laid.dataset)
    assert files_of(run.bundle) == files_of(trained.bundle)
    for target in run.targets:
        assert msgspec.json.encode(run.evaluation(target)) == msgspec.json.encode(
            trained.run.evaluation(target)
        )
    scorer = Scorer.load(trained.bundle)
    assert score_open(scorer, laid.dataset) == score_open(scorer, trained.dataset)


@pytest.mark.slow
def test_the_audit_finds_the_same(trained: Any, laid: Loaded) -> None:
    assert to_json(audit_target(laid.project, laid.dataset)) == to_json(
        audit_target(trained.project, trained.dataset)
    )


@pytest.mark.slow
def test_evaluate_gives_the_same_figures(trained: Any, laid: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "lead_ml.workflows.train.audit_target", lambda *_, **__: None
    )  # its own test is above
    found = evaluate_project(laid.project.root, None)
    for target, evaluation in found.items():
        assert msgspec.json.encode(evaluation) == msgspec.json.encode(trained.run.evaluation(target))


@pytest.mark.slow
def test_appended_files_are_added_and_known_events_are_rejected(
    trained: Any, world: Path, tmp_path: Path
) -> None:
    root = project_at(tmp_path / "grown", world, layout="laid", events={"path": "first.csv"})
    header, *lines = (root / "events.csv").read_text(encoding="utf-8").splitlines()
    half = len(lines) // 2
    for name, rows in (("first", lines[:half]), ("second", lines[half - 100 :])):
        (root / f"{name}.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    first = build_layout(root, partitions=2)
    second = append_layout(root, ["second.csv"])
    assert second.events == len(trained.dataset.events)
    used = first.events + second.read.rows_in - sum(item.count for item in second.read.rejected)
    assert used == second.events
    assert 0 < second.read.rejected[-1].count <= 100
    assert append_layout(root, ["second.csv"]).events == second.events
    scorer = Scorer.load(trained.bundle)
    assert score_open(scorer, load(root).dataset) == score_open(scorer, trained.dataset)


def test_many_appends_are_merged(world: Path, tmp_path: Path) -> None:
    root = project_at(tmp_path / "merged", world, layout="laid")
    text = (root / "events.csv").read_text(encoding="utf-8").splitlines()
    build_layout(root, partitions=1)
    for k in range(9):
        rows = [line.replace(line.split(",")[0], f"new-{k}", 1) for line in text[1:2]]
        (root / "more.csv").write_text("\n".join([text[0], *rows]) + "\n", encoding="utf-8")
        grown = append_layout(root, ["more.csv"])
    assert grown.parts < 9
    assert len(list((root / "laid").glob("*.parquet"))) == grown.parts


def test_what_cannot_be_used_is_one_clear_error(world: Path, laid: Loaded, tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"data\.layout is not set"):
        build_layout(world)
    root = project_at(tmp_path / "other", world, layout="laid")
    with pytest.raises(InputError, match=r"there is no layout\.json.*Run lead-ml layout build"):
        load(root)
    shutil.copytree(laid.project.root / "laid", root / "laid")
    with pytest.raises(InputError, match=r"there is a layout already.*layout append"):
        build_layout(root)
    params = (root / "params.yaml").read_text(encoding="utf-8")
    (root / "params.yaml").write_text(params.replace("project: demo", "project: another"), encoding="utf-8")
    with pytest.raises(InputError, match="belongs to another project: got 'demo'; expected another"):
        load(root)
    (root / "params.yaml").write_text(
        params.replace("time_zone: UTC", "time_zone: Asia/Shanghai"), encoding="utf-8"
    )
    with pytest.raises(InputError, match="built under other settings"):
        load(root)
    (root / "params.yaml").write_text(params, encoding="utf-8")
    next((root / "laid").glob("*.parquet")).unlink()
    with pytest.raises(InputError, match=r"events-.* cannot be read; expected every part"):
        train(load(root).project, load(root).dataset)


def test_a_bad_file_leaves_no_layout_behind(world: Path, tmp_path: Path) -> None:
    root = project_at(tmp_path / "bad", world, layout="laid")
    lines = (root / "events.csv").read_text(encoding="utf-8").splitlines()
    swapped = [lines[0], *(line.replace("20", "x", 1) if "," in line else line for line in lines[1:])]
    (root / "events.csv").write_text(
        "\n".join([lines[0], *("nobody," * 1 + line for line in swapped[1:2])]), encoding="utf-8"
    )
    with pytest.raises(InputError, match="too many fields"):
        build_layout(root)
    with pytest.raises(InputError, match="has no events: lead-ml layout build was interrupted"):
        load(root)


def test_half_lives_are_not_learnt_from_a_layout(laid: Loaded) -> None:
    with pytest.raises(InputError, match="half-lives are learned from events in memory"):
        learn_decay(laid.project.root, None)
