"""``/v1/model``, ``/livez``, ``/readyz`` and ``/metrics``: what serves, and whether it does."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lead_ml.service import metrics
from lead_ml.service.http import answer, runtime_of
from lead_ml.service.problems import ProblemError
from lead_ml.service.reload import ReloadState
from lead_ml.tables.instants import iso


class ModelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The model that serves: its kinds and figures per target, the lead columns it reads, the last reload."""

    version: str
    project: str
    synthetic: bool
    kinds: dict[str, str]
    data_until: str
    cold_start_stage: str
    columns: tuple[str, ...]
    thresholds_version: str
    loaded_at: str
    reload: ReloadState | None
    metrics: dict[str, Any]
    card: dict[str, Any]


async def get_model(request: Request) -> Response:
    """Describe the model that serves."""
    live = runtime_of(request).live
    if not live.ready and live.reload is not None:
        raise ProblemError("not-ready", live.reload.error)
    scorer = live.scorer
    facts, card = scorer.bundle.facts, dict(scorer.bundle.card)
    targets: dict[str, Any] = card.get("targets", {})
    return answer(
        ModelAnswer(
            version=scorer.version,
            project=facts.project,
            synthetic=facts.synthetic,
            kinds={name: part.fitted.kind for name, part in scorer.bundle.parts.items()},
            data_until=iso(facts.until),
            cold_start_stage=facts.cold_start_stage,
            columns=facts.columns,
            thresholds_version=scorer.thresholds.version,
            loaded_at=iso(int(live.loaded_at) * 1_000_000),
            reload=live.reload,
            metrics={name: target.get("forward", {}) for name, target in targets.items()},
            card=card,
        )
    )


async def livez(_: Request) -> Response:
    """Say that the process answers."""
    return answer({"status": "alive"})


async def readyz(request: Request) -> Response:
    """Say whether a verified model serves; a failed reload leaves the older one serving and ready."""
    live = runtime_of(request).live
    return answer({"status": "ready", "model_version": live.scorer.version})


async def get_metrics(request: Request) -> Response:
    """Write the figures of this process for Prometheus."""
    runtime = runtime_of(request)
    version, kind = _served(request)
    text = runtime.metrics.text(
        version=version,
        kind=kind,
        reload_ok=runtime.live.reload is None or runtime.live.reload.ok,
        loaded_at=runtime.live.loaded_at,
    )
    return Response(text, media_type=metrics.MEDIA_TYPE)


def _served(request: Request) -> tuple[str, str]:
    try:
        scorer = runtime_of(request).live.scorer
    except ProblemError:
        return "", ""
    return scorer.version, scorer.bundle.parts["conversion"].fitted.kind
