"""Builds the app: components, routes with the scope that each requires, and middleware."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lead_ml.service import docs, login, page_routes
from lead_ml.service.auth import Endpoint, requiring
from lead_ml.service.concurrency_limiter import ConcurrencyLimiter
from lead_ml.service.http import Runtime
from lead_ml.service.keys import KeyRing
from lead_ml.service.logged_out import LoggedOut
from lead_ml.service.login_attempts import LoginAttempts
from lead_ml.service.metrics import ServiceMetrics
from lead_ml.service.middleware import ROUTE, AccessLogFilter, RequestMonitor, SecurityHeaders
from lead_ml.service.pages import EvidenceCache, WorklistReader
from lead_ml.service.problems import KNOWN, respond_to
from lead_ml.service.reload import Loaders, ScorerReloader
from lead_ml.service.session import SECONDS, SessionSigner, random_secret, secret_beside
from lead_ml.service.settings import Settings
from lead_ml.service.visit import page


def create_app(settings: Settings, *, loaders: Loaders | None = None) -> Starlette:
    """Build the app; tests replace the `loaders` of bundles.

    Loading starts with the lifespan or, if the server sends no lifespan events, the first request.
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
        exception_handlers=dict.fromkeys(KNOWN, _answer_error),
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.runtime = runtime
    return app


def app_from_env() -> Starlette:
    """Build the app from the environment, for ``uvicorn --factory lead_ml.service:app_from_env``."""
    logging.getLogger("uvicorn.access").addFilter(AccessLogFilter({route.path for route in _routes()}))
    return create_app(Settings.from_env())


def _runtime(settings: Settings, loaders: Loaders | None) -> Runtime:
    secret = partial(secret_beside, settings.keys_path) if settings.auth else random_secret
    logouts = settings.keys_path.with_name(f".{settings.keys_path.stem}.logouts")
    reloader = ScorerReloader(settings, loaders)
    return Runtime(
        settings=settings,
        reloader=reloader,
        limiter=ConcurrencyLimiter(threads=settings.threads, max_waiting=settings.max_concurrency),
        keys=KeyRing(settings.keys_path),
        signer=SessionSigner(secret, LoggedOut(logouts if settings.auth else None, SECONDS)),
        metrics=ServiceMetrics(reloader),
        worklist=WorklistReader(settings.runs),
        evidence=EvidenceCache(),
        attempts=LoginAttempts(),
    )


def _routes() -> list[Route]:
    api: dict[str, dict[str, Endpoint]] = {}
    for item in docs.OPERATIONS:
        endpoint = requiring(item.scope, item.endpoint) if item.scope else item.endpoint
        api.setdefault(item.path, {})[item.method.upper()] = endpoint
    return [
        *(_route(path, **endpoints) for path, endpoints in api.items()),
        _route("/", GET=page_routes.home),
        _route("/review", GET=page(page_routes.worklist)),
        _route("/review.csv", GET=page(page_routes.worklist_file)),
        _route("/review/channels", GET=page(page_routes.channels)),
        _route(
            "/review/thresholds",
            GET=page(page_routes.thresholds),
            POST=page(page_routes.accept_thresholds),
        ),
        _route("/review/{lead_id:path}", GET=page(page_routes.lead)),
        _route("/login", GET=login.show_login, POST=login.login),
        _route("/logout", POST=login.logout),
        _route("/static/{name}", GET=page_routes.static),
        _route("/docs", GET=docs.show),
        _route("/openapi.json", GET=docs.document),
    ]


def _route(path: str, **endpoints: Endpoint) -> Route:
    """Return a route with an endpoint by method, which records its name for metrics and logs."""

    async def named(request: Request) -> Response:
        request.scope[ROUTE] = path
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, named, methods=list(endpoints))


async def _answer_error(_: Request, error: Exception) -> Response:
    return respond_to(error)
