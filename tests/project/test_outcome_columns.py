"""A feature never reads a column that says how a lead ended: a target, a closing or an outcome in the leads file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lead_ml.errors import DeclarationError
from lead_ml.project.load import Project, load_project

COLUMN = 'Column(column="Status", positive=("Agendado",))'
OUTCOMES = {"path": "leads.csv", "columns": {"occurred_at": "Closed", "stage": "Status", "reason": "Why"}}


def project(
    root: Path, feature: str, target: str = "Won()", data: dict[str, Any] | None = None, **params: Any
) -> Project:
    for folder in ("features", "models"):
        (root / folder).mkdir()
    (root / "features" / "own.py").write_text(
        f"from lead_ml.declare import category, leads\n\nGROUP = 'fit'\nFEATURES = [{feature}]\n"
    )
    (root / "models" / "conversion.py").write_text(
        "from lead_ml.project.targets import Column, ModelSpec, Won\n\n"
        f"SPEC = ModelSpec(name='conversion', target={target}, groups=('fit',))\n"
    )
    tables = {
        "leads": {"path": "leads.csv", "columns": {"state": "Status", "created_at": "Date"}},
        **(data or {}),
    }
    (root / "params.yaml").write_text(yaml.safe_dump({"project": "p", "data": tables, **params}))
    return load_project(root)


FEATURES = {
    "category": 'category("{0}", name="x", en="x", zh="x")',
    "key": 'leads(by="{0}").count("x", window="7d", en="x", zh="x")',
    "filter": 'leads(by="source", {0}=("a",)).count("x", window="7d", en="x", zh="x")',
}


@pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)
@pytest.mark.parametrize("declared", [{"known_at": {"Status": "creation"}}, {"trust": ["Status"]}])
def test_a_feature_on_the_target_is_refused_however_it_is_declared(
    tmp_path: Path, feature: str, declared: dict[str, Any]
) -> None:
    with pytest.raises(
        DeclarationError, match=r"x reads Status, which says how a lead ended \(the target of models/conv"
    ):
        project(tmp_path, feature.format("Status"), COLUMN, **declared)


@pytest.mark.parametrize(
    ("column", "where", "options"),
    [
        ("Status", "closing", {"closing": {"column": "Status", "stages": {"Lost": "lost"}}}),
        ("Gone", "closing", {"closing": {"date": "Gone"}}),
        ("Why", "closing", {"closing": {"reason": "Why"}}),
        ("state", "data.outcomes.columns.stage", {"data": {"outcomes": OUTCOMES}}),
        ("Closed", "data.outcomes.columns.occurred_at", {"data": {"outcomes": OUTCOMES}}),
        ("Why", "data.outcomes.columns.reason", {"data": {"outcomes": OUTCOMES}}),
    ],
)
def test_so_is_one_on_a_column_that_closes_a_lead(
    tmp_path: Path, column: str, where: str, options: dict[str, Any]
) -> None:
    feature = FEATURES["category"].format(column)
    with pytest.raises(DeclarationError, match=rf"reads {column}, which says how a lead ended \({where}\)"):
        project(tmp_path, feature, known_at={column: "creation"}, **options)


def test_a_role_that_is_known_at_creation_is_refused_as_the_target_too(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="x reads consent"):
        project(tmp_path, FEATURES["category"].format("consent"), 'Column(column="consent")')


def test_what_no_model_uses_anyway_or_is_known_as_of_a_time_may_be_declared(tmp_path: Path) -> None:
    feature = FEATURES["category"].format("Status")
    for number, options in enumerate(
        (
            {"target": COLUMN, "known_at": {"Status": "current"}},
            {
                "data": {"lead_history": {"path": "changes.csv"}},
                "known_at": {"Status": "history"},
                "closing": {"column": "Status", "stages": {"Lost": "lost"}},
            },
            {"known_at": {"Status": "creation"}, "data": {"outcomes": {**OUTCOMES, "path": "deals.csv"}}},
        )
    ):
        root = tmp_path / str(number)
        root.mkdir()
        assert len(project(root, feature, **options).declarations) == 1  # type: ignore[arg-type]
