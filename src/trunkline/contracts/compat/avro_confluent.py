"""What Confluent's Schema Registry finds between two Avro schemas: the rules of Avro's own check.

They are laxer than resolution: any branch of a reader's union will do, bytes are text, logical types are
nothing, and a pair met again while it is under way counts as compatible for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from trunkline.contracts.compat.avro_types import ABSENT, PRIMITIVES, AvroField, AvroType
from trunkline.contracts.compat.effort import Effort

Found: TypeAlias = tuple[str, str]
"""The place in the reader's schema, and the class."""

_FIELDS_A_STEP = _FOUND_A_STEP = 16

PROMOTIONS: Final = {
    "long": ("int",),
    "float": ("int", "long"),
    "double": ("int", "long", "float"),
    "bytes": ("string",),
    "string": ("bytes",),
}
"""What may be read as each type besides itself."""


def registry_found(reader: AvroType, writer: AvroType, effort: Effort) -> list[Found]:
    """Return every reason why a reader could not read what a writer wrote, as that registry sees it.

    Raises ``Exhausted``.
    """
    return _Check(effort).pair(reader, writer)


class _Check:
    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._known: dict[tuple[int, int], list[Found]] = {}
        self._kept: list[AvroType] = []

    def pair(self, reader: AvroType, writer: AvroType) -> list[Found]:
        pair = (id(reader), id(writer))
        if pair not in self._known:
            self._effort.spend()
            self._known[pair] = []
            self._known[pair] = found = list(self._found(reader, writer))
            self._effort.spend(len(found) // _FOUND_A_STEP)
        return self._known[pair]

    def _found(self, reader: AvroType, writer: AvroType) -> Iterator[Found]:
        if reader.kind != writer.kind:
            yield from self._other_kind(reader, writer)
        elif reader.kind in ("array", "map"):
            yield from self.pair(reader.content, writer.content)
        elif reader.kind == "union":
            if any([self.pair(reader, branch) for branch in writer.branches]):  # noqa: C419 - all are looked at
                yield reader.place, "missing union branch"
        elif reader.kind not in PRIMITIVES:
            if reader.short != writer.short and writer.name not in reader.aliases:
                yield reader.place, "name mismatch"
            yield from self._named(reader, writer)

    def _other_kind(self, reader: AvroType, writer: AvroType) -> Iterator[Found]:
        if writer.kind == "union":
            for branch in writer.branches:
                yield from self.pair(reader, branch)
        elif reader.kind == "union":
            if all(self.pair(branch, writer) for branch in reader.branches):
                yield reader.place, "missing union branch"
        elif writer.kind not in PROMOTIONS.get(reader.kind, ()):
            yield reader.place, "type mismatch"

    def _named(self, reader: AvroType, writer: AvroType) -> Iterator[Found]:
        if reader.kind == "fixed":
            if reader.size != writer.size:
                yield reader.place, "fixed size mismatch"
        elif reader.kind == "enum":
            if not set(writer.symbols) <= set(reader.symbols) and reader.default is ABSENT:
                yield reader.place, "missing enum symbols"
        else:
            for field in reader.fields:
                yield from self._field(field, writer)

    def _field(self, field: AvroField, writer: AvroType) -> Iterator[Found]:
        self._effort.spend(1 + len(writer.fields) // _FIELDS_A_STEP)
        written = fields_read(field, writer)
        if len(written) > 1:
            yield field.place, "ambiguous aliases"
        elif written:
            yield from self.pair(field.type, written[0].type)
        elif field.default is ABSENT:
            yield field.place, "reader field missing default value"


def fields_read(field: AvroField, writer: AvroType) -> list[AvroField]:
    """Return the fields of a writer's record that a reader's field stands for, by name and aliases."""
    names = {field.name, *field.aliases}
    return [each for each in writer.fields if each.name in names]
