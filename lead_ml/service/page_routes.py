"""The pages: worklist, one lead, thresholds. They make the same decisions as the API, through the same functions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from lead_ml.errors import LeadMLError, RequestError, TooLittleData
from lead_ml.scoring import Scorer
from lead_ml.service.auth import Principal
from lead_ml.service.http import runtime_of
from lead_ml.service.pages import (
    AdviceShown,
    ThresholdsForm,
    WorklistQuery,
    asset,
    lead_view,
    render,
    thresholds_view,
    worklist_view,
)
from lead_ml.service.pages.evidence import threshold_params
from lead_ml.service.pages.thresholds_page import NUMBERS, SHARES
from lead_ml.service.problems import ProblemError
from lead_ml.service.session import Session
from lead_ml.service.threshold_routes import AcceptRequest, AdviceRequest, accept, advice_for
from lead_ml.service.visit import csrf_error, form_of, frame_of, lang_of

_STATIC_SECONDS = 31_536_000
_FORM_FIELDS = ("mql", "sql", "why", "by", "method")
_INVALID = (RequestError, msgspec.ValidationError, ValueError)


async def home(_: Request) -> Response:
    """Redirect to the worklist."""
    return RedirectResponse("/review", 307)


async def worklist(request: Request, principal: Principal, session: Session) -> Response:
    """Show the ranked open leads."""
    runtime, scorer = runtime_of(request), runtime_of(request).reloader.scorer
    frame = frame_of(request, principal, session, "worklist")
    query = WorklistQuery.of(request.query_params)

    def html() -> str:
        current, evidence = runtime.worklist.current(scorer), runtime.evidence.of(scorer)
        return render("worklist.html", frame, worklist_view(current, scorer, evidence, query, frame))

    return HTMLResponse(await runtime.limiter.run(html))


async def lead(request: Request, principal: Principal, session: Session) -> Response:
    """Show how the score of one lead was calculated."""
    runtime, scorer = runtime_of(request), runtime_of(request).reloader.scorer
    frame = frame_of(request, principal, session, "worklist")

    def html() -> str:
        row = runtime.worklist.current(scorer).by_id.get(request.path_params["lead_id"])
        if row is None:
            raise HTTPException(404)
        return render("lead.html", frame, lead_view(row, scorer, frame))

    return HTMLResponse(await runtime.limiter.run(html))


@dataclass(frozen=True)
class ThresholdsVisit:
    """One look at the page of the thresholds: its form, and the numbers that the reader typed for the advice."""

    request: Request
    principal: Principal
    session: Session
    form: ThresholdsForm
    numbers: Mapping[str, str] = field(default_factory=dict)


async def thresholds(request: Request, principal: Principal, session: Session) -> Response:
    """Show the backtest of the thresholds, and recommendations for the reader's numbers."""
    query = request.query_params
    typed = {name: query[name][:50] for name in ("mql", "sql", "method") if name in query}
    numbers = {name: query[name] for name in NUMBERS if query.get(name)}
    form = ThresholdsForm(typed, accepted="accepted" in query)
    return await _thresholds_page(ThresholdsVisit(request, principal, session, form, numbers))


async def accept_thresholds(request: Request, principal: Principal, session: Session) -> Response:
    """Accept the thresholds of the form."""
    runtime, scorer = runtime_of(request), runtime_of(request).reloader.scorer
    form = await form_of(request)
    if not runtime.signer.csrf_is_valid(session, form.get("csrf", "")):
        raise csrf_error()
    if "admin" not in principal.scopes:
        raise ProblemError("forbidden", "Accepting thresholds needs the scope admin.")
    try:
        wanted = msgspec.convert(_acceptance(form), AcceptRequest)
        await runtime.limiter.run(accept, runtime, scorer, wanted, principal.name)
    except _INVALID:
        typed = {name: form[name] for name in _FORM_FIELDS if name in form}
        failed = ThresholdsForm(typed, problem="pages.thresholds.invalid")
        return await _thresholds_page(ThresholdsVisit(request, principal, session, failed))
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


async def _thresholds_page(visit: ThresholdsVisit) -> Response:
    runtime, scorer = runtime_of(visit.request), runtime_of(visit.request).reloader.scorer
    frame = frame_of(visit.request, visit.principal, visit.session, "thresholds")

    def html() -> tuple[str, int]:
        shown, problem = _advice(scorer, visit.numbers)
        form = replace(visit.form, problem=problem) if problem else visit.form
        view = thresholds_view(scorer, runtime.evidence.of(scorer), shown, form, frame)
        return render("thresholds.html", frame, view), 422 if form.problem else 200

    return HTMLResponse(*await runtime.limiter.run(html))


def _advice(scorer: Scorer, typed: Mapping[str, str]) -> tuple[AdviceShown, str]:
    """Return the advice for the typed numbers or, if they are invalid, that of the bundle with the problem."""
    default = AdviceShown(scorer.bundle.advice, threshold_params(scorer).model_dump())
    if not typed:
        return default, ""
    try:
        found = advice_for(scorer, _numbers(typed))
    except TooLittleData:
        return default, "pages.thresholds.no_advice"
    except (ProblemError, LeadMLError, msgspec.ValidationError, ValueError):
        return default, "pages.numbers.invalid"
    return AdviceShown(found.advice, found.numbers, custom=True), ""


def _numbers(typed: Mapping[str, str]) -> AdviceRequest:
    values = {name: _finite(text) / (100 if name in SHARES else 1) for name, text in typed.items()}
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
