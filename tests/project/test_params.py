"""params.yaml: every key known, every mistake told with what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lead_ml.errors import ParamsError
from lead_ml.project.params import Params, load_params, params_from, public

LEAST = {"project": "demo", "data": {"leads": {"path": "leads.csv"}}}


def with_(**changes):
    return {**LEAST, **changes}


def test_the_least_that_is_needed_gets_defaults() -> None:
    params = params_from(LEAST)
    assert (params.seed, params.time_zone, params.threads) == (7, "UTC", 0)
    assert params.snapshots.scoring_delay_us == 60_000_000
    assert params.split.embargo


@pytest.mark.parametrize(
    "name", ["params.yaml", "examples/bank_marketing/params.yaml", "examples/olist/params.yaml"]
)
def test_the_projects_that_ship_are_valid(name: str) -> None:
    assert isinstance(load_params(Path(__file__).resolve().parents[2] / name), Params)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (with_(tresholds={}), r"unknown key tresholds \(did you mean thresholds\?\)"),
        (with_(split={"fold": 3}), r"unknown key split.fold \(did you mean folds\?\)"),
        (with_(xyzzy=1), "unknown key xyzzy$|unknown key xyzzy[^(]*$"),
        ({"data": LEAST["data"]}, "project is missing"),
        (with_(project="My Project"), "project: .*got 'My Project'"),
        (with_(time_zone="Mars/Base"), "unknown time zone 'Mars/Base'; use a name such as Asia/Shanghai"),
        (with_(snapshots={"settle": "1m"}), "snapshots.settle is now called snapshots.scoring_delay"),
        (with_(snapshots={"scoring_delay": "soon"}), "snapshots.scoring_delay: .*length of time"),
        (with_(split={"test_share": 1.5}), "split.test_share: .*got 1.5"),
        (with_(seed=-1), "seed: .*got -1"),
        (with_(data={"leads": {}}), "give either path"),
        (with_(data={"leads": {"path": "a", "url": "b"}}), "give either path"),
        (with_(data={"leads": {"url": "sqlite://"}}), "a url needs either table or query"),
        (with_(data={"leads": {"url": "sqlite://", "table": "a", "query": "b"}}), "a url needs either table or query"),
        (with_(known_at={"x": "later"}), "known_at.x"),
        (with_(conversion={"scorecard": {"rules": [{"feature": "a", "points": 1}]}}), "exactly one of values"),
        (with_(conversion={"scorecard": {"rules": [{"feature": "a", "points": 1, "values": ["x"], "missing": True}]}}), "exactly one"),
        (with_(conversion={"lightgbm": {"num_leaves": 1}}), "conversion.lightgbm.num_leaves"),
    ],
)  # fmt: skip
def test_a_mistake_names_the_key_and_what_is_allowed(content: dict, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        params_from(content)


def test_a_file_that_is_no_mapping_or_no_yaml_is_told(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    for text, message in (
        ("- 1", "must hold a mapping"),
        ("a: [", "is not valid YAML"),
        ("", "must hold a mapping: got None"),
    ):
        path.write_text(text)
        with pytest.raises(ParamsError, match=message):
            load_params(path)
    with pytest.raises(ParamsError, match="does not exist"):
        load_params(tmp_path / "none.yaml")


def test_params_cannot_be_changed() -> None:
    params = params_from(LEAST)
    with pytest.raises(ValueError, match="frozen"):
        params.seed = 3  # type: ignore[misc]


def test_passwords_stay_out_of_what_is_shown() -> None:
    params = params_from(with_(data={"leads": {"url": "postgresql://crm:s3cret@db/x", "table": "leads"}}))
    assert "s3cret" not in str(public(params))
    assert public(params)["data"]["leads"]["url"] == "postgresql://crm:***@db/x"


def test_a_rule_takes_values_a_range_or_missing() -> None:
    rules = [
        {"feature": "a", "points": 1, "values": ["x"]},
        {"feature": "b", "points": -1, "below": 3},
        {"feature": "c", "points": 2, "missing": True},
    ]
    params = params_from(with_(conversion={"scorecard": {"rules": rules}}))
    assert len(params.conversion.scorecard.rules) == 3


@pytest.mark.parametrize(
    "section", [{"l2": float("inf")}, {"l2_search": [-50, 10]}, {"l2_search": [float("nan")]}]
)
def test_a_penalty_is_finite_and_above_zero(section: dict[str, object]) -> None:
    with pytest.raises(ParamsError, match="logistic"):
        params_from(
            {"project": "p", "data": {"leads": {"path": "leads.csv"}}, "conversion": {"logistic": section}}
        )
