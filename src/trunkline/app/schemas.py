"""The JSON Schema of each project file, from the structs that describe it.

An entry of ``publishes`` or ``accepts`` is typed by its ``via``: its schema joins what every entry has
with the settings of that kind of source or target. The schema is made for one document, entry by entry,
so that a fault speaks of the kind the user chose and not of every kind there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from trunkline.app.model import Accepts, Publishes, SystemFile
from trunkline.kernel.faults import Fault

REF = "#/$defs/{name}"
Tokens = tuple[str | int, ...]
Kinds = Mapping[str, type[msgspec.Struct]]


def schema_of(model: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON Schema of a file that is described by one struct."""
    return _closed(msgspec.json.schema(model))


def schema_of_system(document: Any, sources: Kinds, targets: Kinds) -> dict[str, Any]:
    """Return the JSON Schema of one system file, its entries typed by their ``via``."""
    models = [SystemFile, Publishes, Accepts, *sources.values(), *targets.values()]
    _, definitions = msgspec.json.schema_components(models, ref_template=REF)
    file = definitions["SystemFile"]
    for key, base, kinds in (("publishes", Publishes, sources), ("accepts", Accepts, targets)):
        entries = document.get(key) if isinstance(document, dict) else None
        if isinstance(entries, list):
            file["properties"][key] = {
                "type": "array",
                "prefixItems": [_entry(entry, base, kinds, definitions) for entry in entries],
            }
    return _closed({"$ref": "#/$defs/SystemFile", "$defs": definitions})


def _entry(
    entry: Any, base: type[msgspec.Struct], kinds: Kinds, definitions: Mapping[str, Any]
) -> dict[str, Any]:
    common = definitions[base.__name__]
    via = entry.get("via") if isinstance(entry, dict) else None
    if via not in kinds:
        choice = {"via": {"enum": sorted(kinds)}}
        return {"type": "object", "properties": choice, "required": ["via"]}
    own = definitions[kinds[via].__name__]
    return {
        "type": "object",
        "properties": own["properties"] | common["properties"] | {"via": {"const": via}},
        "required": sorted({*own.get("required", ()), *common["required"]}),
        "additionalProperties": False,
    }


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Forbid keys that no struct knows, for settings whose struct forgot to."""
    for definition in schema.get("$defs", {}).values():
        if definition.get("type") == "object" and "properties" in definition:
            definition.setdefault("additionalProperties", False)
    return schema


def secret_pointers(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Tokens]:
    """Yield where ``value`` holds a text that the schema says is a secret reference."""
    node = _resolved(schema, root)
    for choice in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from secret_pointers(value, choice, root)
    if isinstance(value, str):
        if node.get("pattern", "").startswith("^secret://"):
            yield ()
        return
    for token, child in _children(value):
        below = _child_schema(node, token)
        if below is not None:
            yield from ((token, *rest) for rest in secret_pointers(child, below, root))


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _children(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _child_schema(node: Mapping[str, Any], token: str | int) -> Mapping[str, Any] | None:
    if isinstance(token, int):
        prefix = node.get("prefixItems", ())
        below = prefix[token] if token < len(prefix) else node.get("items")
    else:
        below = node.get("properties", {}).get(token, node.get("additionalProperties"))
    return below if isinstance(below, dict) else None


def literal_fault(place_fault: Fault, system: str, name: str) -> Fault:
    """Say how a credential that stands in a file becomes a reference, without repeating it."""
    reference = f"secret://{system}/{name}"
    return Fault(
        place_fault.place,
        "a credential that stands in the file itself",
        f"a reference such as {reference}",
        f"give {reference} its value in the environment or the secrets file, and replace this one "
        "where it came from: it has been seen",
    )
