"""Training end to end: the same inputs give the same bytes, and little or undated data is told honestly."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from asked import scores_alike
from small import COLUMN, draw, write_project

from lead_ml.asof.labels import Spine, open_leads
from lead_ml.errors import DeclarationError, InputError, PromotionRefused
from lead_ml.evaluation.leakage import AuditReport, LeakageFinding, left_out_columns, to_json
from lead_ml.project.load import load_project
from lead_ml.project.targets import CANDIDATES
from lead_ml.registry.runs import AUDIT_FILE, Run, open_run
from lead_ml.scoring import Scorer, served_version, verify
from lead_ml.scoring.thresholds import Thresholds, accept_thresholds
from lead_ml.tables.dataset import Coded
from lead_ml.workflows.audit import audit_target
from lead_ml.workflows.promote import promote
from lead_ml.workflows.train import train
from lead_ml.workflows.versions import flagged_columns


def files_of(run: Run) -> dict[str, bytes]:
    return {
        path.relative_to(run.folder).as_posix(): path.read_bytes()
        for path in sorted(run.folder.rglob("*"))
        if path.is_file()
    }


def world_again(trained: Any, folder: Path, **changes: Any) -> Run:
    """Train the world once more in another folder, with other params."""
    for part in ("features", "models", "tables"):
        shutil.copytree(trained.root / part, folder / part)
    params = yaml.safe_load((trained.root / "params.yaml").read_text(encoding="utf-8"))
    (folder / "params.yaml").write_text(
        yaml.safe_dump({**params, **changes}, allow_unicode=True), encoding="utf-8"
    )
    return train(load_project(folder), trained.dataset)


@pytest.mark.slow
def test_training_again_gives_the_same_bytes_also_with_more_threads(trained: Any, tmp_path: Path) -> None:
    again = world_again(trained, tmp_path, threads=2)
    first, second = verify(trained.bundle), verify(again.bundle)
    differing = [name for name in first.files if first.files[name] != second.files.get(name)]
    assert differing == ["params.json"], "only the number of threads itself may differ"
    assert set(first.files) == set(second.files)


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_every_kind_repeats_to_the_byte_whatever_the_threads(tmp_path: Path, candidate: Any) -> None:
    runs = [
        train(write_project(tmp_path / str(k), threads=k), draw(), candidates=[candidate]) for k in (1, 2)
    ]
    first, second = (verify(run.bundle).files for run in runs)
    assert [name for name in first if first[name] != second.get(name)] == ["params.json"]
    again = train(write_project(tmp_path / "again", threads=1), draw(), candidates=[candidate])
    assert files_of(again) == files_of(runs[0])


def test_training_twice_in_one_place_is_one_version_and_keeps_accepted_lines(tmp_path: Path) -> None:
    first = train(write_project(tmp_path), draw())
    before = files_of(first)
    lines = Thresholds.of(0.1, 0.2, method="value", accepted_by="Li")
    odds = Scorer.load(first.bundle).bundle.info.reference_odds
    accept_thresholds(first.bundle, lines, reference_odds=odds, model_version="first")
    again = train(load_project(tmp_path), draw())
    assert again.record == first.record
    assert files_of(again) == before
    assert (first.folder.parent / "thresholds.jsonl").is_file()
    assert Scorer.load(again.bundle).thresholds == lines


def test_a_run_names_the_columns_that_its_audit_flagged(trained: Any, tmp_path: Path) -> None:
    run = Run(tmp_path, trained.run.record)
    assert flagged_columns(run) == ((), ())
    shutil.copytree(trained.run.bundle, run.bundle)
    verdicts = {"late": "leak", "source": "suspect", "industry": "clear"}
    findings = tuple(
        LeakageFinding("strength", name, verdict, {}, "", "", (name,)) for name, verdict in verdicts.items()
    )
    report = AuditReport(target="conversion", rows=9, positives=3, findings=findings)
    (tmp_path / AUDIT_FILE).write_bytes(to_json(report))
    assert flagged_columns(run) == (("source",), ("late",))


def test_the_replay_knows_when_a_lead_first_became_an_opportunity(trained: Any) -> None:
    """Else no threshold could be advised by the mean score just before it."""
    stages = trained.dataset.outcomes
    rows = np.array([stage == "opportunity" for stage in stages.columns["stage"].values()])
    first: dict[int, int] = {}
    for lead, at in zip(stages.lead[rows].tolist(), stages.occurred_at[rows].tolist(), strict=True):
        first[lead] = min(at, first.get(lead, at))
    bundle = Scorer.load(trained.bundle).bundle
    told = bundle.history.opportunity_at
    assert set(told[told >= 0].tolist()) <= set(first.values())
    assert 0.5 * len(first) < (told >= 0).sum() < len(told)
    assert "opportunity_mean" in {advice.method for advice in bundle.advice}


def test_another_seed_gives_another_version(tmp_path: Path) -> None:
    runs = [train(write_project(tmp_path / str(seed), seed=seed), draw()) for seed in (7, 8)]
    assert runs[0].record.version != runs[1].record.version
    assert [run.record.seed for run in runs] == [7, 8]
    first, second = (verify(run.bundle) for run in runs)
    changed = {name for name in first.files if first.files[name] != second.files.get(name)}
    assert any(name.startswith("conversion/") for name in changed)


def test_a_run_tells_what_went_in(trained: Any) -> None:
    record = trained.run.record
    assert record.data_digests == dict(trained.dataset.digests)
    assert record.project_digest == trained.project.digest
    assert record.fit_until == trained.dataset.until
    assert record.left_out_features == ()
    assert record.synthetic
    assert set(record.candidates) == {"conversion", "fake"}
    assert open_run(trained.runs).record == record
    for target in trained.run.targets:
        evaluation, forward = trained.run.evaluation(target), trained.run.forward(target)
        assert evaluation.chosen == record.candidates[target]
        assert len(forward.y) == evaluation.windows[-1].test_rows
        assert set(forward.probability) == {"scorecard", "logistic", "lightgbm"}


def test_a_feature_on_a_column_that_is_overwritten_later_is_left_out(tmp_path: Path) -> None:
    run = train(write_project(tmp_path, known_at={"size": "current"}), draw(), candidates=["scorecard"])
    assert run.record.left_out_features == ("size",)
    assert "size" not in {item.name for item in Scorer.load(run.bundle).bundle.declarations}


def test_a_trusted_column_is_used_again(tmp_path: Path) -> None:
    run = train(
        write_project(tmp_path, known_at={"size": "current"}, trust=["size"]),
        draw(),
        candidates=["scorecard"],
    )
    assert run.record.left_out_features == ()


def test_dated_leads_with_an_outcome_column_train_end_to_end(tmp_path: Path) -> None:
    data = draw(500, column=True)
    run = train(write_project(tmp_path, model=COLUMN), data)
    evaluation = run.evaluation("conversion")
    assert not evaluation.optimistic
    assert evaluation.horizon_days is None
    assert evaluation.windows[-1].start < evaluation.windows[-1].end
    scorer = Scorer.load(run.bundle)
    assert scorer.bundle.info.dated
    assert "converted" not in scorer.bundle.info.columns
    scores_alike(scorer, data)


def test_undated_data_trains_is_marked_and_promotes_only_by_force(tmp_path: Path) -> None:
    data = draw(500, column=True, dated=False)
    run = train(write_project(tmp_path, model=COLUMN), data)
    assert not run.record.dated
    assert run.evaluation("conversion").optimistic
    scorer = Scorer.load(run.bundle)
    assert not scorer.bundle.info.dated
    assert scorer.bundle.history.as_of is None
    scores_alike(scorer, data)
    with pytest.raises(PromotionRefused, match=r"(?i)optimistic|dates"):
        promote(tmp_path / "runs", run.record.version)
    promote(tmp_path / "runs", run.record.version, force="a first look")
    assert served_version(tmp_path / "runs").version == run.record.version


def test_the_scale_of_the_score_is_carried_from_champion_to_challenger(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    first = train(project, draw(400), candidates=["scorecard"])
    promote(project.runs, first.record.version, force="first")
    shutil.rmtree(first.bundle / "conversion")  # the scale outlives a champion that can no longer be loaded
    second = train(project, draw(400, seed=9, rate=0.6), candidates=["scorecard"])
    assert second.record.version != first.record.version
    odds = json.loads((first.bundle / "scorer.json").read_bytes())["reference_odds"]
    assert Scorer.load(second.bundle).bundle.info.reference_odds == odds
    fixed = write_project(tmp_path, reference_odds=0.5)
    assert (
        Scorer.load(train(fixed, draw(400), candidates=["scorecard"]).bundle).bundle.info.reference_odds
        == 0.5
    )


def test_progress_is_told_step_by_step(tmp_path: Path) -> None:
    said: list[str] = []
    train(write_project(tmp_path), draw(), candidates=["scorecard"], progress=said.append)
    assert said[0].startswith("conversion: table of ")
    assert said[-1] == "bundle"


def test_the_test_window_may_start_on_a_date_of_the_project(tmp_path: Path) -> None:
    project = write_project(
        tmp_path, split={"folds": 2, "test_share": 0.3, "test_from": "2026-05-01"}, time_zone="Asia/Shanghai"
    )
    run = train(project, draw(), candidates=["scorecard"])
    assert run.evaluation("conversion").windows[-1].start == "2026-04-30T16:00:00Z"


def test_a_hub_phone_does_not_glue_the_market_together(trained: Any) -> None:
    from lead_ml.evaluation.split import groups_of

    sizes = np.bincount(groups_of(trained.dataset.leads))
    assert sizes.max() < len(trained.dataset.leads) / 10
    assert (sizes > 1).any()


def test_runs_open_by_the_beginning_of_their_version(trained: Any, tmp_path: Path) -> None:
    version = trained.run.record.version
    assert open_run(trained.runs, version[:5]).record == trained.run.record
    with pytest.raises(InputError, match=f"no such version: got 'zz'; expected one of {version}"):
        open_run(trained.runs, "zz")
    with pytest.raises(InputError, match="nothing was trained yet"):
        open_run(tmp_path)
    with pytest.raises(InputError, match="no such version"):
        open_run(tmp_path / "nowhere", "abc")
    for odd in ("/etc/passwd", "../x", "*", ""):
        with pytest.raises(InputError, match="no such version"):
            open_run(trained.runs, odd)


def test_a_score_in_the_past_sees_no_later_record(trained: Any) -> None:
    scorer, data = Scorer.load(trained.bundle), trained.dataset
    cut = int(np.quantile(data.leads.created_at, 0.7))
    spine: Spine = open_leads(data, cut)
    some = spine.take(np.arange(0, len(spine), 7))
    assert scorer.score_dataset(data.as_known(cut), some) == scorer.score_dataset(data, some)


def test_what_a_column_overwritten_later_would_seem_to_reach_stands_beside_the_honest_figures(
    tmp_path: Path,
) -> None:
    data = draw()
    won = np.isin(np.arange(len(data.leads)), data.outcomes.lead)
    status = Coded.of(["done" if is_won else "open" for is_won in won])
    leads = dataclasses.replace(data.leads, columns={**data.leads.columns, "status": status})
    project = write_project(tmp_path)
    (tmp_path / "features" / "status.py").write_text(
        'from lead_ml import category\nGROUP = "fit"\nFEATURES = [category("status", en="Status", zh="状态")]\n'
    )
    project = load_project(tmp_path)
    run = train(project, dataclasses.replace(data, leads=leads), candidates=["logistic"])
    assert run.record.left_out_features == ("status",)
    evaluation = run.evaluation("conversion")
    honest = evaluation.of("logistic").metrics["roc_auc"]
    assert evaluation.leaky.features == ("status",)
    assert evaluation.leaky.metrics["roc_auc"].value > 0.95 > honest.upper
    assert "status: with them the same model would seem to reach log-loss" in evaluation.leaky.said
    assert "status" not in {item.name for item in Scorer.load(run.bundle).bundle.declarations}


def test_a_leak_that_the_audit_proves_stays_out_although_the_project_vouches_for_it(tmp_path: Path) -> None:
    data = draw(1_200)
    won = np.isin(np.arange(len(data.leads)), data.outcomes.lead)
    note = Coded.of(["contract sent" if is_won else "open" for is_won in won])
    leads = dataclasses.replace(data.leads, columns={**data.leads.columns, "note": note})
    data = dataclasses.replace(data, leads=leads)
    write_project(tmp_path, known_at={"size": "creation", "note": "creation"})
    (tmp_path / "features" / "note.py").write_text(
        'from lead_ml import category\nGROUP = "fit"\nFEATURES = [category("note", en="Note", zh="备注")]\n'
    )
    project = load_project(tmp_path)
    report = audit_target(project, data)
    assert report.leaks == ("note",)
    run = train(project, data, candidates=["logistic"], leaks=left_out_columns(report, project.params.trust))
    assert run.record.left_out_features == ("note",)
    evaluation = run.evaluation("conversion")
    assert evaluation.leaky.metrics["roc_auc"].value > evaluation.of("logistic").metrics["roc_auc"].upper
    assert left_out_columns(report, ("note",)) == ()


def test_a_rule_about_a_feature_that_is_left_out_is_dropped_and_one_about_nothing_is_told(
    tmp_path: Path,
) -> None:
    project = write_project(tmp_path, known_at={"size": "creation"})
    run = train(project, draw(), candidates=["scorecard"], leaks=("source",))
    assert run.record.left_out_features == ("source",)
    scorer = Scorer.load(run.bundle)
    assert scorer.bundle.parts["conversion"].fitted.model.rules == ()
    params = yaml.safe_load((tmp_path / "params.yaml").read_text())
    params["conversion"]["scorecard"]["rules"][0]["feature"] = "sauce"
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    with pytest.raises(DeclarationError, match="names no feature of the model: got 'sauce'"):
        train(load_project(tmp_path), draw(), candidates=["scorecard"], leaks=("source",))


def test_where_nothing_is_left_out_nothing_stands_beside(tmp_path: Path) -> None:
    assert (
        train(write_project(tmp_path), draw(), candidates=["logistic"]).evaluation("conversion").leaky is None
    )
