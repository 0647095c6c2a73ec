"""What every route needs: the components of the running app, a checked body, a JSON response."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from lead_ml.service.concurrency_limiter import ConcurrencyLimiter
from lead_ml.service.keys import KeyRing
from lead_ml.service.login_attempts import LoginAttempts
from lead_ml.service.metrics import ServiceMetrics
from lead_ml.service.pages import EvidenceCache, WorklistReader
from lead_ml.service.problems import ProblemError
from lead_ml.service.reload import ScorerReloader
from lead_ml.service.session import SessionSigner
from lead_ml.service.settings import Settings

JSON = "application/json"


@dataclass(frozen=True)
class Runtime:
    """The components of one running app."""

    settings: Settings
    reloader: ScorerReloader
    limiter: ConcurrencyLimiter
    keys: KeyRing
    signer: SessionSigner
    metrics: ServiceMetrics
    worklist: WorklistReader
    evidence: EvidenceCache
    attempts: LoginAttempts


def runtime_of(request: Request) -> Runtime:
    """Return the components of the app that received a request."""
    runtime: Runtime = request.app.state.runtime
    return runtime


def answer(content: object) -> Response:
    """Encode plain data or structs as a JSON response."""
    return Response(msgspec.json.encode(content), media_type=JSON)


async def json_body(request: Request, limit: int) -> bytes:
    """Read a body of at most `limit` bytes (otherwise 413) of uncompressed UTF-8 JSON (otherwise 415)."""
    media, _, rest = request.headers.get("content-type", "").partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if media.strip().lower() != JSON or charset not in ("", "utf-8", "utf8"):
        raise ProblemError("unsupported-media-type", f"Send Content-Type: {JSON} in UTF-8.")
    return await limited_body(request, limit)


async def limited_body(request: Request, limit: int) -> bytes:
    """Read an uncompressed body of at most `limit` bytes, without keeping more than that in memory."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError("unsupported-media-type", "Send the body without Content-Encoding.")
    too_large = ProblemError("too-large", f"The limit is {limit:,} bytes.", headers={"Connection": "close"})
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise too_large
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise too_large
            parts.append(part)
    except ClientDisconnect as error:
        raise ProblemError("malformed", "The connection closed before the whole body arrived.") from error
    return b"".join(parts)
