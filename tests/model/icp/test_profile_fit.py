"""The profile inside a fit: learned before the cut, saved with the model, no business of the fake model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lead_ml.asof.matrix import take
from lead_ml.declare import Profile
from lead_ml.errors import ParamsError
from lead_ml.evaluation import Table, fit_rows
from lead_ml.evaluation.split import groups_of
from lead_ml.model.fit import Fitted, features_of, profiles_of
from lead_ml.model.icp import learn, out_of_fold
from lead_ml.project.params import params_from
from lead_ml.project.profile_points import check_points
from lead_ml.scoring import Scorer
from lead_ml.tables.dataset import Coded, Dataset
from lead_ml.workflows.training import build_table, recipes_of, usable_features

MINIMAL: dict[str, Any] = {"project": "small", "data": {"leads": {"path": "leads.csv"}}}


@pytest.fixture(scope="module")
def table(trained: Any) -> Table:
    return table_of(trained, trained.dataset)


def table_of(trained: Any, dataset: Dataset) -> Table:
    declarations, _ = usable_features(trained.project, dataset)
    return build_table(trained.project.tasks["conversion"], dataset, declarations, groups_of(dataset.leads))


def profile_of(table: Table) -> Profile:
    (item,) = profiles_of(table.declarations)
    return item


def with_turned(dataset: Dataset, cut: int) -> Dataset:
    """Turn every win and loss around that became known at or after the cut."""
    outcomes = dataset.outcomes
    assert outcomes is not None
    stages = outcomes.columns["stage"].values()
    turned = {"won": "lost", "lost": "won"}
    late = (outcomes.known_at >= cut).tolist()
    values = [turned.get(s, s) if is_late else s for s, is_late in zip(stages, late, strict=True)]
    columns = {**outcomes.columns, "stage": Coded.of(values)}
    return replace(dataset, outcomes=replace(outcomes, columns=columns))


def test_outcomes_known_after_the_cut_change_no_training_feature(trained: Any, table: Table) -> None:
    cut = int(np.median(table.labels.known_at[table.labels.y > 0]))
    early = table.as_of < cut
    other = table_of(trained, with_turned(trained.dataset, cut))
    key = set(zip(table.lead[early].tolist(), table.as_of[early].tolist(), strict=True))
    rows = np.array([pair in key for pair in zip(other.lead.tolist(), other.as_of.tolist(), strict=True)])
    assert rows.sum() == early.sum()

    def shown(of: Table, mask: Any, y: Any) -> Any:
        item, raw, lead = profile_of(of), take(of.raw, mask), of.lead[mask]
        points = out_of_fold(item, raw, lead, of.group[mask], y, {}, seed=7)
        return points.tobytes(), learn(item, raw, lead, y, {})

    honest = shown(table, early, table.labels.as_known(cut)[early])
    assert shown(other, rows, other.labels.as_known(cut)[rows]) == honest
    hindsight = [shown(t, m, t.labels.y[m]) for t, m in ((table, early), (other, rows))]
    assert hindsight[0] != hindsight[1], "the test must be able to fail"


def test_a_fit_shows_the_classifier_out_of_fold_points(trained: Any, table: Table, monkeypatch: Any) -> None:
    seen = {}
    recipe = recipes_of(trained.project.tasks["conversion"], ["scorecard"])[0]
    from lead_ml.model import Scorecard

    fit = Scorecard.fit
    monkeypatch.setattr(Scorecard, "fit", lambda self, X, *a, **k: seen.update(X=X) or fit(self, X, *a, **k))
    everything = np.ones(len(table.spine), dtype=bool)
    fitted = fit_rows(recipe, table, everything)
    place = fitted.encoder.names.index("icp_agreement")
    served = fitted.matrix(table.raw)[:, place]
    shown = seen["X"][:, place]
    assert not np.isnan(shown).any()
    assert (shown != served).mean() > 0.5
    assert np.corrcoef(shown, served)[0, 1] > 0.85


def test_a_saved_profile_reads_back_and_scores_alike(trained: Any, table: Table, tmp_path: Path) -> None:
    recipe = recipes_of(trained.project.tasks["conversion"], ["logistic"])[0]
    fitted = fit_rows(recipe, table, np.ones(len(table.spine), dtype=bool))
    fitted.save(tmp_path)
    again = Fitted.load(tmp_path, table.declarations)
    assert again.profiles == fitted.profiles
    assert again.matrix(table.raw).tobytes() == fitted.matrix(table.raw).tobytes()


def test_a_bundle_shows_the_points_of_a_lead_as_a_value(trained: Any) -> None:
    scorer = Scorer.load(trained.bundle)
    from lead_ml.asof.labels import open_leads

    spine = open_leads(trained.dataset, trained.dataset.until).take(np.arange(20))
    part = scorer.scored(trained.dataset, spine)["conversion"]
    place = [item.name for item in part.part.fitted.declarations].index("icp_agreement")
    values = [part.value(row, place) for row in range(20)]
    assert all(isinstance(value, float) for value in values)
    assert len(set(values)) > 5


def test_the_fake_model_sees_no_customer_profile(trained: Any) -> None:
    project = trained.project
    assert "icp_agreement" in {d.name for d in features_of(project.specs["conversion"], project.declarations)}
    assert "icp_agreement" not in {d.name for d in features_of(project.specs["fake"], project.declarations)}


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ({"industri": {"software": 4}}, r"conversion\.profile: unknown 'industri'.*Did you mean industry\?$"),
        ({"company_size": {"51-20": 4}}, r"conversion\.profile\.company_size: unknown '51-20'.*51-200"),
    ],
)
def test_points_about_what_is_not_there_are_refused(trained: Any, points: Any, said: str) -> None:
    with pytest.raises(ParamsError, match=said):
        check_points(points, trained.project.declarations)


def test_points_about_any_category_and_about_missing_are_taken(trained: Any) -> None:
    points = {"industry": {"space travel": 3.0}, "company_size": {"(missing)": -1.0}}
    check_points(points, trained.project.declarations)


def test_points_without_a_declared_profile_are_refused() -> None:
    with pytest.raises(ParamsError, match="no ideal_customer is declared"):
        check_points({"industry": {"software": 4}}, ())


@pytest.mark.parametrize("points", ["4", True, float("nan"), 400])
def test_points_must_be_plain_numbers(points: Any) -> None:
    with pytest.raises(ParamsError, match=r"conversion\.profile\.industry\.software"):
        params_from({**MINIMAL, "conversion": {"profile": {"industry": {"software": points}}}})


def test_a_profile_under_fake_is_refused() -> None:
    with pytest.raises(ParamsError, match="belongs to conversion"):
        params_from({**MINIMAL, "fake": {"profile": {"industry": {"software": 4}}}})


def test_points_of_the_params_reach_the_model_and_its_fit_rows(trained: Any, table: Table) -> None:
    plain = recipes_of(trained.project.tasks["conversion"], ["logistic"])[0]
    points = {"industry": {"software": 30.0}}
    recipe = replace(plain, params=plain.params.model_copy(update={"profile": points}))
    everything = np.ones(len(table.spine), dtype=bool)
    first, second = (fit_rows(each, table, everything) for each in (plain, recipe))
    place = first.encoder.names.index("icp_agreement")
    moved = second.matrix(table.raw)[:, place] - first.matrix(table.raw)[:, place]
    software = np.array([value == "software" for value in table.raw["industry"].values()])  # type: ignore[union-attr]
    learned = first.profiles["icp_agreement"].columns[0].values["software"].points
    assert np.allclose(moved[software], 30.0 - learned)
    assert not moved[~software].any()
    assert second.profiles["icp_agreement"].columns[0].values["software"].by_hand


def test_a_profile_stands_on_the_features_that_are_left(trained: Any) -> None:
    known, left_out = usable_features(trained.project, trained.dataset, leaks=["industry"])
    (item,) = profiles_of(known)
    assert item.columns == ("company_size", "country", "seniority")
    assert tuple(part.name for part in item.of) == item.columns
    assert "industry" in left_out
    assert "icp_agreement" not in left_out
    everything = [part.column for part in profiles_of(trained.project.declarations)[0].of]  # type: ignore[union-attr]
    known, left_out = usable_features(trained.project, trained.dataset, leaks=everything)
    assert not profiles_of(known)
    assert "icp_agreement" in left_out
