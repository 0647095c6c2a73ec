from __future__ import annotations

import msgspec
import numpy as np
import pytest

from lead_ml.declare import category, events, number, ordinal
from lead_ml.errors import InputError
from lead_ml.scoring.reasons import Evidence, fit_evidence
from lead_ml.tables.dataset import Coded

INDUSTRY = category("industry", en="Industry", zh="行业", group="fit")
SIZE = ordinal("size", ["small", "large"], en="Size", zh="规模", group="fit")
VISITS = events(type="page_view").count(
    "visits_30d", window="30d", en="Visits", zh="访问", group="engagement"
)
COST = number("cost", en="Cost", zh="成本", group="channel")


def levels_of(*parts):
    """Return (column, y) with so many leads of a level, so many of them positive."""
    texts = [level for level, n, _ in parts for _ in range(n)]
    y = [i < wins for _, n, wins in parts for i in range(n)]
    return Coded.of(texts), np.array(y)


def test_a_level_has_its_own_rate_beside_that_of_all():
    column, y = levels_of(("steel", 60, 30), ("food", 40, 4), (None, 50, 5))
    found = fit_evidence([INDUSTRY], {"industry": column}, y)
    assert found.lookup("industry", "steel")[:3] == (0.5, 39 / 150, 60)
    assert found.lookup("industry", "food")[:3] == (0.1, 39 / 150, 40)
    assert found.lookup("industry", None)[:3] == (0.1, 39 / 150, 50)


def test_fewer_than_thirty_leads_are_no_evidence_and_are_not_kept():
    column, y = levels_of(("steel", 30, 3), ("rare person", 29, 3), (None, 29, 3))
    found = fit_evidence([INDUSTRY], {"industry": column}, y)
    assert found.lookup("industry", "steel") is not None
    assert found.lookup("industry", "rare person") is None
    assert found.lookup("industry", None) is None
    assert b"rare person" not in msgspec.json.encode(found)


def test_unseen_levels_unknown_features_and_wrong_types_have_no_evidence():
    column, y = levels_of(("steel", 60, 30))
    found = fit_evidence([INDUSTRY, VISITS], {"industry": column, "visits_30d": np.arange(60.0)}, y)
    assert found.lookup("industry", "never seen") is None
    assert found.lookup("color", "red") is None
    assert found.lookup("industry", 3.0) is None
    assert found.lookup("visits_30d", "three") is None


def test_weights_count_leads_not_rows():
    column, y = levels_of(("steel", 60, 60), ("food", 30, 0))
    weight = np.where(np.arange(90) < 60, 0.5, 1.0)
    found = fit_evidence([INDUSTRY], {"industry": column}, y, weight)
    assert found.lookup("industry", "steel")[:3] == (1.0, 0.5, 30)


def test_a_number_has_bins_that_are_finer_at_the_top_and_one_for_missing():
    values = np.append(np.arange(1.0, 501.0), np.full(40, np.nan))
    y = np.append(np.arange(1, 501) > 400, np.zeros(40, dtype=bool))
    found = fit_evidence([COST], {"cost": values}, y)
    cells = {found.lookup("cost", float(v)) for v in range(1, 501)}
    assert {(cell.low, cell.high): (cell.rate, cell.leads) for cell in cells} == {
        (0, 100): (0, 100),
        (101, 200): (0, 100),
        (201, 300): (0, 100),
        (301, 400): (0, 100),
        (401, 450): (1, 50),
        (451, None): (1, 50),  # 486 and more would be 15 leads
    }
    assert found.lookup("cost", 1e9) == found.lookup("cost", 500.0)
    assert found.lookup("cost", 1.0)[:3] == (0.0, 100 / 540, 100)
    assert found.lookup("cost", float("nan"))[:3] == (0.0, 100 / 540, 40)


def test_every_training_value_is_counted_in_the_bin_it_is_looked_up_in():
    rng = np.random.default_rng(0)
    values = rng.poisson(3.0, 800).astype(float)
    y = rng.random(800) < 0.2
    found = fit_evidence([VISITS], {"visits_30d": values}, y)
    answers = {}
    for value in values.tolist():
        answers.setdefault(found.lookup("visits_30d", value), []).append(value)
    for cell, members in answers.items():
        assert cell[2] == len(members)
        assert cell[0] == pytest.approx(y[np.isin(values, members)].mean())


def test_zero_has_a_bin_of_its_own_where_zeros_are_common():
    values = np.concatenate((np.zeros(100), np.arange(1.0, 201.0)))
    y = np.concatenate((np.zeros(100), np.ones(200)))
    found = fit_evidence([VISITS], {"visits_30d": values}, y)
    assert found.lookup("visits_30d", 0.0)[:3] == (0.0, 2 / 3, 100)
    assert found.lookup("visits_30d", 1.0)[:3] == (1.0, 2 / 3, 40)
    scarce = fit_evidence([VISITS], {"visits_30d": values[90:]}, y[90:])
    assert scarce.lookup("visits_30d", 0.0) == scarce.lookup("visits_30d", 1.0)


def test_a_number_that_never_varies_or_is_always_missing_still_fits():
    y = np.arange(60) < 30
    columns = {"visits_30d": np.full(60, 7.0), "cost": np.full(60, np.nan)}
    found = fit_evidence([VISITS, COST], columns, y)
    assert found.lookup("visits_30d", 7.0)[:3] == (0.5, 0.5, 60)
    assert found.lookup("visits_30d", 6.0) is None
    assert found.lookup("cost", 1.0) is None
    assert found.lookup("cost", None)[:3] == (0.5, 0.5, 60)


def test_an_ordinal_by_number_and_by_text_has_the_same_evidence():
    texts, y = levels_of(("small", 40, 4), ("large", 60, 30), (None, 30, 3))
    numbers = texts.numbers(lambda level: float(SIZE.levels.index(level)))
    assert (
        fit_evidence([SIZE], {"size": texts}, y).features
        == fit_evidence([SIZE], {"size": numbers}, y).features
    )


def test_json_round_trip_keeps_everything():
    column, y = levels_of(("steel", 60, 30), ("食品", 40, 4))
    found = fit_evidence([INDUSTRY, COST], {"industry": column, "cost": np.arange(100.0)}, y)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Evidence) == found


def test_columns_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="cost has the wrong length: got 2; expected 3"):
        fit_evidence([COST], {"cost": np.zeros(2)}, np.zeros(3))
    with pytest.raises(InputError, match="no rows"):
        fit_evidence([COST], {"cost": np.zeros(0)}, np.zeros(0))
