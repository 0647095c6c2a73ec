"""A drafted project learns an ideal customer where enough leads converted, over what it knows of them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from lead_ml.init import Draft

Make = Callable[..., Draft]


def drafted(draft_of: Make, converted: int, rows: int = 400) -> str:
    """Draft leads of two industries, of which the first so many converted, and return features/profile.py."""
    leads = [
        [f"L{k}", f"{date(2025, 1, 1) + timedelta(days=k)}", ("tech", "farm")[k % 2], ("1-10", "11-50", "51+")[k % 3],
         ("CN", "DE")[k % 7 % 2], 20 + k % 50, "yes" if k < converted else "no"]
        for k in range(rows)
    ]  # fmt: skip
    return draft_of("lead_id,created_at,industry,company_size,country,age,converted", leads).files[
        "features/profile.py"
    ]


def profile_in(text: str) -> dict[str, Any] | None:
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    found = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "ideal_customer"]
    return {key.arg: ast.literal_eval(key.value) for key in found[0].keywords if key.arg} if found else None


def test_with_a_hundred_converted_leads_the_draft_declares_an_ideal_customer(draft_of: Make) -> None:
    text = drafted(draft_of, 100)
    assert "ideal_customer" in text.split("FEATURES")[0], "it must be imported"
    assert profile_in(text) == {
        "of": ("industry", "country", "company_size"),
        "en": "Agreement with the ideal customer profile",
        "zh": "与理想客户画像的匹配度",
    }


@pytest.mark.parametrize("converted", [1, 99])
def test_with_fewer_it_does_not(draft_of: Make, converted: int) -> None:
    assert profile_in(drafted(draft_of, converted)) is None


def test_a_single_category_makes_no_profile(draft_of: Make) -> None:
    leads = [[f"L{k}", f"2025-{1 + k % 12:02d}-03", ("a", "b")[k % 2], int(k < 150)] for k in range(400)]
    assert (
        profile_in(draft_of("lead_id,created_at,industry,converted", leads).files["features/profile.py"])
        is None
    )
