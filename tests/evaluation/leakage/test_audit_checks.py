"""Each check on small tables with an outcome column, where what is right is plain."""

from __future__ import annotations

import numpy as np
import pytest

from lead_ml.declare import MICROSECONDS_PER_DAY, events
from lead_ml.errors import InputError
from lead_ml.evaluation.leakage import AuditReport, as_dict, audit, from_json, left_out_columns, to_json
from lead_ml.evaluation.leakage.expected import PRIOR_INFORMATION, reference_of
from lead_ml.evaluation.leakage.names import outcome_words
from lead_ml.project.params import params_from
from lead_ml.project.targets import Column, ModelSpec
from lead_ml.project.task import Task
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads

DAY = MICROSECONDS_PER_DAY
START = 1_767_225_600_000_000  # 2026-01-01
SPEC = ModelSpec(name="conversion", target=Column(column="y"), groups=("fit",))
N = 2_000


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


def texts(values):
    return [None if value is None or value != value else str(value) for value in np.asarray(values).tolist()]


def audited(
    y, columns, *, created=None, known_at=None, ids=None, events=None, declared=(), **more
) -> AuditReport:
    table = {
        name: Coded.of(texts(values)) for name, values in {**columns, "y": np.where(y, "yes", "no")}.items()
    }
    ids = ids or tuple(f"{row * 7919 % 99991:05d}" for row in range(len(y)))
    until = 0 if created is None else START + 400 * DAY
    settings = {"project": "x", "data": {"leads": {"path": "leads.csv"}}, "known_at": known_at or {}}
    params = params_from(settings | more)
    return audit(Dataset(Leads(ids, created, table), events, until=until), Task.of(SPEC, params), declared)


def noise(rng, columns=6):
    return {f"n{k}": np.round(rng.normal(size=N), 3) for k in range(columns)}


def flagged(report):
    return [(found.check, found.subject) for found in report.findings if found.verdict != "clear"]


def test_noise_is_cleared(rng):
    report = audited(rng.random(N) < 0.2, noise(rng), created=START + rng.integers(0, 200 * DAY, N))
    assert flagged(report) == []
    assert report.leaky is not None
    assert report.leaky.random_auc.lower < 0.5 < report.leaky.random_auc.upper


def test_columns_that_tell_only_together_are_found_together(rng):
    """Exclusive or: neither tells anything alone."""
    a, b = rng.random(N) < 0.5, rng.random(N) < 0.5
    y = np.where(rng.random(N) < 0.9, a ^ b, rng.random(N) < 0.5)
    report = audited(y, {**noise(rng), "a": a.astype(int), "b": b.astype(int)})
    assert flagged(report) == [("strength", "a + b")]
    assert report.leaks == ("a", "b")


def test_a_difference_of_two_columns_is_found(rng):
    opened = rng.integers(0, 1_000, N)
    closed = opened + np.where(rng.random(N) < 0.3, rng.integers(1, 40, N), rng.integers(60, 100, N))
    report = audited(closed - opened < 50, {**noise(rng), "opened": opened, "closed": closed})
    assert set(report.flagged) == {"opened", "closed"}


def test_honest_columns_that_repeat_each_other_are_no_outliers(rng):
    """Recency and frequency of the same habit: strong, and nearly the same. More than half of the columns are honest."""
    habit = rng.normal(size=N)
    y = rng.random(N) < 1 / (1 + np.exp(2 - 1.5 * habit))
    columns = {f"h{k}": np.round(habit + 0.5 * rng.normal(size=N), 3) for k in range(3)}
    assert flagged(audited(y, {**noise(rng, 2), **columns})) == []


def test_a_word_for_a_column_is_weighed(rng):
    """Beyond the range, but not beyond doubt: a leak if nobody stands for it, a suspect otherwise."""
    y = rng.random(N) < 0.3
    columns = {**noise(rng), "c": np.round(1.6 * y + rng.normal(size=N), 3)}
    assert audited(y, columns).of("strength", "c")[0].verdict == "leak"
    vouched = audited(y, columns, known_at={"c": "creation"})
    assert vouched.of("strength", "c")[0].verdict == "suspect"
    assert vouched.leaks == ()


def test_what_is_told_for_sure_is_a_leak_whoever_vouches(rng):
    y = rng.random(N) < 0.3
    report = audited(y, {**noise(rng), "c": np.where(y, "k2", "k1")}, known_at={"c": "creation"})
    assert "c" in report.leaks


def test_the_words_of_a_remark_are_read(rng):
    y = rng.random(N) < 0.2
    known = ["已签合同，等待回款", "合同已签，客户很满意"], ["电话无人接听", "客户暂时没有预算"]
    number = rng.integers(0, 1_000_000, N)
    remark = [f"{known[0 if yes else 1][k % 2]} {k}" for yes, k in zip(y, number, strict=True)]
    report = audited(y, {**noise(rng), "memo": remark})
    assert "memo" in report.leaks


