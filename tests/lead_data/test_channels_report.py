"""The channel report of a data set: which leads count, when weeks are ripe, and what it says in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from lead_ml.errors import InputError, ParamsError, TooLittleData
from lead_ml.language import LANGUAGES, catalog
from lead_ml.lead_data.channels import ChannelQuestion, ChannelReport, channel_report
from lead_ml.lead_data.channels.words import (
    advice_text,
    alarm_texts,
    basis_texts,
    method_texts,
    verdict_text,
)
from lead_ml.project.targets import Fake, Won
from lead_ml.tables.dataset import Coded, Dataset, Leads, Outcomes

DAY = 86_400_000_000
MONDAY = 20_458 * DAY  # 2026-01-05
QUESTION = ChannelQuestion(by="source", won=Won(), horizon_days=10, mix=("campaign",))
FAKES = replace(QUESTION, fake=Fake(reasons=("bot",)), fake_days=5)


def made(
    rows: list[tuple[Any, ...]], outcomes: list[tuple[Any, ...]] = (), until: float = 100, **columns: Any
) -> Dataset:
    """Build a data set from (day, source) of leads and (lead, day, stage[, reason, known after days, amount]) of outcomes."""
    created = np.array([MONDAY + round(day * DAY) for day, _ in rows], dtype=np.int64)
    ids = tuple(f"L{k}" for k in range(len(rows)))
    filled = [(*row, *(None, 0.0, np.nan)[len(row) - 3 :]) for row in outcomes]
    lead = np.array([row[0] for row in filled], dtype=np.int64)
    at = np.array([MONDAY + round(row[1] * DAY) for row in filled], dtype=np.int64)
    known = at + np.array([round(row[4] * DAY) for row in filled], dtype=np.int64)
    coded = {"stage": Coded.of([row[2] for row in filled]), "reason": Coded.of([row[3] for row in filled])}
    table = Outcomes(lead, at, known, coded, np.array([row[5] for row in filled], dtype=np.float64))
    texts = {"source": Coded.of([name for _, name in rows])}
    texts |= {name: Coded.of(values) for name, values in columns.items()}
    return Dataset(Leads(ids, created, texts), outcomes=table, until=MONDAY + round(until * DAY))


def drawn(seed: int = 1, leads: int = 3_000, days: int = 200) -> Dataset:
    """Draw leads of three sources and two campaigns over 200 days; one in ten converts, one in twelve is marked as fake."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.uniform(0, days, leads))
    source, campaign = rng.choice(["ads", "web", "fair"], leads), rng.choice(["a", "b"], leads)
    won, fake = rng.random(leads) < 0.1, rng.random(leads) < 0.08
    rows = [(k, day[k] + rng.uniform(0, 9), "won", None, 0.0, 100.0) for k in np.flatnonzero(won)]
    rows += [(k, day[k] + 1, "invalid", "bot") for k in np.flatnonzero(fake & ~won)]
    rows = [row for row in rows if row[1] < days]
    cost = ["5"] * leads
    return made(list(zip(day, source, strict=True)), rows, days, campaign=list(campaign), cost=cost)


def row_of(report: ChannelReport, name: str | None) -> Any:
    return next(row for row in report.rows if row.name == name)


def test_only_leads_whose_time_has_passed_have_a_rate() -> None:
    days = [0.5, 6.9, 7.5, 13.0, 21.0, 27.0]
    data = made([(day, "web") for day in days], [(0, 5.0, "won"), (5, 28.0, "won")], until=30)
    report = channel_report(data, QUESTION)
    row = row_of(report, "web")
    assert (report.since, report.ripe_until) == ("2026-01-05", "2026-01-19")  # 14 + 10 days <= 30 < 21 + 10
    assert (row.leads, row.conversion.leads, row.conversion.reached) == (6, 4, 1)
    assert [week.wins for week in row.weeks] == [1, 0, None, None]
    assert [week.leads for week in row.weeks] == [2, 2, 0, 2]


@pytest.mark.parametrize(("day", "counts"), [(9.99, 1), (10.49, 1), (10.51, 0), (-2.0, 1)])
def test_a_win_counts_within_the_horizon_after_the_lead(day: float, counts: int) -> None:
    data = made([(0.5, "web"), (1, "fair")], [(0, day, "won")], until=60)
    assert row_of(channel_report(data, QUESTION), "web").conversion.reached == counts


