"""Where a reference inside a JSON Schema points: to a place, an anchor, an embedded document; never outside.

Both readers of Confluent's schemas resolve references by it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Final
from urllib.parse import unquote, urldefrag, urljoin

from trunkline.contracts.compat.confluent_shapes import Shape
from trunkline.contracts.compat.difference import Schema
from trunkline.contracts.field import path_of

MOST_PARTS: Final = 20_000
"""How many schemas one text may come to, those of references counted once for each place referred to."""

DEEPEST: Final = 100
"""How deep schemas may stand in one another."""

_BASE = "http://schema.invalid/"


def refused(expected: str, value: Any) -> ValueError:
    """Return the error for a value that is not what its place asks for."""
    return ValueError(f"{expected} is expected, not {type(value).__name__}")


class Document:
    """A schema and every name in it that a reference may use. ``ids``: the keyword that names a document."""

    def __init__(self, schema: Schema, ids: str) -> None:
        self._ids = ids
        self._named: dict[str, tuple[Any, str]] = {}
        self.root = _bridged(schema)
        self.base = self.inside(self.root, _BASE)
        self._named.setdefault(_BASE, (self.root, self.base))
        self._index(self.root, _BASE, 0)

    def inside(self, schema: Any, base: str) -> str:
        """Return the base against which references in a schema are resolved."""
        named = schema.get(self._ids) if isinstance(schema, dict) else None
        if not isinstance(named, str):
            return base
        return urldefrag(urljoin(base, named))[0] or base

    def absolute(self, base: str, reference: str) -> str:
        """Return the whole address of what a reference means."""
        return base + reference if reference[:1] in ("#", "") else urljoin(base, reference)

    def find(self, address: str) -> tuple[Any, str]:
        """Return what stands at an address, and the base inside it.

        Raises ``ValueError`` where nothing does: nothing is ever fetched.
        """
        found = self._named.get(address) or self._named.get(address.removesuffix("#"))
        if found is not None:
            return found
        document, fragment = urldefrag(address)
        start = self._named.get(document)
        if start is None or not fragment.startswith("/"):
            raise ValueError(f"the reference {address.removeprefix(_BASE)!r} is not present in the schema")
        return self._walk(*start, fragment)

    def _walk(self, schema: Any, base: str, pointer: str) -> tuple[Any, str]:
        for name in path_of(unquote(pointer)):
            try:
                schema = schema[int(name)] if isinstance(schema, list) else schema[name]
            except (KeyError, IndexError, TypeError, ValueError):
                raise ValueError(f"the reference '#{pointer}' is not present in the schema") from None
            base = self.inside(schema, base)
        return schema, base

    def _index(self, value: Any, base: str, depth: int) -> None:
        if depth > DEEPEST * 2:
            raise ValueError(f"the schema is deeper than {DEEPEST} levels")
        if isinstance(value, list):
            for each in value:
                self._index(each, base, depth + 1)
        elif isinstance(value, dict):
            self._index_names(value, base)
            inner = self.inside(value, base)
            for name, each in value.items():
                if name not in ("enum", "const"):
                    self._index(each, inner, depth + 1)

    def _index_names(self, schema: dict[str, Any], base: str) -> None:
        inner = self.inside(schema, base)
        named = schema.get(self._ids)
        if isinstance(named, str):
            self._named.setdefault(urljoin(base, named).removesuffix("#"), (schema, inner))
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(anchor := schema.get(keyword), str):
                self._named.setdefault(f"{inner}#{anchor}", (schema, inner))


class Reader(ABC):
    """Reads one text of any draft. What a reference means is read once, and after what refers to it."""

    def __init__(self, schema: Schema, ids: str) -> None:
        self._document = Document(schema, ids)
        self._targets: dict[str, list[Shape]] = {}
        self._unread: list[str] = []
        self._parts = self._depth = 0

    def read_root(self) -> Shape:
        """Return the whole schema. Raises ``ValueError`` for what is none or is too large."""
        root = self.read(self._document.root, self._document.base)
        while self._unread:
            address = self._unread.pop()
            self._targets[address].append(self.read(*self._document.find(address)))
        return root

    def read(self, schema: Any, base: str) -> Shape:
        """Return a schema that stands in the text."""
        self._parts += 1
        if self._parts > MOST_PARTS or self._depth > DEEPEST:
            raise ValueError(f"the schema has more than {MOST_PARTS} parts or {DEEPEST} levels")
        if isinstance(schema, bool):
            return Shape("true" if schema else "false")
        if not isinstance(schema, dict):
            raise refused("an object or a boolean", schema)
        self._depth += 1
        shape = self.read_object(schema, self._document.inside(schema, base))
        self._depth -= 1
        return shape

    def reference(self, reference: str, base: str) -> Shape:
        """Return a reference, whose target is there when all has been read."""
        address = self._document.absolute(base, reference)
        if address not in self._targets:
            self._targets[address] = []
            self._unread.append(address)
        return Shape("reference", {"ref": reference, "target": self._targets[address]})

    @abstractmethod
    def read_object(self, schema: dict[str, Any], base: str) -> Shape:
        """Return a schema that is an object."""


def _bridged(schema: Schema) -> Schema:
    """Return a schema whose outermost ``definitions`` are under ``$defs`` too, as the registry has it."""
    if not isinstance(schema, dict):
        return schema
    old, new = schema.get("definitions"), schema.get("$defs", {})
    if not isinstance(old, dict) or not old or not isinstance(new, dict):
        return schema
    return {**schema, "$defs": {**old, **new}}
