"""What a conversion is in an export: a dated outcome, a column that says yes or no, or a stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from lead_ml.errors import InputError
from lead_ml.init.answers import counts_something, is_no, is_yes, stages_of
from lead_ml.init.export import ExportColumn, ExportFile
from lead_ml.init.names import EXACT, target_names
from lead_ml.init.questions import Findings

MOST_STAGES = 40
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
    doubt
        A key of the catalog section ``init.doubts`` and its values.
    """

    kind: Literal["column", "dated", "table", "none"]
    column: str = ""
    positive: tuple[str, ...] = ()
    date: str = ""
    default: str = ""
    stages: Mapping[str, str] = field(default_factory=dict)
    gives_away: frozenset[str] = frozenset()
    doubt: tuple[str, tuple[str, ...]] = ("", ())


def target_in_leads(
    source: ExportFile, taken: Collection[str], *, created: bool, findings: Findings
) -> DraftTarget:
    """Find the conversion in the leads file itself, in columns that play no role; undated if nobody knows when leads were `created`."""
    left = {name: column for name, column in source.columns.items() if name not in taken}
    answer = _answer(left)
    closing = [p for p in left.values() if p.kind == "date" and target_names("won_at").likeness(p.name)]
    if closing and created:
        won_at = max(closing, key=lambda p: (target_names("won_at").likeness(p.name), -p.place))
        found = _dated_target(source, won_at, answer, findings)
        if found is not None:
            return found
    if answer is None:
        return DraftTarget("none")
    _ask(answer, findings)
    spoken = {name for name in left if target_names("stage").likeness(name) and answer.stages}
    dated = {p.name for p in closing} - {answer.column}
    return replace(answer, gives_away=frozenset(spoken | dated))


def named_target(source: ExportFile, name: str, findings: Findings) -> DraftTarget:
    """Return the target of a column that the user names; raises InputError if its values do not say who converted."""
    column = source.columns[name]
    answer = _flag(column) or _won_stage(column)
    if answer is None:
        raise InputError(
            f"the column {name} does not say who converted",
            source=str(source.file),
            value=", ".join(column.texts[:5]),
            expected="yes and no, 1 and 0, or stages of which one means won",
            do="name another column, or map its values under data.leads.stages in params.yaml",
        )
    _ask(answer, findings)
    return answer


def _won_stage(p: ExportColumn) -> DraftTarget | None:
    stages = stages_of(p.texts)
    won = tuple(text for text, stage in stages.items() if stage == "won")
    return (
        DraftTarget("column", p.name, tuple(sorted(won)), stages=stages, doubt=("other_stages", ()))
        if won
        else None
    )


def _named(left: Mapping[str, ExportColumn], what: Literal["converted", "stage"]) -> list[ExportColumn]:
    """Return the columns whose name fits, the best first."""
    likeness = target_names(what).likeness
    found = [p for p in left.values() if likeness(p.name)]
    return sorted(found, key=lambda p: (-likeness(p.name), p.place))


def _answer(left: Mapping[str, ExportColumn]) -> DraftTarget | None:
    """Return a column that says yes or no, or a stage: by its name, by values that name stages, or the last column of two values."""
    flags = (_flag(p) for p in _named(left, "converted"))
    stages = (_won_stage(p) for p in _named(left, "stage") if p.distinct <= MOST_STAGES)
    spoken = (_won_stage(p) for p in left.values() if speaks_of_stages(p))
    answers = (answer for several in (flags, stages, spoken) for answer in several)
    found = next((answer for answer in answers if answer is not None), None)
    if found is None and left:
        last = max(left.values(), key=lambda p: p.place)
        named = last.distinct == 2 and sum(map(is_yes, last.texts)) == 1 and not counts_something(last.name)
        flag = _flag(last) if named else None
        found = flag and replace(flag, doubt=("last_column", ()))
    return found


def speaks_of_stages(p: ExportColumn) -> bool:
    """Return whether the values of a column are stages, whatever its name: one means won, another one any other stage.

    Yes and no are no stages, nor is a text in which such words occur.
    """
    if p.distinct > MOST_STAGES or p.numeric or p.kind in ("date", "id", "text"):
        return False
    found = set(stages_of(text for text in p.texts if not is_no(text)).values())
    return "won" in found and len(found) > 1


def _flag(p: ExportColumn) -> DraftTarget | None:
    """Return who says yes in a column of few values; numbers of which there are more than two, or neither 0 nor 1, are counts."""
    if not 1 <= p.distinct <= _MOST_ANSWERS:
        return None
    yes = tuple(sorted(text for text in p.texts if is_yes(text)))
    no = [text for text in p.texts if is_no(text)]
    if p.numeric and (p.distinct > 2 or not (yes or no)):
        return None
    if p.distinct == 1:
        return DraftTarget("column", p.name, yes, default="no") if yes and p.filled < p.rows else None
    if yes and len(yes) < p.distinct:
        rest = tuple(sorted(text for text in p.texts if text not in yes and text not in no))
        doubt = ("others_are_no", rest) if p.distinct > 2 and rest else ("", ())
        return DraftTarget("column", p.name, yes, doubt=doubt)
    if p.distinct > 2:
        return None
    positive = next(text for text in reversed(p.texts) if text not in no[:1])
    return DraftTarget("column", p.name, (positive,), doubt=("" if no else "neither_is_yes", ()))


def _dated_target(
    source: ExportFile, won_at: ExportColumn, answer: DraftTarget | None, findings: Findings
) -> DraftTarget | None:
    """Decide whether a date marks the conversion: filled for those converted, and hardly for others."""
    filled = won_at.text.codes >= 0
    if answer is None:
        if filled.mean() > _OFTEN:
            return None
        findings.ask("won_date", column=won_at.name)
        return DraftTarget("dated", date=won_at.name)
    positive = source.columns[answer.column].text.among(answer.positive)
    given = float(filled[positive].mean()) if positive.any() else 0.0
    otherwise = float(filled[~positive].mean()) if not positive.all() else 1.0
    if given < _FOLLOWS:
        return None
    if (positive & ~filled).any():
        findings.note("converted_undated", answer=answer.column, column=won_at.name)
    if otherwise <= _SELDOM:
        return DraftTarget("dated", date=won_at.name, gives_away=frozenset({answer.column}))
    stages = answer.stages or _answers_as_stages(source.columns[answer.column], answer)
    if not stages or filled.mean() > _OFTEN:
        return None
    values = findings.names(answer.positive)
    findings.ask("stage_date", column=won_at.name, stage=answer.column, values=values)
    return replace(answer, kind="dated", date=won_at.name, stages=stages)


def _answers_as_stages(p: ExportColumn, answer: DraftTarget) -> dict[str, str]:
    """Return what yes and no mean beside a date that both have: won or lost on that day; nothing if there is no no."""
    no = {text: "lost" for text in p.texts if is_no(text)}
    return {**dict.fromkeys(answer.positive, "won"), **no} if no else {}


def _ask(answer: DraftTarget, findings: Findings) -> None:
    values, key = findings.names(answer.positive), answer.doubt[0]
    text = findings.say("in_column", values=values, column=answer.column)
    if answer.default:
        findings.ask("empty_outcome", column=answer.column, values=values)
    if key or target_names("converted").likeness(answer.column) < EXACT:
        doubt = findings.say(f"doubts.{key}", values=findings.names(answer.doubt[1])) if key else ""
        doubt = findings.say("doubts.in_brackets", doubt=doubt) if doubt else ""
        findings.ask("outcome", doubt=doubt, answer=text)
    else:
        findings.note("converted", answer=text)
