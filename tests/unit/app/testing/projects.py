"""Small projects for contract tests: a stream ``thing``, a target ``shop.take`` and a flow between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.contract_files import odcs, prop

from trunkline.app.project import Project

OWNER = {"team": "t", "contact": "t@example.com"}
SPEC = "openapi/shop.json"
URL = "http://shop.example.com/v1"


def named(name: str, properties: list[dict[str, Any]], version: str = "1.0.0") -> str:
    """Return the text of a contract of that name, whose records are known again by ``id``."""
    return odcs(properties, {"idempotencyKey": "id"}, id=name, name=name, version=version)


def text(name: str, **rest: Any) -> dict[str, Any]:
    """Return a required text."""
    return prop(name, "string", required=True, **rest)


def write(
    folder: Path,
    source: list[dict[str, Any]],
    target: list[dict[str, Any]],
    flow: dict[str, Any],
    request: str = "PUT /things/{id}",
    **rest: Any,
) -> Path:
    """Write a project; ``rest`` are further settings of the target, ``connection`` those of its system."""
    connection = {"url": URL} | rest.pop("connection", {})
    accepts = {"name": "take", "contract": "taken@1", "via": "http", "request": request} | rest
    system = {"system": "shop", "owner": OWNER, "connection": connection, "accepts": [accepts]}
    files = {
        "trunkline.yaml": {"project": "test"},
        "systems/shop.yaml": system,
        "flows/give.yaml": {"flow": "give", "from": "thing@1", "to": "shop.take"} | flow,
    }
    for name, value in files.items():
        put(folder / name, json.dumps(value))
    put(folder / "contracts/thing.odcs.yaml", named("thing", source))
    put(folder / "contracts/taken.odcs.yaml", named("taken", target))
    return folder


def put(path: Path, content: str) -> Path:
    """Write a file and the folders it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def project(folder: Path, *args: Any, **rest: Any) -> Project:
    """Write a project and load it."""
    return Project.load(write(folder, *args, **rest))


def spec(schema: Any, **rest: Any) -> dict[str, Any]:
    """Return an OpenAPI file with one operation, ``PUT /v1/things/{id}``, whose body has a schema."""
    version = rest.pop("openapi", "3.1.0")
    components = rest.pop("components", {})
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    here = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    operation = {"requestBody": body, "responses": {"204": {"description": "ok"}}} | rest
    return {
        "openapi": version,
        "info": {"title": "shop", "version": "1"},
        "servers": [{"url": "https://shop.example.com/v1"}],
        "paths": {"/things/{id}": {"parameters": [here], "put": operation}},
        "components": components,
    }
