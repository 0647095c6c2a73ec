"""Words of the data that have a meaning by default, from ``words.toml``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

_FOUND = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

MISSING_WORDS: tuple[str, ...] = tuple(_FOUND["missing"])
POSITIVE_WORDS: tuple[str, ...] = tuple(_FOUND["positive"])
_LATEST = re.compile(_FOUND["latest"])
_SENSITIVE = re.compile(_FOUND["sensitive"])
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def says_latest(name: str) -> bool:
    """Tell whether the name of a column says that it holds the latest value; the last 7 days are a window.

    >>> [says_latest(name) for name in ("Latest Traffic Source", "LastChannel", "最近来源", "last_name", "visits_last_7_days")]
    [True, True, True, False, False]
    """
    return _LATEST.match(_spaced(name)) is not None


def says_sensitive(name: str) -> bool:
    """Tell whether the name of a column says that it holds sensitive personal data: health, religion, origin, opinions, gender.

    >>> [says_sensitive(name) for name in ("Gender", "religion_id", "健康状况", "gene", "healthcare_segment", "sexton")]
    [True, True, True, False, False, False]
    """
    return _SENSITIVE.search(_spaced(name)) is not None


def _spaced(name: str) -> str:
    return re.sub(r"[\W_]+", " ", _CAMEL.sub(" ", name)).strip().casefold()
