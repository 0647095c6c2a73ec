"""Builds the app: components, routes with the scope that each requires, and middleware."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lead_ml.service import docs, login, page_routes, scoring, state, threshold_routes
from lead_ml.service.auth import Endpoint, requiring
from lead_ml.service.concurrency_limiter import ConcurrencyLimiter
from lead_ml.service.http import Runtime
from lead_ml.service.keys import KeyRing
from lead_ml.service.metrics import ServiceMetrics
from lead_ml.service.middleware import ROUTE, AccessLogFilter, RequestMonitor, SecurityHeaders
from lead_ml.service.pages import EvidenceCache, WorklistReader
from lead_ml.service.problems import respond_to
from lead_ml.service.reload import Loaders, ScorerReloader
from lead_ml.service.session import SessionSigner, random_secret, secret_beside
from lead_ml.service.settings import Settings
from lead_ml.service.visit import page


def create_app(settings: Settings, *, loaders: Loaders | None = None) -> Starlette:
    """Build the app. Loading starts with the lifespan or, if the server sends no lifespan events, the first request.

    Parameters
    ----------
    settings
        The settings of the deployment.
    loaders
        How bundles are checked and loaded; replaced in tests.
    """
    runtime = _runtime(settings, loaders)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        runtime.reloader.start()
        yield
        runtime.reloader.stop()

    app = Starlette(
        routes=_routes(),
        middleware=[Middleware(SecurityHeaders), Middleware(RequestMonitor, runtime=runtime)],
        exception_handlers={HTTPException: _answer_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.runtime = runtime
    return app


def app_from_env() -> Starlette:
    """Build the app from the environment, for ``uvicorn --factory lead_ml.service:app_from_env``."""
    logging.getLogger("uvicorn.access").addFilter(AccessLogFilter())
    return create_app(Settings.from_env())


def _runtime(settings: Settings, loaders: Loaders | None) -> Runtime:
    secret = partial(secret_beside, settings.keys_path) if settings.auth else random_secret
    reloader = ScorerReloader(settings, loaders)
    return Runtime(
        settings=settings,
        reloader=reloader,
        limiter=ConcurrencyLimiter(threads=settings.threads, max_waiting=settings.max_concurrency),
        keys=KeyRing(settings.keys_path),
        signer=SessionSigner(secret),
        metrics=ServiceMetrics(reloader),
        worklist=WorklistReader(settings.runs),
        evidence=EvidenceCache(),
    )


def _routes() -> list[Route]:
    return [
        _route("/v1/score", requiring("score", scoring.score), "POST"),
        _route("/v1/score/batch", requiring("score", scoring.score_batch), "POST"),
        _route(
            "/v1/thresholds",
            _by_method(
                GET=requiring("read", threshold_routes.get_thresholds),
                POST=requiring("admin", threshold_routes.post_thresholds),
            ),
        ),
        _route("/v1/thresholds/advice", requiring("read", threshold_routes.post_advice), "POST"),
        _route("/v1/model", requiring("read", state.get_model), "GET"),
        _route("/", page_routes.home, "GET"),
        _route("/review", page(page_routes.worklist), "GET"),
        _route(
            "/review/thresholds",
            _by_method(GET=page(page_routes.thresholds), POST=page(page_routes.accept_thresholds)),
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
        _route("/v1/metrics", state.get_metrics, "GET"),
    ]


class _ByMethod:
    """The endpoints of one path, by method."""

    def __init__(self, endpoints: dict[str, Endpoint]) -> None:
        self.endpoints = endpoints

    async def __call__(self, request: Request) -> Response:
        """Call the endpoint of the method; HEAD is a GET without its body."""
        return await self.endpoints["GET" if request.method == "HEAD" else request.method](request)


def _by_method(**endpoints: Endpoint) -> _ByMethod:
    return _ByMethod(endpoints)


def _route(path: str, endpoint: Endpoint | _ByMethod, method: str = "") -> Route:
    """Return a route that records its name for metrics and logs, and answers known errors as problem details."""
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
