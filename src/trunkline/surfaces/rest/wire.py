"""Questions and acts as they go over HTTP: the same fields, with times in RFC 3339 and records as JSON.

Of each struct a twin is made for the wire: it bounds numbers, refuses members it does not know, and has
a schema for the OpenAPI document. The command line that talks to a remote instance writes what is read here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import msgspec

from trunkline.app.act import Act
from trunkline.kernel.clock import from_rfc3339, to_rfc3339

LARGEST = 2**63 - 1
"""The largest number, as the store has it."""
PAGE = 1_000
"""The most items of a page, and the most that one act answers."""

_END = from_rfc3339("2200-01-01")
_INSTANTS = {"since", "until"}
HIDDEN = frozenset({"after", "before"})
"""Where a page begins: of a question a cursor says it."""

_Instant = Annotated[dt.datetime, msgspec.Meta(tz=True)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
_Limit = Annotated[int, msgspec.Meta(ge=1, le=PAGE)]
_Text = Annotated[str, msgspec.Meta(max_length=10_000)]


WIDE = HIDDEN | {"limit", "state", "status"}
"""The fields of a filter that leave nothing out."""

ALL = ("all", bool, False)
"""What a bulk act has to say besides whose filter is empty: a filter that was forgotten must not mean all."""


def is_bulk(kind: type[msgspec.Struct]) -> bool:
    """Tell whether a kind of act is done to all that its filter, ``where``, finds."""
    return issubclass(kind, Act) and any(
        one.name == "where" and isinstance(one.type, type) and issubclass(one.type, msgspec.Struct)
        for one in msgspec.structs.fields(kind)
    )


def is_for_all(act: Any) -> bool:
    """Tell whether the filter of a bulk act is empty."""
    return is_bulk(type(act)) and not any(
        getattr(act.where, one.name) != one.default
        for one in msgspec.structs.fields(type(act.where))
        if one.name not in WIDE
    )


def twin(kind: type[msgspec.Struct], left_out: frozenset[str] = frozenset()) -> type[msgspec.Struct]:
    """Return the struct that stands for ``kind`` on the wire, without the fields that come otherwise."""
    return _twin(kind, left_out & {one.name for one in msgspec.structs.fields(kind)})


@cache
def _twin(kind: type[msgspec.Struct], left_out: frozenset[str]) -> type[msgspec.Struct]:
    fields: list[Any] = []
    for one in msgspec.structs.fields(kind):
        if one.name in left_out:
            continue
        default = _default(one)
        typed = _typed(one.name, one.type, left_out)
        if default is None and one.name in _INSTANTS:
            typed = typed | None
        fields.append((one.name, typed) if default is msgspec.NODEFAULT else (one.name, typed, default))
    if is_bulk(kind):
        fields.append(ALL)
    return msgspec.defstruct(
        f"{kind.__name__}Request",
        fields,
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        namespace={"__doc__": kind.__doc__},
    )


def _default(field: Any) -> Any:
    if field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT:
        return msgspec.NODEFAULT
    if field.name in _INSTANTS:
        return None
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if isinstance(value, msgspec.Struct):
        return msgspec.field(default_factory=twin(type(value)))
    if value == b"":
        return msgspec.field(default_factory=msgspec.Raw)
    return msgspec.field(default_factory=dict) if value == {} else value


def _typed(name: str, kind: Any, left_out: frozenset[str]) -> Any:
    if name in _INSTANTS:
        return _Instant
    if name == "limit":
        return _Limit
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return twin(kind, left_out)
    if get_origin(kind) is tuple and get_args(kind)[-1] is ...:
        return list[_typed("", get_args(kind)[0], left_out)]  # type: ignore[misc]  # made at run time
    return kind


_PLAIN: dict[Any, Any] = {
    int: _Count,
    int | None: _Count | None,
    str: _Text,
    bytes: msgspec.Raw,
    dict[str, bytes]: dict[str, msgspec.Raw],
    tuple[str, int]: tuple[_Text, Annotated[int, msgspec.Meta(ge=-1, le=LARGEST)]],
}


def read(kind: type[msgspec.Struct], wired: Any, given: dict[str, Any]) -> Any:
    """Return the value that a twin stands for; ``given`` are the fields that it has not."""
    values = {}
    for one in msgspec.structs.fields(kind):
        if one.name in given:
            values[one.name] = given[one.name]
        elif hasattr(wired, one.name):
            values[one.name] = _read(one, getattr(wired, one.name), given)
    return kind(**values)


def _read(field: Any, value: Any, given: dict[str, Any]) -> Any:
    if field.name in _INSTANTS:
        if value is None:
            return field.default
        instant = from_rfc3339(value.isoformat())
        if not 0 <= instant < _END:
            raise ValueError(f"{field.name}: a time from 1970 to 2200")
        return instant
    if isinstance(value, msgspec.Raw):
        return bytes(value)
    if isinstance(value, dict):
        return {name: bytes(one) if isinstance(one, msgspec.Raw) else one for name, one in value.items()}
    if isinstance(value, msgspec.Struct):
        return read(field.type, value, given)
    return tuple(value) if isinstance(value, list) and get_origin(field.type) is tuple else value


def write(value: msgspec.Struct, left_out: Collection[str] = ()) -> dict[str, Any]:
    """Return what of a value differs from its defaults, as the twin reads it."""
    written = {}
    for one in msgspec.structs.fields(type(value)):
        given = getattr(value, one.name)
        default = one.default
        if default is msgspec.NODEFAULT and one.default_factory is not msgspec.NODEFAULT:
            default = one.default_factory()
        if one.name in left_out or given == default:
            continue
        written[one.name] = _written(one.name, given, left_out)
    if is_for_all(value):
        written["all"] = True
    return written


def _written(name: str, value: Any, left_out: Collection[str]) -> Any:
    if name in _INSTANTS:
        return to_rfc3339(value)
    if isinstance(value, msgspec.Struct):
        return write(value, left_out)
    if isinstance(value, dict):
        return {key: _written("", one, left_out) for key, one in value.items()}
    return msgspec.Raw(value) if isinstance(value, bytes) else value
