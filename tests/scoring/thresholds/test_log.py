from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_ml.scoring.thresholds import Acceptance, Thresholds, accept_thresholds, log_of, read_log, score_of
from lead_ml.tables.durable import append_line

PROBABILITIES = st.floats(0.0001, 0.9999)
ODDS = st.floats(0.001, 100)


@given(PROBABILITIES, PROBABILITIES, ODDS, ODDS)
@settings(deadline=None)
def test_an_acceptance_keeps_its_scores_under_other_reference_odds(one, other, old, new):
    mql, sql = sorted((one, other))
    line = Acceptance(mql=mql, sql=sql, reference_odds=old, method="value")
    found = line.under(new)
    for before, after in (
        (line.under(old).mql_logit, found.mql_logit),
        (line.under(old).sql_logit, found.sql_logit),
    ):
        assert score_of(after, new) == pytest.approx(score_of(before, old), abs=1e-6)
    assert (line.under(old).mql, line.under(old).sql) == (mql, sql), "unchanged to the last bit"


@given(st.text(max_size=20), st.text(max_size=20))
@settings(deadline=None)
def test_a_line_comes_back_as_it_was_written(tmp_path_factory, by, why):
    folder = tmp_path_factory.mktemp("bundle")
    lines = Thresholds.of(
        0.1, 0.3, method="value", accepted_by=by, accepted_at="2026-11-01T09:00:00Z", why=why
    )
    accept_thresholds(folder, lines, reference_odds=0.2, model_version="v")
    [found] = read_log(log_of(folder)).acceptances
    assert found.under(0.2) == lines


def test_a_bundle_of_a_run_uses_the_log_of_its_project_and_any_other_its_own(tmp_path):
    bundle = tmp_path / "runs" / "v1" / "bundle"
    bundle.mkdir(parents=True)
    assert log_of(bundle) == bundle / "thresholds.jsonl"
    (bundle.parent / "run.json").write_text("{}")
    assert log_of(bundle) == (tmp_path / "runs" / "thresholds.jsonl").resolve()
    link = tmp_path / "current"
    link.symlink_to(bundle)
    assert log_of(link) == log_of(bundle)


@pytest.mark.parametrize(
    "damaged",
    [
        b"{",
        b"\xff\xfe",
        b'{"mql": 0.5, "sql": 0.3, "reference_odds": 1, "method": "value"}',
        b'{"mql": 0.1, "sql": 0.3, "reference_odds": 0, "method": "value"}',
        b'{"mql": 0.1, "sql": 0.3, "method": "value"}',
        b"[" * 5_000,
    ],
)
def test_unreadable_lines_are_skipped_and_counted(tmp_path, damaged):
    path = tmp_path / "thresholds.jsonl"
    append_line(path, b'{"mql": 0.1, "sql": 0.3, "reference_odds": 1.0, "method": "value"}')
    append_line(path, damaged)
    found = read_log(path)
    assert (len(found.acceptances), found.damaged) == (1, (2,))
    defaults = Thresholds.of(0.2, 0.4, method="default")
    assert found.in_effect(defaults, 1.0).sql == 0.3
    path.write_bytes(damaged)
    assert read_log(path).in_effect(defaults, 1.0) == defaults


def test_a_file_that_cannot_be_opened_is_damage_and_none_is_no_history(tmp_path):
    assert read_log(tmp_path / "none") == read_log(tmp_path / "neither")
    assert read_log(tmp_path / "none").damaged == ()
    (tmp_path / "thresholds.jsonl").mkdir()
    assert read_log(tmp_path / "thresholds.jsonl").damaged == (0,)


def test_an_acceptance_that_is_impossible_elsewhere_gives_way_to_the_one_before(tmp_path):
    path = tmp_path / "thresholds.jsonl"
    append_line(path, b'{"mql": 0.1, "sql": 0.3, "reference_odds": 1.0, "method": "value"}')
    append_line(path, b'{"mql": 0.1, "sql": 0.9999999, "reference_odds": 1e-12, "method": "value"}')
    assert read_log(path).in_effect(Thresholds.of(0.2, 0.4, method="default"), 1.0).sql == 0.3


def test_an_unfinished_line_stays_alone_and_no_acceptance_is_lost_between_writers(tmp_path):
    path = tmp_path / "thresholds.jsonl"
    path.write_bytes(b'{"mql": 0.')
    line = b'{"mql": 0.1, "sql": 0.3, "reference_odds": 1.0, "method": "value"}'
    append_line(path, line)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: append_line(path, line), range(200)))
    found = read_log(path)
    assert (len(found.acceptances), found.damaged) == (201, (1,))
    assert math.isclose(found.acceptances[-1].sql, 0.3)
