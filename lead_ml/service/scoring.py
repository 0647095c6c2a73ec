"""``POST /v1/score`` and ``POST /v1/score/batch``."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lead_ml.scoring import Answer, BatchRequest, Prepared, Scorer, ScoreRequest, prepare
from lead_ml.service.http import JSON, json_body, runtime_of
from lead_ml.service.middleware import log_unexpected
from lead_ml.service.problems import INVALID, ProblemDetails, of_error
from lead_ml.service.reload import now_us


class BatchItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One lead of a batch: its answer, or its error with the place of the lead in the request, from 0."""

    answer: Answer | msgspec.UnsetType = msgspec.UNSET
    error: ProblemDetails | msgspec.UnsetType = msgspec.UNSET
    index: int | msgspec.UnsetType = msgspec.UNSET


class BatchAnswer(msgspec.Struct, frozen=True):
    """The leads of a batch, in the order of the request."""

    results: list[BatchItem]


async def score(request: Request) -> Response:
    """Score one lead with its events."""
    runtime = runtime_of(request)
    scorer = runtime.reloader.scorer
    body = await json_body(request, runtime.settings.max_body)
    return Response(await runtime.limiter.run(score_one, scorer, body), media_type=JSON)


async def score_batch(request: Request) -> Response:
    """Score 1 to 1,000 leads; an error in one lead does not affect the others."""
    runtime = runtime_of(request)
    scorer = runtime.reloader.scorer
    body = await json_body(request, runtime.settings.max_batch_body)
    return Response(await runtime.limiter.run(score_many, scorer, body), media_type=JSON)


def score_one(scorer: Scorer, body: bytes) -> bytes:
    """Return the encoded answer for the body of one lead."""
    prepared = _prepared(scorer, body, now_us())
    return msgspec.json.encode(scorer.score_prepared([prepared])[0])


def score_many(scorer: Scorer, body: bytes) -> bytes:
    """Return the encoded answers for the body of a batch; all leads share one current time."""
    request, now = msgspec.json.decode(body, type=BatchRequest), now_us()
    checked = [_checked(scorer, lead, now) for lead in request.leads]
    answers = iter(_answers(scorer, [item for item in checked if isinstance(item, Prepared)]))
    items = [next(answers) if isinstance(item, Prepared) else BatchItem(error=item) for item in checked]
    return msgspec.json.encode(BatchAnswer([_placed(item, index) for index, item in enumerate(items)]))


def _placed(item: BatchItem, index: int) -> BatchItem:
    if isinstance(item.error, msgspec.UnsetType):
        return item
    field = f"leads[{index}].{item.error.field}" if item.error.field else f"leads[{index}]"
    return BatchItem(error=msgspec.structs.replace(item.error, field=field), index=index)


def _prepared(scorer: Scorer, body: bytes | msgspec.Raw, now: int) -> Prepared:
    return prepare(msgspec.json.decode(body, type=ScoreRequest), scorer.bundle.schema, now)


def _checked(scorer: Scorer, body: msgspec.Raw, now: int) -> Prepared | ProblemDetails:
    try:
        return _prepared(scorer, body, now)
    except INVALID as error:
        return of_error(error)


def _answers(scorer: Scorer, leads: Sequence[Prepared]) -> list[BatchItem]:
    """Score all leads at once or, if that fails, one by one, so that only the failing lead gets an error."""
    try:
        return [BatchItem(answer=answer) for answer in (scorer.score_prepared(leads) if leads else [])]
    except Exception as error:  # noqa: BLE001 - logged, and the error of the lead if it is alone
        log_unexpected(error, {})
        if len(leads) == 1:
            return [BatchItem(error=of_error(error))]
        return [item for lead in leads for item in _answers(scorer, [lead])]
