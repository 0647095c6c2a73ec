"""A project loaded by path: its definitions run once, its mistakes are told with the file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from small import FEATURES, write_project

import lead_ml
from lead_ml.declare import category, events, lead_age, leads, outcomes, reads
from lead_ml.errors import DeclarationError, ParamsError
from lead_ml.project.load import load_project, usable

W = {"en": "x", "zh": "x", "group": "fit"}


def test_a_project_is_its_params_features_and_models(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    assert [item.name for item in project.declarations] == ["source", "size", "views", "lead_age_days"]
    assert {item.group for item in project.declarations} == {"fit"}
    assert list(project.specs) == ["conversion"]
    assert project.runs == tmp_path / "runs"


def test_the_digest_follows_the_definitions_and_nothing_else(tmp_path: Path) -> None:
    first = write_project(tmp_path).digest
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "features" / "_draft.py").write_text("1 / 0")
    assert load_project(tmp_path).digest == first
    (tmp_path / "features" / "all.py").write_text(FEATURES + "# more\n", encoding="utf-8")
    assert load_project(tmp_path).digest != first


def test_two_projects_with_the_same_file_names_do_not_meet(tmp_path: Path) -> None:
    write_project(tmp_path / "a")
    write_project(tmp_path / "b", seed=8)
    (tmp_path / "b" / "features" / "all.py").write_text(
        FEATURES.replace('"views"', '"looks"'), encoding="utf-8"
    )
    (tmp_path / "b" / "models" / "conversion.py").write_text(
        (tmp_path / "a" / "models" / "conversion.py").read_text().replace('"views"', '"looks"')
    )
    assert load_project(tmp_path / "a").declarations[2].name == "views"
    assert load_project(tmp_path / "b").declarations[2].name == "looks"
    assert "all" not in sys.modules


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("features/all.py", "1 / 0", "all.py cannot be run: ZeroDivisionError: division by zero"),
        ("features/all.py", "FEATURES = 3", "all.py does not define FEATURES: got 3; expected FEATURES = a list"),
        ("features/all.py", "FEATURES = ['x']", "FEATURES contains something that is not a declaration: got 'x'"),
        ("features/all.py", "FEATURES = []", "declares no feature; expected FEATURES in its files"),
        ("features/all.py", "from lead_ml import events\nevents().count('n', window='x', en='e', zh='z')", "all.py: length of time"),
        ("features/all.py", "from lead_ml import category\nFEATURES = [category('a', en='e', zh='z')]", "group of feature a"),
        ("models/conversion.py", "", "conversion.py does not define SPEC: got None; expected SPEC = a ModelSpec"),
        ("models/conversion.py", "from lead_ml import *\nSPEC = ModelSpec(name='fake', target=Fake(reasons=()), groups=())", "has no conversion model"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_file(tmp_path: Path, file: str, text: str, message: str) -> None:
    write_project(tmp_path)
    (tmp_path / file).write_text(text)
    with pytest.raises(DeclarationError, match=message):
        load_project(tmp_path)


def test_no_params_ask_for_init(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"params.yaml does not exist. Run lead-ml init"):
        load_project(tmp_path)


def test_features_read_the_columns_they_name() -> None:
    assert reads(category("industry", **W)) == {"industry"}
    assert reads(leads(by="email:domain", country="CN").sum("s", "cost", **W)) == {"email", "country", "cost"}
    assert reads(events(type="view").count("n", **W)) == set()
    assert reads(outcomes(by="source", stage="won").sum("a", "amount", **W)) == {"source"}
    assert reads(lead_age(group="fit")) == set()


def test_only_columns_known_at_creation_or_trusted_are_usable(tmp_path: Path) -> None:
    params = write_project(
        tmp_path, known_at={"topic": "creation", "rating": "current"}, trust=["rating"]
    ).params
    declared = (
        category("industry", **W), category("topic", **W), category("status", **W), category("rating", **W),
        leads(by="owner").count("owner_leads", **W), category("absent", **W), events().count("n", **W),
    )  # fmt: skip
    kept, left = usable(declared, params, ["industry", "topic", "status", "rating", "owner"])
    assert left == ("status", "owner_leads")
    assert [item.name for item in kept] == ["industry", "topic", "rating", "absent", "n"]


def test_a_project_shows_itself_in_one_line() -> None:
    assert repr(load_project(Path(lead_ml.__file__).parents[1])).startswith("Project(demo: ")
    assert len(repr(load_project(str(Path(lead_ml.__file__).parents[1])))) < 80
