"""Promotion and rollback on fabricated runs: what serves, and what is written down."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from runs_kit import challenger, fabricate
from seals import resealed

from lead_ml import registry as tracking
from lead_ml.errors import BundleError, LeadMLError, PromotionRefused
from lead_ml.registry.runs import Run, open_run
from lead_ml.scoring import Scorer, served_version
from lead_ml.workflows import promote as promotion
from lead_ml.workflows.promote import promote, promotions, rollback


def test_force_is_recorded_with_the_figures(runs: Path, champion: Run) -> None:
    worse = challenger(runs, 1.0)
    done = promote(runs, force="the old one reads a column that is gone", by="bo")
    line = json.loads((runs / "promotions.jsonl").read_text().splitlines()[-1])
    assert line["forced"] == "the old one reads a column that is gone"
    assert line["figures"]["conversion.log_loss_increase"]["lower"] > 0
    assert (line["by"], line["previous"], line["allowed"]) == ("bo", champion.record.version, False)
    assert served_version(runs).version == worse.record.version
    assert "by force" in done.words


def test_force_without_a_reason_is_refused(runs: Path, champion: Run) -> None:
    challenger(runs, 1.0)
    with pytest.raises(PromotionRefused, match="needs a reason"):
        promote(runs, force="  ")


def test_the_version_that_serves_is_not_promoted_again(runs: Path, champion: Run) -> None:
    with pytest.raises(PromotionRefused, match="serves already"):
        promote(runs)


def test_the_log_is_only_ever_appended_to(runs: Path, champion: Run) -> None:
    seen = (runs / "promotions.jsonl").read_bytes()
    for noise in (0.1, 0.9):
        challenger(runs, noise)
        promote(runs, force="test")
        now = (runs / "promotions.jsonl").read_bytes()
        assert now.startswith(seen)
        seen = now
    rollback(runs)
    assert (runs / "promotions.jsonl").read_bytes().startswith(seen)
    assert [entry.action for entry in promotions(runs)] == ["promote", "promote", "promote", "rollback"]


@pytest.mark.parametrize(("steps", "serves"), [("bc<", "b"), ("bc<<", "a"), ("b<c<", "a"), ("ba<", "b")])
def test_rollback_uncovers_what_served_before(runs: Path, champion: Run, steps: str, serves: str) -> None:
    """Versions are promoted by their letters, ``<`` rolls back; the champion, a, serves at first."""
    made = {"a": champion, "b": challenger(runs, 0.2), "c": challenger(runs, 0.3)}
    for step in steps:
        done = (
            rollback(runs, by="cy") if step == "<" else promote(runs, made[step].record.version, force="test")
        )
    assert (done.action, done.by, done.version) == ("rollback", "cy", made[serves].record.version)
    assert promotions(runs)[-1] == done
    assert served_version(runs).version == done.version


def test_nothing_lies_under_the_first_version(runs: Path, champion: Run) -> None:
    with pytest.raises(PromotionRefused, match="nothing served before"):
        rollback(runs)


def test_rollback_to_a_named_version_takes_its_first_letters(runs: Path, champion: Run) -> None:
    second = challenger(runs, 0.2)
    done = rollback(runs, second.record.version[:6], why="a trial")
    assert (done.version, done.previous) == (second.record.version, champion.record.version)
    assert ": a trial; no thresholds were accepted" in done.words
    assert rollback(runs).version == champion.record.version


def test_rollback_needs_no_record_of_the_run_but_promotion_then_needs_force(
    runs: Path, champion: Run
) -> None:
    second = challenger(runs, 0.2)
    (second.folder / "run.json").unlink()
    rollback(runs, second.record.version)
    with pytest.raises(PromotionRefused, match=r"has no run\.json"):
        promote(runs, champion.record.version)
    assert promote(runs, champion.record.version, force="back").previous == second.record.version


def test_rollback_to_an_unknown_version_names_those_there_are(runs: Path, champion: Run) -> None:
    with pytest.raises(PromotionRefused, match=f"expected one of {champion.record.version}"):
        rollback(runs, "zz")


def test_rollback_before_any_promotion_says_so(runs: Path) -> None:
    with pytest.raises(BundleError, match="no version serves yet"):
        rollback(runs)


@pytest.fixture
def never_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real trial, and no bundle may be loaded in this process."""
    from lead_ml.scoring.subprocess_check import try_bundle

    def fail(folder: object) -> None:
        raise AssertionError(f"{folder} was parsed here")

    monkeypatch.setattr(promotion, "try_bundle", try_bundle)
    monkeypatch.setattr(Scorer, "load", fail)


