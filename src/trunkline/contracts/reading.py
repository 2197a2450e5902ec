"""YAML text to values that remember their place, built from the parser's events.

Called by ``document``. It exists because a generic loader forgets where things stood, turns ``no`` into
false and dates into objects, makes binary floats of decimals, lets a repeated key win silently, and
follows aliases without a bound. Scalars follow the YAML 1.2 core schema
(https://yaml.org/spec/1.2.2/#103-core-schema); keys are always text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from trunkline.kernel.faults import Fault, Place

MAX_BYTES = 1_048_576
"""The largest file read."""
MAX_NODES = 200_000
"""The most values in a file, counting what every alias stands for."""
MAX_DEPTH = 64
"""The deepest nesting."""

_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DIGITS = 400
_INTEGER = re.compile(rf"[-+]?[0-9]{{1,{_DIGITS}}}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_NOT_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS = {
    word: value
    for value, words in {
        None: ("", "~", "null", "Null", "NULL"),
        True: ("true", "True", "TRUE"),
        False: ("false", "False", "FALSE"),
    }.items()
    for word in words
}
_TAG = "tag:yaml.org,2002:"
_COLLECTION_TAGS = {None, "!", _TAG + "map", _TAG + "seq"}


class Node:
    """A value with its place; ``children`` and ``keys`` (the places of keys) are by key or index."""

    __slots__ = ("children", "keys", "place", "size", "value")

    def __init__(self, place: Place, value: Any) -> None:
        self.place = place
        self.value = value
        self.children: dict[str | int, Node] = {}
        self.keys: dict[str | int, Place] = {}
        self.size = 1

    def add(self, key: str | int, place: Place, child: Node) -> None:
        """Put ``child`` into this mapping or sequence, its key standing at ``place``."""
        self.children[key] = child
        self.keys[key] = place
        self.size += child.size
        if isinstance(self.value, dict):
            self.value[key] = child.value
        else:
            self.value.append(child.value)


class Unreadable(Exception):
    """The text cannot be read on; ``fault`` says where and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def read(text: str, file: str) -> tuple[Node, list[Fault]]:
    """Read one YAML document; return its root and the faults that did not stop the reading.

    Raises ``Unreadable`` for what does.
    """
    strange = _UNREADABLE.search(text)
    if strange:
        raise Unreadable(
            Fault(_place_at(file, text, strange.start()), "a control character", "printable text")
        )
    loader = yaml.CSafeLoader(text)
    builder = _Builder(file, loader.get_event)
    try:
        return builder.document(), builder.faults
    except yaml.MarkedYAMLError as error:
        raise Unreadable(_syntax_fault(error, text, file)) from None
    except yaml.YAMLError:
        raise Unreadable(Fault(Place(file), "not YAML", "text in UTF-8")) from None
    finally:
        loader.dispose()


def _place_at(file: str, text: str, index: int) -> Place:
    start = text.rfind("\n", 0, index) + 1
    return Place(file, text.count("\n", 0, index) + 1, index - start + 1)


