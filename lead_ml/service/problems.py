"""Error responses: RFC 9457 problem details, one format for every error of the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from lead_ml.errors import ParamsError, RequestError, TooLittleData

MEDIA_TYPE = "application/problem+json"
_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")

PROBLEMS: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "The body is not valid JSON"),
    "unauthorized": (401, "A valid API key is required"),
    "forbidden": (403, "The request is not allowed"),
    "not-found": (404, "Not found"),
    "method-not-allowed": (405, "Method not allowed"),
    "conflict": (409, "The request conflicts with the current state"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "Unsupported media type"),
    "invalid": (422, "The request is invalid"),
    "unexpected": (500, "Unexpected error"),
    "not-ready": (503, "No model is loaded"),
    "busy": (503, "The server is busy"),
}
INVALID = (RequestError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Problem details: ``type`` identifies the error, ``field`` is the path of the invalid value in the body."""

    type: str
    title: str
    status: int
    detail: str = ""
    field: str = ""


class ProblemError(Exception):
    """An error with its response: one of :data:`PROBLEMS`, its headers, and the catalog key of what a page says."""

    def __init__(
        self, name: str, detail: str = "", *, headers: Mapping[str, str] | None = None, page_text: str = ""
    ) -> None:
        super().__init__(name)
        self.problem = problem_of(name, detail)
        self.headers = dict(headers or {})
        self.page_text = page_text


KNOWN = (*INVALID, ProblemError, HTTPException, ParamsError, TooLittleData)


def problem_of(name: str, detail: str = "", field: str = "") -> ProblemDetails:
    """Return the details of one of :data:`PROBLEMS`."""
    status, title = PROBLEMS[name]
    return ProblemDetails(
        type=f"/docs#problem-{name}", title=title, status=status, detail=detail, field=field
    )


def of_error(error: Exception) -> ProblemDetails:
    """Translate one of the errors :data:`KNOWN`; any other is *unexpected*, without further detail."""
    match error:
        case ProblemError():
            return error.problem
        case HTTPException():
            return _of_status(error.status_code)
        case RequestError() | ParamsError() | TooLittleData():
            return problem_of("invalid", str(error), getattr(error, "field", ""))
    return _of_decoding(error)


def _of_decoding(error: Exception) -> ProblemDetails:
    match error:
        case msgspec.ValidationError():
            message, path, *_ = [*_PLACE.split(str(error)), ""]
            return problem_of("invalid", f"{message}.", path)
        case UnicodeDecodeError():
            return problem_of("malformed", "The body is not UTF-8.")
        case RecursionError():
            return problem_of("malformed", "The body is nested too deeply.")
        case msgspec.DecodeError():
            return problem_of("malformed", f"{str(error).rstrip('.')}.")
    return problem_of("unexpected", "The error was logged.")


def respond_to(error: Exception) -> Response:
    """Return the response for an error, with its headers."""
    headers = error.headers if isinstance(error, ProblemError | HTTPException) else None
    problem = of_error(error)
    return Response(msgspec.json.encode(problem), problem.status, dict(headers or {}), MEDIA_TYPE)


def _of_status(status: int) -> ProblemDetails:
    for name, (known, _) in PROBLEMS.items():
        if known == status:
            return problem_of(name)
    return ProblemDetails(type="about:blank", title=HTTPStatus(status).phrase, status=status)
