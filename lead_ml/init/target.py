"""What a conversion is in an export: a dated outcome, a column that says yes or no, or a stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from lead_ml.asof.labels import Mask
from lead_ml.clean import as_text
from lead_ml.errors import InputError
from lead_ml.init.answers import is_no, is_yes, stages_of
from lead_ml.init.dates import DateColumn
from lead_ml.init.export_column import ExportColumn, missing_texts
from lead_ml.init.export_file import ExportFile
from lead_ml.init.names import EXACT, target_names
from lead_ml.init.questions import Findings
from lead_ml.tables.read.raw import RawColumn

_MOST_ANSWERS = 6
_FOLLOWS, _SELDOM, _OFTEN = 0.8, 0.1, 0.97


@dataclass(frozen=True)
class DraftTarget:
    """How a conversion is found.

    Attributes
    ----------
    kind
        ``column``: a column of the leads holds one of the values `positive`. ``dated``: `date` of the leads holds the day of
        the deal, and `column`, if any, its stage. ``table``: an outcomes table. ``none``: not found.
    default
        What an empty cell of `column` means; empty if it is missing.
    gives_away
        Columns that say the same in another form.
    """

    kind: Literal["column", "dated", "table", "none"]
    column: str = ""
    positive: tuple[str, ...] = ()
    date: str = ""
    default: str = ""
    stages: Mapping[str, str] = field(default_factory=dict)
    gives_away: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Answer:
    """A column that says yes or no, or a stage.

    ``won`` are the values that mean a conversion; ``doubt`` is a key of the catalog section ``init.doubts`` and its values.
    """

    column: str
    won: tuple[str, ...]
    default: str = ""
    stages: Mapping[str, str] = field(default_factory=dict)
    doubt: tuple[str, tuple[str, ...]] = ("", ())


def target_in_leads(
    source: ExportFile,
    dates: Mapping[str, DateColumn],
    taken: Collection[str],
    *,
    created: bool,
    findings: Findings,
) -> DraftTarget:
    """Find the conversion in the leads file itself.

    Parameters
    ----------
    dates
        Columns that hold moments.
    taken
        Columns that play a role already.
    created
        Whether it is known when a lead was created; without that no outcome can be dated.
    """
    left = {name: profile for name, profile in source.columns.items() if name not in taken}
    answer = _answer(left)
    won_at = _won_at(left, dates) if created else None
    if won_at is not None:
        found = _dated_target(source, won_at, answer, findings)
        if found is not None:
            return found
    if answer is None:
        return DraftTarget("none")
    _ask(source, answer, findings)
    spoken = {name for name in left if target_names("stage").likeness(name) and answer.stages}
    return DraftTarget(
        "column",
        answer.column,
        answer.won,
        default=answer.default,
        gives_away=frozenset(
            spoken
            | {name for name in left if name in dates and target_names("won_at").likeness(name)}
            - {answer.column}
        ),
    )


def named_target(source: ExportFile, name: str, findings: Findings) -> DraftTarget:
    """Return the target of a column that the user names.

    Raises
    ------
    InputError
        If its values do not say who converted.
    """
    column = source.columns[name]
    answer = _flag(column) or _won_stage(column)
    if answer is None:
        values = ", ".join(text for text, _ in column.values[:5])
        raise InputError(
            f"the column {name} does not say who converted",
            source=str(source.file),
            value=values,
            expected="yes and no, 1 and 0, or stages of which one means won",
            do="name another column, or map its values under data.leads.stages in params.yaml",
        )
    _ask(source, answer, findings)
    return DraftTarget("column", answer.column, answer.won, default=answer.default)


def _won_stage(p: ExportColumn) -> _Answer | None:
    stages = stages_of(text for text, _ in p.values)
    won = tuple(text for text, stage in stages.items() if stage == "won")
    return _Answer(p.name, won, stages=stages, doubt=("other_stages", ())) if won else None


def _answer(left: Mapping[str, ExportColumn]) -> _Answer | None:
    named = sorted(
        (p for p in left.values() if target_names("converted").likeness(p.name)),
        key=lambda p: (-target_names("converted").likeness(p.name), p.place),
    )
    found = next((a for p in named if (a := _flag(p)) is not None), None) or _stage(left)
    if found is None and left:
        last = max(left.values(), key=lambda p: p.place)
        flag = _flag(last) if sum(is_yes(text) for text, _ in last.values) == 1 else None
        found = flag and _Answer(
            flag.column,
            flag.won,
            flag.default,
            doubt=("last_column", ()),
        )
    return found


def _flag(p: ExportColumn) -> _Answer | None:
    texts = [text for text, _ in p.values]
    if not 1 <= p.distinct <= _MOST_ANSWERS:
        return None
    yes = tuple(text for text in texts if is_yes(text))
    if p.distinct == 1:
        return _Answer(p.name, yes, default="no") if yes and p.filled < p.rows else None
    if yes and len(yes) < p.distinct:
        rest = [text for text in texts if text not in yes and not is_no(text)]
        return _Answer(
            p.name, yes, doubt=("others_are_no", tuple(rest)) if p.distinct > 2 and rest else ("", ())
        )
    if p.distinct > 2:
        return None
    no = [text for text in texts if is_no(text)]
    positive = next(text for text in reversed(texts) if text not in no[:1])
    return _Answer(p.name, (positive,), doubt=("" if no else "neither_is_yes", ()))


def _stage(left: Mapping[str, ExportColumn]) -> _Answer | None:
    for p in sorted(left.values(), key=lambda p: (-target_names("stage").likeness(p.name), p.place)):
        found = _won_stage(p) if target_names("stage").likeness(p.name) and p.distinct <= 40 else None
        if found is not None:
            return found
    return None


def _won_at(left: Mapping[str, ExportColumn], dates: Mapping[str, DateColumn]) -> str | None:
    named = [p for p in left.values() if p.name in dates and target_names("won_at").likeness(p.name)]
    return (
        max(named, key=lambda p: (target_names("won_at").likeness(p.name), -p.place)).name if named else None
    )


def _dated_target(
    source: ExportFile, won_at: str, answer: _Answer | None, findings: Findings
) -> DraftTarget | None:
    """Decide whether a date marks the conversion: filled for those converted, and hardly for others."""
    filled = _filled(source.raw.columns[won_at])
    if answer is None:
        if filled.mean() > _OFTEN:
            return None
        findings.ask("won_date", column=won_at, filled=int(filled.sum()), total=len(filled))
        return DraftTarget("dated", date=won_at)
    positive = _holds(source.raw.columns[answer.column], answer.won)
    given = float(filled[positive].mean()) if positive.any() else 0.0
    otherwise = float(filled[~positive].mean()) if not positive.all() else 1.0
    if given < _FOLLOWS:
        return None
    gone = int((positive & ~filled).sum())
    if gone:
        findings.note("converted_undated", count=gone, answer=answer.column, column=won_at)
    if otherwise <= _SELDOM:
        return DraftTarget("dated", date=won_at, gives_away=frozenset({answer.column}))
    if not answer.stages:
        return None
    values = findings.names(answer.won)
    findings.ask("stage_date", column=won_at, share=otherwise, stage=answer.column, values=values)
    return DraftTarget("dated", answer.column, answer.won, won_at, stages=answer.stages)


def _ask(source: ExportFile, answer: _Answer, findings: Findings) -> None:
    rows = int(_holds(source.raw.columns[answer.column], answer.won).sum())
    values, key = findings.names(answer.won), answer.doubt[0]
    text = findings.say("in_column", values=values, column=answer.column, rows=rows, total=len(source.raw))
    if answer.default:
        findings.ask("empty_outcome", column=answer.column, values=values)
    if key or target_names("converted").likeness(answer.column) < EXACT:
        doubt = findings.say(f"doubts.{key}", values=findings.names(answer.doubt[1])) if key else ""
        doubt = findings.say("doubts.in_brackets", doubt=doubt) if doubt else ""
        findings.ask("outcome", doubt=doubt, answer=text)
    else:
        findings.note("converted", answer=text)


def _filled(column: RawColumn) -> Mask:
    levels = np.array([as_text(level, missing_texts()) is not None for level in column.levels], dtype=bool)
    return np.asarray(levels[column.codes])


def _holds(column: RawColumn, values: Collection[str]) -> Mask:
    levels = np.array([as_text(level, missing_texts()) in values for level in column.levels], dtype=bool)
    return np.asarray(levels[column.codes])
