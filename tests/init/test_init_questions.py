"""What cannot be decided is asked with a guess; what cannot be read at all stops with a question a person can answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from ugly import write

from lead_ml.errors import InputError
from lead_ml.init import Draft, draft_project
from lead_ml.workflows.init import init_from_export
from lead_ml.workflows.load import load
from lead_ml.workflows.train import train

Make = Callable[..., Draft]
RNG = np.random.default_rng(0)
N = 200
WON = (RNG.random(N) < 0.3).tolist()


def days(form: str = "{y}-{m:02d}-{d:02d}", most: int = 28) -> list[str]:
    return [form.format(y=2024, m=1 + k // 25 % 12, d=1 + k % most) for k in range(N)]


def asked(draft: Draft, words: str) -> str:
    """Return the guess of the question that holds some words."""
    found = [question.guess for question in draft.questions if words in question.text]
    assert len(found) == 1, [question.text for question in draft.questions]
    return found[0]


def params_of(draft: Draft) -> dict[str, Any]:
    return yaml.safe_load(draft.files["params.yaml"])


@pytest.mark.parametrize(
    ("form", "most", "spelling", "doubt"),
    [
        ("{d:02d}/{m:02d}/{y}", 28, "day_first", False),
        ("{m:02d}/{d:02d}/{y}", 28, "month_first", False),
        ("{d:02d}/{m:02d}/{y}", 12, "day_first", True),
        ("{m:02d}/{d:02d}/{y} 9:30 AM", 12, "month_first", True),
    ],
)
def test_the_order_of_day_and_month_is_decided_by_the_whole_column(
    draft_of: Make, form: str, most: int, spelling: str, doubt: bool
) -> None:
    rows = [
        [f"L{k}", day, "web", int(won)]
        for k, (day, won) in enumerate(zip(days(form, most), WON, strict=True))
    ]
    draft = draft_of("lead id,created,source,converted", rows)
    assert params_of(draft)["data"]["leads"]["dates"] == {"created_at": spelling}
    assert any("day or the month" in question.text for question in draft.questions) == doubt


def test_without_an_id_the_rows_are_numbered(draft_of: Make) -> None:
    draft = draft_of(
        "age,job,y", [[30 + k % 9, "clerk", "yes" if won else "no"] for k, won in enumerate(WON)]
    )
    assert params_of(draft)["data"]["leads"]["number_rows"] is True
    assert asked(draft, "names the lead").startswith("none, so the rows are numbered")


def test_empty_cells_beside_yes_are_asked_about_and_mean_no(draft_of: Make) -> None:
    rows = [[f"L{k}", "web", "是" if won else ""] for k, won in enumerate(WON)]
    draft = draft_of("线索编号,来源,是否成交", rows)
    assert asked(draft, "nothing mean no") == "yes"
    assert params_of(draft)["data"]["leads"]["defaults"] == {"是否成交": "no"}
    assert (draft.figures.converted, draft.figures.leads) == (sum(WON), N)


def test_two_values_of_which_neither_says_yes_are_asked_about(draft_of: Make) -> None:
    rows = [[f"L{k}", "A" if won else "B"] for k, won in enumerate(WON)]
    draft = draft_of("lead id,converted", rows)
    assert asked(draft, "converted").startswith("`A` in `converted`")


def test_a_status_that_reaches_won_is_the_target_and_is_never_declared(draft_of: Make) -> None:
    rows = [
        [f"L{k}", day, ["web", "fair"][k % 2], "Converted" if won else "New"]
        for k, (day, won) in enumerate(zip(days(), WON, strict=True))
    ]
    draft = draft_of("Lead ID,Created,Source,Lead Status", rows)
    assert draft.target == "Lead Status is Converted"
    assert "count as not converted" in next(q.text for q in draft.questions if "converted" in q.text)
    assert not any("Lead Status" in text for name, text in draft.files.items() if name.startswith("features"))


def test_no_outcome_at_all_leads_to_a_scorecard(tmp_path: Path) -> None:
    leads = write(
        tmp_path / "leads.csv", ["id", "created", "source"], [[k, day, "web"] for k, day in enumerate(days())]
    )
    draft, _ = init_from_export(tmp_path / "mine", leads)
    assert asked(draft, "says that a lead converted").startswith("none does")
    loaded = load(tmp_path / "mine")
    assert train(loaded.project, loaded.dataset).record.candidates == {"conversion": "scorecard"}


def test_a_file_of_unknown_columns_still_trains_and_says_what_is_missing(tmp_path: Path) -> None:
    rows = [[f"L{k}", k % 7, "abc"[k % 3], int(won)] for k, won in enumerate(WON)]
    draft, _ = init_from_export(
        tmp_path / "mine", write(tmp_path / "x.csv", ["id", "x1", "x2", "converted"], rows)
    )
    assert any("nothing but its age" in note for note in draft.notes)
    loaded = load(tmp_path / "mine")
    run = train(loaded.project, loaded.dataset, candidates=("scorecard", "logistic"))
    assert set(run.record.left_out_features) == {"x1", "x2"}


def test_a_role_by_name_that_its_values_deny_is_no_role(draft_of: Make) -> None:
    draft = draft_of(
        "id,campaign,email,converted", [[k, k % 5, "opted in", int(won)] for k, won in enumerate(WON)]
    )
    params = params_of(draft)
    assert params["known_at"] == {"campaign": "current", "email_column": "current"}
    assert params["data"]["leads"]["columns"]["email_column"] == "email"


def test_a_column_named_like_a_role_that_another_column_plays_is_renamed(tmp_path: Path) -> None:
    rows = [
        [k, day, f"Person {k}", f"Deal {k}", int(won)]
        for k, (day, won) in enumerate(zip(days(), WON, strict=True))
    ]
    leads = write(tmp_path / "leads.csv", ["id", "create_date", "contact_name", "name", "won"], rows)
    draft, _ = init_from_export(tmp_path / "mine", leads)
    params = params_of(draft)
    assert params["data"]["leads"]["columns"]["name"] == "contact_name"
    assert params["data"]["leads"]["columns"]["name_column"] == "name"
    assert params["known_at"] == {"name_column": "current"}
    columns = {item.name: item.known_at for item in load(tmp_path / "mine").intake.columns}
    assert columns["name"] == "creation"


def test_events_are_looked_at_again_although_no_stage_says_won_yet(tmp_path: Path) -> None:
    ids = [f"L{k}" for k in range(N)]
    leads = write(
        tmp_path / "leads.csv", ["id", "created"], [list(pair) for pair in zip(ids, days(), strict=True)]
    )
    events = write(
        tmp_path / "events.csv", ["id", "time", "type"], [[one, "2024-12-01", "visit"] for one in ids]
    )
    stages = write(
        tmp_path / "stages.csv",
        ["id", "date", "stage"],
        [[one, "2024-12-02", "phase two"] for one in ids[::3]],
    )
    draft = draft_project(tmp_path / "mine", leads, events, stages)
    params = params_of(draft)
    assert params["snapshots"]["ages_days"] == [1, 3, 7, 14, 30]
    assert params["conversion"]["horizon_days"] == 30
    assert draft.horizon_days == 30
    assert draft.horizon.endswith("No win is dated before the test window, so 30 days is only a guess.")
    comments = " ".join(draft.files["params.yaml"].replace("#", " ").split())
    assert "No win is dated before the test window, so 30 days is only a guess." in comments


def test_plain_traits_are_asked_about_and_may_be_used(draft_of: Make) -> None:
    rows = [[k, 20 + k % 40, ["/a", "/b"][k % 2], int(won)] for k, won in enumerate(WON)]
    draft = draft_of("id,Age,Landing Page,Converted", rows)
    assert params_of(draft)["known_at"] == {"Age": "creation", "Landing Page": "creation"}
    assert asked(draft, "`Age`, `Landing Page`").startswith("yes")


def test_a_date_among_several_is_asked_about(draft_of: Make) -> None:
    rows = [[k, day, day, int(won)] for k, (day, won) in enumerate(zip(days(), WON, strict=True))]
    draft = draft_of("id,date,birthday,converted", rows)
    assert asked(draft, "when the lead was created") == "`date`; other columns with dates: `birthday`"


def test_five_digits_are_days_of_excel_only_under_the_name_of_a_date(draft_of: Make) -> None:
    rows = [[k, 45000 + k, 45000 + k, int(won)] for k, won in enumerate(WON)]
    columns = {
        item.column: (item.kind, item.date_format)
        for item in draft_of("id,create date,income,converted", rows).columns
    }
    assert columns["create date"] == ("date", "excel")
    assert columns["income"][0] != "date"


def test_wins_that_begin_late_are_asked_about(tmp_path: Path) -> None:
    ids = [f"L{k}" for k in range(600)]
    created = [f"2024-{1 + k // 50:02d}-{1 + k % 28:02d}" for k in range(600)]
    leads = write(
        tmp_path / "leads.csv",
        ["id", "created", "source"],
        [[i, c, "web"] for i, c in zip(ids, created, strict=True)],
    )
    deals = [[ids[k], f"{created[k]} 18:00"] for k in range(300, 600, 3)]
    draft = draft_project(
        tmp_path / "mine", leads, outcomes=write(tmp_path / "deals.csv", ["lead", "won date"], deals)
    )
    assert asked(draft, "No win is recorded before 2024-07-01").startswith("yes, so older leads are left out")
    assert params_of(draft)["data"]["since"] == "2024-07-01"
    assert asked(draft, "no column of stages").startswith("yes, on `won date`")
    assert draft.figures.leads == 300


def test_a_table_that_shares_no_ids_stops_with_a_question(tmp_path: Path) -> None:
    leads = write(tmp_path / "leads.csv", ["id", "created"], [[f"L{k}", day] for k, day in enumerate(days())])
    events = write(tmp_path / "events.csv", ["who", "time", "type"], [["X1", "2024-05-06", "visit"]] * 30)
    with pytest.raises(InputError, match="no column of the events shares its values"):
        draft_project(tmp_path / "mine", leads, events)


def test_outcomes_without_a_time_of_creation_stop_with_a_question(tmp_path: Path) -> None:
    leads = write(tmp_path / "leads.csv", ["id", "source"], [[f"L{k}", "web"] for k in range(N)])
    deals = write(tmp_path / "deals.csv", ["id", "won date"], [[f"L{k}", "2024-05-06"] for k in range(20)])
    with pytest.raises(InputError, match="no column says when a lead was created"):
        draft_project(tmp_path / "mine", leads, outcomes=deals)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04" + b"x" * 50, "zip archive"),
        (b"", "empty"),
        (b"id,created\n", "header and no rows"),
        (b"id,a,a\n1,2,3\n", "more than once"),
    ],
)
def test_what_is_no_table_stops_with_what_to_do(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "leads.csv").write_bytes(content)
    with pytest.raises(InputError, match=said):
        draft_project(tmp_path / "mine", tmp_path / "leads.csv")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    leads = write(tmp_path / "leads.csv", ["id", "converted"], [[1, 0], [2, 1]])
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(InputError, match="not empty"):
        init_from_export(tmp_path, leads)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_small_numbers_in_another_table_are_not_taken_for_ids(tmp_path: Path) -> None:
    leads = write(tmp_path / "leads.csv", ["id", "created"], [[k, day] for k, day in enumerate(days())])
    events = [[k % 5, k, "2024-12-20", "visit"] for k in range(N)] + [[1, 9_999, "2024-12-21", "visit"]]
    draft = draft_project(
        tmp_path / "mine", leads, write(tmp_path / "events.csv", ["score", "lead", "time", "type"], events)
    )
    assert params_of(draft)["data"]["events"]["columns"]["lead_id"] == "lead"


def test_headers_with_quotes_and_colons_are_written_down_safely(draft_of: Make) -> None:
    rows = [[k, ['say "x"', "\\"][k % 2], "yes" if won else "no"] for k, won in enumerate(WON)]
    draft = draft_of('id,lead "source": #1,converted', rows)
    assert "lead_source_1" in draft.files["features/others.py"]
    assert params_of(draft)["known_at"] == {'lead "source": #1': "current"}
