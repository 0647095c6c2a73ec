"""The pictures of the contributions: drawn from our own numbers, the same bytes for the same scores."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lead_ml.asof.labels import open_leads
from lead_ml.report import global_importance, global_pictures, sampled
from lead_ml.report.importance import GOLDEN, importance_of
from lead_ml.scoring import Scored, Scorer

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def scored(trained: Any) -> Scored:
    scorer = Scorer.load(trained.bundle)
    spine = open_leads(trained.dataset, trained.dataset.until)
    return scorer.scored(trained.dataset, spine.take(np.arange(min(300, len(spine)))))["conversion"]


@pytest.fixture(scope="module")
def drawn(scored: Scored, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return global_pictures(scored, tmp_path_factory.mktemp("pictures"))


def texts(path: Path) -> list[str]:
    return [element.text or "" for element in ET.parse(path).iter(f"{SVG}text")]


def test_pictures_are_svg_of_a_sane_size(drawn: list[Path]) -> None:
    names = [path.stem for path in drawn]
    assert names[:2] == ["beeswarm", "waterfall"]
    assert 1 <= len(names[2:]) <= 3
    assert all(name.startswith("dependence-") for name in names[2:])
    for path in drawn:
        root = ET.parse(path).getroot()
        assert root.get("role") == "img"
        assert root.get("aria-label", "").startswith("conversion: ")
        assert path.stat().st_size < 300_000


def test_the_same_scores_give_the_same_bytes_and_leave_the_global_seed_alone(
    scored: Scored, drawn: list[Path], tmp_path: Path
) -> None:
    before = np.random.get_state()[1].copy()
    again = global_pictures(scored, tmp_path)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in drawn]
    assert np.array_equal(np.random.get_state()[1], before)


def test_the_beeswarm_lists_the_strongest_features_first(scored: Scored, drawn: list[Path]) -> None:
    means = np.abs(scored.contributions[:, :-1]).mean(axis=0)
    features = scored.part.fitted.declarations
    expected = [features[k].en for k in np.argsort(-means, kind="stable")[:15] if means[k] > 0]
    assert len(expected) > 3
    shown = [text for text in texts(drawn[0]) if text in expected]
    assert shown == expected


def test_the_steps_of_the_waterfall_add_up_to_the_highest_log_odds(scored: Scored, drawn: list[Path]) -> None:
    shown = texts(drawn[1])
    [axis] = [text for text in shown if text.startswith("log-odds, from the base")]
    base, end = (float(value) for value in re.findall(r"-?\d+\.\d+", axis))
    expected = min(11, np.count_nonzero(scored.contributions[np.argmax(scored.logit), :-1]))
    found = [float(text) for text in shown if re.fullmatch(r"[+-]\d+\.\d\d", text)]
    steps = found[-expected:]  # the marks of the axis come before them
    assert len(steps) == expected
    assert end == pytest.approx(scored.logit.max(), abs=0.006)
    assert base + sum(steps) == pytest.approx(end, abs=0.07)


def test_a_model_that_uses_nothing_has_no_such_pictures(scored: Scored, tmp_path: Path) -> None:
    contributions = np.zeros_like(scored.contributions)
    contributions[:, -1] = scored.contributions[:, -1]
    flat = replace(scored, contributions=contributions)
    assert global_pictures(flat, tmp_path) == []


def test_the_importance_beside_the_pictures_is_read_by_the_report(scored: Scored, drawn: list[Path]) -> None:
    kept = importance_of(scored.part, drawn[0].parent)
    assert kept == global_importance(scored)
    assert kept["basis"] == f"{len(scored.logit):,} snapshots"
    means = np.abs(scored.contributions[:, :-1]).mean(axis=0)
    by_name = {row["feature"]: row["mean_abs"] for row in kept["features"]}
    for item, mean in zip(scored.part.fitted.declarations, means, strict=True):
        assert by_name[item.name] == pytest.approx(mean)


def test_a_sample_is_called_a_sample(scored: Scored) -> None:
    size = len(scored.logit)
    assert global_importance(scored, 9_000)["basis"] == f"a random sample of {size} of 9,000 snapshots"


def test_the_importance_of_a_group_is_of_the_sum_of_its_features(scored: Scored) -> None:
    columns = [k for k, item in enumerate(scored.part.fitted.declarations) if item.group == "fit"]
    expected = np.abs(scored.contributions[:, columns].sum(axis=1)).mean()
    [fit] = [row for row in global_importance(scored)["groups"] if row["group"] == "fit"]
    assert fit["mean_abs"] == pytest.approx(expected)


def test_without_saved_importance_the_rough_one_says_so(scored: Scored, tmp_path: Path) -> None:
    assert importance_of(scored.part, tmp_path)["basis"] == GOLDEN


def test_a_sample_of_rows_is_sorted_without_repeats_and_all_rows_where_they_are_few() -> None:
    rows = sampled(1_000, 50, 3)
    assert len(set(rows.tolist())) == 50
    assert np.all(np.diff(rows) > 0)
    assert np.array_equal(sampled(5, 50, 3), np.arange(5))
