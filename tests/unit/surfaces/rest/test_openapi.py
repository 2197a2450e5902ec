"""The OpenAPI document is made of the routes, and is what OpenAPI 3.1 asks for."""

from __future__ import annotations

import json
import re

import jsonschema_rs
import pytest

from trunkline.surfaces.rest.openapi import openapi
from trunkline.surfaces.rest.operations import OPERATIONS
from trunkline.surfaces.rest.routes import ROUTES

DOCUMENT = json.loads(json.dumps(openapi(ROUTES, OPERATIONS, "/api/v1", "1.2.3")))


def refs(value):
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from refs(child)


# Every reference leads somewhere, and every schema is one.
def test_references():
    schemas = DOCUMENT["components"]["schemas"]
    assert {ref.rpartition("/")[2] for ref in refs(DOCUMENT)} == schemas.keys()
    for schema in schemas.values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


# Every route is there once, with a name of its own, its parameters, and who may.
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_operations(route):
    operation = DOCUMENT["paths"][route.path][route.method.lower()]
    names = [one["name"] for one in operation.get("parameters", [])]
    assert names == re.findall(r"{(\w+)}", route.path)
    assert ({} in operation["security"]) != route.writes
    assert ("requestBody" in operation) == (route.body is not None)
    every = [one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()]
    assert every.count(operation["operationId"]) == 1
