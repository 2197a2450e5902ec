"""The text of a schema, read: what it says, what tells it from another, and how it differs from one.

References are other texts: in Avro they are read before it, in JSON Schema they stand in it by their name.
Nothing is fetched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from trunkline.contracts.compat.avro import compare_avro
from trunkline.contracts.compat.avro_types import read_avro
from trunkline.contracts.compat.compare import compare
from trunkline.contracts.compat.confluent import confluent_difference
from trunkline.contracts.compat.difference import Difference, Policy
from trunkline.contracts.schemas.store import SchemaKind, SchemaReference, SchemaText

TEXT_BYTES = 1_048_576
_canonical = msgspec.json.Encoder(order="sorted").encode


def schema_text(
    kind: SchemaKind, text: str, references: Sequence[SchemaReference], texts: Mapping[str, str]
) -> SchemaText:
    """Return a schema that was given, if it is one. ``texts``: what its references refer to, by their name.

    Raises ``ValueError`` for what is no schema of its kind.
    """
    if len(text.encode()) > TEXT_BYTES:
        raise ValueError(f"the text is longer than {TEXT_BYTES} bytes")
    if kind == "avro":
        read_avro(text, list(texts.values()))
    else:
        schema = whole(text, texts)
        confluent_difference(schema, schema)
    said = _canonical(json.loads(text))
    parts = [kind.encode(), said, _canonical(references)]
    return SchemaText(kind, text, hashlib.sha256(b"\0".join(parts)).hexdigest(), tuple(references))


def difference(
    old: SchemaText, new: SchemaText, policy: Policy, texts: Sequence[Mapping[str, str]]
) -> Difference | None:
    """Return how two schemas differ; None where they are not of one kind. ``texts`` as above, of both.

    Raises ``ValueError`` for what the policy cannot read.
    """
    if old.kind != new.kind:
        return None
    olds, news = texts
    if old.kind == "avro":
        return compare_avro(
            read_avro(old.text, list(olds.values())), read_avro(new.text, list(news.values())), policy
        )
    return compare(whole(old.text, olds), whole(new.text, news), policy)


def whole(text: str, texts: Mapping[str, str]) -> Any:
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
