"""``/v1/model``, ``/livez``, ``/readyz``, ``/v1/metrics`` and ``/metrics``: the model in use, and operations."""

from __future__ import annotations

from typing import Any

import msgspec
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from lead_ml.scoring import Scorer, Validation
from lead_ml.scoring.shared_keys import OLD_DAYS, age_days
from lead_ml.service.http import answer, runtime_of
from lead_ml.service.problems import ProblemError
from lead_ml.service.reload import ReloadState, now_us
from lead_ml.tables.instants import iso


class ReferenceAge(msgspec.Struct, frozen=True, kw_only=True):
    """How far the history of keys that many leads share reaches, and how many days ago that was.

    ``columns`` are the lead columns of these keys; without any, the age does not matter. ``old`` is true once answers warn.
    """

    until: str
    age_days: float
    columns: tuple[str, ...]
    old: bool


class ModelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The model in use: its type and metrics per target, the lead columns it reads, and the last reload.

    ``validation`` is as in the answers; ``forced`` is the reason given where it serves although the promotion gate refused it.
    """

    version: str
    project: str
    synthetic: bool
    candidates: dict[str, str]
    data_until: str
    reference: ReferenceAge
    cold_start_stage: str
    validation: Validation
    forced: str
    columns: tuple[str, ...]
    thresholds_version: str
    loaded_at: str
    reload: ReloadState | None
    metrics: dict[str, Any]
    card: dict[str, Any]


async def get_model(request: Request) -> Response:
    """Describe the model in use and the last reload."""
    reloader = runtime_of(request).reloader
    if not reloader.ready and reloader.reload is not None:
        raise ProblemError("not-ready", reloader.reload.error)
    scorer = reloader.scorer
    facts, card = scorer.bundle.info, dict(scorer.bundle.card)
    targets: dict[str, Any] = card.get("targets", {})
    return answer(
        ModelAnswer(
            version=scorer.version,
            project=facts.project,
            synthetic=facts.synthetic,
            candidates={name: part.fitted.candidate for name, part in scorer.bundle.parts.items()},
            data_until=iso(facts.until),
            reference=_reference(scorer),
            cold_start_stage=facts.cold_start_stage,
            validation=facts.validation,
            forced=reloader.forced,
            columns=facts.columns,
            thresholds_version=scorer.thresholds.version,
            loaded_at=iso(int(reloader.loaded_at) * 1_000_000),
            reload=reloader.reload,
            metrics={name: target.get("forward", {}) for name, target in targets.items()},
            card=card,
        )
    )


def _reference(scorer: Scorer) -> ReferenceAge:
    until, columns = scorer.bundle.info.until, scorer.shared_columns
    age = age_days(now_us(), until)
    return ReferenceAge(
        until=iso(until), age_days=round(age, 2), columns=columns, old=bool(columns) and age >= OLD_DAYS
    )


async def livez(_: Request) -> Response:
    """Confirm that the process is running."""
    return answer({"status": "alive"})


async def readyz(request: Request) -> Response:
    """Confirm that a verified model is loaded; 503 until then."""
    reloader = runtime_of(request).reloader
    return answer({"status": "ready", "model_version": reloader.scorer.version})


async def get_metrics(request: Request) -> Response:
    """Return metrics in the Prometheus text format."""
    return Response(runtime_of(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)
