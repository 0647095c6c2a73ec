"""``/openapi.json``, generated from the structs of the routes, and ``/docs``, an HTML page of it."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import jinja2
import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from lead_ml.scoring import Answer, BatchRequest, Scorer, ScoreRequest
from lead_ml.scoring.thresholds import Thresholds
from lead_ml.service.http import JSON, answer, runtime_of
from lead_ml.service.keys import SCOPES
from lead_ml.service.pages.render import asset_link
from lead_ml.service.problems import MEDIA_TYPE, PROBLEMS, ProblemDetails
from lead_ml.service.scoring import BatchAnswer
from lead_ml.service.state import ModelAnswer
from lead_ml.service.threshold_routes import AcceptRequest, AdviceAnswer, AdviceRequest, ThresholdsAnswer

EXAMPLE = {
    "lead": {
        "lead_id": "L-1001",
        "created_at": "2026-03-02T08:15:00Z",
        "source": "webinar",
        "industry": "manufacturing",
    },
    "events": [{"type": "page_view", "page": "pricing", "occurred_at": "2026-03-02T08:20:00Z"}],
    "lang": "en",
}
ERRORS = ("400", "401", "403", "413", "415", "422", "503")


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One route of the API in the OpenAPI document."""

    path: str
    method: str
    summary: str
    scope: str = ""
    request: type | None = None
    response: type | None = None


OPERATIONS = (
    Operation(
        path="/v1/score",
        method="post",
        summary="Score one lead with its events",
        scope="score",
        request=ScoreRequest,
        response=Answer,
    ),
    Operation(
        path="/v1/score/batch",
        method="post",
        summary="Score 1 to 1,000 leads; an error in one lead does not affect the others",
        scope="score",
        request=BatchRequest,
        response=BatchAnswer,
    ),
    Operation(
        path="/v1/thresholds",
        method="get",
        summary="Return the current thresholds with their evidence",
        scope="read",
        response=ThresholdsAnswer,
    ),
    Operation(
        path="/v1/thresholds",
        method="post",
        summary="Accept thresholds",
        scope="admin",
        request=AcceptRequest,
        response=Thresholds,
    ),
    Operation(
        path="/v1/thresholds/advice",
        method="post",
        summary="Advise on thresholds for a given capacity, costs, value or minimum shares",
        scope="read",
        request=AdviceRequest,
        response=AdviceAnswer,
    ),
    Operation(
        path="/v1/model",
        method="get",
        summary="Describe the model in use and the last reload",
        scope="read",
        response=ModelAnswer,
    ),
    Operation(path="/livez", method="get", summary="Confirm that the process is running"),
    Operation(
        path="/readyz", method="get", summary="Confirm that a verified model is loaded; 503 until then"
    ),
    Operation(path="/v1/metrics", method="get", summary="Return metrics in the Prometheus text format"),
    Operation(path="/metrics", method="get", summary="The same as /v1/metrics"),
)


async def document(request: Request) -> Response:
    """Return the OpenAPI document."""
    return answer(_current(request))


async def show(request: Request) -> Response:
    """Return the OpenAPI document as an HTML page that loads nothing from other servers."""
    found = _current(request)
    return HTMLResponse(
        _template().render(
            doc=found,
            operations=_rows(found),
            problems=PROBLEMS,
            style=asset_link("review.css"),
            icon=asset_link("icon.svg"),
        )
    )


def openapi(scorer: Scorer | None) -> dict[str, Any]:
    """Build the OpenAPI 3.1 document; with a scorer it lists the lead columns that the features read."""
    types = [found for item in OPERATIONS for found in (item.request, item.response) if found is not None]
    _, schemas = msgspec.json.schema_components(
        (*types, ProblemDetails), ref_template="#/components/schemas/{name}"
    )
    schemas["BatchRequest"]["properties"]["leads"]["items"] = {"$ref": "#/components/schemas/ScoreRequest"}
    if scorer is not None:
        lead = schemas["ScoreRequest"]["properties"]["lead"]
        names = ("lead_id", *(("created_at",) if scorer.bundle.info.dated else ()))
        columns = dict.fromkeys((*names, *scorer.bundle.info.columns))
        lead["properties"] = {name: dict(lead["additionalProperties"]) for name in columns}
        lead["required"] = list(names)
    paths: dict[str, dict[str, Any]] = {}
    for item in OPERATIONS:
        paths.setdefault(item.path, {})[item.method] = _operation(item)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "lead-ml",
            "version": "1",
            "description": "Conversion and fake-lead probabilities with reasons, and advice on MQL and SQL thresholds.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"An API key with the scope of the route ({', '.join(SCOPES)})",
                },
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def _operation(item: Operation) -> dict[str, Any]:
    media = "text/plain" if item.path.endswith("/metrics") else JSON
    schema = {"schema": _ref(item.response)} if item.response else {}
    responses: dict[str, Any] = {"200": {"description": "OK", "content": {media: schema}}}
    problem = {"content": {MEDIA_TYPE: {"schema": _ref(ProblemDetails)}}}
    for status in ERRORS if item.scope else ("503",) if item.path == "/readyz" else ():
        titles = [title for code, title in PROBLEMS.values() if str(code) == status]
        responses[status] = {"description": " / ".join(titles), **problem}
    found: dict[str, Any] = {
        "operationId": f"{item.method}{item.path.replace('/', '_')}",
        "summary": item.summary,
        "responses": responses,
    }
    if item.scope:
        found |= {"security": [{"bearer": []}, {"header": []}], "x-scope": item.scope}
    if item.request:
        content: dict[str, Any] = {"schema": _ref(item.request)}
        if item.request is ScoreRequest:
            content["example"] = EXAMPLE
        found["requestBody"] = {"required": True, "content": {JSON: content}}
    return found


def _ref(struct: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{struct.__name__}"}


def _current(request: Request) -> dict[str, Any]:
    reloader = runtime_of(request).reloader
    return openapi(reloader.scorer if reloader.ready else None)


def _rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get(JSON, {})
            example = (
                msgspec.json.format(msgspec.json.encode(body["example"])).decode()
                if "example" in body
                else ""
            )
            rows.append(
                {
                    "path": path,
                    "method": method,
                    "operation": operation,
                    "request": _name(body),
                    "response": _response(operation),
                    "example": example,
                }
            )
    return rows


def _response(operation: dict[str, Any]) -> str:
    return next((_name(content) for content in operation["responses"]["200"]["content"].values()), "")


def _name(content: dict[str, Any]) -> str:
    return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]


def type_words(schema: dict[str, Any]) -> str:
    """Describe the type of a property in one line; references are given by name.

    >>> type_words({"anyOf": [{"type": "string"}, {"type": "null"}]})
    'string or null'
    """
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(type_words(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {type_words(schema.get('items') or {})}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map of {type_words(schema['additionalProperties'])}"
    return str(schema.get("type", "any"))


@cache
def _template() -> jinja2.Template:
    source = resources.files("lead_ml.service").joinpath("templates", "docs.html").read_text(encoding="utf-8")
    found = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["type_words"] = type_words
    return found.from_string(source)
