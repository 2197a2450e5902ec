"""Contracts for tests, made from the properties a test is about. JSON text is YAML text too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trunkline.contracts.contract import Contract, load
from trunkline.kernel.errors import ProjectError


def odcs(properties: list[dict[str, Any]], custom: dict[str, Any] | None = None, **top: Any) -> str:
    """Return the text of a contract named ``thing`` with one schema object."""
    element: dict[str, Any] = {"name": "things", "properties": properties}
    if custom:
        element["customProperties"] = [{"property": key, "value": value} for key, value in custom.items()]
    file = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": "thing", "version": "1.0.0"}
    return json.dumps(file | {"schema": [element]} | top, indent=1)


def contract_of(*properties: dict[str, Any], **custom: Any) -> Contract:
    """Load a contract of these properties and custom properties of the schema object."""
    return load(odcs(list(properties), custom), "thing.odcs.yaml")


def faults_in(text: str | bytes) -> list[str]:
    """Return the faults of a contract that does not load, without the file's name."""
    with pytest.raises(ProjectError) as caught:
        load(text, "f")
    return [str(fault).removeprefix("f:") for fault in caught.value.faults]


def prop(name: str, kind: str, **rest: Any) -> dict[str, Any]:
    """Return a property; keys that are logical type options go there."""
    options = {key: rest.pop(key) for key in list(rest) if key in _OPTIONS}
    return {"name": name, "logicalType": kind, **rest} | ({"logicalTypeOptions": options} if options else {})


_OPTIONS = frozenset(
    {
        *("minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum"),
        *("exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "timezone"),
        *("minProperties", "maxProperties", "defaultTimezone", "dimensions"),
    }
)
