"""The OpenAPI 3.1 document of ``/api/v1``, made of its routes and their structs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from trunkline.surfaces.rest.problems import Problem
from trunkline.surfaces.rest.routes import Route

_REF = "#/components/schemas/{name}"
_PARAMETERS = {
    "name": "the subject: a contract's name, or that of bare schemas, percent-encoded",
    "version": "a version such as 1.2.0, or latest",
}


def openapi(routes: Sequence[Route], prefix: str, version: str) -> dict[str, Any]:
    """Return the document of routes below ``prefix``, by a release of Trunkline."""
    models = [Problem, *(one.answer for one in routes), *(one.body for one in routes if one.body)]
    _, schemas = msgspec.json.schema_components(models, ref_template=_REF)
    paths: dict[str, Any] = {}
    for one in routes:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Trunkline: contracts", "version": version},
        "servers": [{"url": prefix}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
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
