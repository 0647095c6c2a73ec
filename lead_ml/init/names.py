"""Names of columns, from ``names.toml``: those of every role in English, Chinese and some German, and how well a name fits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from lead_ml.clean.text import name_key
from lead_ml.init.words import read_toml

EXACT, PARTIAL = 1.0, 0.7


@dataclass(frozen=True)
class HeaderNames:
    """The whole names of something, and a pattern that a part of a name can match."""

    whole: frozenset[str]
    part: re.Pattern[str] | None

    def likeness(self, name: str) -> float:
        """Return 1 for one of the whole names, 0.7 if a part matches, else 0.

        >>> role_names("leads")["source"].likeness("LeadSource"), target_names("won_at").likeness("Colour")
        (1.0, 0.0)
        """
        found = name_key(name)
        if found in self.whole:
            return EXACT
        return PARTIAL if self.part is not None and self.part.search(found) else 0.0


@cache
def role_names(table: Literal["leads", "events", "outcomes"]) -> Mapping[str, HeaderNames]:
    """Return the names of every role of a table."""
    return {role: _names(item) for role, item in _file()[table].items()}


@cache
def target_names(what: Literal["won_at", "converted", "stage"]) -> HeaderNames:
    """Return the names of the date of a win, of a column that says yes or no, or of a stage."""
    return _names(_file()["target"][what])


def _names(item: Mapping[str, Any]) -> HeaderNames:
    return HeaderNames(frozenset(item["whole"]), re.compile(item["part"]) if "part" in item else None)


@cache
def _file() -> dict[str, Any]:
    return read_toml("names")
