from __future__ import annotations

import builtins
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lead_ml.asof.labels import open_leads
from lead_ml.errors import MissingExtra
from lead_ml.report import global_importance, global_pictures
from lead_ml.report.importance import GOLDEN, importance_of
from lead_ml.scoring import Scored, Scorer


@pytest.fixture(scope="module")
def scored(trained: Any) -> Scored:
    scorer = Scorer.load(trained.bundle)
    spine = open_leads(trained.dataset, trained.dataset.until)
    return scorer.scored(trained.dataset, spine.take(np.arange(min(300, len(spine)))))["conversion"]


@pytest.fixture(scope="module")
def drawn(scored: Scored, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return global_pictures(
        scored, scored.part.fitted.declarations, tmp_path_factory.mktemp("pictures"), shown=8
    )


def test_pictures_are_pngs_of_a_sane_size(drawn: list[Path]) -> None:
    names = [path.stem.removeprefix("conversion-") for path in drawn]
    assert names[:3] == ["beeswarm", "bar", "waterfall"]
    assert all(name.startswith("dependence-") for name in names[3:])
    for path in drawn:
        content = path.read_bytes()
        width, height = struct.unpack(">II", content[16:24])
        assert content.startswith(b"\x89PNG")
        assert 250 < width < 2_500
        assert 250 < height < 2_500
        assert len(content) < 500_000


def test_the_same_scores_give_the_same_bytes_and_leave_the_global_seed_alone(
    scored: Scored, drawn: list[Path], tmp_path: Path
) -> None:
    before = np.random.get_state()[1].copy()
    again = global_pictures(scored, scored.part.fitted.declarations, tmp_path, shown=8)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in drawn]
    assert np.array_equal(np.random.get_state()[1], before)


def test_the_importance_beside_the_pictures_is_read_by_the_report(scored: Scored, drawn: list[Path]) -> None:
    kept = importance_of(scored.part, drawn[0].parent)
    assert kept == global_importance(scored)
    means = np.abs(scored.contributions[:, :-1]).mean(axis=0)
    by_name = {row["feature"]: row["mean_abs"] for row in kept["features"]}
    for item, mean in zip(scored.part.fitted.declarations, means, strict=True):
        assert by_name[item.name] == pytest.approx(mean)


def test_the_importance_of_a_group_is_of_the_sum_of_its_features(scored: Scored) -> None:
    columns = [k for k, item in enumerate(scored.part.fitted.declarations) if item.group == "fit"]
    expected = np.abs(scored.contributions[:, columns].sum(axis=1)).mean()
    [fit] = [row for row in global_importance(scored)["groups"] if row["group"] == "fit"]
    assert fit["mean_abs"] == pytest.approx(expected)


def test_without_saved_importance_the_rough_one_says_so(scored: Scored, tmp_path: Path) -> None:
    assert importance_of(scored.part, tmp_path)["basis"] == GOLDEN


def test_without_shap_the_importance_is_written_and_the_cure_is_named(
    scored: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "shap":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingExtra, match=r"pip install 'lead-ml\[train\]'"):
        global_pictures(scored, scored.part.fitted.declarations, tmp_path)
    assert (tmp_path / "importance.json").is_file()
