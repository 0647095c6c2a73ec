"""The pages: worklist, one lead, channels, thresholds. They make the same decisions as the API, through the same functions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from lead_ml.errors import LeadMLError, RequestError, TooLittleData
from lead_ml.scoring import Scorer
from lead_ml.service import pages
from lead_ml.service.pages.evidence import threshold_params
from lead_ml.service.pages.thresholds_page import NUMBERS, SHARES
from lead_ml.service.problems import ProblemError, of_error
from lead_ml.service.threshold_routes import (
    AcceptRequest,
    AdviceRequest,
    accept,
    advice_for,
    threshold_log,
)
from lead_ml.service.visit import Visit

_STATIC_SECONDS = 31_536_000
_FORM_FIELDS = ("mql", "sql", "why", "by", "method")


async def home(_: Request) -> Response:
    """Redirect to the worklist."""
    return RedirectResponse("/review", 307)


async def worklist(visit: Visit) -> Response:
    """Show the ranked open leads."""
    runtime, scorer, frame = visit.runtime, visit.runtime.reloader.scorer, visit.frame("worklist")
    query = pages.WorklistQuery.of(visit.request.query_params)

    def html() -> str:
        current, evidence = runtime.worklist.current(scorer), runtime.evidence.of(scorer)
        return pages.render(
            "worklist.html", frame, pages.worklist_view(current, scorer, evidence, query, frame)
        )

    return HTMLResponse(await runtime.limiter.run(html))


async def worklist_file(visit: Visit) -> Response:
    """Send the leads that the worklist shows, on all its pages, as a CSV."""
    runtime, scorer, frame = visit.runtime, visit.runtime.reloader.scorer, visit.frame("worklist")
    query = pages.WorklistQuery.of(visit.request.query_params)

    def content() -> bytes:
        current = runtime.worklist.current(scorer)
        if current.error:
            raise ProblemError("conflict", "The worklist cannot be read.", page_text="worklist.unreadable")
        return pages.worklist_csv(current, scorer, query, frame)

    return Response(
        await runtime.limiter.run(content),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="worklist.csv"'},
    )


async def lead(visit: Visit) -> Response:
    """Show how the score of one lead was calculated."""
    runtime, scorer, frame = visit.runtime, visit.runtime.reloader.scorer, visit.frame("worklist")

    def html() -> str:
        row = runtime.worklist.current(scorer).by_id.get(visit.request.path_params["lead_id"])
        if row is None:
            raise ProblemError("not-found")
        return pages.render("lead.html", frame, pages.lead_view(row, scorer, frame))

    return HTMLResponse(await runtime.limiter.run(html))


async def channels(visit: Visit) -> Response:
    """Show where leads come from, what became of them, and what to do."""
    runtime, scorer, frame = visit.runtime, visit.runtime.reloader.scorer, visit.frame("channels")
    return HTMLResponse(
        await runtime.limiter.run(
            lambda: pages.render("channels.html", frame, pages.channels_view(scorer.folder, frame))
        )
    )


async def thresholds(visit: Visit) -> Response:
    """Show the backtest of the thresholds, and recommendations for the reader's numbers."""
    query = visit.request.query_params
    typed = {name: query[name][:50] for name in ("mql", "sql", "method") if name in query}
    numbers = {name: query[name] for name in NUMBERS if query.get(name)}
    return await _thresholds_page(visit, pages.ThresholdsForm(typed, accepted="accepted" in query), numbers)


async def accept_thresholds(visit: Visit) -> Response:
    """Accept the thresholds of the form."""
    scorer = visit.runtime.reloader.scorer
    form = await visit.form()
    if not visit.owns(form):
        detail = "The CSRF token of the form is missing or invalid."
        raise ProblemError("forbidden", detail, page_text="pages.errors.csrf")
    if "admin" not in visit.caller.scopes:
        raise ProblemError("forbidden", "Accepting thresholds needs the scope admin.")
    try:
        wanted = msgspec.convert(_acceptance(form), AcceptRequest)
        await visit.runtime.limiter.run(accept, visit.runtime, scorer, wanted, visit.caller.name)
    except (RequestError, ValueError) as error:  # msgspec's errors are ValueErrors
        typed = {name: form[name] for name in _FORM_FIELDS if name in form}
        numbers = {name: form[name] for name in NUMBERS if form.get(name)}
        return await _thresholds_page(visit, pages.ThresholdsForm(typed, problem=_refusal(error)), numbers)
    return RedirectResponse(f"/review/thresholds?lang={visit.lang}&accepted=1", 303)


async def static(request: Request) -> Response:
    """Send the style sheet or the icon; their addresses change with their content."""
    try:
        content, media = pages.asset(request.path_params["name"])
    except KeyError:
        raise ProblemError("not-found") from None
    return Response(
        content, media_type=media, headers={"Cache-Control": f"public, max-age={_STATIC_SECONDS}, immutable"}
    )


async def _thresholds_page(visit: Visit, form: pages.ThresholdsForm, numbers: Mapping[str, str]) -> Response:
    runtime, scorer, frame = visit.runtime, visit.runtime.reloader.scorer, visit.frame("thresholds")

    def html() -> tuple[str, int]:
        shown, problem = _advice(scorer, numbers)
        told = replace(form, problem=problem) if problem else form
        evidence, log = runtime.evidence.of(scorer), threshold_log(scorer)
        view = pages.thresholds_view(scorer, evidence, shown, told, log, frame)
        return pages.render("thresholds.html", frame, view), 422 if told.problem else 200

    return HTMLResponse(*await runtime.limiter.run(html))


def _advice(scorer: Scorer, typed: Mapping[str, str]) -> tuple[pages.AdviceShown, str]:
    """Return the advice for the typed numbers or, if they are invalid, that of the bundle with the problem."""
    default = pages.AdviceShown(scorer.bundle.advice, threshold_params(scorer).model_dump())
    if not typed:
        return default, ""
    try:
        found = advice_for(scorer, msgspec.convert(_numbers(typed), AdviceRequest))
    except TooLittleData:
        return default, "pages.thresholds.no_advice"
    except (LeadMLError, ValueError):
        return default, "pages.numbers.invalid"
    return pages.AdviceShown(found.advice, found.numbers, custom=True), ""


def _acceptance(form: Mapping[str, str]) -> dict[str, object]:
    texts = {name: form.get(name, "").strip() for name in ("why", "by", "method", "model_version")}
    numbers = _numbers({name: form[name] for name in NUMBERS if form.get(name)})
    return {
        **{name: text for name, text in texts.items() if text or name in ("why", "by")},
        **{name: _finite(form.get(name, "")) / 100 for name in ("mql", "sql")},
        **({"numbers": numbers} if numbers else {}),
    }


def _numbers(typed: Mapping[str, str]) -> dict[str, float]:
    return {name: _finite(text) / (100 if name in SHARES else 1) for name, text in typed.items()}


def _refusal(error: Exception) -> str:
    """Return the catalog key of why an acceptance was refused."""
    field = of_error(error).field
    if field == "sql" and isinstance(error, RequestError):
        return "pages.thresholds.sql_below_mql"
    return {"by": "pages.thresholds.no_name", "why": "pages.thresholds.no_reason"}.get(
        field, "pages.thresholds.invalid"
    )


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not finite")
    return value
