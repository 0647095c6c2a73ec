"""What the name of a column says: its role or target, the trait that it describes, and the name and label of its feature.

A *trait*, such as the landing page or the language, is fixed when the lead arrives. The draft marks it ``creation`` and
asks about it; every other column without a role stays ``current``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from lead_ml.clean.text import name_key
from lead_ml.init.words import read_toml
from lead_ml.project.words import says_latest

EXACT, PARTIAL = 1.0, 0.7
Trait = Mapping[
    str, str
]  # name and group of the feature, labels en and zh, and a pattern for the name of the column


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
    return {role: _names(item) for role, item in read_toml("names")[table].items()}


@cache
def target_names(what: Literal["won_at", "lost_at", "converted", "stage"]) -> HeaderNames:
    """Return the names of the date of a win or a loss, of a column that says yes or no, or of a stage."""
    return _names(read_toml("names")["target"][what])


def _names(item: Mapping[str, Any]) -> HeaderNames:
    return HeaderNames(frozenset(item["whole"]), re.compile(item["part"]) if "part" in item else None)


def trait_of(column: str) -> Trait | None:
    """Return the trait that a column describes, or None; what is called *latest* is overwritten and fixed by no arrival.

    >>> (trait_of("Landing Page") or {}).get("name"), trait_of("notes")
    ('landing_page', None)
    """
    found = name_key(column)
    traits: list[Trait] = [] if says_latest(column) else read_toml("labels")["traits"]
    return next((trait for trait in traits if re.search(trait["pattern"], found)), None)


def feature_name(text: str, otherwise: str) -> str:
    """Return a lower_snake_case name for a header or a value.

    >>> feature_name("Page Views Per Visit", "column_3"), feature_name("通话次数", "column_3")
    ('page_views_per_visit', 'calls_count')
    >>> feature_name("奇怪", "column_3"), feature_name("2nd visit", "column_3")
    ('column_3', 'n_2nd_visit')
    """
    found = name_key(text)
    for word, english in read_toml("words")["headers"]:  # Chinese and German, the longer first
        found = found.replace(word, f" {english} ")
    plain = "_".join(re.findall(r"[a-z0-9]+", found))[:48].strip("_")
    if not re.search(r"[a-z]", plain) or re.search(r"[^\x00-\x7f]", found):
        plain = plain if re.search(r"[a-z]{3}", plain) else otherwise
    return plain if plain[0].isalpha() else f"n_{plain}"


def wording(column: str) -> str:
    """Return a header as a phrase.

    >>> wording("landing_page_id"), wording("通话次数"), wording("TotalVisits")
    ('Landing page id', '通话次数', 'Total visits')
    """
    found = name_key(column)
    return (found[:1].upper() + found[1:]) if found else column


def same_wording(column: str) -> dict[str, str]:
    """Return a header as the label of its feature in both languages."""
    return dict.fromkeys(("en", "zh"), wording(column))
