"""The pages: worklist, one lead, the lines. Nothing is decided here that the API does not decide as well."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from lead_ml.errors import LeadMLError, RequestError
from lead_ml.service.auth import Principal
from lead_ml.service.http import runtime_of
from lead_ml.service.pages import ListQuery, asset, detail_view, lines_view, list_view, render
from lead_ml.service.pages.evidence import threshold_params
from lead_ml.service.pages.thresholds_page import NUMBERS, SHARES
from lead_ml.service.problems import ProblemError
from lead_ml.service.session import Session
from lead_ml.service.threshold_routes import AcceptRequest, AdviceRequest, accept, advice_for
from lead_ml.service.visit import form_of, frame_of, lang_of

_STATIC_SECONDS = 31_536_000


async def home(_: Request) -> Response:
    """Send to the worklist."""
    return RedirectResponse("/review", 307)


async def worklist(request: Request, principal: Principal, session: Session) -> Response:
    """Show the ranked open leads."""
    runtime, scorer = runtime_of(request), runtime_of(request).live.scorer
    frame = frame_of(request, principal, session, "worklist")
    query = ListQuery.of(request.query_params)

    def view() -> str:
        rows, evidence = runtime.board.rows(scorer), runtime.evidence.of(scorer)
        return render("list.html", frame, list_view(rows, scorer, evidence, query, frame))

    return HTMLResponse(await runtime.gate.run(view))


async def lead(request: Request, principal: Principal, session: Session) -> Response:
    """Show why one lead has its score."""
    runtime, scorer = runtime_of(request), runtime_of(request).live.scorer
    frame = frame_of(request, principal, session, "worklist")

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
    form = await form_of(request)
    if not runtime.signer.csrf_holds(session, form.get("csrf", "")):
        raise ProblemError("forbidden", "csrf")
    if "admin" not in principal.scopes:
        raise ProblemError("forbidden")
    try:
        wanted = msgspec.convert(_acceptance(form), AcceptRequest)
        await runtime.gate.run(accept, runtime, scorer, wanted, principal.name)
    except (RequestError, msgspec.ValidationError, ValueError):
        return await _lines_page(request, principal, session, wanted=form, problem="error_422", status=422)
    return RedirectResponse(f"/review/thresholds?lang={lang_of(request)}&accepted=1", 303)


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
    frame = frame_of(request, principal, session, "lines")
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
