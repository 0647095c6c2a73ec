from __future__ import annotations

import numpy as np
import pytest
import thresholds_oracle as oracle

from lead_ml.scoring.thresholds import Basis, History, Steps
from lead_ml.scoring.thresholds.basis import _patterns, _per_group, interval, resampled

LINE = -1.0


def drawn(rng, accounts):
    """A year's worth of leads arriving as a Poisson stream, three to an account of their own luck."""
    size = rng.poisson(accounts)
    groups = np.repeat(np.arange(size), 3)
    luck = rng.normal(0, 1.0, size)[groups]
    logit = rng.normal(-1.0, 1.0, 3 * size)
    won = rng.random(3 * size) < 1 / (1 + np.exp(-(logit + luck)))
    as_of = oracle.START + np.linspace(0, 52 * oracle.WEEK, 3 * size).astype(np.int64)
    return History(lead=np.arange(3 * size), logit=logit, won=won, as_of=as_of, groups=groups)


def test_intervals_cover_the_truth_about_nine_times_in_ten():
    rng = np.random.default_rng(1)
    many = Basis.of(drawn(rng, 100_000), reference_odds=1.0, n_boot=2).threshold(LINE, 0.0)
    truth = {
        "precision": many.precision.value,
        "recall": many.recall.value,
        "per_week": 150 * 3 * 0.5 / 52,
        "expected_wins_per_week": 150 * 3 * 0.5 / 52 * many.precision.value,
    }
    covered = dict.fromkeys(truth, 0)
    for seed in range(300):
        line = Basis.of(drawn(rng, 150), reference_odds=1.0, n_boot=200, seed=seed).threshold(LINE, 0.0)
        for name, value in truth.items():
            found = getattr(line, name)
            covered[name] += found.lower <= value <= found.upper
    assert {name for name, hits in covered.items() if not 0.84 <= hits / 300 <= 0.96} == set()


def test_drawing_patterns_equals_drawing_groups():
    steps = Steps.of(oracle.simulate(300, 3, accounts=60))
    quick = resampled(steps, LINE, n_boot=4000, seed=0)
    per_group = _per_group(steps, LINE)
    slow = np.random.default_rng(1).poisson(1.0, size=(4000, len(per_group))) @ per_group
    prior = np.array([1, 0.5, 1, 0.5])
    assert quick.mean(axis=0) == pytest.approx(slow.mean(axis=0) + prior, rel=0.02)
    assert quick.std(axis=0) == pytest.approx(slow.std(axis=0), rel=0.06)


def test_group_counts_add_up_to_the_line():
    history = oracle.simulate(300, 3, accounts=60)
    crossed, wins, *_ = oracle.figures(history, LINE)
    found = _per_group(Steps.of(history), LINE)
    assert len(found) == len(set(history.groups.tolist()))
    assert found.sum(axis=0)[:3].tolist() == [crossed, wins, len(oracle.winners(history))]


def test_accounts_that_win_together_widen_the_interval():
    rng = np.random.default_rng(4)
    n = 600
    groups = np.arange(n) // 10
    won = (rng.random(60) < 0.3)[groups]
    common = {"lead": np.arange(n), "logit": np.zeros(n), "won": won, "as_of": oracle.START + np.arange(n)}
    shares = [
        Basis.of(h, reference_odds=1.0).threshold(0.0, 0.0).precision
        for h in (History(**common), History(**common, groups=groups))
    ]
    width = [share.upper - share.lower for share in shares]
    assert width[1] > 2 * width[0]


def test_no_wins_among_few_crossings_is_not_certainty():
    logit = np.concatenate((np.full(12, 2.0), np.zeros(50)))
    history = History(lead=np.arange(62), logit=logit, won=np.arange(62) >= 40, as_of=np.arange(62))
    found = Basis.of(history, reference_odds=1.0).threshold(1.0, 0.0).precision
    assert found.value == 0.0
    assert 0.05 < found.upper < 0.3


def test_the_same_seed_gives_the_same_interval_and_another_does_not():
    history = oracle.simulate(200, 6)
    lines = [Basis.of(history, reference_odds=1.0, seed=s).threshold(LINE, 1.0) for s in (1, 1, 2)]
    assert lines[0] == lines[1]
    assert lines[0].precision.value == lines[2].precision.value
    assert lines[0].precision != lines[2].precision


def test_an_interval_holds_its_value_and_skips_draws_without_one():
    assert interval(5.0, np.array([1.0, 2.0, np.nan])).upper == 5.0
    assert interval(None, np.array([1.0])).lower is None


def test_giant_accounts_do_not_overflow_the_pattern_codes():
    counts = np.array([[100_000, 90_000, 80_000, 70_000], [1, 0, 0, 0], [1, 0, 0, 0]])
    patterns, times = _patterns(counts)
    assert patterns.tolist() == [[1, 0, 0, 0], [100_000, 90_000, 80_000, 70_000]]
    assert times.tolist() == [2.0, 1.0]