def damage(run: Run) -> None:
    (run.bundle / "name.json").write_text("another name")


def test_a_damaged_bundle_is_not_promoted_even_by_force(
    runs: Path, champion: Run, never_parsed: None
) -> None:
    before = (runs / "champion.json").read_bytes()
    damage(challenger(runs, 0.1))
    for force in (None, "now"):
        with pytest.raises(BundleError, match=r"name\.json is missing or damaged"):
            promote(runs, force=force)
    assert (runs / "champion.json").read_bytes() == before


def test_a_damaged_bundle_is_not_rolled_back_to(runs: Path, champion: Run, never_parsed: None) -> None:
    second = challenger(runs, 0.2)
    damage(second)
    with pytest.raises(BundleError, match="damaged"):
        rollback(runs, second.record.version)
    assert served_version(runs).version == champion.record.version


def test_a_bundle_that_fails_its_trial_does_not_serve(runs: Path, never_parsed: None) -> None:
    run = fabricate(runs, "sealed, but no scorer", None, candidate="scorecard")
    with pytest.raises(BundleError, match="failed its check"):
        promote(runs, run.record.version)
    assert not (runs / "champion.json").exists()


def test_a_bundle_of_another_run_does_not_serve(runs: Path) -> None:
    run, other = (
        fabricate(runs, "a", None, candidate="scorecard"),
        fabricate(runs, "b", None, candidate="scorecard"),
    )
    (run.bundle / "name.json").write_bytes((other.bundle / "name.json").read_bytes())
    resealed(run.bundle)
    with pytest.raises(BundleError, match="not the bundle of its run"):
        promote(runs, run.record.version)


def test_a_registry_that_fails_does_not_undo_a_promotion(
    runs: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> bool:
        raise LeadMLError("the server is away")

    monkeypatch.setattr(tracking, "store_exists", lambda _: True)
    monkeypatch.setattr(tracking, "mark_promoted", fail)
    run = fabricate(runs, "a", None, candidate="scorecard")
    promote(runs)
    assert served_version(runs).version == run.record.version
    assert "the server is away" in caplog.text


def test_the_registry_is_told_what_was_promoted_and_why(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[object, ...]] = []

    def mark(*where: object, promoted_at: str, why: str, forced: str | None) -> bool:
        told.append((*where, why, forced))
        return True

    monkeypatch.setattr(tracking, "store_exists", lambda _: True)
    monkeypatch.setattr(tracking, "mark_promoted", mark)
    run = fabricate(runs, "a", None, candidate="scorecard")
    done = promote(runs, force="because")
    assert told == [(runs, "demo", run.record.version, done.words, "because")]


def test_versions_open_again_after_promotion(runs: Path, champion: Run) -> None:
    assert open_run(runs, champion.record.version).record == champion.record


def test_a_trained_version_proves_itself_and_serves(
    tmp_path: Path, trained: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    version = trained.run.record.version
    shutil.copytree(trained.run.folder, tmp_path / version)
    done = promote(tmp_path, version)
    assert (done.rule, done.allowed) == ("first", True)
    assert served_version(tmp_path).version == version
    assert promotions(tmp_path) == [done]
