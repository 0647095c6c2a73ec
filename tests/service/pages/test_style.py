"""The sheet of the pages: every text has the contrast that WCAG 2.2 AA asks for, in light and dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lead_ml.service.pages

SHEET = Path(lead_ml.service.pages.__file__).parent / "static" / "review.css"
LEAST = 4.5
TEXTS = [
    *(
        (ink, ground)
        for ink in ("ink", "soft", "accent")
        for ground in ("bg", "card", "track", "accent-soft")
    ),
    *((ink, "card") for ink in ("up", "down", "flag")),
    *((name, f"{name}-bg") for name in ("warn", "good", "flag")),
    *(("#ffffff", grade) for grade in "abcd"),
]


def schemes() -> list[dict[str, str]]:
    """Return the colors of the light and the dark scheme."""
    blocks = re.findall(r":root \{([^}]*)\}", SHEET.read_text())[:2]
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in blocks]


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(("ink", "ground"), TEXTS)
@pytest.mark.parametrize("scheme", [0, 1])
def test_texts_have_enough_contrast(scheme: int, ink: str, ground: str) -> None:
    colors = schemes()[scheme]
    dark, light = sorted(luminance(colors.get(name, name)) for name in (ink, ground))
    assert (light + 0.05) / (dark + 0.05) >= LEAST
