"""No features: the floor under every engine, just reading the Parquet and sorting it by lead and time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from feature_engines.measured import Steps

COLUMNS = ("lead_id", "known_at", "occurred_at", "type", "page", "channel", "session_id", "value")


def prepare() -> None:
    """Import what is used."""
    import polars  # noqa: F401


def keep(folder: Path) -> None:
    """Keep nothing."""


def features(folder: Path, _layout: str, steps: Steps) -> Any:
    """Return the sorted events."""
    import polars as pl

    events = pl.scan_parquet(folder / "events.parquet").select(COLUMNS)
    with steps("read and sort"):
        return events.sort("lead_id", "known_at").collect(engine="streaming")


def table(found: Any) -> Any:
    return found.to_arrow()
