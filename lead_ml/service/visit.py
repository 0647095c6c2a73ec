"""What the pages share: who visits, in which language, with which cookie and form; errors as pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from lead_ml.language import Lang
from lead_ml.scoring import Scorer
from lead_ml.service.auth import Principal, visitor
from lead_ml.service.http import limited_body, runtime_of
from lead_ml.service.pages import Frame, render
from lead_ml.service.problems import ProblemError
from lead_ml.service.session import COOKIE, SECONDS, Session

FORM_BYTES = 16_384
_STATUS_TEXT = {403: "error_403", 404: "error_404", 409: "error_409", 503: "error_busy"}

Page = Callable[[Request, Principal, Session], Awaitable[Response]]


def page(endpoint: Page) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a page: who may not read is sent to the login, a visit gets its cookie, errors become pages."""

    async def guarded(request: Request) -> Response:
        principal, found = visitor(request)
        if principal is None or "read" not in principal.scopes:
            return RedirectResponse(f"/login?lang={lang_of(request)}", 303)
        session = found or Session.fresh()
        try:
            response = await endpoint(request, principal, session)
        except (ProblemError, HTTPException) as error:
            response = _failed(request, principal, session, error)
        if found is None:
            keep(request, response, session)
        return response

    return guarded


def frame_of(request: Request, principal: Principal | None, session: Session, active: str = "") -> Frame:
    """Return what every page shares, for this visit."""
    runtime = runtime_of(request)
    scorer: Scorer | None = runtime.live.scorer if runtime.live.ready else None
    reload = runtime.live.reload
    return Frame(
        lang=lang_of(request),
        path=request.url.path,
        query=tuple(
            (name, value) for name, value in request.query_params.multi_items() if name != "accepted"
        ),
        project="" if scorer is None or principal is None else scorer.bundle.facts.project,
        synthetic=scorer is not None and scorer.bundle.facts.synthetic,
        user="" if principal is None else principal.name,
        csrf=runtime.signer.csrf(session),
        logged_in=principal is not None,
        is_admin=principal is not None and "admin" in principal.scopes,
        reload_failed=scorer is not None and reload is not None and not reload.ok,
        active=active,
    )


def keep(request: Request, response: Response, session: Session) -> None:
    """Give the browser the cookie of a visit."""
    response.set_cookie(
        COOKIE,
        runtime_of(request).signer.seal(session),
        max_age=SECONDS,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


async def form_of(request: Request) -> dict[str, str]:
    """Read the form of a page."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/x-www-form-urlencoded":
        raise ProblemError("unsupported-media-type", "Send the form of the page.")
    body = await limited_body(request, FORM_BYTES)
    try:
        return dict(
            parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=False, max_num_fields=30)
        )
    except ValueError as error:
        raise ProblemError("invalid", "The form cannot be read.") from error


def lang_of(request: Request) -> Lang:
    """Return the language asked for; else the browser's first choice."""
    asked = request.query_params.get("lang")
    if asked in ("en", "zh"):
        return "zh" if asked == "zh" else "en"
    return "zh" if request.headers.get("accept-language", "").strip().lower().startswith("zh") else "en"


def _failed(request: Request, principal: Principal, session: Session, error: Exception) -> Response:
    problem = error.problem if isinstance(error, ProblemError) else None
    status = error.status_code if isinstance(error, HTTPException) else problem.status if problem else 500
    frame = frame_of(request, principal, session)
    if problem is not None and problem.type.endswith("not-ready"):
        view = {"title": frame.text("not_ready_title"), "text": frame.text("not_ready_text")}
        return HTMLResponse(
            render("message.html", frame, {**view, "command": "lead-ml train && lead-ml promote"}), status
        )
    csrf = problem is not None and problem.detail == "csrf"
    text = frame.text("error_csrf" if csrf else _STATUS_TEXT.get(status, "error_422"))
    view = {"title": frame.text("error_title"), "text": text, "command": ""}
    return HTMLResponse(render("message.html", frame, view), status)
