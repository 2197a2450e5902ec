"""The Open Data Contract Standard itself: its JSON Schema, and older files read as newer ones.

Called by ``contract``. The schema is the file that the standard's own distribution installs; the package is
located and not imported, because importing it loads models that we do not use. One schema covers 3.0 to 3.2.
"""

from __future__ import annotations

import copy
import functools
import importlib.util
import json
from pathlib import Path
from typing import Any

from trunkline.contracts.document import Document, faults_of
from trunkline.contracts.explain import Checker
from trunkline.kernel.faults import Fault, did_you_mean

API_VERSIONS = ("v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0")
"""The versions of the standard that are read."""


def odcs_faults(document: Document) -> list[Fault]:
    """Return what the standard finds wrong with a document."""
    value = document.value
    if isinstance(value, dict) and "apiVersion" in value and value["apiVersion"] not in API_VERSIONS:
        return [_version_fault(document, value["apiVersion"])]
    return faults_of(document, _checker(), value=modern(value))


def _version_fault(document: Document, version: Any) -> Fault:
    expected = "one of " + ", ".join(API_VERSIONS)
    problem = f'apiVersion "{version}" is not read'
    return document.fault(("apiVersion",), problem, expected, did_you_mean(str(version), API_VERSIONS))


@functools.cache
def _checker() -> Checker:
    return Checker(standard_schema())


@functools.cache
def standard_schema() -> dict[str, Any]:
    """Return the JSON Schema of ODCS 3.2, mended where it refuses a property without a logical type.

    Its conditions on ``logicalType`` hold vacuously where there is none, and two of them then demand the
    parts of a map and of a vector; a property that is only physical is valid by the standard's text. What it
    says twice is left out: a validator would look for unknown keys of every property two times a level.
    """
    schema: dict[str, Any] = json.loads(_schema_file().read_text(encoding="utf-8"))
    for branch in schema["$defs"]["SchemaBaseProperty"]["allOf"]:
        if _demands_something(branch.get("then", {})):
            branch["if"]["required"] = ["logicalType"]
    for part in schema["$defs"].values():
        if _is_closed(part) and _is_closed(schema["$defs"].get(part.get("$ref", "").rpartition("/")[2], {})):
            del part["unevaluatedProperties"]
    return schema


def _is_closed(part: dict[str, Any]) -> bool:
    return part.get("unevaluatedProperties") is False


def _demands_something(then: dict[str, Any]) -> bool:
    options = then.get("properties", {}).get("logicalTypeOptions", {})
    return "required" in then or "required" in options


def _schema_file() -> Path:
    spec = importlib.util.find_spec("open_data_contract_standard")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("open-data-contract-standard is not installed: pip install trunkline again")
    return Path(next(iter(spec.submodule_search_locations))) / "schema.json"


def modern(value: Any) -> Any:
    """Return a contract of 3.0 in the words of 3.1, with everything at the same pointer; newer ones as is.

    3.0 said ``rule`` where 3.1 says ``metric``, with free names that nothing here runs, needed no comparison
    in a check, and had ``exclusiveMaximum: true`` beside ``maximum`` where 3.1 has the bound itself.
    """
    if not isinstance(value, dict) or not str(value.get("apiVersion")).startswith("v3.0"):
        return value
    value = copy.deepcopy(value)
    for element in _elements(value.get("schema")):
        _modernise(element)
    return value


def _elements(listed: Any) -> list[dict[str, Any]]:
    """Return the schema elements of a list, with all nested ones; what is not one is left to the schema."""
    found: list[dict[str, Any]] = []
    todo = list(listed) if isinstance(listed, list) else []
    while todo:
        element = todo.pop()
        if isinstance(element, dict):
            found.append(element)
            inner = element.get("properties")
            todo += inner if isinstance(inner, list) else []
            todo.append(element.get("items"))
    return found


def _modernise(element: dict[str, Any]) -> None:
    options = element.get("logicalTypeOptions")
    if isinstance(options, dict):
        for bound in ("minimum", "maximum"):
            _move_bound(options, bound, "exclusive" + bound.capitalize())
    checks = element.get("quality")
    if isinstance(checks, list):
        element["quality"] = [_text_for_unstated(check) for check in checks]


def _move_bound(options: dict[str, Any], bound: str, exclusive: str) -> None:
    if isinstance(options.get(exclusive), bool) and options.pop(exclusive) and bound in options:
        options[exclusive] = options.pop(bound)


def _text_for_unstated(check: Any) -> Any:
    """Stand in for a check of 3.0 that 3.1 would refuse: one with a ``rule``, or without a comparison."""
    if not isinstance(check, dict) or "metric" in check:
        return check
    unstated = check.get("type") == "sql" and not any(key.startswith("must") for key in check)
    return {"type": "text"} if "rule" in check or unstated else check
