"""The whole path in one command, on synthetic data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lead_ml.cli.console import out, say, steps
from lead_ml.cli.projects import check
from lead_ml.cli.scoring import print_answer, print_worklist, thresholds
from lead_ml.cli.training import print_evaluation


def demo(
    folder: Annotated[Path, typer.Argument(help="Folder of the demo project.")] = Path("work/demo"),
    leads: Annotated[int, typer.Option(min=500, help="Synthetic leads.")] = 12_000,
    seed: Annotated[int, typer.Option(min=0)] = 7,
) -> None:
    """Generate a synthetic CRM, then check, train, judge, advise, promote, score and explain it.

    Example: lead-ml demo work/demo --leads 12000
    """
    from lead_ml.workflows.demo import make_demo
    from lead_ml.workflows.pipeline import explain_lead, promote_version, score_project, train_report_track

    with steps("generating a synthetic CRM"):
        make_demo(folder, leads=leads, seed=seed)
    out.rule("data (SYNTHETIC)")
    check(folder)
    out.rule("train and judge forward in time (SYNTHETIC)")
    with steps("reading") as step:
        run = train_report_track(folder, None, seed=seed, progress=step)
    for target in run.targets:
        print_evaluation(run.evaluation(target), target)
    out.rule("promote")
    say(promote_version(folder, None, run.record.version, by="demo", force=None).words)
    out.rule("where the MQL and SQL lines should lie (SYNTHETIC)")
    thresholds(folder, version=None, accept=None)
    out.rule("the worklist (SYNTHETIC)")
    with steps("scoring") as step:
        answers, _ = score_project(folder, None, progress=step)
    print_worklist(answers[:5], len(answers))
    for lang in ("en", "zh"):
        print_answer(explain_lead(folder, None, answers[0].lead_id, lang=lang), top=5)  # type: ignore[arg-type]
    say(f"Report: {run.folder / 'report.html'}")
    say(f"Next: lead-ml serve --project {folder}, then open http://127.0.0.1:8000/review")


COMMANDS = (demo,)
