"""Schemas to compare, from texts: contracts of the Open Data Contract Standard, JSON Schemas, Avro schemas.

``load_schema`` reads a file, ``schema_in`` a text that somebody sent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import msgspec

from trunkline.contracts import contract, reading
from trunkline.contracts.compat.avro import compare_avro
from trunkline.contracts.compat.avro_types import AvroType, read_avro
from trunkline.contracts.compat.compare import compare
from trunkline.contracts.compat.difference import Difference, Policy, Schema
from trunkline.contracts.compat.sides import NO_FORMATS, Formats, Side
from trunkline.contracts.document import Document
from trunkline.kernel import json
from trunkline.kernel.errors import ProjectError
from trunkline.kernel.faults import Fault, Place

_STANDARD = frozenset({"apiVersion", "kind"})


class Loaded(msgspec.Struct, frozen=True):
    """A version to compare: what it is called, its schema, and the formats made for a JSON Schema."""

    name: str
    schema: Schema | AvroType
    formats: Formats = NO_FORMATS


def load_schema(path: Path) -> Loaded:
    """Read a contract or a JSON Schema, in YAML or JSON, or an Avro schema (``.avsc``).

    Raises ``ProjectError`` with the place of everything that is wrong.
    """
    text, file = _text(path), str(path)
    if path.suffix == ".avsc":
        return Loaded(path.name, _avro(text, file))
    return _described(
        _json(text, file) if path.suffix == ".json" else _yaml(text, file), text, path.name, file
    )


def schema_in(text: bytes, name: str, *, avro: bool = False) -> Loaded:
    """Read the same from a text called ``name``: JSON where it is JSON, YAML else.

    Raises ``ProjectError`` with the place of everything that is wrong.
    """
    if avro:
        return Loaded(name, _avro(text, name))
    try:
        value = json.decode(text)
    except ValueError:
        value = _yaml(text, name)
    return _described(value, text, name, name)


def _described(value: Any, text: bytes, name: str, file: str) -> Loaded:
    if isinstance(value, dict) and value.keys() >= _STANDARD:
        return of_contract(contract.load(text, file))
    return Loaded(name, value)


def of_contract(found: contract.Contract) -> Loaded:
    """Return a contract as a version to compare; its title is its name and version, so it says nothing."""
    schema = {key: value for key, value in found.schema.items() if key not in ("title", "$schema")}
    return Loaded(found.ref, schema, found.formats)


def compared(old: Loaded, new: Loaded, policy: Policy = "practical") -> Difference:
    """Compare two versions; raises ``ProjectError`` naming the one that cannot be."""
    if isinstance(old.schema, AvroType) and isinstance(new.schema, AvroType):
        return compare_avro(old.schema, new.schema, policy)
    if isinstance(old.schema, AvroType) or isinstance(new.schema, AvroType):
        problem = f"it is of another kind than {old.name}"
        raise ProjectError([Fault(Place(new.name), problem, "two Avro schemas, or two JSON Schemas")])
    formats = old.formats | new.formats
    for one in (old, new) if policy != "confluent" else ():
        try:
            Side(cast("Schema", one.schema), formats)
        except ValueError as error:
            raise ProjectError([Fault(Place(one.name), str(error), "a JSON Schema 2020-12")]) from None
    try:
        return compare(old.schema, new.schema, policy, formats)
    except ValueError as error:
        raise ProjectError([Fault(Place(new.name), str(error), f"schemas that {policy} compares")]) from None


def _text(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(reading.MAX_BYTES + 1)
    except OSError as error:
        problem = f"the file cannot be read: {error.strerror}"
        raise ProjectError([Fault(Place(str(path)), problem, "a contract or a JSON Schema")]) from None
    if len(text) > reading.MAX_BYTES:
        expected = f"at most {reading.MAX_BYTES:,} bytes"
        raise ProjectError([Fault(Place(str(path)), "the file is too large", expected)])
    return text


def _yaml(text: bytes, file: str) -> Any:
    return Document.load(text, file).value


def _json(text: bytes, file: str) -> Any:
    try:
        return json.decode(text)
    except ValueError as error:
        raise ProjectError([Fault(Place(file), f"not JSON: {error}")]) from None


def _avro(text: bytes, file: str) -> AvroType:
    try:
        return read_avro(text.decode())
    except ValueError as error:
        raise ProjectError([Fault(Place(file), f"no Avro schema: {error}")]) from None
