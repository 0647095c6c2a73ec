"""Logging in to the pages with an API key, and logging out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from lead_ml.service.auth import visitor
from lead_ml.service.http import runtime_of
from lead_ml.service.pages import render
from lead_ml.service.session import COOKIE, Session
from lead_ml.service.visit import form_of, frame_of, lang_of, set_session


async def show_login(request: Request) -> Response:
    """Show the login form, within a session, so that the form can carry a CSRF token."""
    _, found = visitor(request)
    session = found or Session.fresh()
    return _login_page(request, session, new=found is None)


async def login(request: Request) -> Response:
    """Check a key and start a new session, so that a session from before the login cannot be reused."""
    runtime = runtime_of(request)
    form = await form_of(request)
    _, session = visitor(request)
    if not runtime.signer.csrf_is_valid(session, form.get("csrf", "")):
        return _login_page(request, Session.fresh(), new=True, problem="pages.errors.csrf", status=403)
    key = runtime.keys.find(form.get("key", "").strip())
    if key is None or "read" not in key.scopes:
        return _login_page(
            request, session or Session.fresh(), new=False, problem="pages.login.wrong", status=401
        )
    response = RedirectResponse(f"/review?lang={lang_of(request)}", 303)
    set_session(request, response, Session.fresh(key.id))
    return response


async def logout(request: Request) -> Response:
    """End a session."""
    runtime = runtime_of(request)
    form = await form_of(request)
    _, session = visitor(request)
    response = RedirectResponse(f"/login?lang={lang_of(request)}", 303)
    if runtime.signer.csrf_is_valid(session, form.get("csrf", "")):
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


def _login_page(
    request: Request, session: Session, *, new: bool, problem: str = "", status: int = 200
) -> Response:
    frame = frame_of(request, None, session)
    view = {"problem": frame.text(problem) if problem else "", "no_keys": not runtime_of(request).keys.keys()}
    response = HTMLResponse(render("login.html", frame, view), status)
    if new:
        set_session(request, response, session)
    return response
