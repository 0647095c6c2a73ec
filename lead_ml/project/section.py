"""What every section of ``params.yaml`` has in common, and how its errors are worded."""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import BaseModel, ConfigDict

from lead_ml.errors import shorten

_RENAMED = {"snapshots.settle": "snapshots.scoring_delay"}


class Section(BaseModel):
    """A frozen section; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def worded(item: Any) -> str:
    """Return the message of one error of pydantic: the key, what is wrong with it, and the value."""
    place = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        renamed = _RENAMED.get(place)
        if renamed:
            return f"{place} is now called {renamed}"
        near = difflib.get_close_matches(str(item["loc"][-1]), _known_keys(), n=1)
        return f"unknown key {place}" + (f" (did you mean {near[0]}?)" if near else "")
    if item["type"] == "missing":
        return f"{place} is missing"
    problem = item["msg"].removeprefix("Value error, ")
    return (f"{place}: " if place else "") + f"{problem}, got {shorten(item['input'])}"


def _known_keys() -> set[str]:
    keys: set[str] = set()
    for model in _sections(Section):
        keys |= set(model.model_fields)
    return keys


def _sections(base: type[Section]) -> list[type[Section]]:
    return [found for child in base.__subclasses__() for found in (child, *_sections(child))]