def _syntax_fault(error: yaml.MarkedYAMLError, text: str, file: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Fault(Place(file), f"not YAML: {error.problem}")
    place = Place(file, mark.line + 1, mark.column + 1)
    line = "".join(text.splitlines()[mark.line : mark.line + 1])
    if line[mark.column :].startswith("\t"):
        return Fault(place, "a tab", "spaces: YAML does not allow tabs in indentation")
    context = f" ({error.context})" if error.context else ""
    return Fault(place, f"not YAML: {error.problem}{context}")


class _Builder:
    """Turns the events of one document into nodes, within the bounds; ``following`` gives the next event."""

    def __init__(self, file: str, following: Callable[[], Any]) -> None:
        self.faults: list[Fault] = []
        self._file = file
        self._next = following
        self._anchors: dict[str, Node] = {}
        self._nodes = 0

    def document(self) -> Node:
        root: Node | None = None
        while not isinstance(event := self._next(), StreamEndEvent):
            if not isinstance(event, DocumentStartEvent):
                continue
            if root is not None:
                raise Unreadable(Fault(self._place(event), "a second document", "one document in a file"))
            root = self._node(self._next(), 1)
        if root is None:
            raise Unreadable(Fault(Place(self._file), "the file is empty", "a YAML document"))
        return root

    def _place(self, event: Event) -> Place:
        mark = event.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1) if mark else Place(self._file)

    def _stop(self, event: Event, problem: str, expected: str) -> Unreadable:
        return Unreadable(Fault(self._place(event), problem, expected))

    def _node(self, event: NodeEvent, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._stop(event, "nested too deeply", f"at most {MAX_DEPTH} levels")
        node = self._alias(event) if isinstance(event, AliasEvent) else self._fresh(event, depth)
        self._nodes += node.size if isinstance(event, AliasEvent) else 1
        if self._nodes > MAX_NODES:
            raise self._stop(
                event, "too many values", f"at most {MAX_NODES:,}, counting what aliases stand for"
            )
        return node

    def _alias(self, event: AliasEvent) -> Node:
        node = self._anchors.get(event.anchor or "")
        if node is None:
            raise self._stop(event, f'unknown alias "*{event.anchor}"', "an anchor that ended before it")
        return node

    def _fresh(self, event: NodeEvent, depth: int) -> Node:
        if isinstance(event, ScalarEvent):
            node = Node(self._place(event), self._scalar(event))
        elif isinstance(event, MappingStartEvent):
            node = self._collection(event, {}, lambda node: self._fill_mapping(node, depth))
        else:
            assert isinstance(event, SequenceStartEvent)
            node = self._collection(event, [], lambda node: self._fill_sequence(node, depth))
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _collection(self, event: CollectionStartEvent, empty: Any, fill: Callable[[Node], None]) -> Node:
        if event.tag not in _COLLECTION_TAGS:
            self._refuse_tag(event)
        node = Node(self._place(event), empty)
        fill(node)
        return node

    def _fill_sequence(self, node: Node, depth: int) -> None:
        while not isinstance(event := self._next(), SequenceEndEvent):
            child = self._node(event, depth + 1)
            node.add(len(node.value), child.place, child)

    def _fill_mapping(self, node: Node, depth: int) -> None:
        while not isinstance(event := self._next(), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise self._stop(event, "a key that is not text", "a plain word as the key")
            child = self._node(self._next(), depth + 1)
            if self._key_is_good(node, event):
                node.add(event.value, self._place(event), child)

    def _key_is_good(self, node: Node, event: ScalarEvent) -> bool:
        if event.value in node.keys:
            first = node.keys[event.value]
            self._note(
                event, f'the key "{event.value}" a second time', f"it once: it stands in line {first.line}"
            )
            return False
        if event.value == "<<" and event.implicit[0]:
            self._note(event, 'a merge key "<<"', "the keys written out: merge keys are not read")
            return False
        return True

    def _note(self, event: Event, problem: str, expected: str) -> None:
        self.faults.append(Fault(self._place(event), problem, expected))

    def _refuse_tag(self, event: ScalarEvent | CollectionStartEvent) -> None:
        self._note(event, f'a tag "{event.tag}"', "plain values without tags")

    def _scalar(self, event: ScalarEvent) -> Any:
        text: str = event.value
        if event.tag in (_TAG + "str", "!") or (event.tag is None and not event.implicit[0]):
            return text
        if event.tag is not None:
            self._refuse_tag(event)
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _NUMBER.fullmatch(text):
            return self._number(event, text)
        if _NOT_JSON.fullmatch(text):
            self._note(event, f'"{text}"', "a finite number, or the text in quotes")
        return text

    def _number(self, event: ScalarEvent, text: str) -> Decimal:
        if len(text) > 2 * _DIGITS:
            expected = f"at most {_DIGITS}, or the text in quotes"
            raise self._stop(event, "a number of too many digits", expected)
        return Decimal(text)
