"""The parts of a draft: names, answers, delays, and the text they are written in."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lead_ml.declare import MICROSECONDS_PER_DAY as DAY
from lead_ml.init.answers import contacts_of, is_no, is_yes, stage_of, unreal_reasons
from lead_ml.init.names import feature_name, role_names, target_names
from lead_ml.init.source_text import (
    PYTHON_LINE,
    call,
    comment,
    entry,
    flow,
    literal,
    scalar,
    strings,
    width,
    wrapped,
)
from lead_ml.init.statistics import HORIZONS, delays_of, giving_away, kaplan_meier, unrecorded_before
from lead_ml.project.schema import TABLES
from lead_ml.tables.dataset import Coded, Dataset, Leads, Outcomes


@pytest.mark.parametrize("table", ["leads", "events", "outcomes"])
def test_every_name_belongs_to_a_role_of_the_contract(table: Literal["leads", "events", "outcomes"]) -> None:
    roles = {role.name for table in TABLES.values() for role in table}
    assert set(role_names(table)) <= roles
    for role, known in role_names(table).items():
        assert known.likeness(role) == 1, f"{role} is not its own name"


def test_every_role_of_leads_is_looked_for() -> None:
    assert set(role_names("leads")) == {role.name for role in TABLES["leads"]}


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("Lead Number", "lead_id"), ("线索编号", "lead_id"), ("mql_id", "lead_id"), ("CreatedDate", "created_at"),
        ("创建时间", "created_at"), ("first_contact_date", "created_at"), ("来源", "source"), ("LeadSource", "source"),
        ("渠道", "channel"), ("行业", "industry"), ("公司", "company"), ("手机", "phone"), ("邮箱", "email"), ("城市", "city"),
        ("省份", "region"), ("负责人", "owner"), ("E-Mail Address", "email"), ("utm_campaign", "campaign"), ("No. of Employees", "company_size"),
    ],
)  # fmt: skip
def test_common_headers_are_known(column: str, role: str) -> None:
    names = role_names("leads")
    best = max(names, key=lambda name: names[name].likeness(column))
    assert best == role


@pytest.mark.parametrize("column", ["Last Activity Date", "birthday", "更新时间", "Modified On"])
def test_other_dates_are_not_called_the_creation(column: str) -> None:
    assert role_names("leads")["created_at"].likeness(column) == 0


@pytest.mark.parametrize(("column", "names"), [("成交时间", "won_at"), ("Close Date", "won_at"), ("转化", "converted"), ("是否成交", "converted"), ("Converted", "converted"), ("y", "converted")])  # fmt: skip
def test_common_names_of_a_conversion_are_known(column: str, names: Literal["won_at", "converted"]) -> None:
    assert target_names(names).likeness(column) > 0


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("Closed Won", "won"), ("CLOSED LOST", "lost"), ("赢单", "won"), ("输单", "lost"), ("未成交", "lost"), ("无效", "invalid"),
        ("已成交", "won"), ("MQL", "mql"), ("Sales Qualified Lead", "sql"), ("商机", "opportunity"), ("New", None), ("not converted", None),
        ("意向成交", None), ("Contacted", None),
    ],
)  # fmt: skip
def test_stages_are_told_by_their_words(text: str, stage: str | None) -> None:
    assert stage_of(text) == stage


def test_no_value_says_yes_and_no() -> None:
    for text in ("Yes", "是", "1", "ja", "No", "否", "0", "nein", "maybe"):
        assert not (is_yes(text) and is_no(text))


def test_real_but_unfit_is_no_fake() -> None:
    reasons = dict.fromkeys(
        ("空号", "bounced", "Test lead", "student", "预算不足", "competitor", "Wrong number"), 1
    )
    assert set(unreal_reasons(reasons)) == {"空号", "bounced", "Test lead", "Wrong number"}
    assert contacts_of(["page_view", "call_connected", "email_open", "email_reply"]) == (
        "call_connected",
        "email_reply",
    )


def test_kaplan_meier_without_censoring_is_the_plain_share() -> None:
    days = np.random.default_rng(1).integers(1, 20, 200).astype(float)
    at, share = kaplan_meier(days, np.ones(200, dtype=bool))
    np.testing.assert_allclose(share, [(days <= day).mean() for day in at])


def test_kaplan_meier_finds_the_true_share_behind_censoring() -> None:
    rng = np.random.default_rng(2)
    true, seen = rng.exponential(10, 20_000), rng.uniform(0, 40, 20_000)
    at, share = kaplan_meier(np.minimum(true, seen), true <= seen)
    assert share[np.searchsorted(at, 10)] == pytest.approx(1 - np.exp(-1), abs=0.02)
    assert (true[true <= seen] <= 10).mean() > 0.7, "the plain share of wins seen is not the truth"


def test_the_horizon_sees_nine_of_ten_wins_and_no_more_than_a_quarter_of_the_history() -> None:
    long, short = _history(days=400), _history(days=41)
    delays = delays_of(long, ("won",), 0)
    assert delays is not None
    assert delays.horizon == delays.wanted == 14
    assert delays.share >= 0.9
    cut = delays_of(short, ("won",), 0)
    assert cut is not None
    assert cut.horizon == max(h for h in HORIZONS if h <= 10) < cut.wanted


def test_only_records_that_begin_late_move_the_start() -> None:
    assert unrecorded_before(_history(days=400), ("won",)) is None
    start = unrecorded_before(_history(days=400, recorded_from=200), ("won",))
    assert start is not None
    assert start >= 200 * DAY


def test_columns_that_only_winners_have_are_found() -> None:
    won = np.array([True] * 20 + [False] * 80)
    amount = Coded.of(["5"] * 20 + [None] * 80)
    source = Coded.of(["web"] * 100)
    assert giving_away({"amount": amount, "source": source}, won) == ("amount",)


@given(st.text(max_size=60))
def test_any_text_is_written_as_python_and_read_back(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text


@given(st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_any_texts_are_written_as_a_tuple_and_read_back(texts: list[str]) -> None:
    assert ast.literal_eval(strings(texts)) == tuple(texts)


@given(st.recursive(st.text(max_size=20) | st.booleans() | st.integers(-5, 5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=3), max_leaves=6))  # fmt: skip
def test_any_value_is_written_as_yaml_and_read_back(value: object) -> None:
    assert yaml.safe_load(f"key: {flow(value)}")["key"] == value
    assert yaml.safe_load(entry("key", value))["key"] == value


@given(st.text(min_size=1, max_size=20))
def test_any_header_is_written_as_a_key_and_read_back(text: str) -> None:
    assert yaml.safe_load(f"{scalar(text)}: 1") == {text: 1}


@given(st.text(max_size=40))
def test_any_header_gives_the_name_of_a_feature(text: str) -> None:
    import re

    assert re.fullmatch(r"[a-z][a-z0-9_]*", feature_name(text, "column_1"))


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=300))
def test_a_comment_stays_a_comment(text: str) -> None:
    assert all(line.startswith("#") for line in comment(text).split("\n") if line)


PIECES = st.sampled_from(["ab ", "a, ", "-", "按", "读取，", "日。", "（前）", "`c`、", "“否”"])


@given(st.lists(PIECES, max_size=40).map("".join), st.integers(8, 30))
def test_wrapping_keeps_the_text_and_the_width(text: str, columns: int) -> None:
    lines = wrapped(text, columns)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert not any(line.startswith(("，", "。", "）", "、")) or line.endswith("（") for line in lines)
    for line in lines:
        assert width(line) <= columns or len(wrapped(line, columns)) == 1


@pytest.mark.parametrize(
    "text", ["short", "x" * 200, 'with "quotes"', "it's", "both \" and '", "tab\tand\\", "行业" * 30, "\x07"]
)
def test_calls_stand_as_ruff_leaves_them(text: str, tmp_path: Path) -> None:
    ruff = shutil.which("ruff", path=Path(sys.executable).parent)
    if ruff is None:
        pytest.skip("ruff is not installed")
    told = call("category", "column", en=text, zh="行业").text(4, after=",")
    constant = f"NAMES = {strings([text, 'b'], before='NAMES = ')}"
    (tmp_path / "a.py").write_text(f"{constant}\n\nFEATURES = [\n{told}\n]\n", encoding="utf-8")
    done = subprocess.run(
        [ruff, "format", "--isolated", "--diff", "a.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert width(told.split("\n")[0]) <= PYTHON_LINE or "\n" in told


def _history(days: int, recorded_from: int = 0, leads: int = 2_000) -> Dataset:
    """Leads over some days of which a third win after 1 to 14 days, wins before a day not recorded."""
    rng = np.random.default_rng(3)
    created = np.sort(rng.integers(0, days * DAY, leads))
    won = created + rng.integers(DAY, 14 * DAY, leads)
    rows = np.flatnonzero((rng.random(leads) < 1 / 3) & (won < days * DAY) & (won >= recorded_from * DAY))
    outcomes = Outcomes(
        rows, won[rows], won[rows], {"stage": Coded.of(["won"] * len(rows))}, np.full(len(rows), np.nan)
    )
    ids = tuple(f"L{k}" for k in range(leads))
    return Dataset(Leads(ids, created, {}), None, outcomes, days * DAY)


@pytest.mark.parametrize(
    ("header", "values", "fits"),
    [
        ("Title", ["Engineer", "Buyer", "Head of Sales", "Engineer"] * 10, True),
        ("Title", [f"Acme deal {k}" for k in range(40)], False),
        ("Title", [f"Lead #{k}" for k in range(40)], False),
        ("Title", ["Web form", "Demo request", "Web form", "Newsletter"] * 10, False),
        ("Job title", [f"Specialist for {k}" for k in range(40)], True),
    ],
)
def test_a_title_that_staff_give_is_no_job_title(tmp_path, header, values, fits):
    """What is called *title* alone is a job title only where its values name jobs and repeat."""
    from lead_ml.init.export import open_export
    from lead_ml.init.roles import lead_roles

    path = tmp_path / "leads.csv"
    path.write_text(
        "\n".join([f"Lead ID,{header}", *(f"L{k},{v}" for k, v in enumerate(values))]), encoding="utf-8"
    )
    roles = lead_roles(open_export(path, tmp_path).columns)
    assert ("job_title" in roles) is fits


def test_the_original_source_is_preferred_to_the_latest(tmp_path):
    from lead_ml.init.export import open_export
    from lead_ml.init.roles import lead_roles

    path = tmp_path / "leads.csv"
    rows = [f"L{k},{'abc'[k % 3]},{'xyz'[k % 3]}" for k in range(40)]
    path.write_text("\n".join(["Lead ID,Latest Source,Original Traffic Source", *rows]), encoding="utf-8")
    assert lead_roles(open_export(path, tmp_path).columns)["source"].column == "Original Traffic Source"
