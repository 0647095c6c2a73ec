"""The Python files of a project: features and models, as a person would have begun them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lead_ml.init.features import Group
from lead_ml.init.python_text import literal, strings, width
from lead_ml.init.target import Target

_ABOUT = {
    "profile": "Fit: who the lead is. One declaration a feature; edit, add or remove lines and train again.\n\nen and zh are noun "
    "phrases that read well before a colon and a value.",
    "channel": "Channel: where the lead came from, and what lately became of other leads from there.",
    "engagement": "Engagement: what the lead did. Counts look back from the moment of the question, never past it.",
    "authenticity": "Authenticity: signs that a lead is not real. Each is a hint, none a verdict: the model weighs them together.",
    "others": "Columns whose role lead-ml does not know. They are `current` in params.yaml, so no model sees them yet: a column "
    "that people overwrite after the sale would give it away. Write `creation` behind those that are filled in once, when the "
    "lead arrives, and give them a group and a wording of your own.",
}
_SEARCH = """    search={
        "rounds": Uniform(60, 400, log=True, whole=True),
        "learning_rate": Uniform(0.01, 0.1, log=True),
        "num_leaves": Uniform(4, 32, log=True, whole=True),
        "min_data_in_leaf": Uniform(20, 200, log=True, whole=True),
        "lambda_l2": Uniform(0.1, 30.0, log=True),
    },
)
"""


def features_module(group: Group) -> str:
    """Return the text of one file of features."""
    functions = sorted({found[0] for item in group.calls if (found := re.match(r"\w+", item.head))})
    lines = [
        _docstring(_ABOUT[group.name], group.left_out),
        "",
        f"from lead_ml.declare import {', '.join(functions)}",
        "",
    ]
    lines += [f"GROUP = {literal(group.group)}"]
    lines += [f"{name} = {value}" for name, value in group.constants.items()]
    lines += ["", "FEATURES = [", *(item.text(4, after=",") for item in group.calls), "]", ""]
    return "\n".join(lines)


def conversion_module(target: Target, groups: Sequence[str], horizon: int) -> str:
    """Return the text of models/conversion.py."""
    if target.kind == "column":
        about = (
            f"Conversion: whether `{target.column}` says that the lead converted.\n\nThe data does not tell when, so there is no "
            "horizon. `positive` are the values that mean yes; a lead without a value is left out."
        )
        name, inner = "Column", f"column={literal(target.column)}, positive={strings(target.positive)}"
        if width(f"    target=Column({inner}),") > 88:
            values = strings(target.positive, indent=8, before="positive = ")
            values = values if values.startswith("(\n") else strings([*target.positive], indent=8)
            inner = f"\n        column={literal(target.column)},\n        positive={values},\n    "
    else:
        about = (
            f"Conversion: the chance that a lead is won within {horizon} days after the question is asked.\n\nThe horizon stands in "
            "params.yaml; `stages` are the stages that count as won."
        )
        name, inner = "Won", 'stages=("won",)'
    about += (
        " A monotone sign (a feature: 1 or -1) forbids the model to learn the contrary, also where the data shows it: force few, "
        "and only what you would defend before your sales team. The ranges are what ``lead-ml tune`` searches."
    )
    return _model("conversion", about, name, inner, groups)


def fake_module(
    reasons: Sequence[str], contacts: Sequence[str], others: Sequence[str], groups: Sequence[str]
) -> str:
    """Return the text of models/fake.py."""
    about = (
        "Fake: the chance that a lead turns out not to be real.\n\n`reasons` are those of the `invalid` outcomes that mean nobody "
        "real could be reached; a student or a competitor is real. `contacts` are events that only a real person causes; a lead "
        "with neither a reason nor a contact nor a sales stage teaches nothing."
    )
    if others:
        about += " Reasons taken to mean real but unfit: " + ", ".join(others) + "."
    inner = f"\n        reasons={strings(reasons, indent=8, before='reasons=')},\n"
    if contacts:
        inner += f"        contacts={strings(contacts, indent=8, before='contacts=')},\n"
    inner += '        stages=("sql", "opportunity", "won", "lost"),\n    '
    return _model("fake", about, "Fake", inner, groups, ages="    ages_days=(1, 7),\n")


def _model(name: str, about: str, target: str, inner: str, groups: Sequence[str], ages: str = "") -> str:
    imported = ", ".join(sorted((target, "ModelSpec", "Uniform")))
    return (
        f"{_docstring(about, [])}\n\nfrom lead_ml.project.targets import {imported}\n\n"
        f"SPEC = ModelSpec(\n    name={literal(name)},\n    target={target}({inner}),\n    groups={strings(groups)},\n{ages}"
        f"    monotone={{}},\n{_SEARCH}"
    )


def _docstring(text: str, left_out: Sequence[str]) -> str:
    """Return a docstring with lines of at most 88 columns; what is left out stands below, one a line."""
    first, *rest = text.split("\n\n")
    if width(first) > 84 and ". " in first:
        first, more = first.split(". ", 1)
        first, rest = first + ".", [more, *rest]
    parts = [first, *("\n".join(wrapped(part)) for part in rest)]
    if left_out:
        parts.append("\n".join(["Not declared:", *(f"- {item}" for item in left_out)]))
    body = "\n\n".join(parts).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{body}"""' if len(parts) == 1 else f'"""{body}\n"""'


def wrapped(text: str, columns: int = 88) -> list[str]:
    """Break a text at blanks into lines of at most so many columns; a word that is longer stands alone."""
    lines: list[str] = []
    for word in text.split():
        if lines and width(lines[-1]) + 1 + width(word) <= columns:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
