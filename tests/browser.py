"""A real browser that gets its pages from an app in this process, and what axe-core finds on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
BASE = "http://lead-ml.test"


@contextmanager
def chromium() -> Iterator[Any]:
    """Run the browser of the system until the block ends."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def window(browser: Any, client: Any, width: int, scheme: str = "light") -> Iterator[Any]:
    """Open a window whose requests a test client answers, with the cookies of that client; yield its page."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )

    def answer(route: Any) -> None:
        found = client.get(route.request.url.removeprefix(BASE))
        headers = {"content-type": found.headers["content-type"]}
        route.fulfill(status=found.status_code, headers=headers, body=found.content)

    context.route(f"{BASE}/**", answer)
    yield context.new_page()
    context.close()


def findings(page: Any) -> list[str]:
    """Return every violation that axe-core finds, of all its rules, and what it cannot tell outside of charts."""
    page.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations', 'incomplete']})")
    assert len(found["passes"]) > 10
    return [
        f"{kind} {rule['id']}: {node['html'][:200]} {node['any'][0]['message'] if node['any'] else ''}"
        for kind in ("violations", "incomplete")
        for rule in found[kind]
        for node in rule["nodes"]
        if kind == "violations" or not node["html"].startswith("<text")
    ]
