"""Which fields of a record are its key, its identity, its time and its version.

Called by ``contract``. The primary key is the standard's; the others are named by ``customProperties`` of
the schema object or of the whole file: ``idempotencyKey``, ``eventTime`` (with ``eventTimeUnit`` where it
is a number) and ``version``. An entry with another ``vendor`` is that vendor's.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from trunkline.contracts.field import Field
from trunkline.contracts.keys import Access, instant_reader, joined_key
from trunkline.contracts.moments import Moment
from trunkline.contracts.odcs import Element, Tokens, own_places
from trunkline.contracts.shapes import Shapes
from trunkline.kernel.faults import did_you_mean

_UNITS = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}
_MOMENTS = ("date", "timestamp")
_SCALARS = ("string", "integer", "number", "boolean", "date", "timestamp", "time", "any")


class Instant(NamedTuple):
    """Where a moment is and how it is written; without ``how`` a number of ``ticks`` microseconds."""

    path: tuple[str, ...]
    how: Moment | None
    ticks: int = 1


class Named(msgspec.Struct, frozen=True):
    """The fields that a contract names, as paths in their order; None where it names none."""

    primary_key: tuple[tuple[str, ...], ...]
    identity: tuple[tuple[str, ...], ...]
    event_time: Instant | None
    version: Instant | tuple[str, ...] | None

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """The dotted paths of the fields, by what names them; a role that no field has is left out."""
        paths = {
            "primaryKey": self.primary_key,
            "idempotencyKey": self.identity,
            "eventTime": _path(self.event_time),
            "version": _path(self.version),
        }
        return {role: tuple(map(".".join, found)) for role, found in paths.items() if found}


def _path(at: Instant | tuple[str, ...] | None) -> tuple[tuple[str, ...], ...]:
    if at is None:
        return ()
    return (at.path,) if isinstance(at, Instant) else (at,)


class Readers:
    """Compiled access to what a contract names; ``access`` gives direct access to the value at a path."""

    def __init__(self, named: Named, access: Access) -> None:
        self.entity_key = joined_key([access(path) for path in named.primary_key])
        self.identity = joined_key([access(path) for path in named.identity])
        self.event_time: Callable[[Any], int | None] = _of_moment(named.event_time, access)
        self.version: Callable[[Any], int | Decimal | str | None] = (
            _of_moment(named.version, access)
            if named.version is None or isinstance(named.version, Instant)
            else access(named.version)
        )


def _of_moment(instant: Instant | None, access: Access) -> Callable[[Any], int | None]:
    if instant is None:
        return lambda _record: None
    return instant_reader(access(instant.path), instant.how, instant.ticks)


def named_by(shapes: Shapes, odcs: Element) -> Named:
    """Find the fields that a schema object names; what is wrong is noted on ``shapes``."""
    names = _Names(shapes, odcs)
    return Named(
        primary_key=tuple(field.path for field in names.primary_key()),
        identity=tuple(field.path for field in names.chosen("idempotencyKey", needed=True)),
        event_time=names.event_time(),
        version=names.version(),
    )


def stated(shapes: Shapes, odcs: Element) -> dict[str, tuple[Tokens, Any]]:
    """Return our custom properties of a schema object, or else of its file: each with its place and value."""
    own = own_places(shapes.element).items()
    return own_places(odcs) | {name: ((*shapes.tokens, *tokens), value) for name, (tokens, value) in own}


class _Names:
    """Finds the fields that a schema object names."""

    def __init__(self, shapes: Shapes, odcs: Element) -> None:
        self._shapes = shapes
        self._fields = {".".join(field.path): field for field in shapes.fields}
        self._pointers = {field.pointer: field for field in shapes.fields}
        self._custom = stated(shapes, odcs)

    def primary_key(self) -> list[Field]:
        """Return the key's fields by ``primaryKeyPosition``; those without one follow in file order."""
        keyed = [(self._position(field), field) for field in self._shapes.fields if self._is_key(field)]
        places: dict[int, Field] = {}
        for position, field in keyed:
            if position in places:
                problem = f"primaryKeyPosition {position} is taken by {'.'.join(places[position].path)}"
                self._fault_at(field, "primaryKeyPosition", problem, "each position once")
            if position > 0:
                places[position] = field
            self._check_reachable(field, "primaryKey")
        in_order = sorted(keyed, key=lambda pair: (pair[0] <= 0, max(pair[0], 0)))
        return [field for _, field in in_order]

    def _is_key(self, field: Field) -> bool:
        return bool(self._shapes.elements[field.pointer].get("primaryKey"))

    def _position(self, field: Field) -> int:
        return int(self._shapes.elements[field.pointer].get("primaryKeyPosition", -1))

    def _fault_at(self, field: Field, key: str, problem: str, expected: str) -> None:
        self._shapes.notes.fault((*self._shapes.places[field.pointer], key), problem, expected)

    def _check_reachable(self, field: Field, role: str) -> None:
        name = ".".join(field.path)
        if "-" in field.path or "*" in field.path:
            problem = f"{role} on {name}, inside an array or map"
            self._fault_at(field, role, problem, "a field that a record has once")
        elif not self._always_there(field):
            problem = f"{role} on {name}, inside an object that may be missing"
            self._fault_at(field, role, problem, "the objects around a key to be required")

    def _unreachable(self, field: Field) -> str:
        if "-" in field.path or "*" in field.path:
            return "is inside an array or map"
        if field.kind not in _SCALARS:
            return f"is an {field.kind}"
        return ""

    def chosen(self, role: str, *, needed: bool) -> list[Field]:
        """Return the fields that a custom property names, by name, dotted path or JSON pointer."""
        if role not in self._custom:
            return []
        tokens, named = self._custom[role]
        names = named if isinstance(named, list) else [named]
        if not names:
            self._shapes.notes.fault(tokens, f"{role} names nothing", "the name of a property")
        return [field for name in names if (field := self._field(tokens, role, name, needed=needed))]

    def _field(self, tokens: Tokens, role: str, name: Any, *, needed: bool) -> Field | None:
        field = self._fields.get(str(name)) or self._pointers.get(str(name))
        if field is None:
            problem = f'{role} names "{name}", which is no property'
            self._shapes.notes.fault(
                tokens, problem, "a property of this object", did_you_mean(str(name), self._fields)
            )
            return None
        problem = self._unreachable(field)
        if not problem and needed and not self._always_there(field):
            problem = "may be missing"
        if problem:
            self._shapes.notes.fault(
                tokens, f'{role} names "{name}", which {problem}', "a plain required property"
            )
        return field

    def _always_there(self, field: Field) -> bool:
        above = [self._fields[".".join(field.path[:depth])] for depth in range(1, len(field.path))]
        return all(each.required for each in (*above, field))

    def event_time(self) -> Instant | None:
        """Return where the event time is."""
        fields = self.chosen("eventTime", needed=False)
        if not fields:
            return None
        field = fields[0]
        tokens, _ = self._custom["eventTime"]
        if field.kind in ("integer", "number"):
            return Instant(field.path, None, self._ticks(tokens))
        if field.kind not in _MOMENTS:
            problem = f'eventTime names "{field.name}", a {field.kind}'
            self._shapes.notes.fault(tokens, problem, "a timestamp or date, or a number with eventTimeUnit")
        return self._instant(field)

    def _instant(self, field: Field) -> Instant:
        return Instant(field.path, self._shapes.notes.kept.moments.get(field.pointer))

    def _ticks(self, tokens: Tokens) -> int:
        at, unit = self._custom.get("eventTimeUnit", (tokens, ""))
        if str(unit) not in _UNITS:
            expected = "eventTimeUnit as one of " + ", ".join(_UNITS)
            self._shapes.notes.fault(
                at, "the event time is a number without a unit", expected, did_you_mean(str(unit), _UNITS)
            )
        return _UNITS.get(str(unit), 1)

    def version(self) -> Instant | tuple[str, ...] | None:
        """Return where the version is; a moment is read as microseconds, so that it compares."""
        fields = self.chosen("version", needed=True)
        if not fields:
            return None
        field = fields[0]
        return self._instant(field) if field.kind in _MOMENTS else field.path
