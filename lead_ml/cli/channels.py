"""The command that compares channels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lead_ml.cli.console import print_table, show, steps, tell, wide
from lead_ml.cli.options import DataOption, JsonOption, ProjectOption, SeedOption
from lead_ml.language import Lang, catalog

if TYPE_CHECKING:
    from lead_ml.lead_data.channels import ChannelReport, ChannelRow


def channels(
    project: ProjectOption = Path(),
    data: DataOption = None,
    by: Annotated[
        str, typer.Option(help="Lead column to compare: source, campaign or another one.")
    ] = "source",
    weeks: Annotated[int, typer.Option(min=8, max=260, help="Latest ripe weeks to measure on.")] = 26,
    picture: Annotated[
        Path | None,
        typer.Option(help="Where the picture goes, .svg or .png.", show_default="runs/channels-<by>.svg"),
    ] = None,
    lang: Annotated[Lang, typer.Option(help="Language of the tables and the picture.")] = "en",
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare channels: volume, conversion, fakes, costs, sudden falls and bursts, and what to do about each.

    Example: lead-ml channels --by campaign
    """
    from lead_ml.workflows.channels import report_channels, save_picture

    target = project / "runs" / f"channels-{_file_name(by)}.svg" if picture is None else picture
    if target.suffix.lower() not in (".svg", ".png"):
        raise typer.BadParameter(f"{target.name!r} must end in .svg or .png", param_hint="--picture")
    with steps("reading") as step:
        found = report_channels(project, data, by=by, weeks=weeks, seed=seed, progress=step)
    drawn = save_picture(found, target, lang)
    show(found, lambda: print_channels(found, drawn, lang), as_json=as_json)


def print_channels(report: ChannelReport, drawn: Path, lang: Lang) -> None:
    """Print the rates, the money where it is known, the advice, the alarms, and how all of it was measured."""
    from lead_ml.workflows.channels import (
        advice_text,
        alarm_texts,
        basis_texts,
        method_texts,
        verdict_text,
    )

    words = catalog(lang)
    title = words("channels.title", by=report.by)
    mark = f" ({words('channels.synthetic')})" if report.synthetic else ""
    _print_rates(report, f"{title}{mark}", lang)
    _print_money(report, lang)
    for row in report.rows:
        tell((f"{verdict_text(row, lang)} ", "bold"), advice_text(report, row, lang))
        for alarm in alarm_texts(row, lang):
            tell(("  ! ", "bold red"), alarm)
    if not any(row.fall or row.surges for row in report.rows):
        tell(words("channels.no_alarm"))
    tell("")
    for line in (*basis_texts(report, lang), *method_texts(report, lang)):
        tell(line)
    tell(words("channels.picture", file=drawn))


def _print_rates(report: ChannelReport, title: str, lang: Lang) -> None:
    from lead_ml.workflows.channels import channel_name

    words, heads = catalog(lang), catalog(lang).section("channels.heads")
    percent = words.numbers.percent
    stages = [name for name in ("mql", "sql") if any(name in row.stages for row in report.rows)]
    fakes, repeated, timed = (
        any(value is not None for value in values)
        for values in zip(*((r.fakes, r.duplicates, r.days_to_convert) for r in report.rows), strict=True)
    )
    known = {"fakes": fakes, "duplicates": repeated and wide(), "days": timed and wide()}
    names = ["channel", "leads", "converted", "rate", *(name for name, shown in known.items() if shown)]
    if wide():
        names[2:2] = ["per_week"]
        names += stages

    def cells(row: ChannelRow) -> dict[str, str]:
        days, share = row.days_to_convert, row.conversion.share
        return {
            "channel": channel_name(row, lang),
            "leads": words.numbers.number(row.leads),
            "per_week": words.numbers.number(row.per_week, 1),
            "converted": f"{row.conversion.reached:,} / {row.conversion.leads:,}",
            "rate": f"{percent(share.value, 1)} ({percent(share.lower, 1)}-{percent(share.upper, 1)})",
            **{name: percent(row.stages[name].share.value, 1) for name in stages},
            "fakes": "-" if row.fakes is None else percent(row.fakes.share.value, 1),
            "duplicates": "-" if row.duplicates is None else words.numbers.number(row.duplicates),
            "days": "-" if days is None else words.numbers.number(days.value, 1),
        }

    print_table(
        title, [heads[name] for name in names], [[cells(row)[name] for name in names] for row in report.rows]
    )


def _print_money(report: ChannelReport, lang: Lang) -> None:
    from lead_ml.workflows.channels import channel_name, money_text

    words, heads = catalog(lang), catalog(lang).section("channels.heads")
    known = [(row, row.money) for row in report.rows if row.money is not None]
    if not known:
        return
    returned = any(money.returns is not None for _, money in known)
    names = ["channel", "spend", "cost", "real", "win", *(["returns"] if returned else [])]
    rows = []
    for row, money in known:
        back, win = money.returns, money.per_win
        lower, upper = (money_text(bound, report, words) for bound in (win.lower, win.upper))
        cells = [channel_name(row, lang)]
        cells += [money_text(x, report, words) for x in (money.spend, money.per_lead, money.per_real_lead)]
        cells.append(money_text(win.value, report, words) + (f" ({lower} - {upper})" if wide() else ""))
        if returned:
            number = words.numbers.number
            cells.append(
                "-"
                if back is None
                else f"{number(back.value, 2)} ({number(back.lower, 2)} - {number(back.upper, 2)})"
            )
        rows.append(cells)
    print_table("", [heads[name] for name in names], rows)


def _file_name(by: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in by)


COMMANDS = (channels,)
