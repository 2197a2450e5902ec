"""Whether a schema reads all that another can write, value by value, by schema resolution (Avro 1.12).

Sound: where the specification leaves a reader a choice (which branch of a union, names with another
namespace), every choice has to read. What is refused is shown by the part of a document that is not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from trunkline.contracts.compat.avro_confluent import PROMOTIONS, fields_read
from trunkline.contracts.compat.avro_documents import NoDocument, Step, sample
from trunkline.contracts.compat.avro_types import ABSENT, NAMED, AvroField, AvroType
from trunkline.contracts.compat.difference import Effect
from trunkline.contracts.compat.effort import Effort, Exhausted

WORDS: Final = {"added": "removed", "removed": "added", "widened": "narrowed", "narrowed": "widened"}
"""What each way of changing is called with the roles of the two schemas changed."""


_LOOKED_AT_A_STEP = 16


@dataclass(frozen=True)
class Finding:
    """One thing that differs: where in the writer's and where in the reader's schema, and what it does.

    ``part`` stands at the end of ``way`` in a document that is not read, or is read as ``misread``.
    """

    kind: str
    writer: str | None
    reader: str | None
    effect: Effect = "compatible"
    way: tuple[Step, ...] = ()
    part: Any = ABSENT
    misread: bool = False
    read_at: str = ""
    """Where in the reader's schema a break is, whatever ``reader`` tells."""


def resolved(writer: AvroType, reader: AvroType, effort: Effort) -> list[Finding]:
    """Return what differs for a reader of what a writer wrote; nothing where all is the same.

    Raises ``Exhausted``.
    """
    resolution = _Resolution(effort)
    resolution.pair(writer, reader, ())
    return resolution.findings


