"""Figures of the report as JSON holds them."""

from __future__ import annotations

from typing import Any

import msgspec


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: NaN as None, tuples as lists, structs as dicts, numpy scalars as Python's."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=lambda scalar: scalar.item()))
