"""What an export says about leads that are closed is drafted, and asked about where it is unsure."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from ugly import write

from lead_ml.asof.labels import label
from lead_ml.init import Draft, draft_project
from lead_ml.init.answers import closings_of, stage_of, unreal_reasons, unsure_of
from lead_ml.project.targets import Column
from lead_ml.workflows.init import init_from_export
from lead_ml.workflows.load import load
from lead_ml.workflows.train import train
from lead_ml.workflows.training import labelled_spine

Make = Callable[..., Draft]
N = 300


def day(k: int) -> str:
    return str(np.datetime64("2024-01-01") + k)


def params_of(draft: Draft) -> dict[str, Any]:
    return yaml.safe_load(draft.files["params.yaml"])


def rows_of(*values: str, dates: dict[str, int] | None = None) -> list[list[str]]:
    """One lead a day, the values of the last column in turn; with `dates`, a day of closing so much later beside it."""
    rows = []
    for k in range(N):
        value = values[k % len(values)]
        closed = [] if dates is None else [day(k + dates[value]) if value in dates else ""]
        rows.append([f"L{k}", day(k), ("web", "fair")[k % 2], *closed, value])
    return rows


HEADER = "Lead ID,Created,Lead Source,"


@pytest.mark.parametrize(
    ("values", "stages"),
    [
        ("New|Working|Closed - Converted|Closed - Not Converted", {"Closed - Converted": "won", "Closed - Not Converted": "lost"}),
        ("Working|Closed|Converted|Disqualified", {"Closed": "lost", "Converted": "won", "Disqualified": "invalid"}),
        ("NEW|IN_PROGRESS|UNQUALIFIED|OPEN_DEAL", {"UNQUALIFIED": "lost"}),
        ("Assigned|In Process|Converted|Recycled|Dead", {"Converted": "won", "Dead": "lost"}),
        ("In Work|Junk Lead|Good Lead|Converted", {"Junk Lead": "invalid", "Converted": "won"}),
        ("新线索|跟进中|已成交|已流失|空号|无效", {"已成交": "won", "已流失": "lost", "空号": "invalid", "无效": "invalid"}),
        ("Neu|In Bearbeitung|Gewonnen|Verloren", {"Gewonnen": "won", "Verloren": "lost"}),
        ("closedwon|closedlost|appointmentscheduled", {"closedwon": "won", "closedlost": "lost"}),
        ("Waiting for customer|Contacted customer|Lost to competitor", {"Lost to competitor": "lost"}),
    ],
)  # fmt: skip
def test_a_status_says_which_leads_are_closed(draft_of: Make, values: str, stages: dict[str, str]) -> None:
    params = params_of(draft_of(HEADER + "Lead Status", rows_of(*values.split("|"))))
    assert params["closing"] == {"column": "Lead Status", "stages": stages}


def test_a_status_is_asked_about_only_where_a_value_is_unsure(draft_of: Make) -> None:
    sure = draft_of(HEADER + "Status", rows_of("New", "Working", "Lost"))
    assert any("closed according to `Status`: Lost = lost" in note for note in sure.notes)
    assert not any("is closed" in question.text for question in sure.questions)
    unsure = draft_of(HEADER + "Status", rows_of("New", "Bad timing", "Lost"))
    (question,) = [item for item in unsure.questions if "mean that a lead is closed" in item.text]
    assert "Lost = lost" in question.guess
    assert "`Bad timing`" in question.guess


def test_values_speak_where_names_do_not(draft_of: Make) -> None:
    draft = draft_of(HEADER + "c4", rows_of("Closed Won", "Closed Lost", "Working"))
    assert draft.target == "c4 is Closed Won"
    assert params_of(draft)["closing"]["stages"] == {"Closed Lost": "lost", "Closed Won": "won"}
    assert any("says that a lead converted" in question.text for question in draft.questions)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Number of calls", "0|1|2|3|4"),
        ("Number of calls", "0|1"),
        ("Calls", "1|0"),
        ("x", "0|1|2"),
        ("won", "0|1|2|3"),
        ("converted", "7|9"),
        ("通话次数", "0|1"),
        ("Response", "Accepted|Rejected|Later"),
        ("Status", "Waiting for customer|Contacted customer|New"),
        ("跟进状态", "首次联系成功|待跟进|加微信成功"),
    ],
)
def test_counts_and_steps_on_the_way_are_no_outcome(draft_of: Make, name: str, values: str) -> None:
    draft = draft_of(HEADER + name, rows_of(*values.split("|")))
    assert draft.target == ""
    assert draft.figures.converted == 0


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("Customer", "won"), ("customer", "won"), ("Became a customer", "won"), ("Waiting for customer", None),
        ("Contacted customer", None), ("首次联系成功", None), ("成功", "won"), ("签约成功", "won"), ("待签约", None), ("有望成交", None),
        ("Signed up", None), ("Contract signed", "won"), ("Not interested", "lost"), ("Open - Not Contacted", None),
        ("Test drive booked", None), ("Appointment cancelled", None), ("Cancelled", "lost"), ("Not converted", None),
        ("Closed - Not Converted", "lost"), ("首次联系失败", None), ("重复线索", "invalid"), ("Ganado", "won"), ("Perdido", "lost"),
    ],
)  # fmt: skip
def test_a_stage_is_what_the_whole_value_means(text: str, stage: str | None) -> None:
    assert stage_of(text) == stage


def test_what_may_mean_not_yet_closes_nothing() -> None:
    assert closings_of(["未成交", "已成交", "未签约"]) == {"已成交": "won"}
    assert unsure_of(["未成交", "New", "Lost", "MQL"]) == ("未成交",)


def test_a_win_date_leaves_the_lost_to_the_status(tmp_path: Path) -> None:
    rows = [
        [f"L{k}", day(k), ("web", "fair")[k % 2], ("Working", "Closed - Not Converted", "Closed - Converted")[k % 3],
         int(k % 3 == 2), day(k + 7) if k % 3 == 2 else ""]
        for k in range(N)
    ]  # fmt: skip
    header = ["Lead ID", "Create Date", "Lead Source", "Lead Status", "Converted", "Converted Date"]
    draft, _ = init_from_export(tmp_path / "mine", write(tmp_path / "leads.csv", header, rows))
    assert params_of(draft)["data"]["outcomes"]["columns"]["occurred_at"] == "Converted Date"
    data = load(tmp_path / "mine").dataset
    assert data.closings is not None
    assert data.closings.stage.values() == [(None, "lost", "won")[k % 3] for k in range(N)]
    assert not any("Lead Status" in question.text for question in draft.questions)


def test_yes_and_no_beside_a_date_that_both_have_are_won_and_lost_on_that_day(draft_of: Make) -> None:
    rows = rows_of("true", "false", "", dates={"true": 5, "false": 20})
    params = params_of(draft_of(HEADER + "closed_at,is_won", rows))
    outcomes = params["data"]["outcomes"]
    assert outcomes["columns"] == {"lead_id": "Lead ID", "occurred_at": "closed_at", "stage": "is_won"}
    assert outcomes["stages"] == {"false": "lost", "true": "won"}


@pytest.mark.parametrize(
    ("header", "values", "closing"),
    [
        ("Lost Reason,Converted", ("Price|0", "|0", "|1", "Spam|0"), {"reason": "Lost Reason"}),
        ("流失时间,是否成交", ("2025-06-01|否", "|否", "|是"), {"date": "流失时间"}),
        (
            "lost_reason,stage_id",
            ("Price|New", "|New", "|Won", "|Qualified"),
            {"column": "stage_id", "stages": {"Won": "won"}, "reason": "lost_reason"},
        ),
        (
            "Lost Reason,status",
            ("Price|Lost", "|New", "|Won", "Spam|New"),
            {"column": "status", "stages": {"Lost": "lost", "Won": "won"}},
        ),
        ("Reason for inquiry,Converted", ("Price|0", "|1"), {}),
    ],
)
def test_a_reason_or_a_date_of_losing_closes_a_lead(
    draft_of: Make, header: str, values: tuple[str, ...], closing: dict[str, str]
) -> None:
    rows = [[f"L{k}", day(k), "web", *values[k % len(values)].split("|")] for k in range(N)]
    draft = draft_of(HEADER + header, rows)
    assert params_of(draft)["closing"] == closing
    asked = [question for question in draft.questions if "Is a lead closed" in question.text]
    assert len(asked) == len({"reason", "date"} & closing.keys())


def test_outcomes_that_tell_the_lost_need_no_status(tmp_path: Path) -> None:
    leads = write(tmp_path / "leads.csv", ["id", "created", "status"], [[f"L{k}", day(k), ("Open", "Closed Lost")[k % 2]] for k in range(N)])  # fmt: skip
    stages = [[f"L{k}", day(k + 5), ("won", "lost")[k % 4 // 2]] for k in range(0, N, 2)]
    told = write(tmp_path / "told.csv", ["id", "date", "stage"], stages)
    assert params_of(draft_project(tmp_path / "p", leads, outcomes=told))["closing"] == {}
    wins = write(tmp_path / "wins.csv", ["id", "date", "stage"], [row for row in stages if row[2] == "won"])
    assert params_of(draft_project(tmp_path / "p", leads, outcomes=wins))["closing"]["column"] == "status"


@pytest.mark.parametrize(
    ("header", "cells", "positive", "negative"),
    [
        ("状态", ("跟进中", "已流失", "空号", "已成交", "无效"), ("无效", "空号"), ("已成交", "已流失")),
        ("Lead Status", ("New", "Lost", "Spam", "Converted", "Disqualified"), ("Spam",), ("Converted", "Lost")),
        ("Lost Reason,won", ("Price,0", "Wrong number,0", ",1", "Test lead,0", "Competitor,0"), ("Test lead", "Wrong number"), ("Competitor", "Price")),
    ],
)  # fmt: skip
def test_undated_values_that_mean_not_real_draft_the_model_of_fakes(
    tmp_path: Path, header: str, cells: tuple[str, ...], positive: tuple[str, ...], negative: tuple[str, ...]
) -> None:
    rows = [[f"L{k}", day(k), ("web", "fair")[k % 2], *cells[k % 5].split(",")] for k in range(N)]
    file = write(tmp_path / "leads.csv", [*HEADER.rstrip(",").split(","), *header.split(",")], rows)
    draft, _ = init_from_export(tmp_path / "mine", file)
    loaded = load(tmp_path / "mine")
    target = loaded.project.specs["fake"].target
    assert target == Column(column=header.split(",", maxsplit=1)[0], positive=positive, negative=negative)
    assert any("not a real person" in question.text for question in draft.questions)
    spine, labels = labelled_spine(loaded.project.tasks["fake"], loaded.dataset)
    text = loaded.dataset.leads.columns[target.column].values()
    assert {text[row] for row in spine.lead} == {*positive, *negative}
    assert {text[row] for row, y in zip(spine.lead, labels.y, strict=True) if y} == set(positive)
    run = train(loaded.project, loaded.dataset, candidates=("scorecard",))
    assert set(run.record.candidates) == {"conversion", "fake"}


def test_dated_stages_that_mean_not_real_are_their_own_reason(tmp_path: Path) -> None:
    dates = {"已流失": 9, "空号": 2, "已成交": 6}
    rows = rows_of("跟进中", "已流失", "空号", "已成交", dates=dates)
    file = write(tmp_path / "leads.csv", ["编号", "创建时间", "来源", "签约时间", "状态"], rows)
    init_from_export(tmp_path / "mine", file)
    loaded = load(tmp_path / "mine")
    fake = loaded.project.tasks["fake"]
    assert fake.spec.target.reasons == ("空号",)  # type: ignore[union-attr]
    spine, labels = labelled_spine(fake, loaded.dataset)
    assert labels.y.sum() > 50
    assert label(fake.spec.target, loaded.dataset, spine, fake.horizon_us).y.sum() == labels.y.sum()


def closed_at(folder: Path, clock: str) -> list[Path]:
    """Leads that come in the evening, and outcomes at one time of the day, a third of them of the same day."""
    leads = [[f"L{k}", f"{day(k)}T18:00:00Z", ("web", "fair")[k % 2]] for k in range(N)]
    stages = [
        [f"L{k}", f"{day(k + (0, 30, 7)[k % 3])}{clock}", ("lost", "lost", "won")[k % 3]] for k in range(N)
    ]
    return [
        write(folder / "leads.csv", ["lead_id", "created_at", "source"], leads),
        write(folder / "outcomes.csv", ["lead_id", "occurred_at", "stage"], stages),
    ]


@pytest.mark.parametrize("clock", ["T03:00:00+03:00", "T00:00:00Z", " 00:00:00", "T00:00:00.000+02:00"])
def test_times_of_closing_that_are_all_midnights_are_dates(tmp_path: Path, clock: str) -> None:
    """Leads that came in the evening and were closed "at midnight" of that day get a snapshot, and all others too."""
    files = closed_at(tmp_path, clock)
    draft, _ = init_from_export(tmp_path / "mine", files[0], outcomes=files[1])
    assert params_of(draft)["data"]["outcomes"]["dates"] == {"occurred_at": "whole_day"}
    loaded = load(tmp_path / "mine")
    spine, _ = labelled_spine(loaded.project.tasks["conversion"], loaded.dataset)
    mature = (
        loaded.dataset.leads.created_at + loaded.project.tasks["conversion"].horizon_us < loaded.dataset.until
    )
    assert set(spine.lead) >= set(np.flatnonzero(mature)) - {0}


def test_leads_that_have_no_snapshot_are_counted_by_reason(tmp_path: Path) -> None:
    """As the export is read without an edit of its midnights: every lead is in one of the counts."""
    files = closed_at(tmp_path, "T00:00:00Z")
    init_from_export(tmp_path / "mine", files[0], outcomes=files[1])
    params = tmp_path / "mine" / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(text.replace("    dates: {occurred_at: whole_day}\n", ""), encoding="utf-8")
    loaded = load(tmp_path / "mine")
    spine, labels = labelled_spine(loaded.project.tasks["conversion"], loaded.dataset)
    assert labels.left_out["closed"] == N // 3
    assert len(spine) + sum(labels.left_out.values()) == N


def test_a_lost_lead_with_a_reason_that_means_not_real_is_a_fake() -> None:
    assert set(unreal_reasons(["空号", "无效", "Spam", "test", "wrong number", "Price", "Test drive"])) == {
        "空号", "无效", "Spam", "test", "wrong number",
    }  # fmt: skip


def test_the_question_about_a_missing_outcome_can_be_answered_as_it_says(tmp_path: Path) -> None:
    rows = rows_of("Rejeitou", "Agendado", "Sem contato")
    file = write(tmp_path / "leads.csv", [*HEADER.rstrip(",").split(","), "Status"], rows)
    draft, _ = init_from_export(tmp_path / "mine", file)
    (question,) = [item for item in draft.questions if "says that a lead converted" in item.text]
    assert "target=Column(" in question.change
    model = tmp_path / "mine" / "models" / "conversion.py"
    text = re.sub(
        r"target=Won\(.*\)", 'target=Column(column="Status", positive=("Agendado",))', model.read_text()
    )
    model.write_text(text)
    assert load(tmp_path / "mine").project.specs["conversion"].target.column == "Status"  # type: ignore[union-attr]


@pytest.mark.parametrize(("share", "column"), [(3, "lead_id"), (30, "lead_id")])
def test_repeated_lead_ids_are_rejected_rows(tmp_path: Path, share: int, column: str) -> None:
    rows = [[f"L{k - (k % share == 1)}", day(k), "web", int(k % 4 == 0)] for k in range(N)]
    file = write(tmp_path / "leads.csv", ["lead_id", "created_at", "source", "converted"], rows)
    draft, _ = init_from_export(tmp_path / "mine", file)
    report = load(tmp_path / "mine").intake.tables["leads"]
    repeated = sum(k % share == 1 for k in range(N))
    assert (report.rows_in, report.used) == (N, N - repeated)
    assert any("repeat the ID of an earlier row" in q.text for q in draft.questions)


def test_ids_that_repeat_in_most_rows_are_no_lead_ids_and_the_rows_are_numbered(tmp_path: Path) -> None:
    rows = [[f"L{k // 4}", day(k), "web", int(k % 4 == 0)] for k in range(N)]
    file = write(tmp_path / "leads.csv", ["lead_id", "created_at", "source", "converted"], rows)
    init_from_export(tmp_path / "mine", file)
    assert load(tmp_path / "mine").intake.tables["leads"].used == N
