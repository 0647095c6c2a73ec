"""The command that learns how long events keep their weight."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lead_ml.cli.console import interval, print_table, say, show, steps, tell
from lead_ml.cli.options import DataOption, JsonOption, ProjectOption, SeedOption

if TYPE_CHECKING:
    from lead_ml.evaluation.decay import Decay, HalfLife

PER = 1_000  # leads, in the table of the forward window


def decay(
    project: ProjectOption = Path(),
    data: DataOption = None,
    type_: Annotated[
        list[str] | None,
        typer.Option("--type", help="Learn this event type only (repeat for several).", show_default="all"),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(help="Where the curves go, .svg or .png.", show_default="runs/decay.svg"),
    ] = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn how fast each event type loses its weight, against the hand rules of 30 and 90 days.

    What is learned comes from before the forward window; that window then evaluates it.

    Example: lead-ml decay --type page_view
    """
    from lead_ml.workflows.decay import learn_decay, save_picture

    target = project / "runs" / "decay.svg" if picture is None else picture
    if target.suffix.lower() not in (".svg", ".png"):
        raise typer.BadParameter(f"{target.name!r} must end in .svg or .png", param_hint="--picture")
    with steps("reading") as step:
        found = learn_decay(project, data, types=type_, seed=seed, progress=step)
    drawn = save_picture(found, target)
    show(found, lambda: print_decay(found, drawn), as_json=as_json)


def print_decay(found: Decay, drawn: Path) -> None:
    """Print the half-lives, what the forward window says about them, and the lines to paste."""
    from lead_ml.workflows.decay import name_of

    mark = " (SYNTHETIC DATA)" if found.synthetic else ""
    evaluated = [item for item in found.types if item.against]
    over = [f"over {other.rule}" for other in evaluated[0].against] if evaluated else []
    print_table(
        f"Half-lives{mark}",
        ("event type", "events", "half-life", "90% interval", *over),
        [(name_of(item.type), f"{item.events:,}", *_learnt(item, len(over))) for item in found.types],
    )
    tell(
        f"Learned from {found.fit_leads:,} leads ({found.fit_wins:,} won) as known on {found.cut[:10]}, for each type next to the "
        'age of the lead and the other types. "over" is the gain in log-likelihood, adjusted for leads with several snapshots; '
        "a gain up to 1.35 is within chance.\n"
    )
    for item in found.types:
        tell((name_of(item.type), "bold"), f" {item.words}")
    if found.left_out:
        tell(f"Not included, because rarer: {', '.join(found.left_out[:10])}")
    tell("")
    if evaluated and evaluated[0].against[0].forward is not None:
        print_table(
            f"Forward window{mark}: log-loss saved per {PER:,} leads",
            ("event type", *over),
            [(name_of(item.type), *_saved(item)) for item in evaluated],
        )
        tell(
            f"{found.test_leads:,} later leads, {found.test_wins:,} won. An interval that contains 0 means statistically tied.\n"
        )
    for item in evaluated:
        tell(f"    {item.declaration},")
    tell(f"Curves: {drawn}")
    if any(item.declaration for item in found.types):
        say("Next: paste a line into features/engagement.py, then lead-ml train")


def _learnt(item: HalfLife, rules: int) -> tuple[str, ...]:
    from lead_ml.workflows.decay import between, spoken

    if item.verdict != "identified":
        return ("not identified", "-", *["-"] * rules)
    days = "no decay" if item.days is None else spoken(item.days)
    return (days, between(item.lower, item.upper), *(f"{other.gain:+.1f}" for other in item.against))


def _saved(item: HalfLife) -> list[str]:
    found = [other.forward for other in item.against]
    return ["-" if saved is None else interval(saved, digits=2, times=PER) for saved in found]


COMMANDS = (decay,)
