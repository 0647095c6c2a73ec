"""The command that shows what the leads that converted have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from lead_ml.cli.console import (
    DataOption,
    Figure,
    JsonOption,
    ProjectOption,
    interval,
    percent,
    print_json,
    print_table,
    say,
    steps,
    tell,
)

if TYPE_CHECKING:
    from lead_ml.scoring.reasons import ColumnTable, ProfileTable, ValueRow
    from lead_ml.workflows.profile import ProfileReport

Lang = Literal["en", "zh"]
_STANDS = {"over": ("over", "偏多"), "under": ("under", "偏少"), "even": ("as usual", "持平")}
_HEADS = {
    "en": ("value", "leads", "won", "rate, % (90 % interval)", "of all", "of won", "among won", "points"),
    "zh": ("取值", "线索数", "成交数", "转化率%（90%区间）", "占全部", "占成交", "成交中", "分值"),
}


def profile(
    project: ProjectOption = Path(),
    data: DataOption = None,
    version: Annotated[
        str | None, typer.Option(help="Show the profile of a version.", show_default="learnt from the data")
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
    if as_json:
        print_json(found)
        return
    for each in found.profiles:
        print_profile(each, found, lang)
    if found.left_out:
        say(f"Left out, as their columns are overwritten later: {escape(', '.join(found.left_out))}.")
    say("Your own points go into params.yaml:  conversion: {profile: {industry: {software: 4}}}")


def print_profile(found: ProfileTable, report: ProfileReport, lang: Lang) -> None:
    """Print one profile: what it rests on, a table a column, and how to read it."""
    marks = {"en": " (SYNTHETIC DATA)", "zh": "（合成数据）"} if report.synthetic else {"en": "", "zh": ""}
    tell(f"[bold]{escape(_pick(lang, found.en, found.zh))}[/]{marks[lang]}")
    tell(escape(_basis(found, report, lang)) + "\n")
    for column in found.columns:
        print_table(_title(column, lang), _HEADS[lang], [_row(row, lang) for row in column.rows])
    if any(row.by_hand for column in found.columns for row in column.rows):
        tell(_pick(lang, "* set by hand in params.yaml", "* 在 params.yaml 中人工设定"))
    tell(escape(_reading(found.columns, lang)))


def _title(column: ColumnTable, lang: Lang) -> str:
    chance = _pick(lang, " (differs no more than by chance)", "（差异未超出偶然）")
    return _pick(lang, column.en, column.zh) + (chance if column.by_chance else "")


def _row(row: ValueRow, lang: Lang) -> tuple[str, ...]:
    few = row.leads == 0
    return (
        _pick(lang, row.en, row.zh) + (" *" if row.by_hand else ""),
        _pick(lang, "under 10", "不足10") if few else f"{row.leads:,}",
        "-" if few else f"{row.wins:,}",
        interval(percent(row.rate), digits=1),
        _share(row.of_all),
        _share(row.of_won),
        _pick(lang, *_STANDS[row.stands]),
        _points(row.points),
    )


def _basis(found: ProfileTable, report: ProfileReport, lang: Lang) -> str:
    days = report.horizon_days
    en = "" if days is None else f" within {days:g} days"
    zh = "" if days is None else f"，{days:g}天内"
    rate = _share(found.rate.value)
    source = _pick(lang, f"Version {report.version}. ", f"版本 {report.version}。") if report.version else ""
    return source + _pick(
        lang,
        f"Learnt from {found.leads:,} leads, {found.wins:,} of which converted{en} ({rate}). Each lead counts once.",
        f"由 {found.leads:,} 条线索学得{zh}转化 {found.wins:,} 条（{rate}），每条线索只计一次。",
    )


def _reading(columns: tuple[ColumnTable, ...], lang: Lang) -> str:
    found = [column.strength for column in columns if not column.by_chance] or [1.0]
    between = f"{min(found):.0f}" + ("" if len(set(found)) == 1 else f"-{max(found):.0f}")
    return _pick(
        lang,
        "6 points: twice as common among converted leads as among all. Values with few leads are drawn towards 0, by as much as "
        f"{between} wins weigh (per column, as the counts advise). Values of fewer than 10 leads count 0. The points of a lead are added up.",
        f"6分表示该取值在转化线索中的占比是在全部线索中的两倍。线索少的取值向0收缩，强度相当于 {between} 次成交（按各列数据估计）。"
        "不足10条线索的取值计0分。一条线索的分值为各列之和。",
    )


def _points(value: float) -> str:
    return "0" if abs(value) < 0.05 else f"{value:+.1f}"


def _share(value: float | None) -> str:
    return interval(percent(Figure(value, None, None)), digits=1) + ("" if value is None else " %")


def _pick(lang: Lang, en: str, zh: str) -> str:
    return en if lang == "en" else zh


COMMANDS = (profile,)
