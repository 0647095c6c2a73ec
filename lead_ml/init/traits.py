"""Columns without a role that clearly describe how a lead arrived, and names and labels for the others.

A *trait*, such as the landing page or the language, is fixed when the lead arrives. The draft marks it ``creation`` and
asks about it; every other column without a role stays ``current``.
"""

from __future__ import annotations

import re

from lead_ml.clean.text import name_key
from lead_ml.init.words import Trait, header_words, labels


def trait_of(column: str) -> Trait | None:
    """Return the trait that a column describes, or None.

    >>> getattr(trait_of("Landing Page"), "name", None), trait_of("notes")
    ('landing_page', None)
    """
    found = name_key(column)
    return next((trait for trait in labels().traits if re.search(trait.pattern, found)), None)


def feature_name(text: str, otherwise: str) -> str:
    """Return a lower_snake_case name for a header or a value.

    >>> feature_name("Page Views Per Visit", "column_3"), feature_name("通话次数", "column_3")
    ('page_views_per_visit', 'calls_count')
    >>> feature_name("奇怪", "column_3"), feature_name("2nd visit", "column_3")
    ('column_3', 'n_2nd_visit')
    """
    found = name_key(text)
    for word, english in header_words():
        found = found.replace(word, f" {english} ")
    plain = "_".join(re.findall(r"[a-z0-9]+", found))[:48].strip("_")
    if not plain or not re.search(r"[a-z]", plain) or re.search(r"[^\x00-\x7f]", found):
        plain = plain if re.search(r"[a-z]{3}", plain) else otherwise
    return plain if plain[0].isalpha() else f"n_{plain}"


def wording(column: str) -> str:
    """Return a header as a phrase.

    >>> wording("landing_page_id"), wording("通话次数"), wording("TotalVisits")
    ('Landing page id', '通话次数', 'Total visits')
    """
    found = name_key(column)
    return (found[:1].upper() + found[1:]) if found else column
