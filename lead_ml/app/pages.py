"""The pages: login, worklist, one lead, the lines. Nothing is decided here that the API does not decide as well."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from lead_ml.app.auth import Principal, visitor
from lead_ml.app.lines import AcceptRequest, AdviceRequest, accept, advice_for
from lead_ml.app.problems import ProblemError
from lead_ml.app.session import COOKIE, SECONDS, Session
from lead_ml.app.wire import limited_body, runtime_of
from lead_ml.errors import LeadMLError, RequestError
from lead_ml.review import Frame, ListQuery, asset, detail_view, lines_view, list_view, render
from lead_ml.review.evidence import threshold_params
from lead_ml.review.lines_page import NUMBERS, SHARES
from lead_ml.scorer import Lang, Scorer

FORM_BYTES = 16_384
_STATIC_SECONDS = 31_536_000
_STATUS_TEXT = {403: "error_403", 404: "error_404", 409: "error_409", 503: "error_busy"}

Page = Callable[[Request, Principal, Session], Awaitable[Response]]


def page(endpoint: Page) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a page: who may not read is sent to the login, a visit gets its cookie, errors become pages."""

    async def guarded(request: Request) -> Response:
        principal, found = visitor(request)
        if principal is None or "read" not in principal.scopes:
            return RedirectResponse(f"/login?lang={_lang(request)}", 303)
        session = found or Session.fresh()
        try:
            response = await endpoint(request, principal, session)
        except (ProblemError, LeadMLError, HTTPException) as error:
            response = _failed(request, principal, session, error)
        if found is None:
            _keep(request, response, session)
        return response

    return guarded


async def home(_: Request) -> Response:
    """Send to the worklist."""
    return RedirectResponse("/review", 307)


async def worklist(request: Request, principal: Principal, session: Session) -> Response:
    """Show the ranked open leads."""
    runtime, scorer = runtime_of(request), runtime_of(request).live.scorer
    frame = _frame(request, principal, session, "worklist")
    query = ListQuery.of(request.query_params)

    def view() -> str:
        rows, evidence = runtime.board.rows(scorer), runtime.evidence.of(scorer)
        return render("list.html", frame, list_view(rows, scorer, evidence, query, frame))

    return HTMLResponse(await runtime.gate.run(view))


async def lead(request: Request, principal: Principal, session: Session) -> Response:
    """Show why one lead has its score."""
    runtime, scorer = runtime_of(request), runtime_of(request).live.scorer
    frame = _frame(request, principal, session, "worklist")

    def view() -> str:
        rows = runtime.board.rows(scorer)
        row = rows.by_id.get(request.path_params["lead_id"])
        if row is None:
            raise HTTPException(404)
        return render("detail.html", frame, detail_view(row, scorer, frame, stale=rows.stale))

    return HTMLResponse(await runtime.gate.run(view))


async def lines(request: Request, principal: Principal, session: Session) -> Response:
    """Show what the lines bring, and advise for the reader's numbers."""
    wanted = {
        name: request.query_params[name][:50]
        for name in ("mql", "sql", "method")
        if name in request.query_params
    }
    given = {name: request.query_params[name] for name in NUMBERS if request.query_params.get(name)}
    accepted = "accepted" in request.query_params
    return await _lines_page(request, principal, session, wanted=wanted, given=given, accepted=accepted)


async def accept_lines(request: Request, principal: Principal, session: Session) -> Response:
    """Accept lines from the form."""
    runtime, scorer = runtime_of(request), runtime_of(request).live.scorer
    form = await _form(request)
    if not runtime.signer.csrf_holds(session, form.get("csrf", "")):
        raise ProblemError("forbidden", "csrf")
    if "admin" not in principal.scopes:
        raise ProblemError("forbidden")
    try:
        wanted = msgspec.convert(_acceptance(form), AcceptRequest)
        await runtime.gate.run(accept, runtime, scorer, wanted, principal.name)
    except (RequestError, msgspec.ValidationError, ValueError):
        return await _lines_page(request, principal, session, wanted=form, problem="error_422", status=422)
    return RedirectResponse(f"/review/thresholds?lang={_lang(request)}&accepted=1", 303)


async def show_login(request: Request) -> Response:
    """Show the login form, in a visit of its own so that the form can be tied to it."""
    _, found = visitor(request)
    session = found or Session.fresh()
    return _login_page(request, session, fresh=found is None)


async def login(request: Request) -> Response:
    """Check a key and start a session; the nonce is new, so a visit from before the login cannot be reused."""
    runtime = runtime_of(request)
    form = await _form(request)
    _, session = visitor(request)
    if not runtime.signer.csrf_holds(session, form.get("csrf", "")):
        return _login_page(request, Session.fresh(), fresh=True, problem="error_csrf", status=403)
    key = runtime.keys.find(form.get("key", "").strip())
    if key is None or "read" not in key.scopes:
        return _login_page(
            request, session or Session.fresh(), fresh=False, problem="login_wrong", status=401
        )
    response = RedirectResponse(f"/review?lang={_lang(request)}", 303)
    _keep(request, response, Session.fresh(key.id))
    return response


