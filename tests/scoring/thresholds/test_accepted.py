from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_ml.errors import BundleError, RequestError
from lead_ml.scoring.thresholds import Thresholds

PROBABILITIES = st.floats(0.0001, 0.9999)


@given(PROBABILITIES, PROBABILITIES, st.text(max_size=20))
@settings(deadline=None)
def test_json_round_trip_keeps_everything(one, other, why):
    mql, sql = sorted((one, other))
    lines = Thresholds.of(
        mql, sql, method="capacity", accepted_by="ana", accepted_at="2026-11-01T09:00:00Z", why=why
    )
    assert Thresholds.from_json(lines.to_json()) == lines


def test_the_version_follows_the_content():
    lines = Thresholds.of(0.1, 0.3, method="value")
    assert lines.version == Thresholds.of(0.1, 0.3, method="value").version
    assert lines.version != Thresholds.of(0.1, 0.31, method="value").version
    assert len(lines.version) == 12


def test_a_hand_written_file_may_leave_the_version_out():
    lines = Thresholds.from_json(b'{"mql": 0.1, "sql": 0.3, "method": "value"}')
    assert lines == Thresholds.of(0.1, 0.3, method="value")


def test_lines_changed_after_they_were_accepted_are_refused():
    tampered = Thresholds.of(0.1, 0.3, method="value").to_json().replace(b"0.3", b"0.2")
    with pytest.raises(BundleError, match="changed after they were accepted"):
        Thresholds.from_json(tampered)


@pytest.mark.parametrize(
    ("mql", "sql", "field", "message"),
    [
        (0.4, 0.3, "mql", "above the SQL threshold"),
        (0.0, 0.3, "mql", "between 0 and 1"),
        (0.1, 1.0, "sql", "between 0 and 1"),
        (0.1, math.nan, "sql", "between 0 and 1"),
    ],
)
def test_impossible_lines_are_refused_by_field(mql, sql, field, message):
    with pytest.raises(RequestError, match=message) as caught:
        Thresholds.of(mql, sql, method="value")
    assert caught.value.field == field


@pytest.mark.parametrize("data", [b"{", b'{"mql": 0.5, "sql": 0.3, "method": "value"}', b'{"mql": 0.5}'])
def test_unreadable_or_impossible_files_are_bundle_errors(data):
    with pytest.raises(BundleError, match="Accept the thresholds again"):
        Thresholds.from_json(data)


def test_logits_are_those_of_the_probabilities():
    lines = Thresholds.of(0.2, 0.5, method="value")
    assert (lines.mql_logit, lines.sql_logit) == (pytest.approx(math.log(0.25)), 0.0)
