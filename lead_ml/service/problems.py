"""Errors on the wire: RFC 9457 problem details, one shape for every error of the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from lead_ml.errors import ParamsError, RequestError, TooLittleData

MEDIA_TYPE = "application/problem+json"
_PLACE = re.compile(r" - at `\$(?P<path>[^`]*)`$")

KINDS: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "The body is not JSON"),
    "unauthorized": (401, "An API key is needed"),
    "forbidden": (403, "This key may not do that"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "This address does not take that method"),
    "conflict": (409, "The state has changed"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The body must be plain JSON"),
    "invalid": (422, "The request cannot be answered as it is"),
    "unexpected": (500, "Something went wrong on the server"),
    "not-ready": (503, "No model is loaded yet"),
    "busy": (503, "The server is busy"),
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Problem details: ``type`` names the kind of error, ``field`` the path of the culprit inside the body."""

    type: str
    title: str
    status: int
    detail: str = ""
    field: str = ""


class ProblemError(Exception):
    """An error with its answer."""

    def __init__(
        self, kind: str, detail: str = "", *, field: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(kind)
        self.problem = problem_of(kind, detail, field)
        self.headers = dict(headers or {})


def problem_of(kind: str, detail: str = "", field: str = "") -> Problem:
    """Return the details of a kind of :data:`KINDS`."""
    status, title = KINDS[kind]
    return Problem(type=f"/docs#problem-{kind}", title=title, status=status, detail=detail, field=field)


def of_error(error: Exception) -> Problem:
    """Translate an error of the domain or of decoding; anything unknown is *unexpected* and says nothing more."""
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, HTTPException):
        return _of_status(error.status_code)
    if isinstance(error, RequestError | ParamsError | TooLittleData):
        return problem_of("invalid", str(error), getattr(error, "field", ""))
    return _of_decoding(error)


def _of_decoding(error: Exception) -> Problem:
    if isinstance(error, msgspec.ValidationError):
        return _of_validation(str(error))
    if isinstance(error, UnicodeDecodeError):
        return problem_of("malformed", "The body is not UTF-8.")
    if isinstance(error, RecursionError):
        return problem_of("malformed", "The body is nested too deeply.")
    if isinstance(error, msgspec.DecodeError):
        return problem_of("malformed", f"{str(error).rstrip('.')}.")
    return problem_of("unexpected", "The error was logged.")


def respond(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem as a response."""
    return Response(msgspec.json.encode(problem), problem.status, dict(headers or {}), MEDIA_TYPE)


def respond_to(error: Exception) -> Response:
    """Return the response for an error, with the headers that it asks for."""
    headers = error.headers if isinstance(error, ProblemError | HTTPException) else None
    return respond(of_error(error), headers)


def _of_validation(message: str) -> Problem:
    place = _PLACE.search(message)
    if place is None:
        return problem_of("invalid", f"{message}.")
    path = place["path"].removeprefix(".")
    return problem_of("invalid", f"{message[: place.start()]}.", path)


def _of_status(status: int) -> Problem:
    for kind, (known, _) in KINDS.items():
        if known == status:
            return problem_of(kind)
    return Problem(type="about:blank", title=HTTPStatus(status).phrase, status=status)
