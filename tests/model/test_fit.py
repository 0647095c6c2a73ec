"""One fit: which features a model sees, how columns are described, and that a fit survives the disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import draw, write_project

from lead_ml.asof.encode import fit_encoder
from lead_ml.asof.matrix import take
from lead_ml.declare import Attribute
from lead_ml.errors import BundleError, DeclarationError, ParamsError
from lead_ml.evaluation import fit_rows
from lead_ml.evaluation.split import groups_of
from lead_ml.model.fit import Fitted, columns_of, features_of
from lead_ml.project.params import PointsRule, ScorecardParams
from lead_ml.project.targets import CANDIDATES, ModelSpec, Won
from lead_ml.workflows.training import build_table, recipes_of, usable_features


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory):
    project, data = write_project(tmp_path_factory.mktemp("fit")), draw()
    declarations, _ = usable_features(project, data)
    return project, build_table(project.tasks["conversion"], data, declarations, groups_of(data.leads))


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_a_fit_answers_the_same_after_the_disk(small, candidate, tmp_path: Path) -> None:
    project, table = small
    recipe = recipes_of(project.tasks["conversion"], [candidate])[0]
    fitted = fit_rows(recipe, table, np.ones(len(table.spine), dtype=bool))
    fitted.save(tmp_path / "part")
    again = Fitted.load(tmp_path / "part", project.declarations)
    X = fitted.matrix(table.raw)
    assert again.candidate == candidate
    assert again.encoder == fitted.encoder
    assert again.model.predict_logit(X).tobytes() == fitted.model.predict_logit(X).tobytes()
    assert again.model.contributions(X).tobytes() == fitted.model.contributions(X).tobytes()


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_a_fit_repeats_to_the_bit_and_rows_out_of_it_do_not_matter(small, candidate) -> None:
    project, table = small
    recipe = recipes_of(project.tasks["conversion"], [candidate])[0]
    rows = np.arange(len(table.spine)) % 2 == 0
    X = fit_rows(recipe, table, rows).matrix(table.raw)
    first = fit_rows(recipe, table, rows).model.predict_logit(X)
    table.labels.y[~rows] = 1 - table.labels.y[~rows]
    try:
        assert fit_rows(recipe, table, rows).model.predict_logit(X).tobytes() == first.tobytes()
    finally:
        table.labels.y[~rows] = 1 - table.labels.y[~rows]


def test_the_seed_of_a_recipe_draws_the_rows_of_the_trees(small) -> None:
    project, table = small
    recipe = recipes_of(project.tasks["conversion"], ["lightgbm"])[0]
    sampled = recipe.params.lightgbm.model_copy(update={"bagging_fraction": 0.5})
    params = recipe.params.model_copy(update={"lightgbm": sampled})
    everything = np.ones(len(table.spine), dtype=bool)
    fits = [fit_rows(replace(recipe, params=params, seed=seed), table, everything) for seed in (1, 1, 2)]
    first, again, other = (fit.model.predict_logit(fit.matrix(table.raw)).tolist() for fit in fits)
    assert first == again != other
    assert [fit.model.get_params()["seed"] for fit in fits] == [1, 1, 2]


def test_an_unknown_kind_is_a_bundle_error(tmp_path: Path) -> None:
    (tmp_path / "candidate.json").write_text('{"candidate": "forest"}')
    with pytest.raises(BundleError, match="unknown candidate: got 'forest'"):
        Fitted.load(tmp_path, ())


def test_a_model_sees_its_groups_only(small) -> None:
    project, _ = small
    spec = ModelSpec(name="conversion", target=Won(), groups=("fit",))
    assert features_of(spec, project.declarations) == project.declarations


def test_groups_without_features_and_stray_signs_are_told(small) -> None:
    project, _ = small
    with pytest.raises(DeclarationError, match=r"groups of model conversion: got \('channel',\)"):
        features_of(ModelSpec(name="conversion", target=Won(), groups=("channel",)), project.declarations)
    stray = ModelSpec(name="conversion", target=Won(), groups=("fit",), monotone={"clicks": 1})
    with pytest.raises(DeclarationError, match=r"name no feature of it: got \['clicks'\]"):
        features_of(stray, project.declarations)


def test_columns_are_described_with_their_codes_and_signs(small) -> None:
    project, table = small
    encoder = fit_encoder(table.declarations, table.raw, table.lead)
    found = {
        column.name: column for column in columns_of(table.declarations, encoder, project.specs["conversion"])
    }
    assert (found["source"].kind, found["source"].n_codes) == ("category", 4)
    assert (found["views"].kind, found["views"].monotone) == ("number", 1)
    assert found["size"].monotone == 0


def test_rows_are_taken_of_every_column(small) -> None:
    _, table = small
    some = take(table.raw, np.array([5, 2]))
    assert some["source"].values() == [table.raw["source"].values()[k] for k in (5, 2)]
    assert some["views"].tolist() == table.raw["views"][[5, 2]].tolist()


def test_a_rule_on_an_unknown_feature_is_told_by_name(tmp_path: Path) -> None:
    rules = [{"feature": "shoe", "values": ["43"], "points": 2}]
    project = write_project(tmp_path, conversion={"horizon_days": 10, "scorecard": {"rules": rules}})
    data = draw(100)
    table = build_table(project.tasks["conversion"], data, project.declarations, groups_of(data.leads))
    with pytest.raises(ParamsError, match="shoe"):
        fit_rows(
            recipes_of(project.tasks["conversion"], ["scorecard"])[0],
            table,
            np.ones(len(table.spine), dtype=bool),
        )


def test_every_value_that_a_rule_names_earns_its_points_also_the_first_of_the_alphabet(small) -> None:
    project, table = small
    recipe = recipes_of(project.tasks["conversion"], ["scorecard"])[0]
    name = next(
        item.name for item in table.declarations if isinstance(item, Attribute) and item.kind == "category"
    )
    values = sorted({value for value in table.raw[name].values() if value is not None})
    for value in values:
        rule = PointsRule(feature=name, points=7.0, values=(value,))
        asked = replace(
            recipe, params=recipe.params.model_copy(update={"scorecard": ScorecardParams(rules=(rule,))})
        )
        fitted = fit_rows(asked, table, np.ones(len(table.spine), dtype=bool))
        logit = fitted.model.predict_logit(fitted.matrix(table.raw))
        holds = np.array([found == value for found in table.raw[name].values()])
        assert (logit[holds] > logit[~holds].max()).all(), value
