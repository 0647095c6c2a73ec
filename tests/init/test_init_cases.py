"""Exports that look harmless and once went wrong, each drawn here and taken from init to the step where it shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner
from ugly import write

from lead_ml.clean.numbers import as_number
from lead_ml.cli.app import app
from lead_ml.declare import Attribute
from lead_ml.project.load import load_project
from lead_ml.registry.runs import open_run
from lead_ml.workflows.init import init_from_export
from lead_ml.workflows.load import load

N = 200
HEADER = ["Lead ID", "Created", "Lead Source", "Converted"]


def rows_of(n: int = N) -> list[list[str]]:
    return [
        [f"L{k}", str(np.datetime64("2024-01-01") + k), ("web", "fair")[k % 2], ("no", "yes")[k % 5 == 0]]
        for k in range(n)
    ]


@pytest.mark.parametrize("tag", ["\\N", "NULL", "(null)", "#N/A"])
def test_a_null_of_a_database_is_no_source(tmp_path: Path, tag: str) -> None:
    rows = [[*row[:2], tag if k % 4 == 0 else row[2], row[3]] for k, row in enumerate(rows_of())]
    draft, _ = init_from_export(tmp_path / "mine", write(tmp_path / "leads.csv", HEADER, rows))
    source = load(tmp_path / "mine").dataset.leads.columns["source"]
    assert (source.codes >= 0).sum() == N - N // 4
    assert tag not in source.levels
    assert draft.missing[tag] == {"Lead Source": N // 4}


@pytest.mark.parametrize(
    ("before", "after", "separator"),
    [
        ("sep=;\n", "", ";"),
        ("", "\nGrand Totals (200 records)\nConfidential - Do Not Distribute\n", ","),
        ("Leads this year\nAs of 2024-09-01\n\n", "", ","),
    ],
    ids=["separator", "footer", "title"],
)
def test_no_lead_is_lost_in_a_file_that_is_not_quite_a_csv(
    tmp_path: Path, before: str, after: str, separator: str
) -> None:
    file = write(tmp_path / "leads.csv", HEADER, rows_of(), separator=separator)
    file.write_text(before + file.read_text("utf-8") + after, "utf-8")
    init_from_export(tmp_path / "mine", file)
    assert load(tmp_path / "mine").dataset.leads.lead_id == tuple(f"L{k}" for k in range(N))


@pytest.mark.parametrize("money", ["${:,.2f}", "{:,.2f} EUR", "{}%", "¥{:,}"])
def test_money_and_percentages_are_drafted_as_numbers(tmp_path: Path, money: str) -> None:
    rows = [[*row, money.format(1_000 + 7 * k)] for k, row in enumerate(rows_of())]
    init_from_export(tmp_path / "mine", write(tmp_path / "leads.csv", [*HEADER, "Budget"], rows))
    budget = next(item for item in load_project(tmp_path / "mine").declarations if item.name == "budget")
    assert isinstance(budget, Attribute)
    assert budget.kind == "number"
    values = load(tmp_path / "mine").dataset.leads.columns["Budget"].numbers(as_number)
    assert (values / values[0]).tolist() == pytest.approx([1 + 0.007 * k for k in range(N)])


@pytest.mark.slow
def test_what_sells_turns_round_is_said_first_and_refused(tmp_path: Path) -> None:
    """A model that is worse than the base rate is called so on the terminal, in the report and at promotion."""
    rng, rows = np.random.default_rng(12), []
    for k in range(1_500):
        turn = 1 if k < 1_000 else -1
        source = str(rng.choice(["Web", "Ads", "Partner"]))
        logit = -1.0 + turn * {"Web": 1.6, "Ads": -1.6}.get(source, 0.0)
        won = rng.random() < 1 / (1 + np.exp(-logit))
        rows.append([f"L{k}", str(np.datetime64("2024-01-01") + k // 4), source, ("no", "yes")[int(won)]])
    root = str(tmp_path / "mine")
    run = CliRunner().invoke
    assert (
        run(app, ["init", root, "--leads", str(write(tmp_path / "leads.csv", HEADER, rows))]).exit_code == 0
    )
    done = run(app, ["train", "--project", root, "--no-track", "--candidate", "logistic", "--candidate", "scorecard"])  # fmt: skip
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("conversion: Worse than the base rate: do not use the probabilities of")
    assert "lead-ml promote would refuse: " in done.stderr
    assert "Next: lead-ml promote" not in done.output
    refused = run(app, ["promote", "--project", root])
    assert refused.exit_code == 1
    assert "worse than the base rate" in refused.output
    report = (open_run(tmp_path / "mine" / "runs").folder / "report.html").read_text("utf-8")
    assert "Worse than the base rate: do not use the probabilities" in report
    assert "times the average rate" not in report
