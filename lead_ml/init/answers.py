"""What the values of an outcome mean: yes or no, a stage, and which reasons say that a lead is not real."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lead_ml.clean import clean
from lead_ml.clean.text import name_key
from lead_ml.init.words import read_toml, word_pattern, word_set
from lead_ml.project.targets import CLOSING_STAGES


def is_yes(text: str) -> bool:
    """Return whether a value means yes.

    >>> is_yes("Yes"), is_yes("已成交"), is_yes("Closed Won"), is_yes("0")
    (True, True, True, False)
    """
    plain = clean(text).casefold()
    return plain in word_set("yes") or "_".join(name_key(text).split()) in word_set("yes")


def is_no(text: str) -> bool:
    """Return whether a value means no."""
    return clean(text).casefold() in word_set("no")


def stage_of(text: str) -> str | None:
    """Return the stage that a value means, or None.

    >>> stage_of("Closed Lost"), stage_of("Closed Won"), stage_of("已成交"), stage_of("未成交"), stage_of("MQL"), stage_of("New")
    ('lost', 'won', 'won', 'lost', 'mql', None)
    >>> stage_of("Customer"), stage_of("Waiting for customer"), stage_of("首次联系成功"), stage_of("Closed - Not Converted")
    ('won', None, None, 'lost')
    """
    plain = name_key(text)
    not_yet = word_pattern("not_yet").search(plain)
    for item in read_toml("words")["stages"]:
        stage = str(item["stage"])
        if re.search(item["pattern"], plain) and not (stage == "won" and not_yet):
            return stage
    return None


def stages_of(values: Iterable[str]) -> dict[str, str]:
    """Return the values that mean a stage, with the stage; a bare "closed" is lost where another value means won.

    >>> stages_of(["Working", "Closed", "Converted"]), stages_of(["Working", "Closed"])
    ({'Closed': 'lost', 'Converted': 'won'}, {})
    """
    values = tuple(values)
    found = {value: stage for value in values if (stage := stage_of(value)) is not None}
    if "won" not in found.values():
        return found
    return {v: found.get(v, "lost") for v in values if v in found or _matches("closed", v)}


def closings_of(values: Iterable[str]) -> dict[str, str]:
    """Return the values that mean that a lead is closed, with won, lost or invalid.

    A value such as 未成交 may as well mean *not yet*, so it closes nothing.

    >>> closings_of(["New", "Lost Lead", "空号", "未成交", "Unqualified", "MQL"])
    {'Lost Lead': 'lost', '空号': 'invalid', 'Unqualified': 'lost'}
    """
    found = {value: stage for value, stage in stages_of(values).items() if stage in CLOSING_STAGES}
    return {value: stage for value, stage in found.items() if not _matches("not_yet_lost", value)}


def unsure_of(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values that neither mean a stage nor say that somebody is still working on the lead."""
    values = tuple(values)
    known = {value: stage for value, stage in stages_of(values).items() if stage not in CLOSING_STAGES}
    known |= closings_of(values)
    return tuple(value for value in values if value not in known and not _matches("still_open", value))


def counts_something(name: str) -> bool:
    """Return whether the name of a column says that it holds a count."""
    return _matches("count_name", name)


def names_a_reason(name: str) -> bool:
    """Return whether the name of a column says that it holds the reason of something."""
    return _matches("reason_name", name)


def _matches(pattern: str, text: str) -> bool:
    return word_pattern(pattern).search(name_key(text)) is not None


def unreal_reasons(reasons: Iterable[str]) -> tuple[str, ...]:
    """Return the reasons that mean that the lead is not a real person."""
    return tuple(reason for reason in reasons if _matches("not_real", reason))


def contacts_of(types: Iterable[str]) -> tuple[str, ...]:
    """Return the types of events that only a real person causes."""
    return tuple(kind for kind in types if _matches("contact", kind))
