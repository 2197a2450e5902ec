"""The canonical form of an Avro schema and its fingerprints, and a schema written out again.

Two schemas of one canonical form read and write the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from trunkline.contracts.compat.avro_types import ABSENT, NAMED, AvroType

_EMPTY: Final = 0xC15D213AA4D7A795


def canonical_form(schema: AvroType) -> str:
    """Return the Parsing Canonical Form (Avro 1.12): names whole, and nothing that no reader needs."""
    return json.dumps(written(schema, readers=False), ensure_ascii=False, separators=(",", ":"))


def fingerprint(schema: AvroType) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal digits."""
    return hashlib.sha256(canonical_form(schema).encode()).hexdigest()


def rabin(schema: AvroType) -> int:
    """Return the 64-bit Rabin fingerprint (CRC-64-AVRO) of the canonical form."""
    found = _EMPTY
    for byte in canonical_form(schema).encode():
        found = (found >> 8) ^ _TABLE[(found ^ byte) & 0xFF]
    return found


def written(schema: AvroType, *, readers: bool) -> Any:
    """Return a schema as JSON, without logical types and documentation.

    ``readers``: with the aliases and defaults by which a reader resolves what another schema wrote.
    """
    return _written(schema, set(), readers=readers)


def _written(schema: AvroType, done: set[str], *, readers: bool) -> Any:
    if schema.kind == "union":
        return [_written(each, done, readers=readers) for each in schema.branches]
    if schema.kind in ("array", "map"):
        word = "items" if schema.kind == "array" else "values"
        return {"type": schema.kind, word: _written(schema.content, done, readers=readers)}
    if schema.kind not in NAMED:
        return schema.kind
    if schema.name in done:
        return schema.name
    done.add(schema.name)
    return _named(schema, done, readers=readers)


def _named(schema: AvroType, done: set[str], *, readers: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"name": schema.name, "type": schema.kind}
    if schema.kind == "record":
        told["fields"] = [
            {"name": each.name, "type": _written(each.type, done, readers=readers)}
            | ({"aliases": list(each.aliases)} if readers and each.aliases else {})
            | ({"default": each.default} if readers and each.default is not ABSENT else {})
            for each in schema.fields
        ]
    elif schema.kind == "enum":
        told["symbols"] = list(schema.symbols)
        if readers and schema.default is not ABSENT:
            told["default"] = schema.default
    else:
        told["size"] = schema.size
    if readers and schema.aliases:
        told["aliases"] = list(schema.aliases)
    return told


def _row(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (_EMPTY & -(value & 1))
    return value


_TABLE: Final = [_row(byte) for byte in range(256)]
