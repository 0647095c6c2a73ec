"""An open lead is one definition for every shape of data: outcomes, a status, a close date, a loss reason, an outcome column."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lead_ml.asof.labels import build_spine
from lead_ml.asof.open_leads import OpenLeads, find_open_leads
from lead_ml.errors import ParamsError
from lead_ml.project.params import params_from
from lead_ml.project.targets import Column, Won
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.read import read_dataset

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WON = Won()
HOUR = 3_600_000_000
HEADER = "lead_id,created_at,status,closed_at,why,converted"
ROWS = (
    "a,2025-03-01T00:00:00Z,Working,,,no",
    "b,2025-03-02T00:00:00Z,Closed - Lost,2025-03-20T00:00:00Z,price,no",
    "c,2025-03-03T00:00:00Z,CLOSED - WON,2025-03-10T00:00:00Z,,yes",
    "d,2025-03-04T00:00:00Z,New,2027-01-01T00:00:00Z,,no",  # a planned date
    "e,2025-03-28T00:00:00Z,Junk,,wrong number,no",
)
STATUS = {"column": "status", "stages": {"Closed - lost": "lost", "Closed - won": "won", "Junk": "invalid"}}


def read(folder: Path, closing: dict[str, Any], rows: tuple[str, ...] = ROWS, **data: Any) -> Dataset:
    (folder / "leads.csv").write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    content = {"project": "p", "data": {"leads": {"path": "leads.csv"}, **data}, "closing": closing}
    return read_dataset(params_from(content), folder, now=NOW)[0]


def ids(data: Dataset, rows: np.ndarray) -> str:
    return "".join(data.leads.lead_id[row] for row in rows.tolist())


def found(data: Dataset, target: Any = WON, horizon: float | None = 30) -> OpenLeads:
    return find_open_leads(data, data.until, target, horizon)


@pytest.mark.parametrize(
    ("closing", "is_open"),
    [
        (STATUS, "ad"),
        ({**STATUS, "date": "closed_at"}, "ad"),
        ({"date": "closed_at"}, "ade"),
        ({"reason": "why"}, "acd"),
        ({"reason": "why", "date": "closed_at"}, "ad"),
        ({"column": "status", "stages": {"closed - won": "won"}, "reason": "why"}, "ad"),
        ({"column": "status", "stages": {"Junk": "invalid"}, "date": "closed_at"}, "abcd"),
    ],
)
def test_whoever_the_leads_table_says_is_closed_is_not_open(
    tmp_path: Path, closing: dict[str, Any], is_open: str
) -> None:
    data = read(tmp_path, closing)
    opened = found(data)
    assert (ids(data, opened.ranked), opened.recent_days) == (is_open, None)


@pytest.mark.parametrize(
    ("values", "stages", "is_open"),
    [
        (["new", "无效（空号）", "无效(空号)"], {"无效（空号）": "lost"}, "L0"),
        (["new", "ＬＯＳＴ", "Lost"], {" lost ": "lost"}, "L0"),
        (["1", "3.0", "3"], {"3": "lost"}, "L0"),
        (["no", *["true"] * 12, "Yes", "1", "是"], {"yes": "lost"}, "L0"),
        (["no", "FALSE", "yes", "Yes"], {"true": "lost"}, "L0L1"),
    ],
)
def test_a_status_closes_a_lead_in_every_spelling(
    tmp_path: Path, values: list[str], stages: dict[str, str], is_open: str
) -> None:
    rows = tuple(f"L{k},2024-05-01T10:00:00Z,{value},,," for k, value in enumerate(values))
    data = read(tmp_path, {"column": "status", "stages": stages}, rows)
    assert ids(data, found(data).ranked) == is_open


def test_a_status_without_a_date_is_what_is_known_now_and_closes_no_earlier_snapshot(tmp_path: Path) -> None:
    undated, dated = read(tmp_path, STATUS), read(tmp_path, {**STATUS, "date": "closed_at"})
    for data, ends in ((undated, False), (dated, True)):
        spine = build_spine(data, HOUR, (10, 20))
        of_b = [int(at) for lead, at in zip(spine.lead, spine.as_of, strict=True) if lead == 1]
        assert (len(of_b) == 2) == ends  # closed on its 18th day, so no snapshot on the 20th
    yesterday = undated.as_known(undated.until - 24 * HOUR)
    assert ids(yesterday, found(yesterday).ranked) == "abcd"


def test_a_close_date_belongs_to_the_data_and_moves_its_end(tmp_path: Path) -> None:
    rows = (*ROWS, "f,2025-03-05T00:00:00Z,Junk,2025-06-01T00:00:00Z,,no")
    assert read(tmp_path, {**STATUS, "date": "closed_at"}, rows).until == 1_748_736_000_000_001
    before = read(tmp_path, {**STATUS, "date": "closed_at"}, rows, until="2025-04-30")
    assert ids(before, found(before).ranked) == "adf"  # closed only after the declared end


def test_a_column_of_yes_and_no_cannot_tell_open_from_lost(tmp_path: Path) -> None:
    data = read(tmp_path, {})
    target = Column(column="converted", positive=("yes",))
    opened = found(data, target, None)
    assert (ids(data, opened.ranked), opened.recent_days, opened.state) == ("abde", 30.0, "undecided")
    recent = found(data, target, 25)
    assert (ids(data, recent.ranked), recent.recent_days) == ("de", 25.0)


def test_an_empty_outcome_is_none_yet_so_no_is_lost(tmp_path: Path) -> None:
    rows = (*ROWS, "f,2025-03-05T00:00:00Z,New,,,")
    opened = found(data := read(tmp_path, {}, rows), Column(column="converted", positive=("yes",)), None)
    assert (ids(data, opened.ranked), opened.state) == ("f", "open")


def test_only_wins_cannot_tell_open_from_lost_and_rank_the_leads_of_the_last_horizon(tmp_path: Path) -> None:
    outcomes = "lead_id,occurred_at,stage\nc,2025-03-10T00:00:00Z,signed\na,2025-03-30T00:00:00Z,mql\n"
    (tmp_path / "outcomes.csv").write_text(outcomes, encoding="utf-8")
    data = read(tmp_path, {}, outcomes={"path": "outcomes.csv"})
    opened = found(data, Won(stages=("signed",)), 27)
    assert (ids(data, opened.ranked), opened.state, opened.recent_days) == ("de", "undecided", 27)


def test_undated_leads_without_an_outcome_are_all_ranked_and_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("lead_id,converted\na,no\nb,yes\nc,no\n", encoding="utf-8")
    data = read_dataset(params_from({"project": "p", "data": {"leads": {"path": "leads.csv"}}}), tmp_path)[0]
    opened = found(data, Column(column="converted", positive=("yes",)), None)
    assert (ids(data, opened.ranked), opened.state, opened.recent_days) == ("ac", "undecided", 0.0)


def test_leads_far_older_than_any_that_converted_are_stale(tmp_path: Path) -> None:
    rows, outcomes = [], ["lead_id,occurred_at,stage"]
    for k in range(
        40
    ):  # one lead every ten days; even ones win after 1 to 20 days, every fourth other one is lost
        rows.append(f"L{k:02d},{np.datetime64('2024-01-01') + 10 * k}T00:00:00Z,,,,")
        closed = np.datetime64("2024-01-01") + 10 * k + 1 + k // 2
        if k % 2 == 0 or k % 8 == 1:
            outcomes.append(f"L{k:02d},{closed}T00:00:00Z,{'won' if k % 2 == 0 else 'lost'}")
    (tmp_path / "outcomes.csv").write_text("\n".join(outcomes) + "\n", encoding="utf-8")
    data = read(tmp_path, {}, tuple(rows), outcomes={"path": "outcomes.csv"})
    opened = found(data)
    assert opened.stale_days == pytest.approx(2 * 19.81)
    assert data.leads.created_at is not None
    age = (data.until - data.leads.created_at) / (24 * HOUR)
    assert len(opened.stale) > 5
    assert (age[opened.stale] > opened.stale_days).all()
    assert (age[opened.ranked] <= opened.stale_days).all()
    assert sorted([*opened.stale, *opened.ranked]) == [k for k in range(40) if k % 2 and k % 8 != 1]
    assert opened.spine.lead.tolist() == [*opened.ranked, *opened.stale]
    patient = found(data, horizon=300)
    assert patient.stale_days == 300


def test_few_wins_do_not_say_when_a_lead_is_stale(tmp_path: Path) -> None:
    (tmp_path / "outcomes.csv").write_text(
        "lead_id,occurred_at,stage\nc,2025-03-10T00:00:00Z,won\nb,2025-03-10T00:00:00Z,lost\n",
        encoding="utf-8",
    )
    opened = found(read(tmp_path, {}, outcomes={"path": "outcomes.csv"}))
    assert (opened.stale_days, len(opened.stale), opened.state) == (None, 0, "open")


@pytest.mark.parametrize(
    ("closing", "said"),
    [
        ({"column": "phase", "stages": {"x": "lost"}}, "closing names phase, which is not a column"),
        ({"column": "status"}, "give column and stages together"),
        ({"stages": {"x": "lost"}}, "give column and stages together"),
        ({"column": "status", "stages": {"x": "gone"}}, "closing.stages.x"),
    ],
)
def test_a_wrong_closing_section_is_one_clear_error(
    tmp_path: Path, closing: dict[str, Any], said: str
) -> None:
    with pytest.raises(ParamsError, match=said):
        read(tmp_path, closing)
