"""Words of the data that have a meaning by default, from ``words.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path

_FOUND = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

MISSING_WORDS: tuple[str, ...] = tuple(_FOUND["missing"])
POSITIVE_WORDS: tuple[str, ...] = tuple(_FOUND["positive"])
