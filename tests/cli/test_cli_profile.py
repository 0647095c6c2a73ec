"""`lead-ml profile` over a copy of the small trained project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture
def shown(trained: Any) -> Path:
    """The trained world itself: whoever only looks needs no copy."""
    return trained.root


def with_points(project: Path, points: dict[str, dict[str, float]]) -> None:
    params = yaml.safe_load((project / "params.yaml").read_text(encoding="utf-8"))
    params["conversion"]["profile"] = points
    (project / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")


def values_of(found: Any, column: str) -> dict[str, Any]:
    (profile,) = found["profiles"]
    (table,) = [table for table in profile["columns"] if table["name"] == column]
    return {row["value"]: row for row in table["rows"]}


def test_the_profile_is_printed_for_people(run: Any, shown: Path) -> None:
    done = run("profile", "-C", shown)
    assert done.exit_code == 0, done.stderr
    assert "Agreement with the ideal customer profile (SYNTHETIC DATA)" in done.stdout
    assert re.search(r"Learned from [\d,]+ leads, \d+ of which converted within 60 days", done.stdout)
    for part in (
        "Industry",
        "Company size",
        "Country",
        "Level of the job title",
        "intern or",  # student: the cell is wrapped
        "not given",
    ):
        assert part in done.stdout
    assert "-0.0" not in done.stdout


def test_it_speaks_chinese(run: Any, shown: Path) -> None:
    done = run("profile", "-C", shown, "--lang", "zh")
    assert done.exit_code == 0, done.stderr
    for part in ("与理想客户画像的匹配度（合成数据）", "每条线索只计一次", "行业", "未提供", "占成交"):
        assert part in done.stdout
    assert "Learned" not in done.stdout


def test_the_json_adds_up(json_of: Any, shown: Path) -> None:
    found = json_of("profile", "-C", shown)
    (profile,) = found["profiles"]
    for table in profile["columns"]:
        assert sum(row["leads"] for row in table["rows"]) <= profile["leads"]
        assert sum(row["wins"] for row in table["rows"]) <= profile["wins"]
        points = [row["points"] for row in table["rows"]]
        assert points == sorted(points, reverse=True)
        for row in table["rows"]:
            assert row["rate"]["lower"] <= row["wins"] / row["leads"] <= row["rate"]["upper"]
            assert row["of_won"] == row["wins"] / profile["wins"]
            assert row["points"] * (row["of_won"] - row["of_all"]) >= 0, "points point the way of the shares"


def test_a_version_shows_the_profile_that_it_scores_with(json_of: Any, shown: Path, trained: Any) -> None:
    version = trained.run.record.version
    from_data, of_version = (
        json_of("profile", "-C", shown),
        json_of("profile", "-C", shown, "--version", version),
    )
    assert (from_data["version"], of_version["version"]) == ("", version)
    assert of_version["profiles"] == from_data["profiles"]


def test_points_set_by_hand_are_marked(run: Any, json_of: Any, project: Path) -> None:
    before = values_of(json_of("profile", "-C", project), "industry")
    with_points(project, {"industry": {"software": 4, "space travel": -6}})
    after = values_of(json_of("profile", "-C", project), "industry")
    assert after["software"] == {
        **before["software"],
        "points": 4.0,
        "by_hand": True,
        "representation": "over",
    }
    assert (after["space travel"]["points"], after["space travel"]["leads"]) == (-6.0, 0)
    assert after["education"] == before["education"]
    for lang, name, said in (
        ("en", "Software", "* set by hand in params.yaml"),
        ("zh", "软件", "* 在 params.yaml 中人工设定"),
    ):
        told = run("profile", "-C", project, "--lang", lang).stdout
        assert said in told
        assert re.search(rf"{name} \* .* \+4\.0\n", told)
        assert re.search(r"space travel \* .* -6\.0\n", told)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ({"industri": {"software": 4}}, "did you mean industry"),
        ({"industry": {"software": "much"}}, "conversion.profile.industry.software"),
        ({"company_size": {"tiny": 1}}, "unknown 'tiny'"),
    ],
)
def test_points_that_cannot_be_are_told(run: Any, project: Path, points: Any, said: str) -> None:
    with_points(project, points)
    done = run("profile", "-C", project)
    assert done.exit_code == 1
    assert said.lower() in done.stderr.lower()


def test_a_project_without_a_profile_says_what_to_write(run: Any, project: Path) -> None:
    path = project / "features" / "profile.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("    ideal_customer(")] + "]\n", encoding="utf-8")
    done = run("profile", "-C", project)
    assert done.exit_code == 1
    assert 'Add ideal_customer("icp_agreement", of=' in done.stderr


def test_a_column_that_is_overwritten_later_is_left_out(run: Any, project: Path) -> None:
    params = yaml.safe_load((project / "params.yaml").read_text(encoding="utf-8"))
    params["known_at"]["industry"] = "current"
    (project / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    done = run("profile", "-C", project)
    assert done.exit_code == 0, done.stderr
    assert "overwritten later: industry." in done.stderr
    assert "Industry" not in done.stdout
    assert "Company size" in done.stdout


def test_without_a_win_there_is_no_profile(run: Any, project: Path) -> None:
    path = project / "outcomes.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(",won,", ",lost,"), encoding="utf-8")
    done = run("profile", "-C", project)
    assert done.exit_code == 1
    assert "no lead has converted yet" in done.stderr
