"""The command that finds leads of one person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lead_ml.cli.console import interval, print_table, say, show, steps, tell
from lead_ml.cli.options import DataOption, JsonOption, ProjectOption

if TYPE_CHECKING:
    from lead_ml.workflows.match import ProjectMatches

_BY = {
    "audit": "Estimated from {audited:,} reviewed pairs that were drawn at random, with 95% intervals.",
    "model": "Estimated by the model alone; the range is what follows if its odds are off. Review pairs to measure them.",
}


def match(
    project: ProjectOption = Path(),
    data: DataOption = None,
    reviewed: Annotated[
        Path | None,
        typer.Option(
            help="Copy of review.csv with its column same filled in: yes or no.", exists=True, dir_okay=False
        ),
    ] = None,
    ask: Annotated[int, typer.Option(help="Number of pairs to ask about in review.csv.", min=0)] = 200,
    as_json: JsonOption = False,
) -> None:
    """Find the leads that are one person, without labels, and write the pairs that a person should decide.

    Answers are kept and improve later runs. No lead is changed. The files hold contact data: only you can read them.

    Example: lead-ml match --reviewed answers.csv
    """
    from lead_ml.workflows.match import match_project, matches_as_dict

    with steps("reading") as step:
        done = match_project(project, data, reviewed=reviewed, ask=ask, progress=step)
    show(matches_as_dict(done), lambda: print_matches(done), as_json=as_json)


def print_matches(done: ProjectMatches) -> None:
    """Print the columns that were compared, the pairs by band, how good they are, and the next step."""
    from lead_ml.workflows.match import matches_as_dict

    plain, quality = matches_as_dict(done), done.found.quality
    mark = "SYNTHETIC, " if plain["synthetic"] else ""
    several = f"{plain['leads_of_them']:,} of them belong to {plain['people_with_several_leads']:,} people with several leads"
    tell((f"{mark}{plain['leads']:,} leads", "bold"), f": {several}.")
    columns = ", ".join(f"{name} ({kind})" for name, kind in plain["columns"].items())
    tell(f"Compared: {columns}.\n")
    print_table("Pairs", ("band", "pairs"), [(band, f"{plain['pairs'][band]:,}") for band in ("same", "ask")])
    rows = [("precision", interval(quality.precision)), ("recall", interval(quality.recall))]
    print_table("Pairs called same", ("", "estimate"), rows)
    tell(_BY[quality.source].format(audited=quality.audited))
    if done.found.model_gain is not None:
        tell(f"{done.found.reviewed:,} reviewed pairs correct the weights.")
    say(
        f"Written to {done.folder}: pairs.csv, clusters.csv, and review.csv with {done.to_review:,} pairs to decide."
    )


COMMANDS = (match,)
