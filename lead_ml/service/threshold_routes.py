"""``/v1/thresholds``: the lines in force with their evidence, advice for other numbers, and accepting lines."""

from __future__ import annotations

import logging
from typing import Annotated

import msgspec
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from lead_ml.errors import TooLittleData
from lead_ml.project.params import ThresholdParams
from lead_ml.scoring import Scorer, accept_thresholds
from lead_ml.scoring.thresholds import Advice, CurvePoint, Month, Threshold, Thresholds, advise_all
from lead_ml.service.http import Runtime, answer, json_body, runtime_of
from lead_ml.service.pages.evidence import threshold_params
from lead_ml.service.problems import ProblemError
from lead_ml.service.reload import now_us
from lead_ml.tables.instants import iso

Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Cost = Annotated[float, msgspec.Meta(ge=0)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]

logger = logging.getLogger(__name__)


class AdviceRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Numbers to advise for; those left out are the project's own.

    Leads a week that the team can take, costs and the value of a win in one currency, and floors as shares.
    """

    sql_per_week: Positive | None = None
    mql_per_week: Positive | None = None
    cost_per_sql: Cost | None = None
    cost_per_mql: Cost | None = None
    value_per_win: Positive | None = None
    sql_precision: Share | None = None
    mql_precision: Share | None = None
    sql_recall: Share | None = None
    mql_recall: Share | None = None


class AdviceAnswer(msgspec.Struct, frozen=True):
    """The advice by every method, and the numbers that it rests on."""

    advice: tuple[Advice, ...]
    numbers: dict[str, float]


class AcceptRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lines to accept, as probabilities, with who and why.

    With ``model_version`` they are refused (409) if another model has begun to serve since the sender looked.
    """

    mql: Share
    sql: Share
    why: Text
    by: Annotated[str, msgspec.Meta(max_length=200)] = ""
    method: Annotated[str, msgspec.Meta(max_length=50)] = "manual"
    model_version: str | None = None


class LinesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The accepted lines, how they fared on history, the advice by every method, the curve over all lines."""

    model_version: str
    thresholds: Thresholds
    mql: Threshold | None
    sql: Threshold | None
    advice: tuple[Advice, ...]
    curve: tuple[CurvePoint, ...]
    sql_by_month: tuple[Month, ...]


async def get_lines(request: Request) -> Response:
    """Return the lines in force with their evidence."""
    runtime = runtime_of(request)
    return answer(await runtime.gate.run(lines_answer, runtime, runtime.live.scorer))


async def post_advice(request: Request) -> Response:
    """Advise for the numbers of the caller."""
    runtime = runtime_of(request)
    scorer = runtime.live.scorer
    body = await json_body(request, runtime.settings.max_body)
    wanted = msgspec.json.decode(body, type=AdviceRequest)
    return answer(await runtime.gate.run(advice_for, scorer, wanted))


async def post_lines(request: Request) -> Response:
    """Accept lines; they count from the next request on."""
    runtime = runtime_of(request)
    scorer = runtime.live.scorer
    body = await json_body(request, runtime.settings.max_body)
    wanted = msgspec.json.decode(body, type=AcceptRequest)
    lines = await runtime.gate.run(accept, runtime, scorer, wanted, request.state.principal.name)
    return answer(lines)


def lines_answer(runtime: Runtime, scorer: Scorer) -> LinesAnswer:
    """Gather the lines in force and what is known about them."""
    found = runtime.evidence.of(scorer)
    return LinesAnswer(
        model_version=scorer.version,
        thresholds=scorer.thresholds,
        mql=found.mql,
        sql=found.sql,
        advice=scorer.bundle.advice,
        curve=found.curve,
        sql_by_month=found.months,
    )


def advice_for(scorer: Scorer, wanted: AdviceRequest) -> AdviceAnswer:
    """Advise by every method with some numbers changed.

    Raises
    ------
    TooLittleData
        If the bundle has no history to replay.
    """
    history, facts = scorer.bundle.history, scorer.bundle.facts
    if history is None:
        raise TooLittleData("this model has no scored history to advise from", do="train with more outcomes")
    numbers = {**threshold_params(scorer).model_dump(), **msgspec.to_builtins(wanted)}
    try:
        params = ThresholdParams.model_validate(numbers)
    except ValidationError as error:
        first = error.errors()[0]
        raise ProblemError("invalid", f"{first['msg']}.", field=".".join(map(str, first["loc"]))) from error
    seed = int(scorer.bundle.params.get("seed", 7))
    used = {name: float(numbers[name]) for name in AdviceRequest.__struct_fields__}
    return AdviceAnswer(advise_all(history, params, reference_odds=facts.reference_odds, seed=seed), used)


def accept(runtime: Runtime, scorer: Scorer, wanted: AcceptRequest, key_name: str) -> Thresholds:
    """Write the accepted lines beside the bundle, and let them serve.

    With API keys on, the name of the key is part of who accepted.

    Raises
    ------
    ProblemError
        409 if another model serves by now or the bundle cannot be written beside.
    RequestError
        If the lines are impossible.
    """
    if wanted.model_version not in (None, scorer.version):
        raise ProblemError("conflict", f"Model {scorer.version} serves by now; look at its lines first.")
    who = " / ".join(name for name in (wanted.by.strip(), key_name) if name) or "local"
    lines = Thresholds.of(
        wanted.mql,
        wanted.sql,
        method=wanted.method,
        accepted_by=who,
        accepted_at=iso(now_us() // 1_000_000 * 1_000_000),
        why=wanted.why.strip(),
    )
    if scorer.folder is None:
        raise ProblemError(
            "conflict", "This model was not loaded from a folder, so its lines cannot be kept."
        )
    try:
        accept_thresholds(scorer.folder, lines)
    except OSError as error:
        raise ProblemError("conflict", "The folder of the bundle cannot be written to.") from error
    runtime.live.adopt(scorer, lines)
    logger.info("lines %s of model %s were accepted", lines.version, scorer.version)
    return lines