def test_late_records_let_a_week_ripen_later() -> None:
    rows = [(day / 2, "web") for day in range(100)]
    outcomes = [(k, k / 2 + 1, "won", None, 7.0) for k in range(0, 70, 5)]
    report = channel_report(made(rows, outcomes, until=60), QUESTION)
    assert report.lag_days == 7.0
    assert report.ripe_until == "2026-02-16"  # 42 + 10 + 7 days <= 60


def test_an_import_that_recorded_everything_at_once_still_has_ripe_weeks() -> None:
    rows = [(day / 2, "web") for day in range(100)]
    outcomes = [(k, k / 2 + 1, "won", None, 70 - k / 2) for k in range(0, 80, 5)]
    report = channel_report(made(rows, outcomes, until=90), QUESTION)
    assert report.lag_days == 10.0
    assert report.wins > 10


def test_a_week_begins_on_monday_where_the_company_is() -> None:
    rows = [(-0.1, "web"), (0.1, "web"), (30, "web")]  # the first is Monday 06:00 in Shanghai, Sunday in UTC
    at_home = channel_report(made(rows, until=60), replace(QUESTION, zone="Asia/Shanghai"))
    elsewhere = channel_report(made(rows, until=60), QUESTION)
    assert [week.leads for week in at_home.rows[0].weeks][:2] == [2, 0]
    assert [week.leads for week in elsewhere.rows[0].weeks][:2] == [1, 1]


def test_leads_without_a_value_are_a_channel_of_their_own() -> None:
    data = made([(0, "web"), (1, None), (2, None)], until=60)
    report = channel_report(data, QUESTION)
    assert [(row.name, row.leads) for row in report.rows] == [(None, 2), ("web", 1)]
    assert verdict_text(report.rows[0], "en") == "(no value): Too few leads."


def test_counts_add_up_over_channels_and_weeks() -> None:
    data = drawn()
    report = channel_report(data, FAKES)
    assert sum(row.leads for row in report.rows) + report.left_out_leads == report.leads
    assert sum(row.conversion.leads for row in report.rows) == report.ripe
    assert sum(row.conversion.reached for row in report.rows) == report.wins
    for row in report.rows:
        assert sum(week.wins or 0 for week in row.weeks) == row.conversion.reached
        assert sum(week.leads for week in row.weeks if week.wins is not None) == row.conversion.leads
        assert row.change is not None
        assert row.change.leads_before + row.change.leads_after == row.conversion.leads
        assert row.fakes.leads == row.conversion.leads
        assert row.money.spend == pytest.approx(5 * row.conversion.leads)


def test_the_order_of_the_rows_does_not_matter() -> None:
    data = drawn()
    order = np.random.default_rng(9).permutation(len(data.leads))
    place = np.argsort(order)
    leads, outcomes = data.leads, data.outcomes
    assert outcomes is not None
    mixed = replace(
        data,
        leads=Leads(
            tuple(leads.lead_id[k] for k in order),
            leads.created_at[order],
            {name: Coded.of(column.take(order).values()) for name, column in leads.columns.items()},
        ),
        outcomes=replace(outcomes, lead=place[outcomes.lead]).take(np.arange(len(outcomes))[::-1]),
    )
    plain, shuffled = channel_report(data, FAKES), channel_report(mixed, FAKES)
    assert [(r.name, r.conversion.reached, r.weeks, r.advice, r.surges) for r in plain.rows] == [
        (r.name, r.conversion.reached, r.weeks, r.advice, r.surges) for r in shuffled.rows
    ]
    for one, other in zip(plain.rows, shuffled.rows, strict=True):
        assert one.conversion.share.upper == pytest.approx(other.conversion.share.upper, abs=1e-9)
        assert one.change.itself.lower == pytest.approx(other.change.itself.lower, abs=1e-9)
        assert one.money.returns.upper == pytest.approx(other.money.returns.upper, abs=1e-9)