def test_a_value_for_winners_only_is_a_leak_though_few_have_it(rng):
    y = rng.random(N) < 0.1
    value = np.where(y & (rng.random(N) < 0.3), "gold", rng.choice(["a", "b", "c"], N))
    (found,) = audited(y, {**noise(rng), "tier": value}).of("fill", "values of tier")
    assert found.verdict == "leak"
    assert found.evidence["values"] == "gold"


@pytest.mark.parametrize("count", [1, 2, 4, pytest.param(8, marks=pytest.mark.slow)])
@pytest.mark.parametrize("declared", [False, True], ids=["unknown", "creation"])
def test_flags_that_some_winners_have_do_not_hide_each_other(rng, count, declared):
    """Each is set for 2 in 5 winners and for nobody else: together they explain each other fully."""
    y = rng.random(N) < 0.1
    names = [f"f{k}" for k in range(count)]
    flags = {name: np.where(y & (rng.random(N) < 0.4), "1", "0") for name in names}
    known_at = dict.fromkeys(names, "creation") if declared else {}
    report = audited(y, {**noise(rng), **flags}, known_at=known_at)
    assert report.flagged == tuple(names)


@pytest.mark.parametrize("declared", [False, True], ids=["unknown", "creation"])
def test_opinions_that_repeat_each_other_are_all_named(rng, declared):
    """Four columns that people fill in while they work the lead: beside the others, none of them is remarkable."""
    y = rng.random(N) < 0.3
    habit = y + 1.8 * rng.normal(size=N)  # an honest column of an AUC of .65
    opinions = {f"o{k}": np.round(1.5 * y + rng.normal(size=N), 1) for k in range(4)}
    known_at = dict.fromkeys((*opinions, "habit"), "creation") if declared else {}
    report = audited(y, {**noise(rng), **opinions, "habit": np.round(habit, 2)}, known_at=known_at)
    assert report.flagged == tuple(opinions)
    assert report.honest.random_auc.value < 0.75


def test_an_honest_whole_is_not_called_suspect(rng):
    need = [rng.normal(size=N) for _ in range(4)]
    y = rng.random(N) < 1 / (1 + np.exp(1.5 - 0.75 * sum(need)))
    report = audited(y, {**noise(rng), **{f"h{k}": np.round(each, 3) for k, each in enumerate(need)}})
    assert report.honest.random_auc.value > 0.75
    assert (report.flagged, report.suspect) == ((), False)


def test_the_top_of_a_strong_smooth_number_is_no_flag(rng):
    need = rng.normal(size=N)
    y = rng.random(N) < 1 / (1 + np.exp(0.6 - 2.0 * need))
    report = audited(y, {**noise(rng), "need": np.round(need, 3)}, known_at={"need": "creation"})
    assert report.of("fill", "values of need") == ()


def test_a_bot_value_that_never_wins_is_no_leak(rng):
    """Honest: what everybody knows to be a bot never wins."""
    bot = rng.random(N) < 0.08
    y = ~bot & (rng.random(N) < 0.2)
    agent = np.where(bot, "curl", rng.choice(["firefox", "chrome", "safari"], N))
    assert flagged(audited(y, {**noise(rng), "agent": agent}, known_at={"agent": "creation"})) == []


def test_blanks_that_lean_a_little_are_cleared_and_blanks_that_jump_are_not(rng):
    y = rng.random(N) < 0.2
    leaning = np.where(rng.random(N) < np.where(y, 0.6, 0.45), "x", None)
    jumping = np.where(rng.random(N) < np.where(y, 0.5, 0.02), "x", None)
    report = audited(y, {**noise(rng), "leaning": leaning, "jumping": jumping})
    assert report.of("fill", "leaning")[0].verdict == "clear"
    assert report.of("fill", "jumping")[0].verdict == "leak"
    assert "leaning" not in report.flagged


@pytest.mark.parametrize(
    ("days", "verdict"), [((-30, 0), "clear"), ((1, 60), "leak"), ((100, 700), "suspect")], ids=str
)
def test_dates_are_held_against_the_question(rng, days, verdict):
    """Earlier dates are known, later ones are written later, and those beyond the data are plans."""
    born = START + rng.integers(0, 200, N) * DAY
    at = (born + rng.integers(*days, N) * DAY).astype("datetime64[us]")
    dates = np.datetime_as_string(at, unit="D")
    (found,) = audited(rng.random(N) < 0.2, {"d": dates}, created=born).of("provenance", "d")
    assert found.verdict == verdict


