"""Plain ASGI middleware around every request: metrics, security headers, and handling of unexpected errors."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Collection
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lead_ml.service.http import Runtime
from lead_ml.service.problems import respond_to

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ROUTE = "lead_ml.route"
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",  # unless the route allows it
}

logger = logging.getLogger(__name__)


class RequestMonitor:
    """Counts and times requests, and turns unexpected errors into a problem response.

    It also starts the reloader, because an app mounted in another server gets no lifespan events.
    """

    def __init__(self, app: ASGIApp, runtime: Runtime) -> None:
        self._app = app
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._runtime.reloader.start()
        status, started = 0, time.perf_counter()

        async def send_watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._runtime.metrics.in_flight.inc()
        try:
            await self._app(scope, receive, send_watched)
        except Exception as error:  # noqa: BLE001 - the last handler: no error may leave the app
            log_unexpected(error, scope)
            if not status:
                await respond_to(RuntimeError())(scope, receive, send_watched)
        finally:
            self._runtime.metrics.in_flight.dec()
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            seconds = time.perf_counter() - started
            self._runtime.metrics.observe(scope.get(ROUTE, "other"), method, status, seconds)


class SecurityHeaders:
    """Adds security headers, and forbids caching unless the route allows it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def log_unexpected(error: BaseException, scope: Scope) -> None:
    """Log where an error occurred, but not its message, which may contain data of a lead."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in reversed(frames)
    )
    logger.error("unexpected %s in %s: %s", type(error).__name__, scope.get(ROUTE, "other"), places)


class AccessLogFilter(logging.Filter):
    """Removes queries, lead IDs and unknown paths, which may be personal data, from uvicorn's access log.

    `paths` are those of the routes.
    """

    def __init__(self, paths: Collection[str]) -> None:
        super().__init__()
        self._paths = paths

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the path of a record; no record is dropped."""
        args: Any = record.args
        if isinstance(args, tuple) and len(args) >= 3 and isinstance(args[2], str):
            record.args = (*args[:2], self._without_personal_data(args[2]), *args[3:])
        return True

    def _without_personal_data(self, path: str) -> str:
        path = path.partition("?")[0]
        if path in self._paths:
            return path
        return next((f"{start}..." for start in ("/review/", "/static/") if path.startswith(start)), "/...")
