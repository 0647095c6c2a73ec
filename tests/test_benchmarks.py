"""The benchmarks still run, and say what their data is."""

from __future__ import annotations

import pytest
from benchmarked import smoke_of


@pytest.mark.slow
def test_the_scoring_benchmark_measures_every_way() -> None:
    result = smoke_of("scoring.py")
    ms = result["ms"]
    assert len(ms) == 6
    assert all(0 < figure["fastest"] <= figure["median"] <= figure["slowest"] for figure in ms.values())
    assert ms["one lead: features"]["fastest"] < ms["one lead: total, JSON to JSON"]["slowest"]
    assert result["http_p99_ms"] > 0


@pytest.mark.slow
def test_the_leak_benchmark_finds_what_it_plants() -> None:
    result = smoke_of("leaks.py")
    clean = [row for row in result["rows"] if row["found"] is None]
    assert sum(row["false_alarms"] for row in clean) == 0
    assert all(row["columns_found"] > 0.4 for row in result["rows"] if row["found"] is not None)


@pytest.mark.slow
def test_an_anchored_history_stays_nearer_to_the_truth_and_a_burst_is_warned_of() -> None:
    result = smoke_of("aging.py", timeout=900)
    table = result["table"]
    truth = table["all history"]
    for days in (7, 90):
        frozen, anchored = table[f"frozen, {days} days"], table[f"anchored, {days} days"]
        assert frozen["source_leads_7d"] == 1 < anchored["source_leads_7d"]
        distance = [abs(row["fake_logit"] - truth["fake_logit"]) for row in (anchored, frozen)]
        assert distance[0] < distance[1]
        assert anchored["warned"] == result["asked"]
    burst = result["burst"]
    assert (burst["warned"], burst["figures_differ"], burst["refused_before_the_reference"]) == (50, 0, 1)


@pytest.mark.slow
def test_the_cleaning_benchmark_measures_every_column() -> None:
    result = smoke_of("cleaning.py")
    assert set(result["valid"]) <= {*result["steps"], "created_at"}
    assert 0 < result["cpu"] <= sum(result["steps"].values()) + 0.1
    assert result["valid"]["phone"] > 0.9


@pytest.mark.slow
def test_signs_of_invented_leads_are_quiet_on_people_and_see_what_is_planted() -> None:
    result = smoke_of("false_alarms.py")
    assert result["any_but_role"] <= 0.01 * result["people"]
    assert min(result["seen"].values()) > 0.4


@pytest.mark.slow
def test_both_ways_of_reading_a_file_read_the_same() -> None:
    table = smoke_of("reading.py")["table"]
    assert all(row["equal"] and row["regular"]["cpu"] > 0 for row in table.values())
    assert all(row["ratio"] < 0.8 for row in table.values())


@pytest.mark.slow
def test_the_channel_benchmark_finds_falls_and_tells_them_from_mix() -> None:
    result = smoke_of("channels.py", timeout=600)
    assert set(result["false_alarms"]) == {"fall", "burst", "drop"}
    for found in result["falls"].values():
        assert found["worlds"] == 2
        assert found["found"] >= 1
