"""The whole path in one command, on synthetic data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lead_ml.cli.console import out, print_json, say, steps, tell
from lead_ml.cli.options import JsonOption
from lead_ml.cli.projects import print_intake
from lead_ml.cli.show import print_advice, print_answer, print_worklist
from lead_ml.cli.training import print_run
from lead_ml.language import catalog

SHOWN = 5


def demo(
    folder: Annotated[Path, typer.Argument(help="Folder of the demo project.")] = Path("work/demo"),
    leads: Annotated[int, typer.Option(min=500, help="Synthetic leads.")] = 12_000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another market.")] = 7,
    as_json: JsonOption = False,
) -> None:
    """Generate a synthetic CRM, then check, train, evaluate, promote, recommend thresholds, score and explain.

    Every figure comes from generated data and says nothing about a real market.

    Example: lead-ml demo work/demo --leads 12000
    """
    from lead_ml.workflows.demo import run_demo

    with steps("generating a synthetic CRM") as step:
        done = run_demo(folder, leads=leads, seed=seed, shown=SHOWN, progress=step)
    if as_json:
        print_json(done.plain())
        return
    _rule("1  The data", "Three tables of a CRM. Rows that cannot be used are rejected with a reason.")
    print_intake(done.loaded.intake)
    _rule("2  The models", "Trained on the past, evaluated on later leads that no model has seen.")
    print_run(done.run)
    _rule("3  Promotion", "A version serves only if it passes the promotion gate, a paired comparison.")
    tell(f"{done.promotion}\n")
    _rule(
        "4  The thresholds", "From which score a lead is marketing-qualified (MQL) and sales-qualified (SQL)."
    )
    print_advice(done.scorer.bundle.advice, done.scorer.thresholds, synthetic=True)
    _rule("5  The worklist", "Open leads at the end of the data, best first, with their strongest reasons.")
    heading = catalog("en")("score.top", shown=SHOWN, count=len(done.answers))
    print_worklist(done.answers[:SHOWN], heading)
    _rule("6  One lead explained", "In points of the score; all reasons add up to the score shown.")
    for answer, lang in zip(done.explained, ("en", "zh"), strict=True):
        print_answer(answer, lang)
    if done.serves:
        say(f"Next: lead-ml serve --project {folder}, then open http://127.0.0.1:8000/review")
    else:
        say(
            "No version serves: with so few leads the gate refuses. Next: run the demo in another folder with more --leads"
        )


def _rule(title: str, words: str) -> None:
    out.rule(f"[bold]{title}[/] (SYNTHETIC)", align="left")
    tell(f"{words}\n")


COMMANDS = (demo,)
