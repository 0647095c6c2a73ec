"""Puts the app together: parts, routes with the scope that each needs, and what surrounds them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lead_ml.service import docs, login, page_routes, scoring, state, threshold_routes
from lead_ml.service.auth import needing
from lead_ml.service.concurrency_limiter import Gate
from lead_ml.service.http import Runtime
from lead_ml.service.keys import KeyRing
from lead_ml.service.metrics import Metrics
from lead_ml.service.middleware import ROUTE, Headers, Observe, QuietAccess
from lead_ml.service.pages import Board, EvidenceCache
from lead_ml.service.problems import respond_to
from lead_ml.service.reload import Live, Loaders
from lead_ml.service.session import Signer, random_secret, secret_beside
from lead_ml.service.settings import Settings
from lead_ml.service.visit import page

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(settings: Settings, *, loaders: Loaders | None = None) -> Starlette:
    """Build the app. Nothing is loaded yet: that begins with the lifespan or, where a shell sends none, the first request.

    Parameters
    ----------
    settings
        What the deployment decides.
    loaders
        How bundles are tried and loaded; the real ones by default.
    """
    runtime = _runtime(settings, loaders)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        runtime.live.start()
        yield
        runtime.live.stop()

    app = Starlette(
        routes=_routes(),
        middleware=[Middleware(Headers), Middleware(Observe, runtime=runtime)],
        exception_handlers={HTTPException: _answer_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.runtime = runtime
    return app


def app_from_env() -> Starlette:
    """Build the app from the environment, for ``uvicorn --factory lead_ml.service:app_from_env``."""
    logging.getLogger("uvicorn.access").addFilter(QuietAccess())
    return create_app(Settings.from_env())


def _runtime(settings: Settings, loaders: Loaders | None) -> Runtime:
    secret = partial(secret_beside, settings.keys_path) if settings.auth else random_secret
    return Runtime(
        settings=settings,
        live=Live(settings, loaders),
        gate=Gate(threads=settings.threads, max_waiting=settings.max_concurrency),
        keys=KeyRing(settings.keys_path),
        signer=Signer(secret),
        metrics=Metrics(),
        board=Board(settings.runs),
        evidence=EvidenceCache(),
    )


def _routes() -> list[Route]:
    return [
        _route("/v1/score", needing("score", scoring.score), "POST"),
        _route("/v1/score/batch", needing("score", scoring.score_batch), "POST"),
        _route(
            "/v1/thresholds",
            _by_method(
                GET=needing("read", threshold_routes.get_lines),
                POST=needing("admin", threshold_routes.post_lines),
            ),
        ),
        _route("/v1/thresholds/advice", needing("read", threshold_routes.post_advice), "POST"),
        _route("/v1/model", needing("read", state.get_model), "GET"),
        _route("/", page_routes.home, "GET"),
        _route("/review", page(page_routes.worklist), "GET"),
        _route(
            "/review/thresholds", _by_method(GET=page(page_routes.lines), POST=page(page_routes.accept_lines))
        ),
        _route("/review/{lead_id:path}", page(page_routes.lead), "GET"),
        _route("/login", _by_method(GET=login.show_login, POST=login.login)),
        _route("/logout", login.logout, "POST"),
        _route("/static/{name}", page_routes.static, "GET"),
        _route("/docs", docs.show, "GET"),
        _route("/openapi.json", docs.document, "GET"),
        _route("/livez", state.livez, "GET"),
        _route("/readyz", state.readyz, "GET"),
        _route("/metrics", state.get_metrics, "GET"),
    ]


class _ByMethod:
    """Endpoints of one address by method."""

    def __init__(self, endpoints: dict[str, Endpoint]) -> None:
        self.endpoints = endpoints

    async def __call__(self, request: Request) -> Response:
        """Answer with the endpoint of the method; HEAD is a GET without its body."""
        return await self.endpoints["GET" if request.method == "HEAD" else request.method](request)


def _by_method(**endpoints: Endpoint) -> _ByMethod:
    return _ByMethod(endpoints)


def _route(path: str, endpoint: Endpoint | _ByMethod, method: str = "") -> Route:
    """Return a route that names itself for figures and logs, and answers every known error as a problem."""
    methods = list(endpoint.endpoints) if isinstance(endpoint, _ByMethod) else [method]

    async def named(request: Request) -> Response:
        request.scope[ROUTE] = path
        try:
            return await endpoint(request)
        except Exception as error:
            known = respond_to(error)
            if known.status_code == 500:
                raise
            return known

    return Route(path, named, methods=methods)


async def _answer_error(_: Request, error: Exception) -> Response:
    return respond_to(error)
