"""Thresholds across versions: the same scores, and what the history of either version says of them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from lead_ml.scoring import BundleInfo
from lead_ml.scoring.thresholds import History, Thresholds, accept_thresholds, read_log, score_of
from lead_ml.tables.cell_rules import CellRules
from lead_ml.workflows.carry_over import carried_over

DAY = 86_400_000_000
DEFAULTS = Thresholds.of(0.3, 0.6, method="default")


def replay(runs: Path, version: str, *, shift: float = 0.0, odds: float = 0.1, leads: int = 700) -> Path:
    """What a bundle replays: one row per lead, ten leads a day; `shift` moves all logits up."""
    bundle = runs / version / "bundle"
    bundle.mkdir(parents=True)
    (bundle.parent / "run.json").write_text("{}")
    info = BundleInfo(
        project="p",
        synthetic=True,
        until=0,
        columns=(),
        rules=CellRules(),
        dated=True,
        reference_odds=odds,
        fake_flag=0.5,
    )
    logit = np.linspace(-3, 3, leads) + shift
    history = History(
        lead=np.arange(leads),
        logit=np.random.default_rng(1).permutation(logit),
        won=np.random.default_rng(1).permutation(np.arange(leads) % 4 == 0),
        as_of=np.arange(leads) * DAY // 10,
    )
    (bundle / "scorer.json").write_bytes(msgspec.json.encode(info))
    (bundle / "params.json").write_text("{}")
    (bundle / "default_thresholds.json").write_bytes(msgspec.json.encode(DEFAULTS))
    np.savez(bundle / "history.npz", **history.arrays())
    return bundle


@pytest.mark.parametrize("odds", [0.1, 0.25])
def test_accepted_thresholds_keep_their_scores_and_the_change_is_counted(tmp_path: Path, odds: float) -> None:
    old = replay(tmp_path, "v1")
    new = replay(tmp_path, "v2", shift=1.0, odds=odds)
    lines = Thresholds.approved(0.2, 0.5, method="manual", by="Li", why="pilot")
    accept_thresholds(old, lines, reference_odds=0.1, model_version="v1")
    found = carried_over(tmp_path, "v1", "v2")
    assert found.accepted
    assert found.before is not None
    before, after = found.before.sql, found.after.sql
    assert before is not None
    assert after is not None
    assert after.score == pytest.approx(before.score) == pytest.approx(score_of(0.0, 0.1))
    above = {"v1": 350, "v2": round(700 * (4 - np.log(odds / 0.1)) / 6)}
    assert (before.crossed, after.crossed) == (above["v1"], pytest.approx(above["v2"], abs=1))
    assert (
        f"SQL at score {before.score:.0f}: {before.per_week.value:.1f} -> {after.per_week.value:.1f}"
        in found.words
    )
    assert f"win rate {before.precision.value:.1%} -> {after.precision.value:.1%}" in found.words
    assert len(read_log(tmp_path / "thresholds.jsonl").acceptances) == 1
    assert new.is_dir()


def test_without_an_acceptance_each_version_has_its_defaults(tmp_path: Path) -> None:
    replay(tmp_path, "v1")
    replay(tmp_path, "v2", shift=0.5)
    found = carried_over(tmp_path, "v1", "v2")
    assert not found.accepted
    assert "no thresholds were accepted" in found.words
    assert found.after.mql is not None
    assert found.after.mql.probability == 0.3


def test_a_damaged_predecessor_and_a_first_version_have_nothing_to_compare_with(tmp_path: Path) -> None:
    (replay(tmp_path, "v1") / "history.npz").write_bytes(b"no archive")
    replay(tmp_path, "v2")
    for previous in ("v1", None):
        found = carried_over(tmp_path, previous, "v2")
        assert found.before is None or found.before.sql is None
        assert "->" not in found.words
        assert found.after.sql is not None
