"""What a conversion is in this export: a dated outcome, a column that says yes or no, or a stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from lead_ml.asof.labels import Mask
from lead_ml.clean import as_text
from lead_ml.init.answers import is_no, is_yes, stages_of
from lead_ml.init.dates import Dated
from lead_ml.init.names import EXACT, OUTCOME, STAGE, WON_AT
from lead_ml.init.profile import TAGS, Profile
from lead_ml.init.questions import Findings, listed
from lead_ml.init.source import Source
from lead_ml.tables.read.raw import RawColumn

_MOST_ANSWERS = 6
_FOLLOWS, _SELDOM, _OFTEN = 0.8, 0.1, 0.97


@dataclass(frozen=True)
class Target:
    """How a conversion is found.

    ``column``: the leads say it themselves, in `column`, by one of `positive`. ``dated``: `date` of the leads file holds the
    day of the deal, and `column`, where not empty, the stage it closed in. ``table``: an outcomes table. ``none``: nothing does.
    ``default`` is what an empty cell of `column` means. ``gives_away`` are columns that say the same in other words.
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
    """A column that says yes or no, or a stage; ``won`` are its values that mean a conversion."""

    column: str
    won: tuple[str, ...]
    default: str = ""
    stages: Mapping[str, str] = field(default_factory=dict)
    doubt: str = ""


def target_in_leads(
    source: Source, dates: Mapping[str, Dated], taken: Collection[str], *, created: bool, findings: Findings
) -> Target:
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
    left = {name: profile for name, profile in source.profiles.items() if name not in taken}
    answer = _answer(left)
    won_at = _won_at(left, dates) if created else None
    if won_at is not None:
        found = _dated_target(source, won_at, answer, findings)
        if found is not None:
            return found
    if answer is None:
        return Target("none")
    _ask(source, answer, findings)
    spoken = {name for name in left if STAGE.likeness(name) and answer.stages}
    return Target(
        "column",
        answer.column,
        answer.won,
        default=answer.default,
        gives_away=frozenset(
            spoken | {name for name in left if name in dates and WON_AT.likeness(name)} - {answer.column}
        ),
    )


def _answer(left: Mapping[str, Profile]) -> _Answer | None:
    named = sorted(
        (p for p in left.values() if OUTCOME.likeness(p.name)),
        key=lambda p: (-OUTCOME.likeness(p.name), p.place),
    )
    found = next((a for p in named if (a := _flag(p)) is not None), None) or _stage(left)
    if found is None and left:
        last = max(left.values(), key=lambda p: p.place)
        flag = _flag(last) if sum(is_yes(text) for text, _ in last.values) == 1 else None
        found = flag and _Answer(
            flag.column,
            flag.won,
            flag.default,
            doubt="only its place, the last, and its two values speak for it",
        )
    return found


def _flag(p: Profile) -> _Answer | None:
    texts = [text for text, _ in p.values]
    if not 1 <= p.distinct <= _MOST_ANSWERS:
        return None
    yes = tuple(text for text in texts if is_yes(text))
    if p.distinct == 1:
        return _Answer(p.name, yes, default="no") if yes and p.filled < p.rows else None
    if yes and len(yes) < p.distinct:
        rest = [text for text in texts if text not in yes and not is_no(text)]
        return _Answer(p.name, yes, doubt=f"{listed(rest)} count as no" if p.distinct > 2 and rest else "")
    if p.distinct > 2:
        return None
    no = [text for text in texts if is_no(text)]
    positive = next(text for text in reversed(texts) if text not in no[:1])
    return _Answer(
        p.name, (positive,), doubt="" if no else "neither value says yes or no; the rarer one is taken"
    )


def _stage(left: Mapping[str, Profile]) -> _Answer | None:
    for p in sorted(left.values(), key=lambda p: (-STAGE.likeness(p.name), p.place)):
        stages = (
            stages_of(text for text, _ in p.values) if STAGE.likeness(p.name) and p.distinct <= 40 else {}
        )
        won = tuple(text for text, stage in stages.items() if stage == "won")
        if won:
            return _Answer(
                p.name, won, stages=stages, doubt="leads in any other stage count as not converted"
            )
    return None


def _won_at(left: Mapping[str, Profile], dates: Mapping[str, Dated]) -> str | None:
    named = [p for p in left.values() if p.name in dates and WON_AT.likeness(p.name)]
    return max(named, key=lambda p: (WON_AT.likeness(p.name), -p.place)).name if named else None


def _dated_target(source: Source, won_at: str, answer: _Answer | None, findings: Findings) -> Target | None:
    """Decide whether a date marks the conversion: filled for those converted, and hardly for others."""
    filled = _filled(source.raw.columns[won_at])
    if answer is None:
        if filled.mean() > _OFTEN:
            return None
        findings.ask(
            f"Does `{won_at}` hold a date only for leads that converted? ({filled.sum():,} of {len(filled):,} rows do)",
            "yes: such a lead is won on that date, and a lead without one is not (yet)",
            "`data.outcomes` below",
        )
        return Target("dated", date=won_at)
    positive = _holds(source.raw.columns[answer.column], answer.won)
    given = float(filled[positive].mean()) if positive.any() else 0.0
    otherwise = float(filled[~positive].mean()) if not positive.all() else 1.0
    if given < _FOLLOWS:
        return None
    gone = int((positive & ~filled).sum())
    if gone:
        findings.note(
            f"{gone:,} leads are converted by `{answer.column}` but have no `{won_at}`: they count as not won"
        )
    if otherwise <= _SELDOM:
        return Target("dated", date=won_at, gives_away=frozenset({answer.column}))
    if not answer.stages:
        return None
    findings.ask(
        f"`{won_at}` is filled for other leads than the converted ones too ({otherwise:.0%} of them). Is it the day on which a "
        f"lead came to the stage in `{answer.column}`?",
        f"yes: {listed(answer.won)} on that day is a conversion",
        "`data.outcomes` below",
    )
    return Target("dated", answer.column, answer.won, won_at, stages=answer.stages)


def _ask(source: Source, answer: _Answer, findings: Findings) -> None:
    rows = int(_holds(source.raw.columns[answer.column], answer.won).sum())
    told = f"{listed(answer.won)} in `{answer.column}` ({rows:,} of {len(source.raw):,} leads)"
    if answer.default:
        findings.ask(
            f"`{answer.column}` holds {listed(answer.won)} or nothing. Does nothing mean no?",
            "yes",
            "`data.leads.defaults` below",
        )
    if answer.doubt or OUTCOME.likeness(answer.column) < EXACT:
        findings.ask(
            "Which column says that a lead converted?" + (f" ({answer.doubt})" if answer.doubt else ""),
            told,
            "`target` in models/conversion.py",
        )
    else:
        findings.note(f"a lead converted where it says {told}")


def _filled(column: RawColumn) -> Mask:
    levels = np.array([as_text(level, TAGS) is not None for level in column.levels], dtype=bool)
    return np.asarray(levels[column.codes])


def _holds(column: RawColumn, values: Collection[str]) -> Mask:
    levels = np.array([as_text(level, TAGS) in values for level in column.levels], dtype=bool)
    return np.asarray(levels[column.codes])
