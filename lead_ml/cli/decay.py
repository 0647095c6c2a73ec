"""The command that learns how long events keep their weight."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from lead_ml.cli.console import (
    DataOption,
    Figure,
    JsonOption,
    ProjectOption,
    SeedOption,
    interval,
    print_json,
    print_table,
    say,
    steps,
    tell,
)

if TYPE_CHECKING:
    from lead_ml.evaluation.decay import Against, Decay, HalfLife

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
    if as_json:
        print_json(found)
        return
    print_decay(found)
    tell(f"Curves: {escape(str(drawn))}")
    if any(item.declaration for item in found.types):
        say("Next: paste a line into features/engagement.py, then lead-ml train")


def print_decay(found: Decay) -> None:
    """Print the half-lives, what the forward window says about them, and the lines to paste."""
    from lead_ml.workflows.decay import name_of

    mark = " (SYNTHETIC DATA)" if found.synthetic else ""
    evaluated = [item for item in found.types if item.against]
    rules = [other.rule for other in evaluated[0].against] if evaluated else []
    print_table(
        f"Half-lives{mark}",
        ("event type", "events", "half-life", "90% interval", *(f"over {rule}" for rule in rules)),
        [(name_of(item.type), f"{item.events:,}", *_learnt(item, len(rules))) for item in found.types],
    )
    tell(
        f"Learned from {found.fit_leads:,} leads ({found.fit_wins:,} won) as known on {found.cut[:10]}, for each type next to the "
        'age of the lead and the other types. "over" is the gain in log-likelihood, adjusted for leads with several snapshots; '
        "a gain up to 1.35 is within chance.\n"
    )
    for item in found.types:
        tell(f"[bold]{escape(name_of(item.type))}[/] {escape(item.words)}")
    if found.left_out:
        tell(f"Not included, because rarer: {escape(', '.join(found.left_out[:10]))}")
    tell("")
    _print_forward(found, evaluated, rules, mark)
    for item in evaluated:
        tell(escape(f"    {item.declaration},"))


def _print_forward(found: Decay, evaluated: list[HalfLife], rules: list[str], mark: str) -> None:
    from lead_ml.workflows.decay import name_of

    if not evaluated or evaluated[0].against[0].forward is None:
        return
    print_table(
        f"Forward window{mark}: log-loss saved per {PER:,} leads",
        ("event type", *(f"over {rule}" for rule in rules)),
        [(name_of(item.type), *map(_saved, item.against)) for item in evaluated],
    )
    tell(
        f"{found.test_leads:,} later leads, {found.test_wins:,} won. An interval that contains 0 means statistically tied.\n"
    )


def _learnt(item: HalfLife, rules: int) -> tuple[str, ...]:
    from lead_ml.workflows.decay import between, spoken

    if item.verdict != "identified":
        return ("not identified", "-", *["-"] * rules)
    days = "no decay" if item.days is None else spoken(item.days)
    return (days, between(item.lower, item.upper), *(f"{other.gain:+.1f}" for other in item.against))


def _saved(other: Against) -> str:
    found = other.forward
    if found is None:
        return "-"
    return interval(Figure(PER * found.value, PER * found.lower, PER * found.upper), digits=2)


COMMANDS = (decay,)
