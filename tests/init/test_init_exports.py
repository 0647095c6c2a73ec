"""Five ugly exports: each is understood, and trains without an edit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from ugly import EXPORTS, Drafted

from lead_ml.project.targets import Column, Won
from lead_ml.tables.instants import iso
from lead_ml.tables.read import IntakeReport
from lead_ml.workflows.load import Loaded, load
from lead_ml.workflows.train import train

Maker = Callable[[str], Drafted]
AUC_OF_THE_SIGNAL = 0.65


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_trains_without_an_edit_and_finds_the_signal(name: str, drafted: Maker) -> None:
    loaded = load(drafted(name).root)
    run = train(loaded.project, loaded.dataset, candidates=("scorecard", "logistic"))
    evaluation = run.evaluation("conversion")
    assert evaluation is not None
    assert evaluation.chosen == "logistic"
    assert evaluation.of("logistic").metrics["roc_auc"].value > AUC_OF_THE_SIGNAL
    assert evaluation.optimistic == (name == "select")


@pytest.mark.parametrize("name", EXPORTS)
def test_no_row_is_lost(name: str, drafted: Maker) -> None:
    report: IntakeReport = load(drafted(name).root).intake
    for table in report.tables.values():
        assert table.used == table.rows_in > 0


@pytest.mark.parametrize("name", EXPORTS)
def test_the_export_is_only_read(name: str, drafted: Maker) -> None:
    assert drafted(name).before == drafted(name).after


@pytest.mark.parametrize("line_length", ["88", "110"])
@pytest.mark.parametrize("name", EXPORTS)
def test_the_python_is_formatted_and_clean(name: str, line_length: str, drafted: Maker) -> None:
    root = drafted(name).root
    for command in (["format", "--check"], ["check", "--select", "E4,E7,E9,F,I"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", line_length, "features", "models"],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", EXPORTS)
def test_every_question_stands_at_the_top_of_the_params(name: str, drafted: Maker) -> None:
    made = drafted(name)
    head = (made.root / "params.yaml").read_text(encoding="utf-8").split("\nproject:")[0]
    plain = " ".join(head.replace("#", " ").split())
    assert made.draft.questions
    for number, question in enumerate(made.draft.questions, start=1):
        assert f"QUESTION {number}: {' '.join(question.text.split())}" in plain
        assert " ".join(question.guess.split()) in plain


@pytest.mark.parametrize("name", EXPORTS)
def test_columns_of_unknown_role_are_current_and_left_out(name: str, drafted: Maker) -> None:
    made = drafted(name)
    unknown = {
        "chinese": {"意向等级", "合同金额"},
        "excel": {"Postal Code"},
        "select": {"Lead Number", "Do Not Email", "TotalVisits", "Total Time Spent on Website", "Tags"},
        "german": {"Umsatz", "Bewertung"},
        "gb18030": set(),
    }[name]
    assert {column for column, when in made.params["known_at"].items() if when == "current"} == unknown


def test_the_chinese_export_is_won_on_the_day_in_its_own_column(drafted: Maker) -> None:
    made, loaded = drafted("chinese"), load(drafted("chinese").root)
    roles = {
        "线索编号": "lead_id",
        "创建时间": "created_at",
        "线索来源": "source",
        "手机号": "phone",
        "负责人": "owner",
    }
    assert {column: made.role(column) for column in roles} == roles
    assert isinstance(loaded.project.specs["conversion"].target, Won)
    assert loaded.dataset.outcomes is not None
    assert len(loaded.dataset.outcomes) == made.draft.figures.converted == 250
    assert made.params["time_zone"] == "Asia/Shanghai"
    assert made.draft.missing["无"] == {"所属行业": 175, "意向等级": 200}
    assert "无 in 375 cells" in (made.root / "params.yaml").read_text(encoding="utf-8")
    assert made.draft.horizon_days == 14


def test_a_column_that_only_winners_have_is_never_declared(drafted: Maker) -> None:
    others = (drafted("chinese").root / "features" / "others.py").read_text(encoding="utf-8")
    declared = others.split("FEATURES")[1]
    assert "合同金额: filled for converted leads" in others
    assert "合同金额" not in declared
    assert "意向等级" in declared


def test_days_of_excel_are_read_on_the_wall_clock(drafted: Maker) -> None:
    made, loaded = drafted("excel"), load(drafted("excel").root)
    assert made.params["data"]["leads"]["dates"] == {"created_at": "excel", "Close Date": "excel"}
    assert loaded.dataset.leads.created_at is not None
    assert iso(int(loaded.dataset.leads.created_at.min()))[:7] == "2024-01"
    assert made.role("Postal Code") == "-", "a number of five digits without a name of a date is none"


def test_a_close_date_that_losers_have_too_is_told_apart_by_its_stage(drafted: Maker) -> None:
    made, loaded = drafted("excel"), load(drafted("excel").root)
    assert made.params["data"]["outcomes"]["stages"] == {"Closed Won": "won", "Closed Lost": "lost"}
    assert loaded.dataset.outcomes is not None
    assert set(loaded.dataset.outcomes.columns["stage"].levels) == {"won", "lost"}
    assert any("Close Date" in question.text for question in made.draft.questions)


def test_select_counts_as_missing_and_it_is_said(drafted: Maker) -> None:
    made, loaded = drafted("select"), load(drafted("select").root)
    assert "Select" not in loaded.dataset.leads.columns["city"].levels
    assert "Select in 347 cells" in (made.root / "params.yaml").read_text(encoding="utf-8")
    target = loaded.project.specs["conversion"].target
    assert target == Column(column="Converted", positive=("1",))
    assert any("OPTIMISTIC" in question.guess for question in made.draft.questions)


def test_decimal_commas_become_numbers(drafted: Maker) -> None:
    loaded = load(drafted("german").root)
    revenue = loaded.dataset.leads.columns["Umsatz"]
    assert all(float(level) >= 1234.5 for level in revenue.levels)
    assert drafted("german").params["data"]["leads"]["dates"] == {"created_at": "day_first"}
    assert drafted("german").params["data"]["leads"]["encoding"] == "cp1252"
    assert "Messe – Halle 4" in loaded.dataset.leads.columns["source"].levels
    assert "k.A." not in loaded.dataset.leads.columns["industry"].levels


def test_gb18030_files_with_stages_and_reasons_make_a_model_of_fakes(drafted: Maker) -> None:
    loaded: Loaded = load(drafted("gb18030").root)
    fake = loaded.project.specs["fake"].target
    assert set(fake.reasons) == {"空号", "测试"}  # type: ignore[union-attr]
    assert fake.contacts == ("接通电话",)  # type: ignore[union-attr]
    assert loaded.dataset.outcomes is not None
    assert set(loaded.dataset.outcomes.columns["stage"].levels) == {"won", "lost", "invalid"}
    assert {"email_opens_30d", "connected_calls_7d"} <= {item.name for item in loaded.project.declarations}
