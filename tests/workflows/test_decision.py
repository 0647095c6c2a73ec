"""The promotion gate on fabricated runs, and promotion, which follows it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from runs_kit import ROWS, challenger, fabricate, forward, noisy, sigmoid, world

from lead_ml.asof.labels import open_leads
from lead_ml.errors import LeadMLError, PromotionRefused
from lead_ml.registry.runs import ForwardScores, Run, open_run, save_record
from lead_ml.scoring import Scorer, served_version
from lead_ml.workflows.decision import decide
from lead_ml.workflows.paired import champion_probability
from lead_ml.workflows.promote import promote, refusal

MORE = "at least 200 rows and 20 leads that convert are needed.*--force"
LOSES, BETTER = "must be superior.*--force", "superior: the upper bound is below 0"
# By rule: whether it is allowed, what is said, and the candidates by the noise through which they see the truth.
GATE: dict[str, tuple[bool, str, dict[str, Any]]] = {
    "first: better": (
        True,
        "clearly better than the scorecard; better than the base rate",
        {"lightgbm": 0.2, "scorecard": 1.5},
    ),
    "first: equal": (True, r"log-loss \+0\.0000 ", {"lightgbm": 0.2, "scorecard": 0.2}),
    "first: worse": (False, "the scorecard on 3,000 .*clearly worse", {"lightgbm": 1.5, "scorecard": 0.1}),
    "first: tiny": (False, f"150 rows of 150 .*{MORE}", {"lightgbm": 0, "scorecard": 2, "rows": 150}),
    "first: tiny too": (False, f"150 rows of 150 .*{MORE}", {"logistic": 0, "scorecard": 2, "rows": 150}),
    "first: few wins": (False, f", 19 of .*{MORE}", {"lightgbm": 0, "scorecard": 2, "positives": 19}),
    "first: one class": (False, f", 0 of .*{MORE}", {"lightgbm": 0, "scorecard": 2, "positives": 0}),
    "refresh: little": (True, "not inferior: .*, under 1%", {"lightgbm": 0.5, "nudged": 0.02, "old": 0.5}),
    "refresh: loses": (False, r"bound \+[\d.]+%, 1% allowed.*--force", {"lightgbm": 1.0, "old": 0.5}),
    "refresh: some rows": (True, "on 2,000 .*1,000 rows left", {"lightgbm": 0.5, "old": 0.5, "first": 1_000}),
    "refresh: no rows": (False, "on 0 rows .*3,000 .*--force", {"lightgbm": 0.1, "old": 0.5, "first": ROWS}),
    "change: features": (False, LOSES, {"lightgbm": 0.5, "old": 0.5, "features": "other"}),
    "change: better features": (True, BETTER, {"lightgbm": 0.0, "old": 0.5, "features": "other"}),
    "change: candidate": (False, LOSES, {"logistic": 0.5, "old": 0.5}),
    "change: better candidate": (True, BETTER, {"logistic": 0.0, "old": 0.5}),
    "undated: better": (False, "no dates.*--force", {"lightgbm": 0.1, "scorecard": 1.0, "dated": False}),
}


def compared(runs: Path, case: str) -> tuple[Run, Run | None]:
    """Make the challenger and the champion of a case, which serves."""
    asked = dict(GATE[case][2])
    old, rows, wins = asked.pop("old", None), asked.pop("rows", ROWS), asked.pop("positives", None)
    first, nudged = asked.pop("first", 0), asked.pop("nudged", 0.0)
    logit, y = world(rows)
    y = y if wins is None else (np.arange(rows) < wins).astype(np.float64)
    champion = None
    if old is not None:
        champion = fabricate(runs, "champion", forward(y, lightgbm=noisy(logit, old)))
        promote(runs, champion.record.version, force="none serves yet")
    candidates = {
        candidate: asked.pop(candidate)
        for candidate in ("lightgbm", "logistic", "scorecard")
        if candidate in asked
    }
    shift = nudged * np.random.default_rng(5).standard_normal(rows)
    seen = {candidate: noisy(logit, noise) for candidate, noise in candidates.items()}
    if nudged:
        seen = {candidate: sigmoid(np.log(p / (1 - p)) + shift) for candidate, p in seen.items()}
    run = fabricate(runs, "challenger", forward(y, first, **seen), candidate=next(iter(candidates)), **asked)
    return run, champion


@pytest.mark.parametrize("case", GATE)
def test_the_gate_follows_its_rules_and_promotion_the_gate(runs: Path, case: str) -> None:
    allowed, words, _ = GATE[case]
    run, champion = compared(runs, case)
    decision = decide(run, champion)
    assert (decision.rule, decision.allowed) == (case.partition(":")[0], allowed)
    assert re.search(words, f"{decision.words}; {decision.do}")
    before = [path.read_bytes() for path in sorted(runs.glob("*.json*"))]
    if allowed:
        done = promote(runs, by="ann")
        assert (done.rule, done.allowed, done.by) == (decision.rule, True, "ann")
        assert (done.version, done.figures) == (run.record.version, decision.figures)
        assert done.previous == (champion and champion.record.version)
        assert served_version(runs).folder == f"{run.record.version}/bundle"
    else:
        with pytest.raises(PromotionRefused, match=re.escape(decision.words)):
            promote(runs)
        assert [path.read_bytes() for path in sorted(runs.glob("*.json*"))] == before
        assert promote(runs, force="whatever it says").allowed is False


@pytest.mark.parametrize(
    ("case", "holds"),
    [
        ("first: better", lambda gap, _: gap.upper < 0),
        ("first: equal", lambda gap, _: gap.value == 0),
        ("refresh: little", lambda _, relative: relative.upper < 0.01),
        ("change: better features", lambda gap, _: gap.upper < 0),
        ("change: better candidate", lambda gap, _: gap.upper < 0),
    ],
)
def test_figures_are_increases_so_negative_is_better(runs: Path, case: str, holds: Any) -> None:
    figures = decide(*compared(runs, case)).figures
    assert holds(*(figures[f"conversion.log_loss_increase{end}"] for end in ("", "_relative")))


def test_rows_of_one_class_have_no_figure(runs: Path) -> None:
    assert decide(*compared(runs, "first: one class")).figures == {}


def test_a_first_scorecard_is_promoted_and_compared_with_the_base_rate(runs: Path) -> None:
    _, y = world(60)
    points = np.where(np.arange(60) % 2, 0.2, 0.24)
    fabricate(runs, "a", forward(y, scorecard=points), candidate="scorecard", base_rate=0.25)
    done = promote(runs)
    assert done.allowed
    assert "scorecard against the base rate on 60 rows" in done.words
    assert "unvalidated rules: too few outcomes" in done.words


def test_a_scorecard_that_was_not_asked_for_is_not_promoted_before_there_is_a_signal(runs: Path) -> None:
    """It competed with a learned model and won by a tie: whether to start with rules is for people to say."""
    _, y = world(60)
    rate = np.where(np.arange(60) % 2, 0.2, 0.24)
    scores = forward(y, scorecard=rate, logistic=rate)
    found = decide(fabricate(runs, "a", scores, candidate="scorecard", base_rate=0.25), None)
    assert not found.allowed
    assert "too few outcomes to tell" in found.words
    assert "train --candidate scorecard" in found.do


# By case: the probability of every lead, and what is said of it; 3,000 leads of whom some 500 convert.
NO_SIGNAL: dict[str, tuple[Any, str]] = {
    "constant": (
        lambda y, _: np.full(len(y), y.mean()),
        "no signal: not measurably better than the base rate",
    ),
    "noise": (lambda y, noise: sigmoid(np.log(y.mean() / (1 - y.mean())) + 0.02 * noise), "no signal"),
    "a better rate": (lambda y, _: np.full(len(y), y.mean()), "no signal"),
    "wrong way round": (
        lambda y, noise: sigmoid(-1.8 - 0.5 * (y - y.mean()) + 0.1 * noise),
        "(against|worse than) the base rate",
    ),
}


@pytest.mark.parametrize("candidate", ["scorecard", "logistic", "lightgbm"])
@pytest.mark.parametrize("case", NO_SIGNAL)
def test_no_version_without_signal_is_promoted(runs: Path, case: str, candidate: str) -> None:
    probability, said = NO_SIGNAL[case]
    _, y = world()
    scores = forward(y, **{candidate: probability(y, np.random.default_rng(4).standard_normal(len(y)))})
    run = fabricate(
        runs, "a", scores, candidate=candidate, base_rate=0.1 if case == "a better rate" else None
    )
    with pytest.raises(PromotionRefused, match=rf"{said}.*--force"):
        promote(runs)
    assert promote(runs, force="shown to the board").version == run.record.version


def test_a_learnt_model_waits_until_its_signal_can_be_told(runs: Path) -> None:
    _, y = world(1_000)
    logit = np.log(0.17 / 0.83) + 0.02 * np.random.default_rng(4).standard_normal(1_000)
    fabricate(runs, "a", forward(y, logistic=sigmoid(logit)), candidate="logistic")
    with pytest.raises(PromotionRefused, match=r"too few outcomes to tell.*train --candidate scorecard"):
        promote(runs)


def test_a_scorecard_that_was_never_judged_may_only_be_the_first(runs: Path) -> None:
    first = fabricate(runs, "a", None, candidate="scorecard")
    assert "may serve as it was written" in promote(runs).words
    fabricate(runs, "b", None, candidate="scorecard")
    with pytest.raises(PromotionRefused, match=r"not evaluated.*--force"):
        promote(runs)
    assert served_version(runs).version == first.record.version


# By state: the forward scores of a first scorecard, or None where it could not be evaluated.
WITHOUT_RULES: dict[str, Any] = {
    "not evaluated": lambda: None,
    "few wins": lambda: forward(world(60)[1], scorecard=np.full(60, 0.2)),
    "worse rate": lambda: forward(world(300)[1], scorecard=np.full(300, 0.9)),
    "many wins": lambda: forward(world()[1], scorecard=np.full(ROWS, 0.2)),
}


@pytest.mark.parametrize("state", WITHOUT_RULES)
def test_a_scorecard_without_rules_is_not_promoted(runs: Path, state: str) -> None:
    """It gives every lead the same score, so every lead would have the same grade."""
    scores = WITHOUT_RULES[state]()
    run = fabricate(runs, "a", scores, candidate="scorecard", base_rate=0.2, hand_written=False)
    decision = decide(run, None)
    assert not decision.allowed
    rules = state != "many wins"
    assert ("the scorecard has no rules" in decision.words) is rules
    assert ("write rules under conversion.scorecard.rules" in decision.do) is rules
    assert ("no signal" in decision.words) is not rules
    assert "as it was written" not in decision.words
    assert refusal(run) == decision


@pytest.mark.parametrize("candidate", ["scorecard", "logistic"])
def test_a_constant_is_never_promoted_however_few_the_wins(runs: Path, candidate: str) -> None:
    """Hand-written rules that fit no lead give every lead the same score, as a model without a feature does."""
    scores = forward(world(300)[1], **{candidate: np.full(300, 0.2)})
    run = fabricate(runs, "a", scores, candidate=candidate, base_rate=0.2)
    decision = decide(run, None)
    assert not decision.allowed
    assert "every lead" in decision.words
    assert "same score" in decision.words
    assert "too few outcomes to tell" not in decision.words
    assert refusal(run) == decision


@pytest.mark.parametrize("case", [case for case in GATE if "old" not in GATE[case][2]])
def test_train_announces_the_refusal_of_a_first_version_and_nothing_else(runs: Path, case: str) -> None:
    run, _ = compared(runs, case)
    decision, announced = decide(run, None), refusal(run)
    assert announced == (None if decision.allowed else decision)
    assert "keep the version that serves" not in decision.do


def test_where_a_version_serves_only_what_is_sure_is_announced(runs: Path, champion: Run) -> None:
    assert refusal(challenger(runs, 0.5)) is None
    _, y = world()
    flat = fabricate(runs, "flat", forward(y, lightgbm=np.full(len(y), y.mean())))
    found = refusal(flat)
    assert found is not None
    assert "no signal" in found.words


@pytest.mark.parametrize("state", ["undated", "undated champion", "same", "no record", "damaged"])
def test_where_a_version_serves_train_announces_what_promote_refuses_in_any_case(
    runs: Path, champion: Run, state: str
) -> None:
    run = champion if state == "same" else challenger(runs, 0.1, dated=state != "undated")
    if state == "undated champion":
        save_record(champion.folder, msgspec.structs.replace(champion.record, dated=False))
        (champion.folder / "forward-conversion.npz").unlink()  # its rows have no dates in common with others
    if state == "no record":
        (champion.folder / "run.json").unlink()
    if state == "damaged":
        (runs / "champion.json").write_text("{")
    announced = refusal(run)
    assert announced is not None
    with pytest.raises(LeadMLError, match=re.escape(announced.words)):
        promote(runs, run.record.version)
    assert "wait" not in announced.do


def test_a_learnt_model_that_was_never_judged_is_refused(runs: Path) -> None:
    fabricate(runs, "a", None)
    with pytest.raises(PromotionRefused, match="was not evaluated"):
        promote(runs)


def test_the_interval_of_a_change_is_wider_than_that_of_a_refresh(runs: Path, champion: Run) -> None:
    refresh = decide(challenger(runs, 0.5), champion)
    change = decide(challenger(runs, 0.5, seed=3, features="other", fit_until=1), champion)
    a, b = (found.figures["conversion.log_loss_increase"] for found in (refresh, change))
    assert a.value == b.value
    assert b.lower < a.lower < a.upper < b.upper


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


def test_an_undated_champion_answers_only_for_rows_it_judged(runs: Path) -> None:
    _, y = world(50)
    old = fabricate(runs, "a", None, dated=False, fit_until=0)
    assert np.isnan(champion_probability(old, "conversion", forward(y), dataset=None)).all()


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
