"""YAML as a person writes it: plain words where they are safe, quotes where they are not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from lead_ml.init.modules import wrapped
from lead_ml.init.python_text import width

_PLAIN = re.compile(r"[^\W\d][\w./-]*(?: [\w./-]+)*")
LINE = 118


def scalar(value: Any) -> str:
    """Return one value.

    >>> [scalar(value) for value in ("web", "yes", "线索编号", "Lead: ID", "20%", True, 0.05, None, "2024-05-06")]
    ['web', '"yes"', '线索编号', '"Lead: ID"', '"20%"', 'true', '0.05', 'null', '"2024-05-06"']
    """
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and yaml.safe_load(value) == value:
        return value
    return "".join(
        letter if letter.isprintable() else f"\\U{ord(letter):08x}"
        for letter in json.dumps(value, ensure_ascii=False)
    )


def flow(value: Any) -> str:
    """Return a value on one line.

    >>> flow({"created_at": "Create Date", "ages": [1, 3]})
    '{created_at: Create Date, ages: [1, 3]}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def entry(key: str, value: Any, indent: int = 0) -> str:
    """Return a key with its value: on one line where it is short, else one item a line."""
    blank = " " * indent
    line = f"{blank}{scalar(key)}: {flow(value)}"
    if width(line) <= LINE or not isinstance(value, Mapping):
        return line
    return "\n".join([f"{blank}{scalar(key)}:", *(entry(k, v, indent + 2) for k, v in value.items())])


def comment(text: str, indent: int = 0, first: str = "", mark: str = "# ") -> str:
    """Return a comment broken into lines; `first` is the blank of the lines after the first.

    >>> print(comment("a note", indent=2))
      # a note
    """
    blank = " " * indent + mark
    lines = wrapped(text, LINE - len(blank) - len(first))
    return "\n".join(blank + (first if k else "") + line for k, line in enumerate(lines))
