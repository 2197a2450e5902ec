"""The text of a schema, read: what it says, what tells it from another, and how it differs from one.

References are other texts: in Avro they are read before it, in JSON Schema they stand in it by their name.
Nothing is fetched.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from trunkline.contracts.compat.avro import compare_avro
from trunkline.contracts.compat.avro_types import AvroType, read_avro
from trunkline.contracts.compat.compare import compare
from trunkline.contracts.compat.confluent import confluent_difference
from trunkline.contracts.compat.difference import Difference, Policy
from trunkline.contracts.registry.content import contract_in, digest_of
from trunkline.contracts.registry.version import Reference, Version
from trunkline.kernel.json import decode, encode

TEXT_BYTES = 1_048_576

SchemaKind: TypeAlias = Literal["json", "avro"]
Texts: TypeAlias = Mapping[str, str]
"""What the references of a text refer to, by their name, innermost first."""


class SchemaText(msgspec.Struct, frozen=True):
    """A bare schema. ``digest``: of all that tells it from another, in hexadecimal."""

    kind: SchemaKind
    text: str
    digest: str
    references: tuple[Reference, ...] = ()


def schema_text(kind: SchemaKind, text: str, references: Sequence[Reference], texts: Texts) -> SchemaText:
    """Return a schema that was given, if it is one; raises ``ValueError`` for what is none of its kind."""
    if len(text.encode()) > TEXT_BYTES:
        raise ValueError(f"the text is longer than {TEXT_BYTES} bytes")
    schema = read_schema(kind, text, texts)
    if kind == "json":
        confluent_difference(schema, schema)
    return SchemaText(kind, text, digest_of(kind, decode(text), references), tuple(references))


def schema_of(version: Version) -> SchemaText:
    """Return a registered version as a bare schema: of a contract, the JSON Schema of its records.

    Raises ``ProjectError`` where this release does not read the contract.
    """
    said = version.content
    if said.kind != "odcs":
        return SchemaText(said.kind, said.text, said.digest, said.references)
    return _schema_of_contract(version.subject, version.ref, said.text)


@functools.lru_cache(maxsize=256)
def _schema_of_contract(subject: str, ref: str, text: str) -> SchemaText:
    schema = contract_in(text, subject, ref).schema
    return SchemaText("json", encode(schema).decode(), digest_of("json", schema))


def difference(old: SchemaText, new: SchemaText, policy: Policy, texts: Sequence[Texts]) -> Difference | None:
    """Return how two schemas differ; None where they are not of one kind. ``texts`` of both.

    Raises ``ValueError`` for what the policy cannot read.
    """
    if old.kind != new.kind:
        return None
    before, after = (
        read_schema(one.kind, one.text, each) for one, each in zip((old, new), texts, strict=True)
    )
    if isinstance(before, AvroType) and isinstance(after, AvroType):
        return compare_avro(before, after, policy)
    return compare(before, after, policy)


def read_schema(kind: SchemaKind, text: str, texts: Texts) -> Any:
    """Return a schema as it is compared; raises ``ValueError`` for what is none of its kind."""
    return read_avro(text, list(texts.values())) if kind == "avro" else whole(text, texts)


def whole(text: str, texts: Texts) -> Any:
    """Return a JSON Schema with what it refers to in it. Raises ``ValueError`` for what is no JSON."""
    try:
        schema = json.loads(text)
        others = {name: json.loads(each) for name, each in texts.items()}
    except (ValueError, RecursionError):
        raise ValueError("the text is no JSON") from None
    if not others or not isinstance(schema, dict):
        return schema
    bundled = {name: {**other, "$id": name} for name, other in others.items() if isinstance(other, dict)}
    return {**schema, "$defs": {**schema.get("$defs", {}), **bundled}}