class _Resolution:
    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self.findings: list[Finding] = []
        self._seen: set[tuple[int, int]] = set()

    def pair(self, writer: AvroType, reader: AvroType, way: tuple[Step, ...]) -> None:
        if (id(writer), id(reader)) in self._seen:
            return
        self._seen.add((id(writer), id(reader)))
        self._effort.spend()
        if writer.kind == "union":
            for branch in writer.branches:
                self._branch(branch, reader, (*way, (writer, branch.name or branch.kind)), "branch removed")
        else:
            self._branch(writer, reader, way, "type changed")
        if reader.kind == "union":
            branches = writer.branches if writer.kind == "union" else [writer]
            for branch in reader.branches:
                self._effort.spend(1 + len(branches) // _LOOKED_AT_A_STEP)
                if not any(matches(each, branch) for each in branches):
                    self._tell("branch added", None, branch.place)

    def _branch(self, writer: AvroType, reader: AvroType, way: tuple[Step, ...], missing: str) -> None:
        """Compare what is no union with a reader that may be one: with every branch it may choose."""
        if reader.kind != "union":
            self._one(writer, reader, way, missing)
            return
        self._effort.spend(1 + len(reader.branches) // _LOOKED_AT_A_STEP)
        choices = [each for each in reader.branches if matches(writer, each)]
        same = [each for each in choices if (each.name, each.kind) == (writer.name, writer.kind)]
        if not choices:
            self._missing(missing, writer, reader, way)
        for each in dict.fromkeys([*choices[:1], *same[:1]]):
            self._one(writer, each, way, missing)

    def _one(self, writer: AvroType, reader: AvroType, way: tuple[Step, ...], missing: str) -> None:
        if writer.kind != reader.kind:
            self._other_kind(writer, reader, way, missing)
        elif writer.kind in ("array", "map"):
            self.pair(writer.content, reader.content, (*way, (writer, "")))
        elif writer.kind in NAMED:
            self._named(writer, reader, way)
        if writer.kind == reader.kind and (writer.logical or reader.logical):
            self._logical(writer, reader, way)

    def _other_kind(self, writer: AvroType, reader: AvroType, way: tuple[Step, ...], missing: str) -> None:
        if writer.kind in PROMOTIONS.get(reader.kind, ()) and writer.kind != "bytes":
            self._tell("type widened", writer.place, reader.place)
            if reader.logical:
                self._tell("logical type added", writer.place, reader.place, "undecided")
        elif writer.kind == "bytes" and reader.kind == "string":
            self._break("type narrowed", writer, reader, way, "\xff")
        elif reader.kind in PROMOTIONS.get(writer.kind, ()):
            self._break("type narrowed", writer, reader, way)
        else:
            self._missing(missing, writer, reader, way)

    def _missing(self, kind: str, writer: AvroType, reader: AvroType, way: tuple[Step, ...]) -> None:
        place = None if kind == "branch removed" else reader.place
        self._break(kind, writer, reader, way, places=(writer.place, place))

    def _named(self, writer: AvroType, reader: AvroType, way: tuple[Step, ...]) -> None:
        if not same_name(writer, reader):
            self._break("name changed", writer, reader, way)
        elif writer.name != reader.name and writer.name not in reader.aliases:
            self._tell("namespace changed", writer.place, reader.place, "undecided")
        elif writer.name != reader.name:
            self._tell("name changed", writer.place, reader.place)
        if writer.kind == "fixed":
            if writer.size != reader.size:
                self._break("size changed", writer, reader, way)
        elif writer.kind == "enum":
            self._symbols(writer, reader, way)
        else:
            self._fields(writer, reader, way)

    def _symbols(self, writer: AvroType, reader: AvroType, way: tuple[Step, ...]) -> None:
        known = set(reader.symbols)
        if known - set(writer.symbols):
            self._tell("symbol added", writer.place, reader.place)
        gone = [each for each in writer.symbols if each not in known]
        if gone and reader.default is ABSENT:
            self._break("symbol removed", writer, reader, way, gone[0])
        elif gone:
            self._tell("symbol removed", writer.place, reader.place)

    def _fields(self, writer: AvroType, reader: AvroType, way: tuple[Step, ...]) -> None:
        read: set[int] = set()
        for field in reader.fields:
            self._effort.spend(1 + len(writer.fields) // _LOOKED_AT_A_STEP)
            sources = fields_read(field, writer)
            read.update(map(id, sources))
            if len(sources) > 1:
                self._tell("alias ambiguous", sources[0].place, field.place, "undecided")
            elif sources:
                self._field(sources[0], field)
                self.pair(sources[0].type, field.type, (*way, (writer, sources[0].name)))
            elif field.default is ABSENT:
                self._break("field added", writer, reader, way, places=(None, field.place))
            else:
                self._tell("field added", None, field.place)
        for field in writer.fields:
            if id(field) not in read:
                self._tell("field removed", field.place, None)

    def _field(self, writer: AvroField, reader: AvroField) -> None:
        if writer.name != reader.name:
            self._tell("field renamed", writer.place, reader.place)
        if (writer.default is ABSENT) != (reader.default is ABSENT):
            self._tell(
                f"default {'added' if writer.default is ABSENT else 'removed'}", writer.place, reader.place
            )
        elif writer.default != reader.default:
            self._tell("default changed", writer.place, reader.place)

    def _logical(self, writer: AvroType, reader: AvroType, way: tuple[Step, ...]) -> None:
        if writer.logical != reader.logical:
            how = "added" if not writer.logical else "removed" if not reader.logical else "changed"
            effect: Effect = "compatible" if how == "removed" else "undecided"
            self._tell(f"logical type {how}", writer.place, reader.place, effect)
        elif writer.scale != reader.scale:
            self._break("scale changed", writer, reader, way, _unscaled(writer, 1), misread=True)
        elif writer.precision > reader.precision:
            largest = _unscaled(writer, 10**writer.precision - 1)
            self._break("precision narrowed", writer, reader, way, largest, misread=True)
        elif writer.precision < reader.precision:
            self._tell("precision widened", writer.place, reader.place)

    def _tell(self, kind: str, writer: str | None, reader: str | None, effect: Effect = "compatible") -> None:
        self.findings.append(Finding(kind, writer, reader, effect))

    def _break(
        self,
        kind: str,
        writer: AvroType,
        reader: AvroType,
        way: tuple[Step, ...],
        part: Any = ABSENT,
        *,
        places: tuple[str | None, str | None] | None = None,
        misread: bool = False,
    ) -> None:
        one, other = places or (writer.place, reader.place)
        try:
            part = sample(writer, self._effort) if part is ABSENT else part
        except (NoDocument, Exhausted, RecursionError):
            part = ABSENT
        read_at = other or reader.place
        self.findings.append(Finding(kind, one, other, "breaking", way, part, misread, read_at))


def matches(writer: AvroType, reader: AvroType) -> bool:
    """Tell whether a reader takes a type at all, before what is inside it: how it chooses in a union."""
    if "union" in (writer.kind, reader.kind):
        return True
    if writer.kind != reader.kind:
        return writer.kind in PROMOTIONS.get(reader.kind, ())
    if writer.kind in ("array", "map"):
        return matches(writer.content, reader.content)
    if writer.kind == "fixed" and writer.size != reader.size:
        return False
    return writer.kind not in NAMED or same_name(writer, reader)


def same_name(writer: AvroType, reader: AvroType) -> bool:
    """Tell whether two named types are one to a reader: by the name without namespace, or an alias."""
    return writer.short == reader.short or writer.name in reader.aliases


def _unscaled(decimal: AvroType, number: int) -> str:
    size = decimal.size or number.bit_length() // 8 + 1
    return number.to_bytes(size, "big", signed=True).decode("latin-1")
