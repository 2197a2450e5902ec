"""The JSON Schema of each project file, from the structs that describe it.

An entry of ``publishes`` or ``accepts`` is typed by its ``via``: its schema joins what every entry has
with the settings of that kind of source or target. The schema is made for one document, entry by entry,
so that a fault speaks of the kind the user chose and not of every kind there is.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from trunkline.app.model import Accepts, Publishes, SystemFile
from trunkline.app.registry import Kind
from trunkline.contracts import document as documents
from trunkline.contracts.document import Document
from trunkline.contracts.explain import Checker
from trunkline.kernel.faults import Fault

REF = "#/$defs/{name}"
Kinds = Mapping[str, Kind]


class Schema(dict[str, Any]):
    """A JSON Schema that is only read, with what files are checked by: made once, for the first of them."""

    @functools.cached_property
    def checker(self) -> Checker:
        """The schema, compiled."""
        return Checker(dict(self))

    @functools.cached_property
    def words(self) -> dict[str, str]:
        """What a text should be, by what is said of it where only its pattern is known."""
        return {f"text that matches {pattern}": word for pattern, word in _described(self)}


@functools.cache
def schema_of(model: type[msgspec.Struct]) -> Schema:
    """Return the JSON Schema of a file that is described by one struct."""
    return _closed(msgspec.json.schema(model))


def schema_of_system(document: Any, sources: Kinds, targets: Kinds) -> Schema:
    """Return the JSON Schema of one system file, its entries typed by their ``via``."""
    definitions = _definitions(*(kind.settings for kind in (*sources.values(), *targets.values())))
    properties = dict(definitions["SystemFile"]["properties"])
    for key, base, kinds in (("publishes", Publishes, sources), ("accepts", Accepts, targets)):
        entries = document.get(key) if isinstance(document, dict) else None
        if isinstance(entries, list):
            properties[key] = {
                "type": "array",
                "prefixItems": [_entry(entry, base, kinds, definitions) for entry in entries],
            }
    file = definitions["SystemFile"] | {"properties": properties}
    return Schema({"$ref": "#/$defs/SystemFile", "$defs": {**definitions, "SystemFile": file}})


@functools.cache
def _definitions(*settings: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the schema of each part of a system file by its name."""
    models = [SystemFile, Publishes, Accepts, *settings]
    _, definitions = msgspec.json.schema_components(models, ref_template=REF)
    found: dict[str, Any] = _closed({"$defs": definitions})["$defs"]
    return found


def _entry(
    entry: Any, base: type[msgspec.Struct], kinds: Kinds, definitions: Mapping[str, Any]
) -> dict[str, Any]:
    common = definitions[base.__name__]
    via = str(entry.get("via")) if isinstance(entry, dict) else ""
    if via not in kinds:
        choice = {"via": {"enum": sorted(kinds)}}
        return {"type": "object", "properties": choice, "required": ["via"]}
    own = definitions[kinds[via].settings.__name__]
    return {
        "type": "object",
        "properties": own["properties"] | common["properties"],
        "required": sorted({*own.get("required", ()), *common["required"]}),
        "additionalProperties": False,
    }


def own_keys(settings: type[msgspec.Struct], entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return those keys of an entry that belong to the settings of its kind."""
    definition = _component(settings)
    return {key: value for key, value in entry.items() if key in definition["properties"]}


@functools.cache
def schema_of_connection(connection: type[msgspec.Struct]) -> Schema:
    """Return the JSON Schema of a system file that looks at nothing but its ``connection``."""
    schema = schema_of(connection)
    return Schema({"properties": {"connection": {"$ref": schema["$ref"]}}, "$defs": schema["$defs"]})


def schema_of_any_connection(targets: Kinds) -> Schema:
    """Return the JSON Schema of a file whose ``connection`` no target reads: keys that some kind knows."""
    known: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    for kind in targets.values():
        definitions |= schema_of(kind.connection)["$defs"]
        known |= _component(kind.connection)["properties"]
    connection = {"type": "object", "properties": known, "additionalProperties": False}
    return Schema({"properties": {"connection": connection}, "$defs": definitions})


def _component(model: type[msgspec.Struct]) -> dict[str, Any]:
    schema = schema_of(model)
    found: dict[str, Any] = schema["$defs"][schema["$ref"].rpartition("/")[2]]
    return found


def faults_of(document: Document, schema: Schema) -> list[Fault]:
    """Check a document, saying what a text should be in words where only its pattern was known."""
    return [
        msgspec.structs.replace(fault, expected=schema.words.get(fault.expected, fault.expected))
        for fault in documents.faults_of(document, schema.checker)
    ]


def _described(schema: Any) -> Iterator[tuple[str, str]]:
    """Yield every pattern of a schema that is described."""
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str) and "description" in schema:
            yield schema["pattern"], schema["description"]
        for child in schema.values():
            yield from _described(child)
    elif isinstance(schema, list):
        for child in schema:
            yield from _described(child)


def _closed(schema: dict[str, Any]) -> Schema:
    """Forbid keys that no struct knows, for settings whose struct forgot to."""
    for definition in schema.get("$defs", {}).values():
        if definition.get("type") == "object" and "properties" in definition:
            definition.setdefault("additionalProperties", False)
    return Schema(schema)
