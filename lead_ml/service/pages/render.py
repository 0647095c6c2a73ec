"""From plain data to HTML: autoescaped templates and static files, both packaged."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from types import SimpleNamespace
from typing import Any

import jinja2

from lead_ml.service.pages.frame import Frame
from lead_ml.service.pages.texts import texts_in

ASSETS = {"review.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}


def render(template: str, frame: Frame, view: dict[str, Any] | None = None) -> str:
    """Return a page."""
    return (
        environment()
        .get_template(template)
        .render(frame=frame, t=SimpleNamespace(**texts_in(frame.lang)), v=view or {})
    )


@cache
def environment() -> jinja2.Environment:
    """Return the environment that knows our templates: everything is escaped, an unknown name is an error."""
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("lead_ml.service.pages", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["asset"] = asset_link
    return found


@cache
def asset(name: str) -> tuple[bytes, str]:
    """Return a static file and its media type.

    Raises
    ------
    KeyError
        If there is no such file.
    """
    media = ASSETS[name]
    return resources.files("lead_ml.service.pages").joinpath("static", name).read_bytes(), media


@cache
def asset_link(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    return f"/static/{name}?v={hashlib.sha256(asset(name)[0]).hexdigest()[:10]}"
