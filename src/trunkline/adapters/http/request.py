"""Request templates: ``PUT /api/stock/{sku}?site={site}`` and a body, filled from one record.

A value becomes one path segment or one query value, percent-encoded (RFC 3986 section 2.1), so that no
value can change which resource is addressed. What cannot be a segment is a ``Final`` error without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias
from urllib.parse import quote

import msgspec

from trunkline.connectors.mapping import Problem, compile_expression, compile_mapping
from trunkline.connectors.mapping.exact import UNDEFINED, text
from trunkline.connectors.mapping.paths import Evaluate
from trunkline.connectors.mapping.problem import BrokenRecord
from trunkline.kernel import json
from trunkline.kernel.errors import Final, TrunklineError

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")

_REQUEST = re.compile(r"^([A-Z]+) +(/\S*|/.*\{.*)$")
_HOLE = re.compile(r"\{([^{}]*)\}")
_LITERAL = re.compile(r"^[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*$")
_UNRESERVED = re.compile(r"^[A-Za-z0-9\-._~]+\Z")
_OF_THE_EVENT = re.compile(r"\$(?:event|now|millis|random|shuffle)\b")
_DOTS = frozenset({".", ".."})

Part: TypeAlias = "str | tuple[str, Evaluate]"
Segment: TypeAlias = tuple[Part, ...]


class Request(msgspec.Struct, frozen=True):
    """A compiled template: constant texts and holes, by segment of the path and parameter of the query."""

    method: str
    segments: tuple[Segment, ...]
    parameters: tuple[tuple[str, Segment], ...]
    reads: frozenset[str]

    @property
    def is_one_place(self) -> bool:
        """Whether the path is the same for every record."""
        return all(isinstance(part, str) for segment in self.segments for part in segment)

    def path(self, record: dict[str, Any]) -> str:
        """Return the encoded path for a record; raises ``Final`` where a value cannot stand in it."""
        return "/" + "/".join([_segment(segment, record) for segment in self.segments])

    def query(self, record: dict[str, Any]) -> str:
        """Return the encoded query, leaving out each parameter whose field is missing or null."""
        if not self.parameters:
            return ""
        found = [(name, _parameter(value, record)) for name, value in self.parameters]
        return "&".join(f"{name}={value}" for name, value in found if value is not None)


Body: TypeAlias = Callable[[dict[str, Any]], bytes | None]


def compile_request(template: str) -> Request:
    """Compile a request template; raises ``ValueError`` saying what is wrong with it."""
    match = _REQUEST.match(template)
    if match is None or match[1] not in METHODS:
        raise ValueError(
            f"request needs a method ({', '.join(METHODS)}) and a path, as in PUT /api/stock/{{sku}}"
        )
    reads: set[str] = set()
    path, _, query = _outside_holes(match[2], "?")
    segments = tuple(_parts(segment, reads) for segment in _split(path[1:], "/"))
    if any(segment in [(".",), ("..",)] for segment in segments):
        raise ValueError("the path of the request has a segment of dots")
    parameters = tuple(_named(pair, reads) for pair in _split(query, "&") if pair)
    return Request(method=match[1], segments=segments, parameters=parameters, reads=frozenset(reads))


def compile_body(body: Any) -> Body:
    """Compile what is sent: ``record``, ``none``, or an object of field: expression.

    Raises ``ValueError`` saying what is wrong with it.
    """
    if body == "record":
        return json.encode
    if body == "none":
        return lambda _: None
    try:
        mapping = compile_mapping(body)
    except TrunklineError as refused:
        raise ValueError(f"body: {refused}") from None
    for field, text_ in body.items():
        found = _OF_THE_EVENT.search(str(text_))
        if found:
            raise ValueError(f"body: {field}: {found[0]} is known in the flow's map only; compute it there")
    return lambda record: json.encode(mapping(record))


def _outside_holes(text_: str, mark: str) -> tuple[str, str, str]:
    first, *rest = _split(text_, mark, most=1)
    return first, mark if rest else "", rest[0] if rest else ""


def _split(template: str, mark: str, most: int = 0) -> list[str]:
    """Split at each ``mark`` that is not inside a hole."""
    return re.split(rf"{re.escape(mark)}(?![^{{}}]*\}})", template, maxsplit=most)


def _named(pair: str, reads: set[str]) -> tuple[str, Segment]:
    name, equals, value = _outside_holes(pair, "=")
    if not equals or not name or not _LITERAL.match(name):
        raise ValueError("a parameter of the query is written name={field} or name=value")
    return name, _parts(value, reads)


def _parts(template: str, reads: set[str]) -> Segment:
    parts: list[Part] = []
    for number, piece in enumerate(_HOLE.split(template)):
        if number % 2:
            parts.append((piece, _hole(piece, reads)))
        elif not _LITERAL.match(piece):
            raise ValueError("the request has a character that has to be percent-encoded, or a lone brace")
        elif piece:
            parts.append(piece)
    return tuple(parts)


def _hole(path: str, reads: set[str]) -> Evaluate:
    expression = compile_expression(path, path)
    if isinstance(expression, Problem):
        raise ValueError(f"request: {{{path}}}: {expression.problem}")  # noqa: TRY004  a wrong value, not type
    if expression.exact is None:
        raise ValueError(f"request: {{{path}}} is no plain path; compute it in the flow's map")
    reads |= expression.reads
    return expression.exact


def _segment(segment: Segment, record: dict[str, Any]) -> str:
    encoded = "".join([part if isinstance(part, str) else _encoded(part, record) for part in segment])
    if encoded in _DOTS:
        raise Final(
            "request", f"the value of {_fields(segment)} is no path segment: it would change the path"
        )
    return encoded


def _encoded(hole: tuple[str, Evaluate], record: dict[str, Any]) -> str:
    encoded = _value(hole, record)
    if not encoded:
        raise Final("request", f"{hole[0]} is missing or empty and stands in the path of the request")
    return encoded


def _parameter(value: Segment, record: dict[str, Any]) -> str | None:
    encoded = [part if isinstance(part, str) else _value(part, record) for part in value]
    return None if None in encoded else "".join(filter(None, encoded))


def _value(hole: tuple[str, Evaluate], record: dict[str, Any]) -> str | None:
    """Return a value, encoded, or None where there is none."""
    name, evaluate = hole
    try:
        value = evaluate(record)
    except BrokenRecord as broken:
        raise Final("request", f"{name}: {broken}") from None
    if value is UNDEFINED or value is None:
        return None
    if not isinstance(value, str | int | Decimal):
        raise Final("request", f"{name} is neither text nor a number and stands in the request")
    plain = text(value)
    if _UNRESERVED.match(plain):
        return plain
    try:
        return quote(plain, safe="")
    except UnicodeEncodeError:
        raise Final("request", f"{name} has half of a surrogate pair, which no URL can carry") from None


def _fields(segment: Segment) -> str:
    return " and ".join(part[0] for part in segment if not isinstance(part, str))
