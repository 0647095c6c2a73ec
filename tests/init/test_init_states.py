"""What init says in each state of the data is true there: a table of states, sentences that must be said, and those that must not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner
from ugly import write

from lead_ml.cli.app import app
from lead_ml.init import Draft, draft_project
from lead_ml.language import catalog
from lead_ml.project.load import load_project
from lead_ml.project.targets import Column

N, LONG, SHORT = 400, 400, 120


def day(k: float) -> str:
    return str(np.datetime64("2024-01-01") + int(k))


def export(folder: Path, *, won: range | list[int], after: int = 5, days: int = LONG, created: bool = True,
           dated: bool = True, words: tuple[str, str] = ("yes", "no")) -> dict[str, Path]:  # fmt: skip
    """One lead every days / N days, of which those in `won` are won `after` so many days, if within the data."""
    places, wins = np.arange(N) * days // N, set(won)
    last = ["Won Date"] if dated else ["Converted"]
    header = ["Lead ID", *(["Created"] if created else []), "Lead Source", *last]
    rows = []
    for k, place in enumerate(places):
        end = place + after
        hit = k in wins and end < days
        answer = (day(end) if hit else "") if dated else words[0] if k in wins else words[1]
        rows.append([f"L{k}", *([day(place)] if created else []), ("web", "fair")[k % 2], answer])
    return {"leads": write(folder / "leads.csv", header, rows)}


def untold(folder: Path) -> dict[str, Path]:
    """Nothing says who converted."""
    rows = [
        [f"L{k}", day(k), ("web", "fair")[k % 2], ("Agendado", "Em espera", "Novo")[k % 3]] for k in range(N)
    ]
    return {"leads": write(folder / "leads.csv", ["Lead ID", "Created", "Lead Source", "Situation"], rows)}


def strange_stages(folder: Path) -> dict[str, Path]:
    """A table of outcomes none of which says won."""
    found = export(folder, won=[])
    rows = [[f"L{k}", day(k + 2), ("phase two", "phase three")[k % 2]] for k in range(0, N, 3)]
    return {**found, "outcomes": write(folder / "deals.csv", ["Lead ID", "Date", "Stage"], rows)}


FROM_WINS, GUESS, CUT = "half of them within", "is only a guess", "would include 90%"
NO_DATE, MISSED = "No win has a date in your data", "of the wins. Is that the question to answer?"
EVERY_THIRD = list(range(0, N, 3))
# By state: how the files are made, the target, the horizon, what is said on the terminal and in params.yaml, and what never.
STATES: dict[str, tuple[Callable[[Path], dict[str, Path]], str, int | None, set[str], set[str]]] = {
    "no outcome": (untold, "", 30, {GUESS, "No file says which leads converted", "none does"}, {FROM_WINS, NO_DATE, "0 of 400 leads converted", CUT}),
    "dated wins": (lambda f: export(f, won=EVERY_THIRD), "won on the date in Won Date", 5, {FROM_WINS, "includes 100% of the wins"}, {GUESS, NO_DATE, CUT, MISSED}),
    "3 wins": (lambda f: export(f, won=[5, 90, 180]), "won on the date in Won Date", 5, {FROM_WINS, "3 of 400 leads converted"}, {GUESS, NO_DATE}),
    "0 wins": (strange_stages, "stage won in the outcomes table", 30, {GUESS, "means that a lead was won?", "0 of 400"}, {FROM_WINS, CUT, NO_DATE}),
    "wins only in the test window": (lambda f: export(f, won=range(340, N)), "won on the date in Won Date", 30, {GUESS}, {FROM_WINS, CUT, NO_DATE}),
    "wins older than any horizon": (lambda f: export(f, won=EVERY_THIRD, after=60, days=SHORT), "won on the date in Won Date", 21, {MISSED, "includes only 0%"}, {GUESS, NO_DATE}),
    "yes and no": (lambda f: export(f, won=EVERY_THIRD, dated=False), "Converted is yes", None, {NO_DATE, "134 of 400 leads converted"}, {FROM_WINS, GUESS, CUT, "Horizon:"}),
    "no dates": (lambda f: export(f, won=EVERY_THIRD, dated=False, created=False), "Converted is yes", None, {NO_DATE, "evaluated on random folds", "there are no dates to count leads per week"}, {FROM_WINS, GUESS, "Horizon:", "In which time zone", "method: capacity sql"}),
}  # fmt: skip


def said(draft: Draft, told: str) -> str:
    """Everything that a person reads: the terminal and the comments of params.yaml, each in one line."""
    return " ".join((told + draft.files["params.yaml"].replace("#", " ")).split())


@pytest.mark.parametrize("state", STATES)
def test_every_sentence_of_init_holds_in_its_state(tmp_path: Path, state: str) -> None:
    make, target, horizon, present, absent = STATES[state]
    files = make(tmp_path)
    draft = draft_project(tmp_path / "mine", **files)
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    done = CliRunner().invoke(app, ["init", str(tmp_path / "mine"), *options])
    assert done.exit_code == 0, done.output
    told = said(draft, done.stdout)
    assert (draft.target, draft.horizon_days) == (target, horizon)
    for sentence in present:
        assert sentence in told
    for sentence in absent:
        assert sentence not in told
    assert "from how long wins took" not in told
    if horizon is not None:
        assert f"Horizon: {horizon} days." in told


@pytest.mark.parametrize("state", STATES)
def test_a_chinese_draft_says_nothing_in_english(tmp_path: Path, state: str) -> None:
    files = STATES[state][0](tmp_path)
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    done = CliRunner().invoke(app, ["init", str(tmp_path / "mine"), *options, "--lang", "zh"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    for word in ("Question", "Guess", "Change", "Notice", "Note", "Next", "Wrote", "Horizon", "Conversion", "understood", "distinct", "filled"):  # fmt: skip
        assert not any(word in line for line in lines), word
    assert any(line.startswith("转化：") for line in lines)
    assert "下一步：" in done.output


def test_the_answer_that_the_first_question_asks_for_loads_and_is_the_target(tmp_path: Path) -> None:
    """As a user pastes it: the target of the question, with the names filled in, into models/conversion.py."""
    files, root = untold(tmp_path), tmp_path / "mine"
    done = CliRunner().invoke(app, ["init", str(root), "--leads", str(files["leads"])])
    assert done.exit_code == 0, done.output
    change = catalog("en")("init.questions.no_outcome.change")
    assert " ".join(change.split()) in " ".join(done.output.split())
    answer = change.partition(": ")[2].partition(";")[0]
    pasted = answer.replace('column="..."', 'column="Situation"').replace('"..."', '"Agendado"')
    model = root / "models" / "conversion.py"
    lines = model.read_text("utf-8").splitlines()
    place = next(k for k, line in enumerate(lines) if line.strip().startswith("target="))
    lines[place] = f"    {pasted},"
    model.write_text("\n".join(lines), "utf-8")
    target = load_project(root).specs["conversion"].target
    assert target == Column(column="Situation", positive=("Agendado",))


@pytest.mark.slow
def test_what_a_status_says_of_the_outcome_is_never_a_feature_however_it_is_declared(tmp_path: Path) -> None:
    """The next steps of such a user: the status declared known at creation is refused by name."""
    files, root = untold(tmp_path), tmp_path / "mine"
    CliRunner().invoke(app, ["init", str(root), "--leads", str(files["leads"])])
    model, params = root / "models" / "conversion.py", root / "params.yaml"
    text = model.read_text("utf-8").replace(
        'Won(stages=("won",))', 'Column(column="Situation", positive=("Agendado",))'
    )
    model.write_text(text, "utf-8")
    params.write_text(params.read_text("utf-8").replace("Situation: current", "Situation: creation"), "utf-8")
    command = [sys.executable, "-m", "lead_ml", "train", "--project", str(root), "--no-track"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "reads Situation, which says how a lead ended" in " ".join(done.stderr.split())


def test_a_status_that_says_who_was_lost_closes_leads_before_one_that_only_says_who_won(
    draft_of: Callable[..., Draft],
) -> None:
    rows: list[list[Any]] = [
        [f"L{k}", day(k), ("web", "fair")[k % 2], ("lead", "customer")[k % 4 == 0], ("NEW", "UNQUALIFIED", "CONNECTED")[k % 3]]
        for k in range(N)
    ]  # fmt: skip
    draft = draft_of("Record ID,Create Date,Lead Source,Lifecycle Stage,Lead Status", rows)
    assert "UNQUALIFIED: lost" in draft.files["params.yaml"]


@pytest.mark.parametrize(
    ("status", "date"),
    [("已转换", "转换时间"), ("已转化", "转化时间"), ("已成交", "成交时间"), ("已签约", "签约日期"), ("Converted", "Converted Date")],
)  # fmt: skip
def test_a_chinese_crm_says_who_converted(draft_of: Callable[..., Draft], status: str, date: str) -> None:
    rows = [
        [f"L{k}", day(k), ("web", "fair")[k % 2], status if k % 4 == 0 else "跟进中", day(k + 3) if k % 4 == 0 else ""]
        for k in range(N)
    ]  # fmt: skip
    draft = draft_of(f"线索编号,创建时间,线索来源,线索状态,{date}", rows)
    assert date in draft.target
    assert draft.figures.converted == N // 4


def test_the_reason_says_who_is_not_real_where_the_status_also_holds_leads_that_do_not_fit(
    draft_of: Callable[..., Draft],
) -> None:
    rows: list[list[Any]] = []
    for k in range(N):
        invalid = k % 2 == 0
        reason = ("空号", "无需求", "竞争对手")[k // 2 % 3] if invalid else ""
        won = k % 10 == 1
        rows.append([f"L{k}", day(k), "官网", "无效" if invalid else "已转换" if won else "跟进中", reason, day(k + 3) if won else ""])  # fmt: skip
    draft = draft_of("线索编号,创建时间,线索来源,线索状态,无效原因,转换时间", rows)
    model = draft.files["models/fake.py"]
    assert "无效原因" in model
    assert "无需求" not in model.partition("positive=")[2].partition("negative=")[0]
