"""score, explain, thresholds, serve, promote, rollback, report over a trained project."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest
from seals import resealed

from lead_ml.registry.runs import open_run, save_record
from lead_ml.scoring import served_version


def test_score_prints_the_best_leads_first(json_of: Any, shared: Path) -> None:
    answers = json_of("score", "-C", shared, "--top", 7)
    chances = [answer["probability"] for answer in answers]
    assert len(answers) == 7
    assert chances == sorted(chances, reverse=True)


def test_score_shows_reasons_on_a_narrow_terminal(
    run: Any, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = run("score", "-C", shared, "--top", 2)
    assert done.exit_code == 0, done.stderr
    assert "Top 2 of" in done.stdout
    assert "grade" in done.stdout
    assert "\n  + " in done.stdout


def test_score_writes_a_file_that_holds_every_open_lead(run: Any, shared: Path, tmp_path: Path) -> None:
    target = tmp_path / "scores.csv"
    done = run("score", "-C", shared, "--output", target)
    assert done.exit_code == 0, done.stderr
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    worklist = (shared / "runs" / "worklist.jsonl").read_bytes().splitlines()
    assert len(rows) == len(worklist)
    assert all(0 < float(row["probability"]) < 1 for row in rows)


def test_the_file_for_sales_names_the_lead_and_gives_each_reason_with_its_points(
    run: Any, shared: Path, tmp_path: Path
) -> None:
    target = tmp_path / "leads.csv"
    link = "https://crm.example.com/leads/{lead_id}"
    refused = run("score", "-C", shared, "-o", target, "--link", "crm.example.com/leads")
    assert refused.exit_code == 1
    assert "expected an address such as" in " ".join(refused.output.replace("│", " ").split())
    assert not target.exists()
    assert run("score", "-C", shared, "-o", target, "--lang", "zh", "--link", link).exit_code == 0
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    first = rows[0]
    assert list(first)[:5] == ["lead_id", "name", "company", "owner", "link"][: len(list(first)[:5])]
    assert first["link"] == f"https://crm.example.com/leads/{first['lead_id']}"
    points = [abs(float(first[f"points_{k}"])) for k in range(1, 7) if first[f"points_{k}"]]
    assert points == sorted(points, reverse=True)
    assert re.search(r"[\u4e00-\u9fff]", first["reason_1"])
    ranked = [row for row in rows if row["state"] == "open"]
    assert {row["state"] for row in rows[len(ranked) :]} == {"stale"}
    probabilities = [float(row["probability"]) for row in ranked]
    assert probabilities == sorted(probabilities, reverse=True)


def test_versions_lists_every_version_and_marks_the_one_that_serves(
    run: Any, json_of: Any, shared: Path
) -> None:
    found = json_of("versions", "-C", shared)
    assert [item["serves"] for item in found].count(True) == 1
    assert found[0]["roc_auc"] is not None
    shown = run("versions", "-C", shared)
    assert found[0]["version"][:8] in shown.stdout.replace("\n", "")
    empty = run("versions", "-C", shared.parent / "nothing")
    assert empty.exit_code in (0, 2)


@pytest.mark.parametrize(
    ("name", "said"), [("scores.xlsx", ".csv or .parquet"), ("no/scores.csv", "no such folder")]
)
def test_score_refuses_an_output_before_it_works(
    run: Any, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.setattr("lead_ml.workflows.score.score_project", None)  # is not reached
    done = run("score", "-C", shared, "--output", tmp_path / name)
    assert done.exit_code == 1
    assert said in done.stderr


def test_explain_adds_up_to_the_probability(json_of: Any, shared: Path) -> None:
    lead = json_of("score", "-C", shared, "--top", 1)[0]
    answer = json_of("explain", lead["lead_id"], "-C", shared)
    reasons = answer["reasons"]
    total = answer["base"] + reasons["other"]
    total += sum(reason["contribution"] for reason in (*reasons["for"], *reasons["against"]))
    assert total == pytest.approx(math.log(answer["probability"] / (1 - answer["probability"])), abs=1e-9)
    assert answer["probability"] == lead["probability"]


def test_explain_shows_what_a_reader_needs_and_all_shows_every_reason_and_feature(
    run: Any, json_of: Any, shared: Path
) -> None:
    lead_id = _some_lead(shared)
    short, full = (json_of("explain", lead_id, "-C", shared, *more)["reasons"] for more in ([], ["--all"]))
    for side in ("for", "against"):
        assert short[side] == full[side][: len(short[side])]
    assert len(full["for"]) + len(full["against"]) > len(short["for"]) + len(short["against"])
    texts = [m["text"] for side in ("for", "against") for r in full[side] for m in r["members"]]
    said = " ".join(run("explain", lead_id, "-C", shared, "--all", "--lang", "en").stdout.split())
    assert texts
    assert texts[0].split(";")[0] in said


def test_explain_speaks_chinese(run: Any, shared: Path) -> None:
    lead_id = _some_lead(shared)
    done = run("explain", lead_id, "-C", shared, "--lang", "zh")
    assert done.exit_code == 0, done.stderr
    assert "加分项" in done.stdout
    assert lead_id in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody"], "no such lead"),
        (["{lead}", "--as-of", "soon"], "as-of"),
        (["{lead}", "--as-of", "1999-01-01T00:00:00Z"], "did not exist yet"),
        (["{lead}", "--version", "zzz"], "no such version"),
    ],
)
def test_explain_says_what_it_cannot_find(run: Any, shared: Path, arguments: list[str], said: str) -> None:
    done = run("explain", *(part.format(lead=_some_lead(shared)) for part in arguments), "-C", shared)
    assert done.exit_code == 1
    assert said in done.stderr


def test_thresholds_show_every_method_and_the_lines_in_force(run: Any, shared: Path) -> None:
    done = run("thresholds", "-C", shared)
    assert done.exit_code == 0, done.stderr
    assert "In force" in done.stdout
    assert "capacity *" in done.stdout


def test_accepted_lines_are_kept_with_who_and_why(json_of: Any, project: Path) -> None:
    methods = [item["method"] for item in json_of("thresholds", "-C", project)["advice"]]
    done = json_of(
        "thresholds", "-C", project, "--accept", methods[0], "--by", "Wang Li", "--why", "two reps"
    )
    assert (done["thresholds"]["method"], done["thresholds"]["accepted_by"], done["thresholds"]["why"]) == (
        methods[0],
        "Wang Li",
        "two reps",
    )
    assert json_of("thresholds", "-C", project)["thresholds"] == done["thresholds"]


def test_serve_without_a_champion_says_what_to_run(run: Any, project: Path) -> None:
    (project / "runs" / "champion.json").unlink()
    done = run("serve", "-C", project)
    assert done.exit_code == 1
    assert "no version serves yet" in done.stderr
    assert "lead-ml promote" in done.stderr


def test_serve_on_a_taken_port_says_so(run: Any, shared: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("serve", "-C", shared, "--port", taken.getsockname()[1], "--no-auth")
    assert done.exit_code == 1
    assert "--port" in done.stderr


def test_promoting_what_serves_already_is_refused(run: Any, shared: Path) -> None:
    done = run("promote", "latest", "-C", shared)
    assert done.exit_code == 1
    assert "serves already" in done.stderr


def test_promotion_is_recorded_with_who_and_rollback_returns(json_of: Any, run: Any, project: Path) -> None:
    (project / "runs" / "champion.json").unlink()
    done = json_of("promote", "-C", project, "--by", "Wang Li", "--force", "a test")
    assert (done["action"], done["by"], done["forced"]) == ("promote", "Wang Li", "a test")
    first = done["version"]
    second = _another_version(project, first)
    assert json_of("promote", second, "-C", project, "--force", "another")["previous"] == first
    assert json_of("rollback", "-C", project)["version"] == first
    assert served_version(project / "runs").version == first
    refused = run("rollback", "-C", project, "--to", first)
    assert refused.exit_code == 1
    assert "serves already" in refused.stderr


def test_rollback_with_nothing_before_is_refused(run: Any, project: Path) -> None:
    done = run("rollback", "-C", project)
    assert done.exit_code == 1
    assert done.stderr.startswith("error ")


def test_report_writes_one_page(run: Any, shared: Path, tmp_path: Path) -> None:
    done = run("report", "-C", shared, "--output", tmp_path / "report.html")
    assert done.exit_code == 0, done.stderr
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "SYNTHETIC" in page.upper()
    assert "report.html" in done.stdout.replace("\n", "")


def test_report_as_json_names_the_version(json_of: Any, shared: Path) -> None:
    assert open_run(shared / "runs").record.version in json.dumps(json_of("report", "-C", shared))


def test_recorded_figures_are_shown_without_training(run: Any, json_of: Any, shared: Path) -> None:
    figures = json_of("evaluate", "-C", shared, "--version", "latest")
    assert set(figures) == {"conversion", "fake"}
    done = run("evaluate", "-C", shared, "--version", "latest")
    assert figures["conversion"]["headline"][:40] in done.stdout


@pytest.mark.parametrize("columns", [80, 120])
def test_no_figure_is_wrapped(
    run: Any, json_of: Any, shared: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    figures = json_of("evaluate", "-C", shared, "--version", "latest")
    advice = json_of("thresholds", "-C", shared)["advice"]
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = _tables(run("evaluate", "-C", shared, "--version", "latest").stdout)
    assert [len(rows) for rows in shown] == [
        len(figures[target]["candidates"]) for target in figures for _ in ("probabilities", "ranking")
    ]
    assert shown[1][0].count("(") == (4 if columns == 120 else 2)  # every interval where there is room
    (lines,) = _tables(run("thresholds", "-C", shared).stdout)
    assert len(lines) == 2 * len(advice)


def _tables(shown: str) -> list[list[str]]:
    """Return the rows of every table: the lines between the rule under its heading and the next empty line."""
    found = []
    for block in shown.split("\n\n"):
        lines = block.strip("\n").splitlines()
        rules = [k for k, line in enumerate(lines) if line and not line.strip("─")]
        if rules:
            found.append(lines[rules[0] + 1 :])
    return found


def _some_lead(root: Path) -> str:
    first = (root / "runs" / "worklist.jsonl").read_bytes().splitlines()[0]
    return str(json.loads(first)["answer"]["lead_id"])


def _another_version(root: Path, version: str) -> str:
    """Seal the same scorer once more with another card, as a second training would leave it."""
    runs = root / "runs"
    draft = shutil.copytree(runs / version, runs / "draft")
    (draft / "bundle" / "card.json").write_text('{"project": "demo", "targets": {}}')
    other = resealed(draft / "bundle").version
    folder = draft.rename(runs / other)
    save_record(folder, msgspec.structs.replace(open_run(runs, version).record, version=other))
    return other
