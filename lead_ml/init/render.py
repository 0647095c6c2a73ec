"""The files of a drafted project, rendered from the templates beside this module."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from lead_ml.init import source_text
from lead_ml.init.fakes import DraftFake
from lead_ml.init.features import FeatureGroup
from lead_ml.init.measure import DraftFigures
from lead_ml.init.questions import Findings
from lead_ml.init.source_text import Call, docstring, literal, strings
from lead_ml.init.statistics import Delays
from lead_ml.init.target import DraftTarget
from lead_ml.project.params import DEFAULT_MISSING

if TYPE_CHECKING:
    from jinja2 import Environment

_TAGS_SHOWN = 8
_FILTERS = ("comment", "entry", "flow", "literal", "scalar", "strings")
_FAKE_AGES = (1, 7)


def render_features(group: FeatureGroup, findings: Findings) -> str:
    """Return a file of features."""
    about = findings.say(f"docs.{group.name}")
    if group.left_out:
        about += "\n\n" + "\n".join([findings.say("not_declared"), *(f"- {item}" for item in group.left_out)])
    functions = sorted({found[0] for item in group.calls if (found := re.match(r"\w+", item.head))})
    return _render("features.py", about=docstring(about), functions=functions, group=group)


def render_conversion(target: DraftTarget, groups: Sequence[str], horizon: int, findings: Findings) -> str:
    """Return models/conversion.py; `horizon` is in days."""
    if target.kind == "column":
        about = findings.say("docs.conversion_column", column=target.column)
        positive = strings(target.positive, indent=8, before="positive=")
        declared = Call("Column", (("column", literal(target.column)), ("positive", positive)))
    else:
        about = findings.say("docs.conversion_won", days=horizon)
        declared = Call("Won", (("stages", '("won",)'),))
    about = docstring(f"{about}\n\n{findings.say('docs.monotone')}")
    found = {"about": about, "name": "conversion", "target": declared, "groups": groups, "ages": ()}
    return _render("model.py", **found, unused=["Column"] if target.kind == "none" else [])


def render_fake(fake: DraftFake, groups: Sequence[str], findings: Findings) -> str:
    """Return models/fake.py."""
    about = findings.say("docs.fake_column" if fake.column else "docs.fake", column=fake.column)
    if fake.unfit and not fake.column:
        about += "\n\n" + findings.say("docs.fake_unfit", reasons=findings.say("separator").join(fake.unfit))
    given = [(k, strings(v, indent=8, before=f"{k}=")) for k, v in fake.arguments.items() if v]
    if fake.column:
        target = Call("Column", (("column", literal(fake.column)), *given))
    else:
        target = Call("Fake", (*given, ("stages", strings(("sql", "opportunity", "won", "lost")))))
    ages = () if fake.column else _FAKE_AGES
    return _render(
        "model.py", about=docstring(about), name="fake", target=target, groups=groups, ages=ages, unused=[]
    )


def render_params(
    params: Mapping[str, Any],
    tags: Mapping[str, Mapping[str, int]],
    figures: DraftFigures,
    findings: Findings,
) -> str:
    """Return params.yaml. `params` holds the settings as :class:`lead_ml.project.params.Params` names them."""

    def say(key: str, **values: object) -> str:
        return findings.say(f"params.{key}", **values)

    weekly, horizon = figures.weekly, params["conversion"]["horizon_days"]
    no_ages = "no_outcome_date" if "events" in params["data"] else "no_ages"
    return _render(
        "params.yaml",
        say=say,
        params=params,
        figures=figures,
        questions=findings.questions,
        notes=findings.notes,
        seen=_seen(params["missing"], tags, findings),
        base_rate=_base_rate(figures),
        closing="closing" if params["closing"] else "closing_told" if figures.tells_lost else "no_closing",
        ages="ages" if params["snapshots"]["ages_days"] else no_ages,
        horizon=horizon_words(horizon, figures.delays, findings),
        volume=say("no_volume") if weekly is None else say("volume", weekly=weekly),
    )


def _seen(missing: Sequence[str], tags: Mapping[str, Mapping[str, int]], findings: Findings) -> str:
    """Return what the files write for a missing value."""
    shown = []
    for tag, cells in list(tags.items())[:_TAGS_SHOWN]:
        most, key = max(cells, key=lambda name: cells[name]), "seen_most" if len(cells) > 1 else "seen_in"
        shown.append(findings.say(f"params.{key}", tag=tag, count=sum(cells.values()), column=most))
    text = findings.say("params.seen", tags="; ".join(shown)) if shown else findings.say("params.seen_none")
    added = [tag for tag in missing if tag not in DEFAULT_MISSING]
    more = findings.say("params.added", tags=findings.say("separator").join(added)) if added else ""
    return f"{text} {more}".strip()


def _base_rate(figures: DraftFigures) -> str:
    """Return the key of the text that says where the base rate comes from."""
    if not figures.early_converted:
        return "base_rate_guess"
    if figures.weekly is None:
        return "base_rate_undated"
    return "base_rate" if figures.delays is None else "base_rate_ever"


def horizon_words(days: int | None, delays: Delays | None, findings: Findings) -> str:
    """Say what the horizon is and where it comes from: how long wins took, a guess, or nothing."""
    if delays is None:
        return findings.say("params.no_horizon" if days is None else "params.guessed_horizon", days=days)
    wins, median, share = delays.wins, delays.median_days, delays.share
    text = findings.say("params.horizon", wins=wins, median=median, days=delays.horizon, share=share)
    if delays.horizon < delays.wanted:
        text += " " + findings.say("params.horizon_cut", wanted=delays.wanted, span=delays.span_days)
    return text


def _render(template: str, /, **values: object) -> str:
    return _environment().get_template(f"{template}.j2").render(values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("lead_ml.init"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the files are Python and YAML, written by the filters
    )
    found.filters.update({name: getattr(source_text, name) for name in _FILTERS})
    return found
