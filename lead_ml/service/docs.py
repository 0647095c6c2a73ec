"""``/openapi.json``, generated from the structs of the routes, and ``/docs``, an HTML page of it."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from lead_ml.scoring import Answer, BatchRequest, Scorer, ScoreRequest
from lead_ml.scoring.thresholds import Thresholds
from lead_ml.service import scoring, state
from lead_ml.service import threshold_routes as routes
from lead_ml.service.auth import Endpoint
from lead_ml.service.http import JSON, answer, runtime_of
from lead_ml.service.keys import SCOPES, Scope
from lead_ml.service.pages.render import environment
from lead_ml.service.problems import MEDIA_TYPE, PROBLEMS, ProblemDetails

ERRORS = ("400", "401", "403", "413", "415", "422", "503")
INSTANTS = (
    "as_of",
    "at",
    "created_at",
    "data_until",
    "loaded_at",
    "reference_until",
    "until",
)  # always with a zone
_INSTANT_IN = {
    "type": "string",
    "description": "ISO 8601; an instant without a zone has that of the project.",
    "examples": ["2026-03-02T08:15:00Z", "2026-03-02T08:15:00"],
}


class Operation(NamedTuple):
    """One route of the API; the docstring of its endpoint is its summary in the OpenAPI document."""

    method: str
    path: str
    endpoint: Endpoint
    scope: Scope | None = None
    request: type | None = None
    response: type | None = None
    conflicts: bool = False

    @property
    def summary(self) -> str:
        """What the route does, in a sentence without a period."""
        return (self.endpoint.__doc__ or "").rstrip(".")


OPERATIONS = (
    Operation("post", "/v1/score", scoring.score, "score", ScoreRequest, Answer),
    Operation("post", "/v1/score/batch", scoring.score_batch, "score", BatchRequest, scoring.BatchAnswer),
    Operation("get", "/v1/thresholds", routes.get_thresholds, "read", response=routes.ThresholdsAnswer),
    Operation(
        "post",
        "/v1/thresholds",
        routes.post_thresholds,
        "admin",
        routes.AcceptRequest,
        Thresholds,
        conflicts=True,
    ),
    Operation(
        "post", "/v1/thresholds/advice", routes.post_advice, "read", routes.AdviceRequest, routes.AdviceAnswer
    ),
    Operation("get", "/v1/model", state.get_model, "read", response=state.ModelAnswer),
    Operation("get", "/livez", state.livez),
    Operation("get", "/readyz", state.readyz),
    Operation("get", "/v1/metrics", state.get_metrics),
    Operation("get", "/metrics", state.get_metrics),
)


async def document(request: Request) -> Response:
    """Return the OpenAPI document."""
    return answer(_current(request))


async def show(request: Request) -> Response:
    """Return the OpenAPI document as an HTML page that loads nothing from other servers."""
    template = environment().get_template("docs.html")
    return HTMLResponse(
        template.render(
            doc=_current(request),
            operations=OPERATIONS,
            examples=_written_examples(),
            problems=PROBLEMS,
            type_words=type_words,
        )
    )


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Return an invented request with its response by route."""
    text = resources.files("lead_ml.service").joinpath("examples.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, dict[str, Any]])


@cache
def _written_examples() -> dict[str, dict[str, str]]:
    def written(example: object) -> str:
        return msgspec.json.format(msgspec.json.encode(example)).decode()

    return {path: {name: written(item) for name, item in pair.items()} for path, pair in examples().items()}


def openapi(scorer: Scorer | None) -> dict[str, Any]:
    """Build the OpenAPI 3.1 document; with a scorer it lists the lead columns that the features read."""
    types = [found for item in OPERATIONS for found in (item.request, item.response) if found is not None]
    _, found = msgspec.json.schema_components(
        (*types, ProblemDetails), ref_template="#/components/schemas/{name}"
    )
    schemas: dict[str, dict[str, Any]] = _worded(found)
    schemas["BatchRequest"]["properties"]["leads"]["items"] = {"$ref": "#/components/schemas/ScoreRequest"}
    _type_instants(schemas)
    if scorer is not None:
        lead = schemas["ScoreRequest"]["properties"]["lead"]
        names = ("lead_id", *(("created_at",) if scorer.bundle.info.dated else ()))
        columns = dict.fromkeys((*names, *scorer.bundle.info.columns))
        lead["properties"] = {
            name: _INSTANT_IN if name == "created_at" else dict(lead["additionalProperties"])
            for name in columns
        }
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


def _worded(part: Any) -> Any:
    """Write descriptions as Markdown in the terms of JSON, and names of generic types without their parameters."""
    if isinstance(part, list):
        return [_worded(item) for item in part]
    if not isinstance(part, dict):
        return part
    worded = {_plain_name(name): _worded(item) for name, item in part.items()}
    if isinstance(text := part.get("description"), str):
        worded["description"] = " ".join(re.sub(r"\bNone\b", "null", text.replace("``", "`")).split())
    if isinstance(target := part.get("$ref"), str):
        worded["$ref"] = _plain_name(target)
    return worded


def _plain_name(name: str) -> str:
    """Return the name of a schema, or a path to one, without the types that a generic one was made for.

    >>> _plain_name("#/components/schemas/Interval_float___None_"), _plain_name("lead_id")
    ('#/components/schemas/Interval', 'lead_id')
    """
    folder, slash, last = name.rpartition("/")
    generic = last.endswith("_") and "__" in last
    return folder + slash + (last.partition("_")[0] if generic else last)


def _type_instants(schemas: dict[str, Any]) -> None:
    """Say of texts that are instants that they are: those of answers always have a zone, those of requests need none."""
    for name, schema in schemas.items():
        for field, found in schema.get("properties", {}).items():
            if (name == "EventIn" and field in ("occurred_at", "recorded_at")) or (
                name == "ScoreRequest" and field == "as_of"
            ):
                found |= {key: value for key, value in _INSTANT_IN.items() if key != "type"}
            elif field in INSTANTS and found.get("type") == "string":
                found["format"] = "date-time"


def _operation(item: Operation) -> dict[str, Any]:
    media = "text/plain" if item.path.endswith("/metrics") else JSON
    example = examples().get(item.path, {})
    content = {"schema": _ref(item.response)} if item.response else {}
    if example:
        content["example"] = example["response"]
    responses: dict[str, Any] = {"200": {"description": "OK", "content": {media: content}}}
    problem = {"content": {MEDIA_TYPE: {"schema": _ref(ProblemDetails)}}}
    errors = sorted((*ERRORS, *(("409",) if item.conflicts else ())))
    for status in errors if item.scope else ("503",) if item.path == "/readyz" else ():
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
        body = {"schema": _ref(item.request), **({"example": example["request"]} if example else {})}
        found["requestBody"] = {"required": True, "content": {JSON: body}}
    return found


def _ref(struct: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{struct.__name__}"}


def _current(request: Request) -> dict[str, Any]:
    reloader = runtime_of(request).reloader
    return openapi(reloader.scorer if reloader.ready else None)


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
