"""``/v1/thresholds``: the current thresholds with their evidence, advice for other numbers, and acceptance."""

from __future__ import annotations

import logging
import math
from functools import partial
from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lead_ml.errors import TooLittleData
from lead_ml.scoring import Scorer
from lead_ml.scoring.thresholds import (
    Acceptance,
    Advice,
    CurvePoint,
    Month,
    Threshold,
    ThresholdLog,
    Thresholds,
    accept_thresholds,
    advise_all,
    log_of,
    read_log,
)
from lead_ml.scoring.thresholds.advise import ThresholdMethod
from lead_ml.service.http import Runtime, answer, json_body, runtime_of
from lead_ml.service.pages.evidence import threshold_params
from lead_ml.service.problems import ProblemError

MOST = 1e12  # larger numbers overflow when they are added up
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=MOST)]
Cost = Annotated[float, msgspec.Meta(ge=0, le=MOST)]
Text = Annotated[str, msgspec.Meta(pattern=r"\S", max_length=500)]

logger = logging.getLogger(__name__)


class AdviceRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Numbers to base the advice on; those left out are the project's own.

    Leads per week that the team can handle, costs and the value of a win in one currency, and minimum shares (0-1).
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
    """The advice by every method, and the numbers that it is based on."""

    advice: tuple[Advice, ...]
    numbers: dict[str, float]


class AcceptRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds to accept, as probabilities (0-1), with the name of the approver and the reason.

    ``method`` names whose advice they are, ``numbers`` what that advice was based on where not on the project's own; thresholds
    that differ from it are recorded as ``manual``. With ``model_version``, the request is refused (409) if a different model is
    in use by now.
    """

    mql: Share
    sql: Share
    why: Text
    by: Annotated[str, msgspec.Meta(pattern=r"\S", max_length=200)]
    method: ThresholdMethod | Literal["manual"] = "manual"
    numbers: AdviceRequest | None = None
    model_version: str | None = None


class ThresholdsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The accepted thresholds, their backtest, the advice by every method, and the curve over all thresholds.

    ``history`` are all acceptances, oldest first, as probabilities under the version that served then.
    """

    model_version: str
    thresholds: Thresholds
    mql: Threshold | None
    sql: Threshold | None
    advice: tuple[Advice, ...]
    curve: tuple[CurvePoint, ...]
    sql_by_month: tuple[Month, ...]
    history: tuple[Acceptance, ...]


async def get_thresholds(request: Request) -> Response:
    """Return the current thresholds with their evidence."""
    runtime = runtime_of(request)
    return answer(await runtime.limiter.run(thresholds_answer, runtime, runtime.reloader.scorer))


async def post_advice(request: Request) -> Response:
    """Advise on thresholds for a given capacity, costs, value or minimum shares."""
    runtime = runtime_of(request)
    scorer = runtime.reloader.scorer
    body = await json_body(request, runtime.settings.max_body)
    wanted = msgspec.json.decode(body, type=AdviceRequest)
    return answer(await runtime.limiter.run(advice_for, scorer, wanted))


async def post_thresholds(request: Request) -> Response:
    """Accept thresholds."""
    runtime = runtime_of(request)
    scorer = runtime.reloader.scorer
    body = await json_body(request, runtime.settings.max_body)
    wanted = msgspec.json.decode(body, type=AcceptRequest)
    return answer(await runtime.limiter.run(accept, runtime, scorer, wanted, request.state.caller.name))


def thresholds_answer(runtime: Runtime, scorer: Scorer) -> ThresholdsAnswer:
    """Collect the current thresholds and the evidence about them."""
    found = runtime.evidence.of(scorer)
    return ThresholdsAnswer(
        model_version=scorer.version,
        thresholds=scorer.thresholds,
        mql=found.mql,
        sql=found.sql,
        advice=scorer.bundle.advice,
        curve=found.curve,
        sql_by_month=found.months,
        history=threshold_log(scorer).acceptances,
    )


def threshold_log(scorer: Scorer) -> ThresholdLog:
    """Return the acceptances of the project of a scorer."""
    return ThresholdLog() if scorer.folder is None else read_log(log_of(scorer.folder))


def advice_for(scorer: Scorer, wanted: AdviceRequest) -> AdviceAnswer:
    """Advise by every method, with some numbers changed; too little data if the bundle has no scored history."""
    history, facts = scorer.bundle.history, scorer.bundle.info
    if history is None:
        raise TooLittleData(
            "this model has no scored history, so no thresholds can be recommended",
            do="train with more outcomes",
        )
    params = threshold_params(scorer).model_copy(update=msgspec.to_builtins(wanted))
    seed = int(scorer.bundle.params.get("seed", 7))
    used = {name: float(getattr(params, name)) for name in AdviceRequest.__struct_fields__}
    return AdviceAnswer(advise_all(history, params, reference_odds=facts.reference_odds, seed=seed), used)


def accept(runtime: Runtime, scorer: Scorer, wanted: AcceptRequest, key_name: str) -> Thresholds:
    """Append the accepted thresholds to those of the project and put them into effect.

    With API keys on, the name of the key is part of the approver's name. 409 if a different model is in use by now, or if
    the folder is not writable.
    """
    if wanted.model_version not in (None, scorer.version):
        raise ProblemError(
            "conflict",
            f"Model {scorer.version} is in use by now. Review its thresholds first.",
            page_text="pages.errors.other_model",
        )
    approver = " / ".join(name for name in (wanted.by.strip(), key_name) if name)
    mql, sql, method = _proposed(scorer, wanted)
    thresholds = Thresholds.approved(mql, sql, method=method, by=approver, why=wanted.why)
    try:
        runtime.reloader.accept(scorer, partial(_save, scorer, thresholds))
    except OSError as error:
        raise ProblemError(
            "conflict",
            "The thresholds were not saved because the folder that keeps them cannot be written to.",
            page_text="pages.errors.read_only",
        ) from error
    logger.info("thresholds %s of model %s were accepted", thresholds.version, scorer.version)
    return thresholds


def _save(scorer: Scorer, thresholds: Thresholds) -> None:
    if scorer.folder is None:
        raise OSError("the bundle was not loaded from a folder")
    odds = scorer.bundle.info.reference_odds
    accept_thresholds(scorer.folder, thresholds, reference_odds=odds, model_version=scorer.version)


def _proposed(scorer: Scorer, wanted: AcceptRequest) -> tuple[float, float, str]:
    """Return the thresholds with their method: ``manual`` unless they are what the method advises, to six digits."""
    if wanted.method != "manual":
        numbers = wanted.numbers
        advice = scorer.bundle.advice if numbers is None else advice_for(scorer, numbers).advice
        for item in advice:
            mql, sql = item.mql.probability, item.sql.probability
            near = math.isclose(mql, wanted.mql, rel_tol=1e-5) and math.isclose(sql, wanted.sql, rel_tol=1e-5)
            if item.method == wanted.method and near:
                return mql, sql, wanted.method
    return wanted.mql, wanted.sql, "manual"
