"""Logging in to the pages with an API key, and logging out."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from lead_ml.service.login_attempts import SECONDS
from lead_ml.service.pages import render
from lead_ml.service.session import COOKIE, Session
from lead_ml.service.visit import NOBODY, Visit


async def show_login(request: Request) -> Response:
    """Show the login form, within a session, so that the form can carry a CSRF token."""
    return _login_page(Visit.of(request))


async def login(request: Request) -> Response:
    """Check a key and start a new session, so that a session from before the login cannot be reused."""
    visit = Visit.of(request)
    form = await visit.form()
    if not visit.owns(form):
        return _login_page(_renewed(visit), "pages.errors.csrf", 403)
    attempts = visit.runtime.attempts
    address = request.client.host if request.client else ""
    if attempts.too_many(address):
        return _login_page(visit, "pages.login.too_many", 429)
    key = visit.runtime.keys.find(form.get("key", "").strip())
    if key is None or "read" not in key.scopes:
        attempts.note(address)
        return _login_page(visit, "pages.login.wrong", 401)
    return _renewed(visit, key.id).remembered(visit.redirect("/review"))


async def logout(request: Request) -> Response:
    """End a session."""
    visit = Visit.of(request)
    form = await visit.form()
    response = visit.redirect("/login")
    if visit.owns(form):
        visit.runtime.signer.end(visit.session)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


def _renewed(visit: Visit, key_id: str = "") -> Visit:
    return replace(visit, session=Session.fresh(key_id), is_new=True)


def _login_page(visit: Visit, problem: str = "", status: int = 200) -> Response:
    frame = replace(visit, caller=NOBODY).frame()
    view = {"problem": frame.text(problem) if problem else "", "no_keys": not visit.runtime.keys.keys()}
    headers = {"Retry-After": str(SECONDS)} if status == 429 else None
    return visit.remembered(HTMLResponse(render("login.html", frame, view), status, headers))
