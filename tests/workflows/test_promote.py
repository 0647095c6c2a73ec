"""Promotion and rollback on fabricated runs: forward scores with a known truth, and sealed folders for bundles."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from lead_ml import registry as tracking
from lead_ml.asof.labels import open_leads
from lead_ml.errors import BundleError, LeadMLError, PromotionRefused
from lead_ml.evaluation import Evaluation
from lead_ml.registry.runs import ForwardScores, Run, RunRecord, open_run, save_record
from lead_ml.scoring import BundleInfo, Scorer, served_version
from lead_ml.scoring.manifest import seal
from lead_ml.workflows import promote as promotion
from lead_ml.workflows.decision import decide
from lead_ml.workflows.paired import champion_probability
from lead_ml.workflows.promote import promote, promotions, rollback

DAY = 86_400_000_000
ROWS = 3_000
START = 1_000 * DAY


def world(rows: int = ROWS, seed: int = 1, positives: float = -2.0) -> tuple[np.ndarray, np.ndarray]:
    """True logits and labels drawn from them."""
    rng = np.random.default_rng(seed)
    logit = positives + 1.5 * rng.standard_normal(rows)
    return logit, (rng.random(rows) < sigmoid(logit)).astype(np.float64)


def sigmoid(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


def noisy(logit: np.ndarray, noise: float, seed: int = 2) -> np.ndarray:
    """Probabilities of a model that sees the truth through noise."""
    return sigmoid(logit + noise * np.random.default_rng(seed).standard_normal(len(logit)))


def forward(y: np.ndarray, first: int = 0, **kinds: np.ndarray) -> ForwardScores:
    """One row per lead, a day apart."""
    rows = first + np.arange(len(y))
    return ForwardScores(
        lead_id=np.array([f"L{row}" for row in rows]),
        as_of=START + rows * DAY,
        y=y,
        weight=np.ones(len(y)),
        group=rows,
        probability=kinds,
    )


def fabricate(
    runs: Path,
    name: str,
    scores: ForwardScores | None,
    *,
    kind: str = "lightgbm",
    features: str = "same",
    dated: bool = True,
    fit_until: int = START + 10_000 * DAY,
    fake: ForwardScores | None = None,
) -> Run:
    """A run whose bundle is sealed but holds no model; its version is the digest of its seal."""
    facts = BundleInfo(
        project="demo",
        synthetic=True,
        until=fit_until,
        columns=(),
        zone="UTC",
        missing=(),
        dated=dated,
        reference_odds=0.1,
        fake_flag=0.5,
    )
    draft = runs / f"draft-{name}"
    (draft / "bundle").mkdir(parents=True)
    (draft / "bundle" / "scorer.json").write_bytes(msgspec.json.encode(facts))
    (draft / "bundle" / "name.json").write_text(name)
    version = seal(draft / "bundle").version
    folder = draft.rename(runs / version)
    if scores is not None:
        scores.save(folder / "forward-conversion.npz")
    if fake is not None:
        fake.save(folder / "forward-fake.npz")
    record = RunRecord(
        version=version,
        project="demo",
        synthetic=True,
        seed=7,
        fit_until=fit_until,
        dated=dated,
        data_digests={},
        project_digest="p",
        features=features,
        kinds={"conversion": kind} | ({} if fake is None else {"fake": kind}),
        left_out_features=(),
        cold_start_stage="",
    )
    save_record(folder, record)
    return Run(folder, record)


def evaluated(folder: Path, base_rate: float) -> None:
    """Add an evaluation that only knows the base rate."""
    Evaluation(
        target="conversion",
        horizon_days=30,
        synthetic=True,
        optimistic=False,
        base_rate=base_rate,
        windows=(),
        kinds=(),
        winner="scorecard",
        lead_over={},
        headline="",
        warnings=(),
        slices=(),
        left_out={},
    ).save(folder / "evaluation-conversion.json")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty runs folder; no tracking server is named, and trials only verify."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(promotion, "try_bundle", promotion.verify)
    folder = tmp_path / "runs"
    folder.mkdir()
    return folder


@pytest.fixture
def champion(runs: Path) -> Run:
    """A middling champion that serves."""
    logit, y = world()
    scores = forward(y, lightgbm=noisy(logit, 0.5), scorecard=np.full(ROWS, y.mean()))
    run = fabricate(runs, "champion", scores)
    promote(runs, run.record.version)
    return run


def challenger(runs: Path, noise: float, *, seed: int = 3, **options: object) -> Run:
    logit, y = world()
    return fabricate(
        runs, f"challenger {noise} {seed}", forward(y, lightgbm=noisy(logit, noise, seed)), **options
    )  # type: ignore[arg-type]


def test_a_first_version_no_worse_than_the_scorecard_is_promoted(runs: Path) -> None:
    logit, y = world()
    run = fabricate(runs, "a", forward(y, lightgbm=noisy(logit, 0.2), scorecard=noisy(logit, 1.5)))
    done = promote(runs)
    assert (done.rule, done.version, done.previous, done.allowed) == ("first", run.record.version, None, True)
    assert done.figures["conversion.log_loss_increase"].upper < 0
    assert served_version(runs).folder == f"{run.record.version}/bundle"


def test_a_first_version_equal_to_the_scorecard_is_no_worse(runs: Path) -> None:
    logit, y = world()
    p = noisy(logit, 0.2)
    decision = decide(fabricate(runs, "a", forward(y, lightgbm=p, scorecard=p)), None)
    assert decision.allowed
    assert decision.figures["conversion.log_loss_increase"].value == 0


def test_a_first_version_clearly_worse_than_the_scorecard_is_refused(runs: Path) -> None:
    logit, y = world()
    fabricate(runs, "a", forward(y, lightgbm=noisy(logit, 1.5), scorecard=noisy(logit, 0.1)))
    with pytest.raises(
        PromotionRefused, match=r"lightgbm against the scorecard on 3,000 rows.*clearly worse"
    ):
        promote(runs)
    assert not (runs / "champion.json").exists()


def test_a_first_scorecard_is_promoted_and_compared_with_the_base_rate(runs: Path) -> None:
    _, y = world(60)
    run = fabricate(runs, "a", forward(y, scorecard=np.full(60, 0.3)), kind="scorecard")
    evaluated(run.folder, 0.2)
    done = promote(runs)
    assert done.allowed
    assert "scorecard against the base rate on 60 rows" in done.words


def test_a_scorecard_that_was_never_judged_may_only_be_the_first(runs: Path) -> None:
    first = fabricate(runs, "a", None, kind="scorecard")
    assert "may serve as it was written" in promote(runs).words
    fabricate(runs, "b", None, kind="scorecard")
    with pytest.raises(PromotionRefused, match=r"not evaluated.*--force"):
        promote(runs)
    assert served_version(runs).version == first.record.version


def test_a_learnt_model_that_was_never_judged_is_refused(runs: Path) -> None:
    fabricate(runs, "a", None)
    with pytest.raises(PromotionRefused, match="was not evaluated"):
        promote(runs)


@pytest.mark.parametrize("kind", ["lightgbm", "logistic"])
def test_a_tiny_sample_is_refused_with_its_numbers(runs: Path, kind: str) -> None:
    logit, y = world(150)
    fabricate(runs, "a", forward(y, **{kind: noisy(logit, 0.0), "scorecard": noisy(logit, 2.0)}), kind=kind)
    with pytest.raises(
        PromotionRefused, match=rf"150 rows of 150 leads, {int(y.sum())} of which convert.*200 rows and 20"
    ):
        promote(runs)


def test_many_rows_with_few_converting_leads_are_too_little(runs: Path) -> None:
    logit, y = world(1_000)
    y[:] = 0
    y[:19] = 1
    decision = decide(
        fabricate(runs, "a", forward(y, lightgbm=noisy(logit, 0), scorecard=noisy(logit, 2))), None
    )
    assert not decision.allowed
    assert decision.positives == 19


def test_rows_of_one_class_are_refused_without_a_figure(runs: Path) -> None:
    logit, y = world(300)
    decision = decide(
        fabricate(runs, "a", forward(0 * y, lightgbm=sigmoid(logit), scorecard=sigmoid(logit))), None
    )
    assert not decision.allowed
    assert decision.figures == {}


def test_a_refresh_that_changes_little_is_promoted(runs: Path, champion: Run) -> None:
    _, y = world()
    same = champion.forward("conversion").probability["lightgbm"]  # type: ignore[union-attr]
    moved = sigmoid(np.log(same / (1 - same)) + 0.02 * np.random.default_rng(5).standard_normal(ROWS))
    fabricate(runs, "b", forward(y, lightgbm=moved))
    done = promote(runs, by="ann")
    assert (done.rule, done.by, done.previous) == ("refresh", "ann", champion.record.version)
    assert done.figures["conversion.log_loss_increase_relative"].upper < 0.01


def test_a_refresh_that_loses_more_than_one_per_cent_is_refused(runs: Path, champion: Run) -> None:
    challenger(runs, 1.0)
    with pytest.raises(PromotionRefused, match=r"refresh.*relative upper bound \+[\d.]+%, 1% allowed"):
        promote(runs)
    assert served_version(runs).version == champion.record.version


@pytest.mark.parametrize("options", [{"features": "other"}, {"kind": "logistic"}])
def test_a_change_must_be_superior(runs: Path, champion: Run, options: dict[str, str]) -> None:
    logit, y = world()
    kind = options.get("kind", "lightgbm")
    same = champion.forward("conversion").probability["lightgbm"]  # type: ignore[union-attr]
    fabricate(runs, "equal", forward(y, **{kind: same}), **options)  # type: ignore[arg-type]
    with pytest.raises(PromotionRefused, match=r"change.*must be superior"):
        promote(runs)
    better = fabricate(runs, "better", forward(y, **{kind: sigmoid(logit)}), **options)  # type: ignore[arg-type]
    done = promote(runs)
    assert (done.rule, done.version) == ("change", better.record.version)
    assert done.figures["conversion.log_loss_increase"].upper < 0


def test_the_interval_of_a_change_is_wider_than_that_of_a_refresh(runs: Path, champion: Run) -> None:
    refresh = decide(challenger(runs, 0.5), champion)
    change = decide(challenger(runs, 0.5, seed=3, features="other", fit_until=1), champion)
    a, b = (found.figures["conversion.log_loss_increase"] for found in (refresh, change))
    assert a.value == b.value
    assert b.lower < a.lower < a.upper < b.upper


def test_only_rows_that_both_judged_are_compared(runs: Path, champion: Run) -> None:
    logit, y = world()
    later = fabricate(runs, "b", forward(y, first=1_000, lightgbm=noisy(logit, 0.1)))
    decision = decide(later, champion)
    assert (decision.rows, decision.left_out) == (2_000, 1_000)
    assert "1,000 rows left out" in decision.words


def test_without_common_rows_nothing_is_compared(runs: Path, champion: Run) -> None:
    logit, y = world()
    fabricate(runs, "b", forward(y, first=ROWS, lightgbm=noisy(logit, 0.1)))
    with pytest.raises(PromotionRefused, match=r"on 0 rows of 0 leads.*3,000 rows left out.*--force"):
        promote(runs)


def test_undated_data_is_promoted_only_by_force(runs: Path) -> None:
    logit, y = world()
    fabricate(runs, "a", forward(y, lightgbm=noisy(logit, 0.1), scorecard=noisy(logit, 1.0)), dated=False)
    with pytest.raises(PromotionRefused, match=r"no dates.*--force"):
        promote(runs)
    done = promote(runs, force="the only data there is")
    assert (done.rule, done.allowed, done.forced) == ("undated", False, "the only data there is")


def test_a_clearly_worse_fake_model_stops_a_better_conversion_model(runs: Path) -> None:
    logit, y = world()
    good, bad = noisy(logit, 0.1), noisy(logit, 1.5)
    old = fabricate(runs, "a", forward(y, lightgbm=bad), fake=forward(y, lightgbm=good))
    new = fabricate(runs, "b", forward(y, lightgbm=good), fake=forward(y, lightgbm=bad))
    decision = decide(new, old)
    assert not decision.allowed
    assert "fake is clearly worse" in decision.words
    assert decide(old, new).figures.keys() == decision.figures.keys()


def test_a_fake_model_with_few_rows_is_no_guard(runs: Path) -> None:
    logit, y = world()
    good, bad = noisy(logit, 0.1), noisy(logit, 1.5)
    old = fabricate(runs, "a", forward(y, lightgbm=bad), fake=forward(y[:100], lightgbm=good[:100]))
    new = fabricate(runs, "b", forward(y, lightgbm=good), fake=forward(y[:100], lightgbm=bad[:100]))
    assert decide(new, old).allowed


def test_the_same_comparison_gives_the_same_figures(runs: Path, champion: Run) -> None:
    run = challenger(runs, 0.4)
    assert decide(run, champion) == decide(run, champion)


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


def test_a_refusal_leaves_champion_and_log_untouched(runs: Path, champion: Run) -> None:
    before = [(runs / name).read_bytes() for name in ("champion.json", "promotions.jsonl")]
    challenger(runs, 1.0)
    with pytest.raises(PromotionRefused):
        promote(runs)
    assert [(runs / name).read_bytes() for name in ("champion.json", "promotions.jsonl")] == before


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


def test_rollback_walks_back_through_what_served(runs: Path, champion: Run) -> None:
    second, third = challenger(runs, 0.2), challenger(runs, 0.3)
    for run in (second, third):
        promote(runs, run.record.version, force="test")
    assert rollback(runs).version == second.record.version
    assert rollback(runs, by="cy").version == champion.record.version
    assert promotions(runs)[-1].by == "cy"
    with pytest.raises(PromotionRefused, match="nothing served before"):
        rollback(runs)


def test_after_a_rollback_a_promotion_can_be_rolled_back_again(runs: Path, champion: Run) -> None:
    second, third = challenger(runs, 0.2), challenger(runs, 0.3)
    promote(runs, second.record.version, force="test")
    rollback(runs)
    promote(runs, third.record.version, force="test")
    assert rollback(runs).version == champion.record.version


def test_a_version_that_served_twice_goes_back_to_what_served_between(runs: Path, champion: Run) -> None:
    second = challenger(runs, 0.2)
    promote(runs, second.record.version, force="test")
    promote(runs, champion.record.version, force="test")
    assert rollback(runs).version == second.record.version


def test_rollback_to_a_named_version_takes_its_first_letters(runs: Path, champion: Run) -> None:
    second = challenger(runs, 0.2)
    done = rollback(runs, second.record.version[:6], why="a trial")
    assert (done.version, done.previous) == (second.record.version, champion.record.version)
    assert done.words.endswith("a trial")
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
    run = fabricate(runs, "sealed, but no scorer", None, kind="scorecard")
    with pytest.raises(BundleError, match="failed its check"):
        promote(runs, run.record.version)
    assert not (runs / "champion.json").exists()


def test_a_bundle_of_another_run_does_not_serve(runs: Path) -> None:
    run, other = fabricate(runs, "a", None, kind="scorecard"), fabricate(runs, "b", None, kind="scorecard")
    (run.bundle / "name.json").write_bytes((other.bundle / "name.json").read_bytes())
    seal(run.bundle)
    with pytest.raises(BundleError, match="not the bundle of its run"):
        promote(runs, run.record.version)


def test_a_registry_that_fails_does_not_undo_a_promotion(
    runs: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> bool:
        raise LeadMLError("the server is away")

    monkeypatch.setattr(tracking, "store_exists", lambda _: True)
    monkeypatch.setattr(tracking, "mark_promoted", fail)
    run = fabricate(runs, "a", None, kind="scorecard")
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
    run = fabricate(runs, "a", None, kind="scorecard")
    done = promote(runs, force="because")
    assert told == [(runs, "demo", run.record.version, done.words, "because")]


def test_an_undated_champion_answers_only_for_rows_it_judged(runs: Path) -> None:
    _, y = world(50)
    old = fabricate(runs, "a", None, dated=False, fit_until=0)
    assert np.isnan(champion_probability(old, "conversion", forward(y), dataset=None)).all()


def test_versions_open_again_after_promotion(runs: Path, champion: Run) -> None:
    assert open_run(runs, champion.record.version).record == champion.record


def test_the_shipped_champion_answers_only_for_rows_after_its_data(runs: Path, trained: Any) -> None:
    folder = shutil.copytree(trained.run.folder, runs / trained.run.record.version)
    (folder / "forward-conversion.npz").unlink()
    old = open_run(runs, trained.run.record.version)
    dataset, until = trained.dataset, old.record.fit_until
    spine = open_leads(dataset, until).take(np.arange(30))
    known = [dataset.leads.lead_id[row] for row in spine.lead]
    scores = ForwardScores(
        lead_id=np.array([*known, *known, "stranger"]),
        as_of=np.repeat([until, until - 1, until], [30, 30, 1]),
        y=np.zeros(61),
        weight=np.ones(61),
        group=np.arange(61),
        probability={},
    )
    found = champion_probability(old, "conversion", scores, dataset)
    assert (
        found[:30].tolist()
        == Scorer.load(old.bundle).scored(dataset, spine)["conversion"].probability.tolist()
    )
    assert np.isnan(found[30:]).all()
    assert np.isnan(champion_probability(old, "conversion", scores, dataset=None)).all()
    undated = Run(folder, msgspec.structs.replace(old.record, dated=False))
    assert np.isnan(champion_probability(undated, "conversion", scores, dataset)).all()


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


def test_a_change_whose_interval_reaches_both_sides_of_zero_is_refused(runs: Path) -> None:
    logit, y = world()
    champion = fabricate(runs, "one", forward(y, lightgbm=noisy(logit, 0.75, seed=2)))
    scores = forward(y, lightgbm=noisy(logit, 0.76, seed=3), scorecard=noisy(logit, 2.0, seed=4))
    challenger = fabricate(runs, "two", scores, features="other")
    decision = decide(challenger, champion)
    gap = decision.figures["conversion.log_loss_increase"]
    assert gap.lower < 0 < gap.upper
    assert decision.rule == "change"
    assert not decision.allowed
