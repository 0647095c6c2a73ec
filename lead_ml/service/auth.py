"""Authentication and scopes: API keys for programs, and sessions started with the same keys for people."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from lead_ml.service.http import runtime_of
from lead_ml.service.keys import SCOPES, Caller, Scope
from lead_ml.service.problems import ProblemError

Endpoint = Callable[[Request], Awaitable[Response]]

LOCAL = Caller(name="", scopes=SCOPES)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="lead-ml"'}
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def requiring(scope: Scope, endpoint: Endpoint) -> Endpoint:
    """Wrap an API route so that it checks for a key with `scope` before it reads the body. Cookies are ignored."""

    async def guarded(request: Request) -> Response:
        request.state.caller = _caller(request, scope)
        return await endpoint(request)

    return guarded


def local_caller(request: Request) -> Caller:
    """Admit a request from this machine to a local host name only, which excludes other machines and DNS rebinding."""
    host = request.headers.get("host", "")
    client = request.client.host if request.client else "127.0.0.1"
    named = host in _LOCAL_HOSTS or host.rpartition(":")[0] in _LOCAL_HOSTS
    if not named or not _is_loopback(client):
        raise ProblemError(
            "forbidden",
            "API keys are off, so only requests from this machine are accepted. Turn API keys on.",
        )
    return LOCAL


def _caller(request: Request, scope: Scope) -> Caller:
    runtime = runtime_of(request)
    if not runtime.settings.auth:
        return local_caller(request)
    key = runtime.keys.find(_token(request))
    if key is None:
        detail = "Send a valid API key as Authorization: Bearer KEY or as X-API-Key: KEY."
        raise ProblemError("unauthorized", detail, headers=_CHALLENGE)
    if scope not in key.scopes:
        raise ProblemError(
            "forbidden",
            f"This route requires the scope {scope}; the key {key.name} has {', '.join(key.scopes)}.",
        )
    return key


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return request.headers.get("x-api-key") or (token.strip() if scheme.lower() == "bearer" else "")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
