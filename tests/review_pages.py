"""What tests of the pages share: a visitor who logs in, and the CSRF token of a form."""

from __future__ import annotations

import re
from typing import Any


def login(deployed: Any, client_of: Any, name: str) -> Any:
    """Return a client that is logged in with one of the keys of an app."""
    client = client_of(deployed.app)
    page = client.get("/login?lang=en")
    response = client.post(
        "/login?lang=en",
        data={"csrf": csrf_of(page.text), "key": deployed.keys[name]},
        follow_redirects=False,
    )
    assert response.status_code == 303
    return client


def csrf_of(html: str) -> str:
    """Return the token of the first form of a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found is not None
    return found[1]