def test_the_odds_of_being_filled_are_counted_with_half_a_lead_more_on_either_side(rng):
    y, place = np.arange(N) % 4 == 0, np.arange(N) // 4
    filled = np.where(y, place < 400, place % 500 < 150)  # 400 of 500 winners, 450 of 1,500 others
    columns = {"asked": np.where(filled, "yes", None), **noise(rng)}
    (found,) = audited(y, columns).of("fill", "asked")
    assert found.evidence["odds_ratio"] == pytest.approx((400.5 / 100.5) / (450.5 / 1_050.5))


@pytest.mark.parametrize("share", [1.0, 0.3], ids=["dates", "words and dates"])
def test_a_date_that_only_winners_have_is_named_as_a_later_date_too(rng, share):
    """Not only by its blanks: the reader learns when it was written."""
    born, y = START + rng.integers(0, 200, N) * DAY, rng.random(N) < 0.3
    at = (born + rng.integers(2, 60, N) * DAY).astype("datetime64[us]")
    other = None if share == 1.0 else "open"
    report = audited(
        y, {**noise(rng), "d": np.where(y, np.datetime_as_string(at, unit="D"), other)}, created=born
    )
    (found,) = report.of("provenance", "d")
    assert (found.verdict, found.evidence["share_later"]) == ("leak", 1.0)
    assert "later than the first score" in found.en


def test_undated_rows_in_the_order_of_a_drift_are_not_accused_and_sorted_ones_are(rng):
    drift = rng.random(N) < np.linspace(0.05, 0.35, N)
    assert flagged(audited(drift, noise(rng))) == []
    assert ("order", "row order") in flagged(audited(np.sort(drift), noise(rng)))


def test_a_newest_first_export_is_not_accused(rng):
    born = np.sort(START + rng.integers(0, 200 * DAY, N))[::-1].copy()
    y = rng.random(N) < np.linspace(0.05, 0.35, N)
    assert flagged(audited(y, noise(rng), created=born, ids=tuple(f"L{N - k}" for k in range(N)))) == []


@pytest.mark.parametrize(
    ("name", "smelly"),
    [
        ("lead_status", True),
        ("StageName", True),
        ("客户阶段", True),
        ("备注", True),
        ("is_closed", True),
        ("poutcome", False),
        ("message", False),
        ("company_size", False),
        ("statue", False),
        ("Last Activity", True),
        ("Latest Traffic Source", True),
        ("Lead Quality", True),
        ("activity_index", True),
        ("最近跟进时间", True),
        ("touches_last_7_days", False),
        ("visits last30d", False),
        ("clicks_in_last_week", False),
        ("最近7天访问次数", False),
        ("近三个月浏览", False),
        ("Last Name", False),
        ("lastName", False),
        ("paid_search", False),
        ("Annual Revenue", False),
    ],
)
def test_names_that_smell(name, smelly):
    assert bool(outcome_words(name)) == smelly


def test_a_suggestive_name_flags_what_predicts_unless_it_is_trusted_by_name(rng):
    y = rng.random(N) < 0.3
    mild = np.round(0.5 * y + rng.normal(size=N), 3)
    columns = {**noise(rng), "deal_stage": mild, "tag": np.round(rng.normal(size=N), 3)}
    report = audited(y, columns)
    assert report.of("name", "deal_stage")[0].verdict == "suspect"
    assert report.of("name", "tag")[0].verdict == "clear"
    declared = audited(y, columns, known_at={"deal_stage": "creation"})
    assert declared.of("name", "deal_stage")[0].verdict == "suspect"
    assert audited(y, columns, trust=("deal_stage",)).flagged == ()


def test_a_role_that_is_called_latest_in_the_export_is_overwritten(rng):
    y = rng.random(N) < 0.3
    columns = {**noise(rng), "source": np.where(rng.random(N) < 0.3 + 0.2 * y, "ads", "web")}
    for header, verdict in (("Latest Traffic Source", "suspect"), ("Original Source", None)):
        leads = {"path": "leads.csv", "columns": {"source": header}}
        report = audited(y, columns, data={"leads": leads})
        assert [found.verdict for found in report.of("name", "source")] == ([verdict] if verdict else [])


