"""From plain data to HTML: autoescaped templates and static files, both part of the package."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any

import jinja2

from lead_ml.service.pages.frame import PageFrame

ASSETS = {"review.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}


def render(template: str, frame: PageFrame, view: dict[str, Any] | None = None) -> str:
    """Return a page. A template sees the frame, its texts as ``t`` and the data of the page as ``v``."""
    return environment().get_template(template).render(frame=frame, t=frame.text, v=view or {})


@cache
def environment() -> jinja2.Environment:
    """Return the environment of the templates: everything is escaped, and an unknown name is an error."""
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
    """Return a static file and its media type; KeyError if there is no such file."""
    media = ASSETS[name]
    return resources.files("lead_ml.service.pages").joinpath("static", name).read_bytes(), media


@cache
def asset_link(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    return f"/static/{name}?v={hashlib.sha256(asset(name)[0]).hexdigest()[:10]}"
