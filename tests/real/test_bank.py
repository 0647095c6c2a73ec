"""UCI Bank Marketing: the drift that a random split hides, and the leak that is left out."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from lead_ml.asof.encode import fit_encoder
from lead_ml.asof.join import features_at
from lead_ml.asof.matrix import take
from lead_ml.declare import category, number, validated
from lead_ml.evaluation import backtest, candidate_name
from lead_ml.evaluation.split import groups_of
from lead_ml.model import LightGBM
from lead_ml.model.fit import Recipe, columns_of
from lead_ml.model.metrics import log_loss, roc_auc, sigmoid
from lead_ml.workflows.promote import promote
from lead_ml.workflows.train import train
from lead_ml.workflows.training import build_table, recipes_of, usable_features, windows_of

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.fixture(scope="module")
def table(bank):
    declarations, left_out = usable_features(bank.project, bank.dataset)
    assert left_out == ("duration",)
    groups = groups_of(bank.dataset.leads)
    return build_table(bank.project.tasks["conversion"], bank.dataset, declarations, groups)


@pytest.fixture(scope="module")
def run(bank):
    return train(bank.project, bank.dataset)


def auc_of(bank, table, fit, test):
    """Fit LightGBM's defaults on every column of the file but ``duration``; return the AUC on other rows."""
    calendar = (number("day", en="Day", zh="日"), category("month", en="Month", zh="月"))
    declared = validated([replace(item, group="fit") for item in (*table.declarations, *calendar)])
    raw = features_at(declared, bank.dataset, table.spine)
    encoder = fit_encoder(declared, take(raw, fit), table.lead[fit])
    columns = columns_of(declared, encoder, bank.project.specs["conversion"])
    model = LightGBM.defaults(rounds=100)
    model.fit(encoder.transform(take(raw, fit)), table.labels.y[fit], columns=columns)
    return roc_auc(table.labels.y[test], sigmoid(model.predict_logit(encoder.transform(take(raw, test)))))


def test_dates_are_rebuilt_from_2008_05_to_2010_11(bank):
    created = bank.dataset.leads.created_at
    assert (np.diff(created) >= 0).all()
    first, last = (np.datetime64(int(created[k]), "us").astype("datetime64[M]") for k in (0, -1))
    assert (str(first), str(last)) == ("2008-05", "2010-11")


def test_the_independent_run_is_reproduced(bank, table):
    """LightGBM's defaults and 100 rounds: AUC .60 forward, .79 and more at random (SOURCES of the figures: README)."""
    n = len(table.spine)
    order = np.argsort(table.as_of, kind="stable")
    forward = np.zeros(n, dtype=bool)
    forward[order[: int(0.7 * n)]] = True
    assert auc_of(bank, table, forward, ~forward) == pytest.approx(0.600, abs=0.015)
    shuffled = np.zeros(n, dtype=bool)
    shuffled[np.random.default_rng(0).permutation(n)[: int(0.7 * n)]] = True
    assert auc_of(bank, table, shuffled, ~shuffled) >= 0.79


def test_logistic_regression_reaches_about_68_forward(bank, table, run):
    recipe = recipes_of(bank.project.tasks["conversion"], ("logistic",))[0]
    logistic = recipe.params.logistic.model_copy(update={"prior": False, "l2": 1.0, "l2_search": ()})
    plain = Recipe(
        recipe.candidate, recipe.spec, recipe.params.model_copy(update={"logistic": logistic}), recipe.seed, 1
    )
    window = windows_of(bank.project.tasks["conversion"], table, groups_of(bank.dataset.leads))[-1:]
    scores = backtest(plain, table, window)
    test = window[0].test
    assert roc_auc(table.labels.y[test], sigmoid(scores.logit[test])) == pytest.approx(0.685, abs=0.03)


def test_the_champion_holds_under_drift(run):
    evaluation = run.evaluation("conversion")
    winner = evaluation.of(evaluation.chosen)
    assert winner.metrics["log_loss"].value <= 0.65
    assert winner.metrics["log_loss"].value < evaluation.of("base rate").metrics["log_loss"].value
    assert winner.random_split["roc_auc"] < 0.95
    forward = run.forward("conversion")
    shown = log_loss(forward.y, forward.probability[evaluation.chosen], forward.weight)
    assert shown == pytest.approx(winner.metrics["log_loss"].value)
    assert candidate_name(evaluation.chosen).lower() in evaluation.headline.lower()


def test_the_report_shows_the_drift_by_month(run):
    from lead_ml.report import write_report

    months = [part for part in run.evaluation("conversion").slices if part.by == "month"]
    assert len(months) >= 12
    assert max(part.observed_rate for part in months) > 3 * min(part.observed_rate for part in months)
    page = write_report(run).read_text(encoding="utf-8")
    assert months[0].value in page
    assert run.record.candidates["conversion"] in page


def test_promote_makes_the_winner_the_champion(bank, run):
    promotion = promote(bank.project.runs, run.record.version, force=None, dataset=bank.dataset)
    assert promotion.version == run.record.version
