"""No feature reads the column that defines a target, by whatever door; a column called *latest* is overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from lead_ml.declare import category, leads, number, ratio, validated
from lead_ml.errors import DeclarationError
from lead_ml.project.load import Project
from lead_ml.project.outcome_columns import check_outcome_columns
from lead_ml.project.params import params_from
from lead_ml.project.targets import Column, ModelSpec, Won
from lead_ml.tables.dataset import Coded, Dataset, Leads
from lead_ml.workflows.training import usable_features

WORDS = {"en": "x", "zh": "x", "group": "fit"}
OUTCOME = Column(column="Status", positive=("Agendado",))
FILE = {"path": "leads.csv", "columns": {"created_at": "Created", "lead_id": "Id"}}
FROM_LEADS = {
    "path": "leads.csv",
    "columns": {"lead_id": "Id", "occurred_at": "Closed on", "stage": "Status"},
}
FROM_DEALS = {**FROM_LEADS, "path": "deals.csv"}


def usable(*features, target=OUTCOME, outcomes=None, leads_file=FILE, **settings):
    data = {"leads": leads_file} | ({} if outcomes is None else {"outcomes": outcomes})
    params = params_from({"project": "x", "data": data, **settings})
    spec = ModelSpec(name="conversion", target=target, groups=("fit",))
    names = ("Status", "Closed on", "Canal", "source")
    columns = {name: Coded.of(["1", "2"]) for name in names}
    check_outcome_columns(validated(features), params, [spec])  # as loading a project does
    project = Project(Path(), params, validated(features), {"conversion": spec}, "x")
    return [item.name for item in usable_features(project, Dataset(Leads(("a", "b"), None, columns)))[0]]


def canal():
    return category("Canal", name="canal", **WORDS)


@pytest.mark.parametrize(
    "feature",
    [
        category("Status", name="status", **WORDS),
        number("Status", name="status", **WORDS),
        leads(by="Status").count("status", **WORDS),
    ],
    ids=["category", "number", "key"],
)
@pytest.mark.parametrize(
    "how", [{"known_at": {"Status": "creation"}}, {"trust": ["Status"]}], ids=["declared", "trusted"]
)
def test_a_feature_on_the_outcome_column_is_refused_by_name(feature, how):
    with pytest.raises(DeclarationError, match="feature status reads Status, which says how a lead ended"):
        usable(canal(), feature, **how)


def test_the_error_says_what_to_do():
    with pytest.raises(
        DeclarationError, match="Remove the feature, and take Status out of known_at and trust"
    ):
        usable(category("Status", name="status", **WORDS), known_at={"Status": "creation"})


def test_a_ratio_with_the_outcome_column_is_refused():
    parts = (number("Status", name="status", **WORDS), number("Canal", name="canal", **WORDS))
    known_at = {"Status": "creation", "Canal": "creation"}
    with pytest.raises(DeclarationError, match="reads Status"):
        usable(ratio("share", *parts, **WORDS), known_at=known_at)


@pytest.mark.parametrize("column", ["Status", "Closed on"])
def test_columns_of_the_leads_file_that_outcomes_are_made_of_are_refused(column):
    feature, known_at = category(column, name="door", **WORDS), {column: "creation"}
    with pytest.raises(DeclarationError, match=f"reads {column}"):
        usable(feature, target=Won(), outcomes=FROM_LEADS, known_at=known_at)
    assert usable(feature, target=Won(), outcomes=FROM_DEALS, known_at=known_at) == ["door"]


def test_an_outcome_column_that_stays_overwritten_is_left_out_silently():
    """So it is drafted: declared, and read by nobody."""
    features = (canal(), category("Status", name="status", **WORDS))
    assert usable(*features, known_at={"Canal": "creation"}) == ["canal"]


@pytest.mark.parametrize(
    ("header", "used"),
    [
        ("Latest Traffic Source", False),
        ("Last Source", False),
        ("Current source", False),
        ("最近来源", False),
        ("Original Traffic Source", True),
        ("What is your current source?", True),
    ],
)
def test_a_role_called_latest_is_overwritten_unless_it_is_declared(header, used):
    file = {**FILE, "columns": {**FILE["columns"], "source": header}}
    feature = category("source", **WORDS)
    assert usable(feature, leads_file=file) == (["source"] if used else [])
    assert usable(feature, leads_file=file, known_at={"source": "creation"}) == ["source"]
