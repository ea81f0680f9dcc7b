"""The OpenAPI 3.1 document of the API, made from its routes and shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.web.api.routes import PREFIX, ROUTES, Query, Route, blueprint
from service.web.problems import TYPE
from service.web.rights import Open, needs

PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "A problem as RFC 9457 has it.",
    "required": ["type", "title", "status", "detail", "instance"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do."},
        "instance": {"type": "string", "description": "The path that was asked for."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["parameter", "detail"],
                "properties": {"parameter": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
ERRORS = {
    "400": "A parameter cannot be used; `errors` says which.",
    "401": "The key is missing, wrong, expired or revoked.",
    "403": "The key lacks the scope.",
    "404": "There is no such thing, or the key does not reach it.",
    "429": "Too many requests without a key that works; try again after the seconds in Retry-After.",
    "503": "The database does not answer; try again after the seconds in Retry-After.",
}


KEYS = (
    "An API key, made by an admin. Scopes: read (ask), write (tell of improvements), texts (see transcripts). "
    "A key that reaches some installations only is told of no other one."
)


@cache
def document() -> dict[str, Any]:
    """The whole document. Complete once every module with routes is imported, as `service.web.api` does."""
    shapes: list[tuple[type[BaseModel], Any]] = [(route.answer, "serialization") for route in ROUTES]
    shapes += [(route.body, "validation") for route in ROUTES if route.body is not None]
    _, schemas = models_json_schema(shapes, ref_template="#/components/schemas/{model}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Deskmark",
            "version": version("deskmark"),
            "description": "Figures, conversations, gaps and what was done about them. docs/api.md explains it.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": KEYS}},
            "schemas": {**schemas["$defs"], "Problem": dict(PROBLEM)},
        },
    }


def _paths() -> dict[str, dict[str, Any]]:
    """Operations by path and method."""
    found: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        found.setdefault(_path(route.path), {})["get" if route.body is None else "post"] = _operation(route)
    return found


def _path(rule: str) -> str:
    return PREFIX + re.sub(r"<(\w+)>", r"{\1}", rule)


def _operation(route: Route) -> dict[str, Any]:
    answer = {"$ref": f"#/components/schemas/{route.answer.__name__}"}
    tag = {"ETag": {"description": "Send it as If-None-Match next time.", "schema": {"type": "string"}}}
    told = {
        "operationId": route.name,
        "summary": route.summary,
        "description": f"{route.description} Needs the scope `{route.scope.value}`.".strip(),
        "x-scope": route.scope.value,
    }
    if route.body is not None:
        body = {"$ref": f"#/components/schemas/{route.body.__name__}"}
        return {
            **told,
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {
                "201": {"description": "What is kept.", "content": {"application/json": {"schema": answer}}},
                **{code: _error(text) for code, text in ERRORS.items()},
            },
        }
    return {
        **told,
        "parameters": [*_path_parameters(route), *_query_parameters(route.query)],
        "responses": {
            "200": {"description": "The answer.", "headers": tag, "content": {"application/json": {"schema": answer}}},
            "304": {"description": "Nothing changed since the tag in If-None-Match."},
            **{code: _error(text) for code, text in ERRORS.items()},
        },
    }


def _error(text: str) -> dict[str, Any]:
    return {"description": text, "content": {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "description": help_text, "schema": {"type": "string"}}
        for name, help_text in route.path_help.items()
    ]


def _query_parameters(query: type[Query]) -> list[dict[str, Any]]:
    schema = query.model_json_schema(mode="validation")
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": described.pop("description", ""),
            "schema": described,
        }
        for name, described in _properties(schema)
    ]


def _properties(schema: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Each parameter's schema by itself: without a title, without null (an absent parameter is not sent)."""
    found = []
    for name, given in schema.get("properties", {}).items():
        plain = {key: value for key, value in given.items() if key not in ("title", "anyOf")}
        for option in given.get("anyOf", ()):
            if option != {"type": "null"}:
                plain.update(option)
        if plain.get("default", "") is None:
            del plain["default"]
        if "$ref" in plain:
            plain.update(schema["$defs"][plain.pop("$ref").rpartition("/")[2]])
            plain.pop("title", None)
        found.append((name, plain))
    return found


@blueprint.get("/openapi.json")
@needs(Open.TO_ALL)
def openapi() -> Response:
    """This API as an OpenAPI 3.1 document; needs no token."""
    response = jsonify(document())
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    return response
