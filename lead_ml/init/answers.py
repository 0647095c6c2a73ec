"""What the values of an outcome mean: yes or no, a stage, and which reasons say that a lead is not real."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lead_ml.clean import clean
from lead_ml.clean.text import name_key
from lead_ml.init.words import read_toml, word_pattern, word_set


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
    """
    plain = name_key(text)
    not_yet = word_pattern("not_yet").search(plain)
    for item in read_toml("words")["stages"]:
        stage = str(item["stage"])
        if re.search(item["pattern"], plain) and not (stage == "won" and not_yet):
            return stage
    return None


def stages_of(values: Iterable[str]) -> dict[str, str]:
    """Return the values that mean a stage, with the stage."""
    return {value: stage for value in values if (stage := stage_of(value)) is not None}


def unreal_reasons(reasons: Iterable[str]) -> tuple[str, ...]:
    """Return the reasons that mean that the lead is not a real person."""
    return tuple(reason for reason in reasons if word_pattern("not_real").search(name_key(reason)))


def contacts_of(types: Iterable[str]) -> tuple[str, ...]:
    """Return the types of events that only a real person causes."""
    return tuple(kind for kind in types if word_pattern("contact").search(name_key(kind)))
