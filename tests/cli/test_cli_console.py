"""How figures are worded in tables."""

from __future__ import annotations

from typing import Any

import pytest

from lead_ml.cli.console import interval
from lead_ml.model.metrics import Interval


@pytest.mark.parametrize(
    ("figure", "more", "words"),
    [
        (Interval(0.3032, 0.2557, 0.3617), {}, "0.303 (0.256-0.362)"),
        (Interval(0.3032, 0.2557, 0.3617), {"times": 100, "digits": 1}, "30.3 (25.6-36.2)"),
        (Interval(0.3032, 0.2557, 0.3617), {"bounds": False}, "0.303"),
        (Interval(-10.0, -30.2, 12.0), {"digits": 0}, "-10 (-30 to 12)"),
        (Interval(None, None, None), {}, "-"),
    ],
)
def test_an_interval_is_worded(figure: Any, more: dict[str, Any], words: str) -> None:
    assert interval(figure, **more) == words
