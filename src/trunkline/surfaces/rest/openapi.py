"""The OpenAPI 3.1 document of ``/api/v1``, made of its routes and their structs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from trunkline.surfaces.keeper import SECURE_COOKIE
from trunkline.surfaces.rest.formats import FORMATS
from trunkline.surfaces.rest.operations import Operation
from trunkline.surfaces.rest.problems import Problem
from trunkline.surfaces.rest.routes import Route
from trunkline.surfaces.rest.wire import LARGEST

_REF = "#/components/schemas/{name}"
_PARAMETERS = {
    "name": "the subject: a contract's name, or that of bare schemas, percent-encoded",
    "version": "a version such as 1.2.0, or latest",
}


def openapi(
    routes: Sequence[Route], operations: Sequence[Operation], prefix: str, version: str
) -> dict[str, Any]:
    """Return the document of what is below ``prefix``, by a release of Trunkline."""
    models = [Problem, *(one.answer for one in routes), *(one.body for one in routes if one.body)]
    models += [one.answer for one in operations if one.result is not None]
    models += [one.twin for one in operations if one.method == "POST"]
    _, schemas = msgspec.json.schema_components(models, ref_template=_REF)
    paths: dict[str, Any] = {}
    for one in routes:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _project_operation(each, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Trunkline", "version": version},
        "servers": [{"url": prefix}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": SECURE_COOKIE},
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    known: list[dict[str, Any]] = [{"basic": []}, {"bearer": []}]
    operation: dict[str, Any] = {
        "operationId": _name(route),
        "summary": route.does,
        "security": known if route.writes else [{}, *known],
        "responses": {
            "200": _content("it is done", "application/json", route.answer),
            "default": _content("a problem (RFC 9457)", "application/problem+json", Problem),
        },
    }
    parameters = [_parameter(name) for name in re.findall(r"{(\w+)}", route.path)]
    if parameters:
        operation["parameters"] = parameters
    if route.body:
        operation["requestBody"] = {"required": True, **_media("application/json", route.body)}
    return operation


def _project_operation(one: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    parameters = [_in_path(name, one) for name in one.parts]
    if one.method == "GET":
        parameters += _query(one, schemas)
    answer: dict[str, Any] = {"description": "it is done"}
    if one.result is not None:
        answer = _content("it is done", "application/json", one.answer)
    if one.lists and one.method == "GET":
        answer["content"] |= {
            FORMATS[name].partition(";")[0]: {"schema": {"type": "string"}} for name in ("csv", "jsonl")
        }
    operation: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.does,
        "description": f"Needs the permission to {one.may}.",
        "security": [{"bearer": []}, {"session": []}],
        "responses": {
            "200": answer,
            "default": _content("a problem (RFC 9457)", "application/problem+json", Problem),
        },
    }
    if parameters:
        operation["parameters"] = parameters
    if one.method == "POST":
        operation["requestBody"] = {"required": True, **_media("application/json", one.twin)}
    return operation


def _in_path(name: str, one: Operation) -> dict[str, Any]:
    types = {each.name: each.type for each in msgspec.structs.fields(one.kind)}
    schema: dict[str, Any] = {"type": "string", "minLength": 1}
    if types[name] is int:
        schema = {"type": "integer", "minimum": 0, "maximum": LARGEST}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(one: Operation, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parameters of a query: those of the twin, and what goes with every list."""
    [schema], used = msgspec.json.schema_components([one.twin], ref_template=_REF)
    described = used.pop(one.twin.__name__, schema)
    schemas |= used
    required = described.get("required", [])
    found = [
        {"name": name, "in": "query", "required": name in required, "schema": _told(each)}
        for name, each in described["properties"].items()
    ]
    if one.pages:
        found.append(
            _extra("cursor", {"type": "string"}, "where the page begins: ``next`` of the one before")
        )
    if one.lists:
        found.append(
            _extra("format", {"enum": [*FORMATS]}, "as what the list is sent; csv and jsonl to its end")
        )
    if "reveal" in described["properties"]:
        found.append(_extra("why", {"type": "string"}, "why personal data is to be shown; it is audited"))
    return found


def _extra(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _told(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter: labels are sent as texts, NAME=PATTERN, one a parameter."""
    if schema.get("type") == "object":
        return {"type": "array", "items": {"type": "string", "pattern": "^[^=]+=.+$"}}
    return schema


def _name(route: Route) -> str:
    """Return an operation's name: that of its use-case."""
    return route.handle.__name__.strip("_").replace("_", "-")


def _parameter(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": _PARAMETERS[name],
        "schema": {"type": "string"},
    }


def _content(description: str, media: str, model: type[msgspec.Struct]) -> dict[str, Any]:
    return {"description": description, **_media(media, model)}


def _media(media: str, model: type[msgspec.Struct]) -> dict[str, Any]:
    return {"content": {media: {"schema": {"$ref": _REF.format(name=model.__name__)}}}}
