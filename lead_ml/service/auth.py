"""Authentication and scopes: API keys for programs, and sessions started with the same keys for people."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lead_ml.service.http import runtime_of
from lead_ml.service.keys import SCOPES, ApiKey, Scope
from lead_ml.service.problems import ProblemError
from lead_ml.service.session import COOKIE, Session

Endpoint = Callable[[Request], Awaitable[Response]]

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="lead-ml"'}
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


class Principal(msgspec.Struct, frozen=True):
    """An authenticated caller; ``name`` is the name of the key."""

    name: str
    scopes: tuple[Scope, ...]


LOCAL = Principal("", SCOPES)


def requiring(scope: Scope, endpoint: Endpoint) -> Endpoint:
    """Wrap an API route so that it checks for a key with `scope` before it reads the body."""

    async def guarded(request: Request) -> Response:
        request.state.principal = api_principal(request, scope)
        return await endpoint(request)

    return guarded


def api_principal(request: Request, scope: Scope) -> Principal:
    """Return the caller of an API request. Cookies are ignored.

    Raises
    ------
    ProblemError
        401 without a known key; 403 if the key lacks the scope, or if keys are off and the request is not local.
    """
    runtime = runtime_of(request)
    if not runtime.settings.auth:
        return _local(request)
    key = runtime.keys.find(_token(request))
    if key is None:
        detail = "Send a valid API key as Authorization: Bearer KEY or as X-API-Key: KEY."
        raise ProblemError("unauthorized", detail, headers=_CHALLENGE)
    if scope not in key.scopes:
        raise ProblemError(
            "forbidden",
            f"This route requires the scope {scope}; the key {key.name} has {', '.join(key.scopes)}.",
        )
    return principal_of(key)


def visitor(request: Request) -> tuple[Principal | None, Session | None]:
    """Return the visitor of a page (None before login) and the session (None without a valid cookie)."""
    runtime = runtime_of(request)
    session = runtime.signer.open(request.cookies.get(COOKIE))
    if not runtime.settings.auth:
        return _local(request), session
    key = runtime.keys.by_id(session.key_id) if session is not None and session.key_id else None
    return (None if key is None else principal_of(key)), session


def principal_of(key: ApiKey) -> Principal:
    """Return the caller that a key identifies."""
    return Principal(key.name, key.scopes)


def _token(request: Request) -> str:
    given = request.headers.get("x-api-key")
    if given:
        return given
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _local(request: Request) -> Principal:
    """Admit a request from this machine to a local host name, which excludes other machines and DNS rebinding."""
    host = request.headers.get("host", "").rsplit(":", 1)[0] if not _bare_ipv6(request) else "[::1]"
    client = request.client.host if request.client else "127.0.0.1"
    if host not in _LOCAL_HOSTS or not _is_loopback(client):
        raise ProblemError(
            "forbidden",
            "API keys are off, so only requests from this machine are accepted. Turn API keys on.",
        )
    return LOCAL


def _bare_ipv6(request: Request) -> bool:
    return request.headers.get("host", "") == "[::1]"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
