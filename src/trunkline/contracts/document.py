"""A YAML file with the place of every value, and what is wrong with it by a JSON Schema.

Contracts here and project files in ``app`` are read and checked by this one mechanism, so that every
message has the file, line and column, says what was expected, and knows the near miss.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trunkline.contracts import reading
from trunkline.contracts.explain import Checker, Finding
from trunkline.kernel.errors import ProjectError
from trunkline.kernel.faults import Fault, Place

Tokens = Sequence[str | int]
"""The unescaped tokens of a JSON pointer: keys as text, list positions as numbers from 0."""


class Document:
    """One YAML document: ``value`` is plain data (``Decimal`` for fractions, dates as text)."""

    def __init__(self, file: str, root: reading.Node) -> None:
        self.file = file
        self.value: Any = root.value
        self._root = root

    @classmethod
    def load(cls, text: str | bytes, file: str) -> Document:
        """Read YAML; raises ``ProjectError`` with the place of everything that is wrong."""
        try:
            root, faults = reading.read(_decoded(text, file), file)
        except reading.Unreadable as stop:
            raise ProjectError([stop.fault]) from None
        if faults:
            raise ProjectError(faults)
        return cls(file, root)

    def place(self, tokens: Tokens) -> Place:
        """Return where a value stands: a scalar or list item itself, a collection by its key.

        For what is not there it is the place of the nearest thing around it that is.
        """
        node, place = self._root, self._root.place
        for token in tokens:
            child = node.children.get(token)
            if child is None:
                return place
            scalar = not isinstance(child.value, (dict, list))
            place = child.place if scalar else node.keys[token]
            node = child
        return place

    def key_place(self, tokens: Tokens) -> Place:
        """Return where the key of a value stands; for a list item, the item."""
        node, place = self._root, self._root.place
        for token in tokens:
            if token not in node.keys:
                return place
            node, place = node.children[token], node.keys[token]
        return place

    def fault(self, tokens: Tokens, problem: str, expected: str = "", hint: str = "") -> Fault:
        """Return a fault at the place of a value."""
        return Fault(self.place(tokens), problem, expected, hint)


def _decoded(text: str | bytes, file: str) -> str:
    if len(text) > reading.MAX_BYTES:
        problem = f"the file has {len(text):,} bytes"
        raise reading.Unreadable(Fault(Place(file), problem, f"at most {reading.MAX_BYTES:,}"))
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start]
        column = error.start - before.rfind(b"\n")
        place = Place(file, before.count(b"\n") + 1, column)
        raise reading.Unreadable(
            Fault(place, "a byte that is not UTF-8", "the file saved as UTF-8")
        ) from None


def faults_of(document: Document, json_schema: dict[str, Any] | Checker, *, value: Any = None) -> list[Fault]:
    """Check a document by a JSON Schema and return everything that is wrong, in the order of the file.

    A ``Checker`` is a schema compiled once, for many documents.
    ``value`` stands in for the document's own where that was translated first, pointer by pointer.
    """
    value = document.value if value is None else value
    checker = json_schema if isinstance(json_schema, Checker) else Checker(json_schema)
    return sorted({_fault(document, finding) for finding in checker.findings(value)})


def _fault(document: Document, finding: Finding) -> Fault:
    place = document.key_place(finding.tokens) if finding.at_key else document.place(finding.tokens)
    return Fault(place, finding.problem, finding.expected, finding.hint)
