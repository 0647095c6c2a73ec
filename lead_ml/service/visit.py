"""What the pages share: visitor, language, session cookie and forms; errors as pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from lead_ml.language import LANGUAGES, Lang
from lead_ml.service.auth import Principal, visitor
from lead_ml.service.http import limited_body, runtime_of
from lead_ml.service.pages import PageFrame, render
from lead_ml.service.problems import ProblemError
from lead_ml.service.session import COOKIE, SECONDS, Session

FORM_BYTES = 16_384
DEFAULT_LANGUAGE = "en"
_STATUS_TEXTS = {
    403: "pages.errors.forbidden",
    404: "pages.errors.not_found",
    503: "pages.errors.busy",
}

Page = Callable[[Request, Principal, Session], Awaitable[Response]]


def page(endpoint: Page) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a page: visitors without read access go to the login, a new visit gets its cookie, errors become pages."""

    async def guarded(request: Request) -> Response:
        principal, found = visitor(request)
        if principal is None or "read" not in principal.scopes:
            return RedirectResponse(f"/login?lang={lang_of(request)}", 303)
        session = found or Session.fresh()
        try:
            response = await endpoint(request, principal, session)
        except (ProblemError, HTTPException) as error:
            response = _error_page(request, principal, session, error)
        if found is None:
            set_session(request, response, session)
        return response

    return guarded


def frame_of(request: Request, principal: Principal | None, session: Session, active: str = "") -> PageFrame:
    """Return what every page shares, for this visit."""
    runtime = runtime_of(request)
    scorer = runtime.reloader.scorer if runtime.reloader.ready else None
    reload = runtime.reloader.reload
    return PageFrame(
        lang=lang_of(request),
        path=request.url.path,
        query=tuple(
            (name, value) for name, value in request.query_params.multi_items() if name != "accepted"
        ),
        project="" if scorer is None or principal is None else scorer.bundle.info.project,
        synthetic=scorer is not None and scorer.bundle.info.synthetic,
        user="" if principal is None else principal.name,
        csrf=runtime.signer.csrf(session),
        logged_in=principal is not None,
        is_admin=principal is not None and "admin" in principal.scopes,
        reload_failed=scorer is not None and reload is not None and not reload.ok,
        active=active,
    )


def set_session(request: Request, response: Response, session: Session) -> None:
    """Set the session cookie."""
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


def csrf_error() -> ProblemError:
    """Return the error for a form without the token of its session."""
    return ProblemError(
        "forbidden", "The CSRF token of the form is missing or invalid.", page_text="pages.errors.csrf"
    )


def lang_of(request: Request) -> Lang:
    """Return the language of the address; otherwise the browser's first choice; otherwise English."""
    preferred = request.headers.get("accept-language", "").partition(",")[0]
    browser = preferred.partition(";")[0].partition("-")[0].strip().lower()
    wanted = (request.query_params.get("lang"), browser)
    return next((lang for lang in wanted if lang in LANGUAGES), DEFAULT_LANGUAGE)


def _error_page(
    request: Request, principal: Principal, session: Session, error: ProblemError | HTTPException
) -> Response:
    frame = frame_of(request, principal, session)
    status = error.status_code if isinstance(error, HTTPException) else error.problem.status
    if isinstance(error, ProblemError) and error.problem.type.endswith("not-ready"):
        view = {
            "title": frame.text("pages.errors.not_ready_title"),
            "text": frame.text("pages.errors.not_ready"),
            "command": "lead-ml train && lead-ml promote",
        }
        return HTMLResponse(render("message.html", frame, view), status)
    own = error.page_text if isinstance(error, ProblemError) else ""
    text = frame.text(own or _STATUS_TEXTS.get(status, "pages.errors.form"))
    view = {"title": frame.text("pages.errors.title"), "text": text, "command": ""}
    return HTMLResponse(render("message.html", frame, view), status)
