"""A JSON Schema as Confluent's Schema Registry holds it in memory: what its comparison looks at.

The registry does not compare the text of a schema but the objects its parsers make of it, and which
objects those are decides verdicts. So the readers make these, and the comparison reads nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "empty",
    "true",
    "false",
    "boolean",
    "null",
    "number",
    "string",
    "object",
    "array",
    "enum",
    "const",
    "not",
    "combined",
    "conditional",
    "reference",
]

MERGED: Final = frozenset({"number", "string", "object", "array"})
"""Kinds whose facts may be written in several pieces of one schema."""


@dataclass(eq=False, slots=True)
class Shape:
    """One schema: its kind, the facts of that kind, what is said about it, and keywords of no kind.

    Two shapes are one only where they are one object: a schema read once for every reference to it.
    ``generated``: a combination that the text does not have, made of keywords standing side by side.
    """

    kind: Kind
    facts: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    loose: dict[str, Any] = field(default_factory=dict)
    generated: bool = False
    _text: str | None = None

    @property
    def anything(self) -> bool:
        """Tell whether it allows any value, said as ``{}`` or as ``true``."""
        return self.kind in ("empty", "true")

    @property
    def parts(self) -> list[Shape]:
        """What a combination combines."""
        parts: list[Shape] = self.facts["parts"]
        return parts

    @property
    def criterion(self) -> str:
        """Say how a combination combines: ``allOf``, ``anyOf`` or ``oneOf``."""
        return str(self.facts["criterion"])

    def followed(self) -> Shape:
        """Return what a reference refers to; only the first of a chain of references is followed."""
        return self.facts["target"][0] if self.kind == "reference" else self

    def text(self) -> str:
        """Return a text that is the same for schemas that say the same in the same words."""
        if self._text is None:
            self._text = json.dumps(
                [self.kind, _plain(self.facts), _plain(self.about), _plain(self.loose)], sort_keys=True
            )
        return self._text


def combined(criterion: str, parts: list[Shape], *, generated: bool = False) -> Shape:
    """Return the combination of some schemas."""
    return Shape("combined", {"criterion": criterion, "parts": parts}, generated=generated)


def merged(one: Shape, other: Shape) -> Shape:
    """Return one schema that says what two of the same kind say; the second wins where both do."""
    facts = dict(one.facts)
    for name, value in other.facts.items():
        facts[name] = _joined(facts[name], value) if name in facts else value
    return Shape(one.kind, facts, {**one.about, **other.about}, {**one.loose, **other.loose})


def canonical(value: Any) -> str:
    """Return a value as a text, which tells ``1`` from ``1.0`` and ``true`` and knows no order of keys."""
    return json.dumps(value, sort_keys=True, default=str)


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, dict):
        return {**one, **other}
    if isinstance(one, frozenset):
        return one | other
    return one + other if isinstance(one, list) else other


def _plain(value: Any) -> Any:
    if isinstance(value, Shape):
        return value.text()
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items() if key != "target"}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
