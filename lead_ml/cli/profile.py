"""The command that shows what the leads that converted have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lead_ml.cli.console import interval, print_table, say, show, steps, tell
from lead_ml.cli.options import DataOption, JsonOption, ProjectOption
from lead_ml.language import Catalog, Lang, catalog

if TYPE_CHECKING:
    from lead_ml.scoring.reasons import ColumnTable, ProfileTable, ValueRow
    from lead_ml.workflows.profile import ProfileReport


def profile(
    project: ProjectOption = Path(),
    data: DataOption = None,
    version: Annotated[
        str | None, typer.Option(help="Show the profile of a version.", show_default="learned from the data")
    ] = None,
    lang: Annotated[Lang, typer.Option(help="Language of the tables.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Show the ideal customer profile: what is over- and under-represented among the leads that converted.

    Example: lead-ml profile --lang zh
    """
    from lead_ml.workflows.profile import show_profile

    with steps("reading") as step:
        found = show_profile(project, data, version=version, progress=step)
    show(found, lambda: print_profiles(found, catalog(lang)), as_json=as_json)


def print_profiles(found: ProfileReport, texts: Catalog) -> None:
    """Print every profile, what was left out of them, and where points of your own go."""
    for each in found.profiles:
        print_profile(each, found, texts)
    if found.left_out:
        say(f"Left out, as their columns are overwritten later: {', '.join(found.left_out)}.")
    say("Your own points go into params.yaml:  conversion: {profile: {industry: {software: 4}}}")


def print_profile(found: ProfileTable, report: ProfileReport, texts: Catalog) -> None:
    """Print one profile: what it is learned from, a table per column, and how to read it."""
    mark = texts("profile.synthetic") if report.synthetic else ""
    tell((_named(found, texts), "bold"), mark)
    tell(f"{_learned(found, report, texts)}\n")
    heads = tuple(texts.section("profile.heads").values())
    for column in found.columns:
        chance = texts("profile.by_chance") if column.by_chance else ""
        print_table(_named(column, texts) + chance, heads, [_row(row, texts) for row in column.rows])
    if any(row.by_hand for column in found.columns for row in column.rows):
        tell(texts("profile.by_hand"))
    tell(_reading(found.columns, texts))


def _named(item: ProfileTable | ColumnTable | ValueRow, texts: Catalog) -> str:
    return str(getattr(item, texts.language))


def _row(row: ValueRow, texts: Catalog) -> tuple[str, ...]:
    few = row.leads == 0
    return (
        _named(row, texts) + (" *" if row.by_hand else ""),
        texts("profile.few") if few else texts.numbers.number(row.leads),
        "-" if few else texts.numbers.number(row.wins),
        interval(row.rate, digits=1, times=100),
        _share(row.of_all, texts),
        _share(row.of_won, texts),
        texts(f"profile.stands.{row.representation}"),
        "0" if abs(row.points) < 0.05 else texts.numbers.signed(row.points, 1),
    )


def _learned(found: ProfileTable, report: ProfileReport, texts: Catalog) -> str:
    key = "profile.learned" if report.horizon_days is None else "profile.learned_within"
    rate = _share(found.rate.value, texts)
    said = texts(key, leads=found.leads, wins=found.wins, days=report.horizon_days, rate=rate)
    return texts("profile.version", version=report.version) + said if report.version else said


def _reading(columns: tuple[ColumnTable, ...], texts: Catalog) -> str:
    found = [column.strength for column in columns if not column.by_chance] or [1.0]
    bounds = dict.fromkeys(texts.numbers.number(bound) for bound in (min(found), max(found)))
    return texts("profile.reading", wins="-".join(bounds))


def _share(value: float | None, texts: Catalog) -> str:
    return "-" if value is None else texts.numbers.percent(value, 1)


COMMANDS = (profile,)
