from __future__ import annotations

import math

import pytest

from lead_ml.errors import RequestError
from lead_ml.scoring.thresholds import Thresholds


def test_the_version_follows_the_content():
    lines = Thresholds.of(0.1, 0.3, method="value")
    assert lines.version == Thresholds.of(0.1, 0.3, method="value").version
    assert lines.version != Thresholds.of(0.1, 0.31, method="value").version
    assert len(lines.version) == 12


@pytest.mark.parametrize(("by", "why", "field"), [("", "x", "by"), (" ", "x", "by"), ("Li", "\t", "why")])
def test_an_acceptance_needs_a_name_and_a_reason(by, why, field):
    with pytest.raises(RequestError) as caught:
        Thresholds.approved(0.1, 0.3, method="value", by=by, why=why)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("mql", "sql", "field", "message"),
    [
        (0.4, 0.3, "sql", "lower than the MQL threshold"),
        (0.0, 0.3, "mql", "between 0 and 1"),
        (0.1, 1.0, "sql", "between 0 and 1"),
        (0.1, math.nan, "sql", "between 0 and 1"),
    ],
)
def test_impossible_lines_are_refused_by_field(mql, sql, field, message):
    with pytest.raises(RequestError, match=message) as caught:
        Thresholds.of(mql, sql, method="value")
    assert caught.value.field == field


def test_logits_are_those_of_the_probabilities():
    lines = Thresholds.of(0.2, 0.5, method="value")
    assert (lines.mql_logit, lines.sql_logit) == (pytest.approx(math.log(0.25)), 0.0)