def test_what_is_not_there_is_not_said() -> None:
    data = drawn()
    assert data.outcomes is not None
    bare = replace(
        data,
        leads=replace(data.leads, columns={"source": data.leads.columns["source"]}),
        outcomes=replace(data.outcomes, amount=np.full(len(data.outcomes), np.nan)),
    )
    report = channel_report(bare, QUESTION)
    for row in report.rows:
        assert (row.money, row.fakes, row.duplicates, row.stages) == (None, None, None, {})
    said = " ".join(method_texts(report, "en"))
    assert not any(word in said for word in ("Spend", "fake", "Duplicates"))


def test_a_burst_names_its_day_and_its_known_fakes() -> None:
    rows = [(day + k / 10, "web") for day in range(140) for k in range(3)]
    rows += [(day + k / 10, "ads") for day in range(140) for k in range(6)]
    rows += [(100.5, "ads")] * 40
    outcomes = [(len(rows) - 1 - k, 101.0, "invalid", "bot") for k in range(25)]
    report = channel_report(made(rows, outcomes, until=140), FAKES)
    surge = row_of(report, "ads").surges[0]
    assert (surge.kind, surge.start, surge.leads, surge.fakes) == ("burst", "2026-04-15", 46, 25)
    assert surge.expected == pytest.approx(6.0, abs=1.0)
    assert not row_of(report, "web").surges
    assert "Burst on Apr 15, 2026: 46 leads" in alarm_texts(row_of(report, "ads"), "en")[0]
    assert "25" in alarm_texts(row_of(report, "ads"), "zh")[0]


def test_a_fall_in_weeks_that_are_not_ripe_is_no_alarm() -> None:
    rng = np.random.default_rng(3)
    rows = [(day + k / 40, name) for day in range(150) for k in range(8) for name in ("web", "ads")]
    outcomes = [
        (k, day + 8, "won")
        for k, (day, _) in enumerate(rows)
        if rng.random() < 0.3 and day + 8 < 150  # the wins of the last days are still to come
    ]
    report = channel_report(made(rows, outcomes, until=150), QUESTION)
    assert all(row.fall is None for row in report.rows)
    assert report.rows[0].weeks[-1].wins is None


def test_data_without_dates_or_outcomes_is_one_clear_error() -> None:
    data = drawn()
    for broken in (replace(data, outcomes=None), replace(data, leads=replace(data.leads, created_at=None))):
        with pytest.raises(InputError, match=r"dated outcomes\. Name both in params\.yaml"):
            channel_report(broken, QUESTION)


def test_an_unknown_column_names_those_that_exist() -> None:
    with pytest.raises(ParamsError, match="got 'sauce'; expected one of campaign, cost, source"):
        channel_report(drawn(), replace(QUESTION, by="sauce"))


def test_leads_that_are_all_too_young_are_one_clear_error() -> None:
    with pytest.raises(TooLittleData, match="older than 10 days"):
        channel_report(made([(0, "web"), (3, "web")], until=5), QUESTION)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_advice_and_cause_has_words(language: str) -> None:
    from test_channels_figures import CASES

    words = catalog(language)
    for _, verb, why in CASES:
        assert f"channels.verbs.{verb}" in words
        assert f"channels.why.{why}" in words
    for cause in ("itself", "mix", "fakes", "several", "unclear"):
        assert f"channels.causes.{cause}" in words
        assert f"channels.why.fall_{cause}" in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_its_numbers(language: str) -> None:
    report = channel_report(drawn(), FAKES, currency="EUR")
    for row in report.rows:
        text = advice_text(report, row, language)
        assert f"{row.conversion.leads:,}" in text
        assert "EUR" in text
        assert "{" not in text
    said = " ".join((*basis_texts(report, language), *method_texts(report, language)))
    assert f"{report.ripe:,}" in said
    assert "90%" in said


def test_labels_of_a_company_name_its_channels() -> None:
    report = channel_report(drawn(), replace(QUESTION, labels={"ads": ("Paid ads", "广告")}))
    row = row_of(report, "ads")
    assert verdict_text(row, "en").startswith("Paid ads: ")
    assert verdict_text(row, "zh").startswith("广告：")
    assert date.fromisoformat(report.since).weekday() == 0
