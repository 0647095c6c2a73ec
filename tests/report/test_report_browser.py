"""A report in a browser: axe-core finds nothing, on a screen and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from browser import CHROMIUM, chromium, findings

from lead_ml.report import write_report

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine"),
]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_in_a_report(trained: Any, cold: Any, width: int, scheme: str) -> None:
    with chromium() as browser:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
        )
        for run in (trained.run, cold):
            page = context.new_page()
            page.goto(write_report(run).as_uri())
            # What lies beyond the edge of a table that scrolls is no finding: axe cannot see its background.
            assert [found for found in findings(page) if found.startswith("violations")] == []