def test_a_phone_is_always_a_persons_and_another_column_only_if_few_leads_share_a_value(rng):
    few, many = rng.integers(0, N // 2, N), rng.integers(0, N // 40, N)
    columns = {
        "phone": [f"555 01{k:02d}" for k in many],
        "badge": [f"b{k}" for k in few],
        "stand": [f"s{k}" for k in many],
        "price": few + 0.5,
    }
    report = audited(rng.random(N) < 0.2, columns)
    assert sorted({found.subject for found in report.findings if found.check == "person"}) == [
        "badge",
        "phone",
    ]
    assert flagged(report) == []


def test_counts_of_dated_events_are_honest_however_well_they_predict(rng):
    """They were known before the question; the text of the last one is no number to compare with."""
    created, y = START + rng.integers(0, 200 * DAY, N), rng.random(N) < 0.2
    lead = np.repeat(np.arange(N), rng.poisson(np.where(y, 3, 1)))
    at = created[lead]
    seen = Events(lead, at, at, {"page": Coded.of(["a", "b"] * N).take(lead)}, np.full(len(lead), np.nan))
    declared = (
        events().count("views", en="views", zh="浏览"),
        events().last("last_page", "page", en="last page", zh="最近页面"),
    )
    report = audited(y, noise(rng), created=created, events=seen, declared=declared)
    found = {item.subject: item for item in report.of("strength")}
    assert found["views"].verdict == "clear"
    assert "from records known before the snapshot" in found["views"].en
    assert found["views"].evidence["auc_alone"] > 0.75
    assert "last_page" not in found
    assert flagged(report) == []


def test_with_too_few_outcomes_only_dates_and_names_are_judged(rng):
    y = np.arange(N) < 10
    report = audited(y, {"status": np.where(y, "a", "b"), "n": rng.integers(0, 9, N)})
    assert report.honest is None
    assert {found.check for found in report.findings} <= {"provenance", "name"}
    assert flagged(report) == [("name", "status")]


def test_an_empty_column_and_one_of_one_value_are_cleared(rng):
    columns = {**noise(rng, 2), "empty": np.full(N, None), "same": np.full(N, "x")}
    assert flagged(audited(rng.random(N) < 0.3, columns)) == []


def test_one_account_for_everybody_leaves_nothing_to_measure_and_nobody_accused(rng):
    columns = {**noise(rng, 2), "account_id": np.full(N, "A1")}
    assert flagged(audited(rng.random(N) < 0.3, columns)) == []


def test_leaks_are_left_out_unless_trusted(rng):
    y = rng.random(N) < 0.3
    report = audited(y, {**noise(rng), "c": np.where(y, "k2", "k1")})
    assert left_out_columns(report, ()) == ("c",)
    assert left_out_columns(report, ("c",)) == ()
    plain = as_dict(report, trusted=("c",))
    assert (plain["leaks"], plain["left_out"]) == (["c"], [])
    assert plain["honest"]["random_auc"]["value"] < 0.6 < plain["leaky"]["random_auc"]["value"]


def test_a_report_survives_its_file(rng):
    report = audited(rng.random(N) < 0.3, noise(rng, 2))
    assert from_json(to_json(report)) == report
    with pytest.raises(InputError, match="audit cannot be read"):
        from_json(b"{}")


def test_the_reference_goes_from_the_prior_to_the_data():
    """The mean of both, weighted by the number of columns."""
    assert reference_of(0.4, 0) == PRIOR_INFORMATION
    assert reference_of(0.4, 10) == pytest.approx((0.4 + PRIOR_INFORMATION) / 2)
    assert reference_of(0.4, 10_000) == pytest.approx(0.4, abs=0.001)


def test_a_missing_outcome_column_is_told(rng):
    dataset = Dataset(Leads(("a",), None, {"x": Coded.of(["1"])}))
    params = params_from({"project": "x", "data": {"leads": {"path": "leads.csv"}}})
    with pytest.raises(InputError, match="there is no outcome column 'y'"):
        audit(dataset, Task.of(SPEC, params))


def test_where_dated_features_alone_are_too_good_no_column_is_named_for_it(rng):
    """The whole is brought back by removing columns; where that cannot help, honest columns are left in peace."""
    from lead_ml.evaluation.leakage.columns import number_view
    from lead_ml.evaluation.leakage.expected import Bench
    from lead_ml.evaluation.leakage.sample import take_sample
    from lead_ml.evaluation.leakage.whole import bring_back

    y = rng.random(N) < 0.3
    table = {"y": Coded.of(np.where(y, "yes", "no").tolist())}
    params = params_from({"project": "x", "data": {"leads": {"path": "leads.csv"}}})
    leads = Leads(tuple(f"{row * 7919 % 99991:05d}" for row in range(N)), None, table)
    sample = take_sample(Dataset(leads), Task.of(SPEC, params), (), 7)
    numbers = {
        "opens": 3.0 * sample.y + rng.normal(size=N),
        "weak": 0.3 * sample.y + rng.normal(size=N),
        "noise": rng.normal(size=N),
    }
    bench = Bench(sample, {name: number_view(name, values) for name, values in numbers.items()})
    assert bring_back(bench, tuple(numbers), ("weak", "noise")) == {}
    assert next(iter(bring_back(bench, tuple(numbers), tuple(numbers)))) == "opens"