async def logout(request: Request) -> Response:
    """End a session."""
    runtime = runtime_of(request)
    form = await _form(request)
    _, session = visitor(request)
    response = RedirectResponse(f"/login?lang={_lang(request)}", 303)
    if runtime.signer.csrf_holds(session, form.get("csrf", "")):
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


async def static(request: Request) -> Response:
    """Send the style sheet or the icon; their addresses change with their content."""
    try:
        content, media = asset(request.path_params["name"])
    except KeyError:
        raise HTTPException(404) from None
    return Response(
        content, media_type=media, headers={"Cache-Control": f"public, max-age={_STATIC_SECONDS}, immutable"}
    )


async def _lines_page(
    request: Request,
    principal: Principal,
    session: Session,
    *,
    wanted: Mapping[str, str],
    given: Mapping[str, str] | None = None,
    problem: str = "",
    accepted: bool = False,
    status: int = 200,
) -> Response:
    runtime, scorer = runtime_of(request), runtime_of(request).live.scorer
    frame = _frame(request, principal, session, "lines")
    kept = {name: wanted[name] for name in ("mql", "sql", "why", "by", "method") if name in wanted}

    def view() -> tuple[str, int]:
        advice, numbers, trouble = scorer.bundle.advice, threshold_params(scorer).model_dump(), problem
        if given:
            try:
                found = advice_for(scorer, _numbers(given))
                advice, numbers = found.advice, found.numbers
            except (ProblemError, LeadMLError, msgspec.ValidationError, ValueError):
                trouble = "error_422"
        content = lines_view(
            scorer,
            runtime.evidence.of(scorer),
            advice,
            numbers,
            frame,
            own=bool(given) and not trouble,
            wanted=kept,
            problem=frame.text(trouble) if trouble else "",
            accepted=accepted,
        )
        return render("thresholds.html", frame, content), 422 if trouble else status

    html, code = await runtime.gate.run(view)
    return HTMLResponse(html, code)


def _numbers(given: Mapping[str, str]) -> AdviceRequest:
    values = {name: _finite(text) / (100 if name in SHARES else 1) for name, text in given.items()}
    return msgspec.convert(values, AdviceRequest)


def _acceptance(form: Mapping[str, str]) -> dict[str, object]:
    texts = {name: form.get(name, "").strip() for name in ("why", "by", "method", "model_version")}
    shares = {name: _finite(form.get(name, "")) / 100 for name in ("mql", "sql")}
    return {**{name: text for name, text in texts.items() if text}, **shares}


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not finite")
    return value


def _frame(request: Request, principal: Principal | None, session: Session, active: str = "") -> Frame:
    runtime = runtime_of(request)
    scorer: Scorer | None = runtime.live.scorer if runtime.live.ready else None
    reload = runtime.live.reload
    return Frame(
        lang=_lang(request),
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


def _failed(request: Request, principal: Principal, session: Session, error: Exception) -> Response:
    problem = error.problem if isinstance(error, ProblemError) else None
    status = error.status_code if isinstance(error, HTTPException) else problem.status if problem else 500
    frame = _frame(request, principal, session)
    if problem is not None and problem.type.endswith("not-ready"):
        view = {"title": frame.text("not_ready_title"), "text": frame.text("not_ready_text")}
        return HTMLResponse(
            render("message.html", frame, {**view, "command": "lead-ml train && lead-ml promote"}), status
        )
    csrf = problem is not None and problem.detail == "csrf"
    text = frame.text("error_csrf" if csrf else _STATUS_TEXT.get(status, "error_422"))
    view = {"title": frame.text("error_title"), "text": text, "command": ""}
    return HTMLResponse(render("message.html", frame, view), status)


def _login_page(
    request: Request, session: Session, *, fresh: bool, problem: str = "", status: int = 200
) -> Response:
    frame = _frame(request, None, session)
    view = {"problem": frame.text(problem) if problem else "", "no_keys": not runtime_of(request).keys.keys()}
    response = HTMLResponse(render("login.html", frame, view), status)
    if fresh:
        _keep(request, response, session)
    return response


def _keep(request: Request, response: Response, session: Session) -> None:
    response.set_cookie(
        COOKIE,
        runtime_of(request).signer.seal(session),
        max_age=SECONDS,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


async def _form(request: Request) -> dict[str, str]:
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


def _lang(request: Request) -> Lang:
    """Return the language asked for; else the browser's first choice."""
    asked = request.query_params.get("lang")
    if asked in ("en", "zh"):
        return "zh" if asked == "zh" else "en"
    return "zh" if request.headers.get("accept-language", "").strip().lower().startswith("zh") else "en"
