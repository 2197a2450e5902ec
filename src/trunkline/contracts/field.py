"""One field of a contract, flattened out of its nesting: what targets, masks and documents need to know."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Kind = Literal[
    "string", "integer", "number", "boolean", "date", "timestamp", "time", "object", "array", "any"
]


class Field(msgspec.Struct, frozen=True):
    """A field, an object or an array of a contract, in the order of the file.

    ``path`` are the names down to it, ``-`` standing for the items of an array; ``pointer`` is the same as
    a JSON pointer. ``required`` means present and not null. ``unique`` is a promise across records that the
    validator cannot check and a table can. ``personal`` says that its value must be masked wherever a person
    or a log could see it, ``about_person`` that it is so because it is about somebody, which brings duties.
    ``options`` are the ODCS ``logicalTypeOptions``; ``precision`` and ``scale`` are given for exact decimals
    that state them. ``title`` is its name for people. ``examples`` are the plain values that the contract
    gives; there are none where the field is personal, or holds others that may be.
    """

    name: str
    path: tuple[str, ...]
    pointer: str
    kind: Kind
    required: bool = False
    unique: bool = False
    classification: str = ""
    personal: bool = False
    about_person: bool = False
    description: str = ""
    physical_type: str = ""
    physical_name: str = ""
    precision: int | None = None
    scale: int | None = None
    options: dict[str, Any] = {}
    title: str = ""
    examples: tuple[Any, ...] = ()


def dotted(field: Field) -> str:
    """Return a field's path as expressions and people write it, the items of arrays left out."""
    return ".".join(part for part in field.path if part != "-")


def pointer_of(path: tuple[str | int, ...]) -> str:
    """Write tokens as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)


def path_of(pointer: str) -> tuple[str, ...]:
    """Return the tokens of a JSON pointer, list positions as texts; the whole document has none."""
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])
