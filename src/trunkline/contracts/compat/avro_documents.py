"""Documents of an Avro schema, and what really happens to one that another schema reads.

Documents are in Avro's JSON encoding: bytes as text of Latin-1, a value of a union as ``{branch: value}``.
Writing and reading is done by fastavro, which is an extra.
"""

from __future__ import annotations

import io
from typing import Any, TypeAlias

from trunkline.contracts.compat.avro_canonical import written
from trunkline.contracts.compat.avro_types import AvroType
from trunkline.contracts.compat.effort import Effort

Step: TypeAlias = tuple[AvroType, str]
"""One step down into a document: the type stepped through, and the field of a record or branch of a union."""


class NoDocument(Exception):
    """A type has no document at all: a record that holds itself without end."""


def sample(schema: AvroType, effort: Effort, under_way: frozenset[str] = frozenset()) -> Any:
    """Return a document of a type, with an item wherever one can stand.

    Raises ``NoDocument``, and ``Exhausted`` for one that is too large: records may double with each level.
    """
    effort.spend()
    if schema.kind == "record":
        if schema.name in under_way:
            raise NoDocument
        inside = under_way | {schema.name}
        return {each.name: sample(each.type, effort, inside) for each in schema.fields}
    if schema.kind == "union":
        return _sample_of_union(schema, effort, under_way)
    if schema.kind in ("array", "map"):
        try:
            one = sample(schema.content, effort, under_way)
        except NoDocument:
            return [] if schema.kind == "array" else {}
        return [one] if schema.kind == "array" else {"key": one}
    if schema.kind == "enum":
        if not schema.symbols:
            raise NoDocument
        return schema.symbols[0]
    simple = {"null": None, "boolean": False, "int": 1, "long": 1, "float": 0.5, "double": 0.5}
    return simple.get(schema.kind, "\0" * schema.size)


def _sample_of_union(schema: AvroType, effort: Effort, under_way: frozenset[str]) -> Any:
    for branch in schema.branches:
        try:
            return tagged(branch, sample(branch, effort, under_way))
        except NoDocument:
            continue
    raise NoDocument


def tagged(branch: AvroType, document: Any) -> Any:
    """Return a document of a branch as one of its union."""
    return None if branch.kind == "null" else {branch.name or branch.kind: document}


def placed(way: tuple[Step, ...], part: Any, effort: Effort) -> Any:
    """Return a whole document that holds a part at the end of a way; raises what ``sample`` does."""
    for schema, name in reversed(way):
        if schema.kind == "record":
            others = frozenset({schema.name})
            part = {
                each.name: part if each.name == name else sample(each.type, effort, others)
                for each in schema.fields
            }
        elif schema.kind == "union":
            [branch] = [each for each in schema.branches if (each.name or each.kind) == name]
            part = tagged(branch, part)
        else:
            part = [part] if schema.kind == "array" else {"key": part}
    return part


def is_read(writer: AvroType, reader: AvroType, document: Any) -> bool:
    """Tell whether one schema reads a document that another wrote, by really doing so.

    Logical types are left out: what is asked is whether the bytes are read.
    """
    fastavro = _fastavro()
    write = fastavro.parse_schema(written(writer, readers=False), {}, _force=True)
    read = fastavro.parse_schema(written(reader, readers=True), {}, _force=True)
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, write, datum(writer, document))
    buffer.seek(0)
    try:
        fastavro.schemaless_reader(buffer, write, read)
    except (ValueError, LookupError, TypeError, EOFError, fastavro.read.SchemaResolutionError):
        return False
    return True


def datum(schema: AvroType, document: Any) -> Any:
    """Return a document as fastavro takes it."""
    if schema.kind in ("bytes", "fixed"):
        return document.encode("latin-1")
    if schema.kind == "array":
        return [datum(schema.content, each) for each in document]
    if schema.kind == "map":
        return {key: datum(schema.content, each) for key, each in document.items()}
    if schema.kind == "record":
        return {each.name: datum(each.type, document[each.name]) for each in schema.fields}
    if schema.kind != "union" or document is None:
        return document
    [(name, inner)] = document.items()
    [branch] = [each for each in schema.branches if (each.name or each.kind) == name]
    return (name, datum(branch, inner))


def _fastavro() -> Any:
    try:
        import fastavro  # noqa: PLC0415  an extra: who has no Avro does not need it
        import fastavro.read  # noqa: PLC0415  as above
    except ModuleNotFoundError:
        raise ValueError("to read and write Avro takes a library: pip install 'trunkline[formats]'") from None
    return fastavro
