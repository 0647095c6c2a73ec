"""Merging on the command line: pairs of a file, single decisions, the log, and a person."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small import write_project

WHO = ("--by", "Wang Li", "--why", "audited")
LEADS = """lead_id,created_at,source,name,email,phone,consent,country
L1,2026-01-01T00:00:00Z,web,Li Wei,li@acme.com,13800138000,yes,CN
L2,2026-01-05T00:00:00Z,fair,Li,li.wei@acme.com,+8613805712233,no,CN
L3,2026-01-09T00:00:00Z,web,王伟,,,yes,US
L4,2026-01-10T00:00:00Z,web,Ann,ann@acme.com,,yes,US
"""
EVENTS = """lead_id,occurred_at,type
L1,2026-01-02T00:00:00Z,page_view
L2,2026-01-06T00:00:00Z,call_connected
L4,2026-01-11T00:00:00Z,page_view
"""
OUTCOMES = """lead_id,occurred_at,stage
L1,2026-01-03T00:00:00Z,lost
L2,2026-01-08T00:00:00Z,sql
"""


@pytest.fixture
def crm(tmp_path: Path) -> Path:
    root = tmp_path / "crm"
    write_project(
        root, data={name: {"path": f"{name}.csv"} for name in ("leads", "events", "outcomes")}, known_at={}
    )
    for name, text in (("leads", LEADS), ("events", EVENTS), ("outcomes", OUTCOMES)):
        (root / f"{name}.csv").write_text(text, encoding="utf-8")
    return root


def pairs(crm: Path, *rows: tuple[str, ...], heads: tuple[str, ...] = ("lead_id_a", "lead_id_b")) -> Path:
    path = crm.parent / "pairs.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([heads, *rows])
    return path


def test_pairs_of_a_file_are_merged_once(crm: Path, run: Any, json_of: Callable[..., Any]) -> None:
    heads = ("lead_id_a", "lead_id_b", "probability", "evidence", "band", "decided_by", "more")
    rows = [
        ("L2", "L1", "0.98", "same company", "same", "Zhao", "x"),
        ("L1", "L3", ".6", "name", "ask", "", ""),
        ("L4", "L9", "", "", "same", "", ""),
    ]
    path = pairs(crm, *rows, heads=heads)
    found = json_of("merge", "apply", path, "-C", crm, *WHO)
    assert (found["rows"], found["leads"], found["people"]) == (2, 2, 1)
    (entry,) = found["entries"]
    assert (entry["by"], entry["why"]) == ("Zhao", "audited")
    assert entry["decision"] == {
        "kind": "merge",
        "a": "L2",
        "b": "L1",
        "probability": 0.98,
        "evidence": "same company",
    }
    assert [(row["line"], row["cause"]) for row in found["skipped"]] == [(4, "no_lead")]
    again = run("merge", "apply", path, "-C", crm, *WHO)
    assert again.exit_code == 0
    assert "0 pairs merged, of 2 in the file." in again.stdout
    assert "1 pair was merged already." in again.stdout
    assert "no such lead: L9" in again.stdout
    assert "2 leads are now 1 person." in again.stdout
    assert "1 对此前已合并。" in run("merge", "apply", path, "-C", crm, *WHO, "--lang", "zh").stdout


@pytest.mark.parametrize(
    ("heads", "row", "said"),
    [
        (("a", "b"), ("L1", "L2"), "there is no column lead_id_a"),
        (("lead_id_a", "lead_id_b"), ("L1", ""), "row 2: a lead id is missing"),
        (("lead_id_a", "lead_id_b"), ("L1", "L1"), "row 2: a lead is paired with itself: got 'L1, L1'"),
        (
            ("lead_id_a", "lead_id_b", "probability"),
            ("L1", "L2", "97%"),
            "row 2: probability is not a probability: got '97%'",
        ),
        (("lead_id_a", "lead_id_b", "probability"), ("L1", "L2", "1.5"), "a number from 0 to 1"),
        (("lead_id_a", "lead_id_b"), ("X1", "X2"), "no row names two leads of the project: got 'X1'"),
    ],
)
def test_a_wrong_file_is_one_clear_error_and_merges_nothing(
    crm: Path, run: Any, heads: tuple[str, ...], row: tuple[str, ...], said: str
) -> None:
    done = run("merge", "apply", pairs(crm, row, heads=heads), "-C", crm, *WHO)
    assert done.exit_code == 1
    assert said in " ".join(done.stderr.split())
    assert run("merge", "log", "-C", crm).stdout.strip() == "The log has no entries."


def test_a_file_without_who_or_why_is_refused(crm: Path, run: Any) -> None:
    path = pairs(crm, ("L1", "L2"))
    assert (
        "rows do not say who decided; expected the column decided_by, or --by"
        in run("merge", "apply", path, "-C", crm).stderr
    )
    assert (
        "rows do not say why; expected the column why, or --why"
        in run("merge", "apply", path, "-C", crm, "--by", "x").stderr
    )
    assert "no such file" in run("merge", "apply", crm / "nothing.csv", "-C", crm, *WHO).stderr


def test_decisions_are_undone_and_kept_apart_leads_stay_apart(
    crm: Path, run: Any, json_of: Callable[..., Any]
) -> None:
    assert run("merge", "pair", "L1", "L2", "-C", crm, *WHO).stdout == "Entry 1: L1 and L2 are one person.\n"
    refused = run("merge", "apart", "L2", "L1", "-C", crm, *WHO)
    assert refused.exit_code == 1
    assert "L2 and L1 are one person: L2 = L1 (entry 1)" in refused.stderr
    assert run("merge", "undo", 1, "-C", crm, *WHO).stdout == "Entry 2: undo entry 1.\n"
    assert "entry 1 was undone already" in run("merge", "undo", 1, "-C", crm, *WHO).stderr
    path = pairs(crm, ("L1", "L2"))
    assert [row["cause"] for row in json_of("merge", "apply", path, "-C", crm, *WHO)["skipped"]] == ["undone"]
    assert run("merge", "apart", "L1", "L2", "-C", crm, *WHO).exit_code == 0
    assert "they are kept apart already" in run("merge", "apart", "L2", "L1", "-C", crm, *WHO).stderr
    again = run("merge", "apply", path, "-C", crm, *WHO, "--again")
    assert "1 pair would join leads that are kept apart." in again.stdout
    assert "entry 3 keeps L1 and L2 apart" in run("merge", "pair", "L1", "L2", "-C", crm, *WHO).stderr
    found = json_of("merge", "log", "-C", crm)
    assert ([entry["number"] for entry in found["entries"]], found["undone"]) == ([1, 2, 3], {"1": 2})
    assert "undone by 2" in run("merge", "log", "-C", crm).stdout
    assert "已由第 2 条撤销" in run("merge", "log", "-C", crm, "--lang", "zh").stdout


@pytest.mark.parametrize(
    "call", [("pair", "L1", "L9"), ("apart", "L9", "L1"), ("pin", "L9", "name", "x"), ("show", "L9")]
)
def test_a_lead_that_is_not_there_is_said(crm: Path, run: Any, call: tuple[str, ...]) -> None:
    done = run("merge", *call, "-C", crm, *(() if call[0] == "show" else WHO))
    assert done.exit_code == 1
    assert "no such lead: got 'L9'" in done.stderr


@pytest.mark.parametrize(
    "call", [("pair", "L1", "L2"), ("apart", "L1", "L2"), ("pin", "L1", "name", "x"), ("undo", "1")]
)
def test_every_change_needs_who_and_why(crm: Path, run: Any, call: tuple[str, ...]) -> None:
    assert run("merge", *call, "-C", crm, "--by", "x").exit_code == 2
    assert run("merge", *call, "-C", crm, "--why", "x").exit_code == 2
    assert run("merge", *call, "-C", crm, "--by", " ", "--why", "x").exit_code == 1


def test_a_person_is_shown_with_the_origin_of_every_value(
    crm: Path, run: Any, json_of: Callable[..., Any]
) -> None:
    run("merge", "pair", "L2", "L1", "-C", crm, *WHO)
    found = json_of("merge", "show", "L2", "-C", crm)
    assert (found["person"], found["members"]) == ("L1", ["L1", "L2"])
    golden = {name: (item["value"], item["origin"], item["rule"]) for name, item in found["golden"].items()}
    assert golden["phone"] == ("+8613805712233", "L2", "newest")
    assert golden["source"] == ("web", "L1", "oldest")
    assert golden["consent"] == ("no", "L2", "most_restrictive")
    assert [(row["lead_id"], row["what"]) for row in found["events"]] == [
        ("L1", "page_view"),
        ("L2", "call_connected"),
    ]
    assert [(row["lead_id"], row["what"]) for row in found["outcomes"]] == [("L1", "lost"), ("L2", "sql")]
    early = json_of("merge", "show", "L2", "-C", crm, "--as-of", "2026-01-05T00:00:00Z")
    assert (early["members"], early["golden"]["phone"]["value"], len(early["events"])) == (
        ["L1"],
        "13800138000",
        1,
    )
    assert (
        "did not exist yet" in run("merge", "show", "L2", "-C", crm, "--as-of", "2025-01-05T00:00:00Z").stderr
    )
    text = run("merge", "show", "L1", "-C", crm).stdout
    assert "Person L1: 2 leads" in text
    assert "most restrictive" in text
    assert "客户 L1：2 条线索" in run("merge", "show", "L1", "-C", crm, "--lang", "zh").stdout


def test_a_pinned_value_wins_until_it_is_undone(crm: Path, run: Any, json_of: Callable[..., Any]) -> None:
    run("merge", "pair", "L2", "L1", "-C", crm, *WHO)
    assert (
        run("merge", "pin", "L2", "country", "DE", "-C", crm, *WHO).stdout
        == "Entry 2: country of L2 is DE.\n"
    )
    assert (
        run("merge", "pin", "L1", "phone", "", "-C", crm, *WHO).stdout == "Entry 3: phone of L1 is empty.\n"
    )
    assert (
        "there is no such field: got 'shoe_size'"
        in run("merge", "pin", "L1", "shoe_size", "9", "-C", crm, *WHO).stderr
    )
    golden = json_of("merge", "show", "L1", "-C", crm)["golden"]
    assert (golden["country"]["value"], golden["country"]["origin"]) == ("DE", "#2")
    assert "phone" not in golden
    for number in (2, 3):
        run("merge", "undo", number, "-C", crm, *WHO)
    golden = json_of("merge", "show", "L1", "-C", crm)["golden"]
    assert (golden["country"]["value"], golden["phone"]["value"]) == ("CN", "+8613805712233")


def test_check_counts_people_and_a_damaged_log_stops_every_reading(crm: Path, run: Any) -> None:
    run("merge", "pair", "L2", "L1", "-C", crm, *WHO)
    assert "2 leads are one person by the merge log" in " ".join(run("check", "-C", crm).stdout.split())
    path = crm / "merges" / "log.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("L2", "L3"), encoding="utf-8")
    for command in (("check",), ("merge", "log", "--verify"), ("merge", "show", "L1"), ("train",)):
        done = run(*command, "-C", crm)
        assert done.exit_code == 1
        assert "the chain of hashes breaks here" in " ".join(done.stderr.split())


def test_a_last_line_that_was_never_finished_is_said_and_removed_by_the_next_change(
    crm: Path, run: Any, json_of: Callable[..., Any]
) -> None:
    run("merge", "pair", "L2", "L1", "-C", crm, *WHO)
    with (crm / "merges" / "log.jsonl").open("ab") as file:
        file.write(b'{"number":2,')
    done = run("merge", "log", "--verify", "-C", crm)
    assert done.exit_code == 0
    assert "it is not an entry, and the next change removes it" in " ".join(done.stderr.split())
    run("merge", "pair", "L3", "L4", "-C", crm, *WHO)
    found = json_of("merge", "log", "--verify", "-C", crm)
    assert (found["valid"], found["count"], found["notes"]) == (True, 2, [])


def test_a_rule_about_a_column_that_the_leads_do_not_have_is_said(crm: Path, run: Any) -> None:
    path = crm / "params.yaml"
    path.write_text(
        path.read_text(encoding="utf-8") + "\nmerge: {fields: {fone: newest}}\n", encoding="utf-8"
    )
    done = run("check", "-C", crm)
    assert done.exit_code == 1
    assert "merge.fields.fone names a column that the leads do not have: got 'fone'" in " ".join(
        done.stderr.split()
    )


@pytest.mark.parametrize("name", ["apply", "pair", "apart", "pin", "undo", "log", "show"])
def test_every_help_has_an_example(run: Any, name: str) -> None:
    text = " ".join(run("merge", name, "--help").stdout.split())
    assert f"Example: lead-ml merge {name}" in text
    assert "--json" in text


def test_the_log_on_disk_is_json_lines(crm: Path, run: Any) -> None:
    run("merge", "pair", "L2", "L1", "-C", crm, *WHO)
    lines = (crm / "merges" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["number"] for line in lines] == [1]
