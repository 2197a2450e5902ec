"""Reads the part of JSONata that is evaluated exactly, and recognises what is not in it.

``parse`` is called for every expression once, when a mapping is compiled, after the JSONata engine has
accepted it: so what is not understood here is not wrong, only the engine's. Binding powers and the shape
of paths follow the published grammar (https://docs.jsonata.org/other-operators and the reference parser).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

import msgspec


class Literal(msgspec.Struct, frozen=True):
    """A constant: text, exact number, true, false or null."""

    value: str | int | Decimal | bool | None


class Step(msgspec.Struct, frozen=True):
    """One step of a path: a field's name or, after a dot, a computation; then filters in their order."""

    of: str | Node
    filters: tuple[int | Node, ...] = ()


class Path(msgspec.Struct, frozen=True):
    """A walk from the context into its fields."""

    steps: tuple[Step, ...]


class Operation(msgspec.Struct, frozen=True):
    """Two operands and what is done with them."""

    operator: str
    left: Node
    right: Node


class Negation(msgspec.Struct, frozen=True):
    """A number with its sign changed."""

    operand: Node


class Choice(msgspec.Struct, frozen=True):
    """``condition ? yes : no``; without a ``no``, nothing."""

    condition: Node
    yes: Node
    no: Node | None


class Call(msgspec.Struct, frozen=True):
    """A function of one argument that is computed exactly: ``$sum`` or ``$count``."""

    function: str
    argument: Node


Node: TypeAlias = Literal | Path | Operation | Negation | Choice | Call

COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
LOGIC = frozenset({"and", "or"})
EXACT_FUNCTIONS = frozenset({"$sum", "$count"})

_TOKEN = re.compile(
    r"""(?:\s|/\*.*?\*/)*(?:
        (?P<number>(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)
      | (?P<text>"[^"\\]*"|'[^'\\]*')
      | (?P<quoted>`[^`]*`)
      | (?P<name>[^\W\d]\w*)
      | (?P<function>\$[^\W\d]\w*)
      | (?P<operator>!=|<=|>=|\?\?|\?:|\*\*|\.\.|:=|~>|[-+*&=<>?:.()\[\]])
      | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
_POWERS = {
    "?": 20, "or": 25, "and": 30,
    "=": 40, "!=": 40, "<": 40, "<=": 40, ">": 40, ">=": 40, "??": 40, "?:": 40,
    "+": 50, "-": 50, "&": 50, "*": 60, ".": 75, "[": 80,
}  # fmt: skip
_UNARY_POWER = 70
_KEYWORDS = frozenset({"and", "or", "in", "function"})
_CONSTANTS = {"true": True, "false": False, "null": None}
# Keeps the tree, and with it the closures' calls, far from Python's recursion limit.
_MOST_TOKENS = 200


class _NotExact(Exception):
    """Not an error: the expression is the engine's."""


def parse(text: str) -> Node | None:
    """Return the tree of an expression that can be evaluated exactly, or None where the engine has to."""
    try:
        parser = _Parser(text)
        node = parser.expression(0)
        parser.expect("end")
    except _NotExact:
        return None
    return node


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    for _ in range(_MOST_TOKENS):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _NotExact
        kind, word = match.lastgroup, match[match.lastgroup]
        yield (word if kind == "operator" else kind), word
        if kind == "end":
            return
        at = match.end()
    raise _NotExact


class _Parser:
    """Top-down operator precedence, one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._kind, self._word = next(self._tokens)

    def _advance(self) -> tuple[str, str]:
        token = self._kind, self._word
        if token[0] != "end":
            self._kind, self._word = next(self._tokens)
        return token

    def expect(self, kind: str) -> None:
        """Step over a token of ``kind``; anything else is not ours."""
        if self._advance()[0] != kind:
            raise _NotExact

    def expression(self, power: int) -> Node:
        """Read an operand and every operator after it that binds more tightly than ``power``."""
        node = self._operand()
        while _POWERS.get(self._operator(), 0) > power:
            node = self._continue(node)
        return node

    def _operator(self) -> str:
        return self._word if self._kind == "name" and self._word in _KEYWORDS else self._kind

    def _operand(self) -> Node:
        kind, word = self._advance()
        if kind == "number":
            return Literal(value=_number(word))
        if kind == "text":
            return Literal(value=word[1:-1])
        if kind == "-":
            return _negated(self.expression(_UNARY_POWER))
        if kind == "(":
            return self._group()
        if kind == "function" and word in EXACT_FUNCTIONS:
            return self._call(word)
        return self._name(kind, word)

    def _name(self, kind: str, word: str) -> Node:
        if kind == "quoted":
            return Path(steps=(Step(of=word[1:-1]),))
        if kind != "name" or word in _KEYWORDS:
            raise _NotExact
        return Literal(value=_CONSTANTS[word]) if word in _CONSTANTS else Path(steps=(Step(of=word),))

    def _group(self) -> Node:
        node = self.expression(0)
        self.expect(")")
        # A group that is walked on from starts a path of its own kind.
        if self._kind in {".", "["}:
            raise _NotExact
        return node

    def _call(self, function: str) -> Node:
        self.expect("(")
        argument = self.expression(0)
        self.expect(")")
        if self._kind in {".", "["}:
            raise _NotExact
        return Call(function=function, argument=argument)

    def _continue(self, left: Node) -> Node:
        operator = self._operator()
        self._advance()
        if operator == ".":
            return Path(steps=(*_steps(left), *_steps(self._step())))
        if operator == "[":
            return self._filtered(left)
        if operator == "?":
            return self._choice(left)
        return Operation(operator=operator, left=left, right=self.expression(_POWERS[operator]))

    def _step(self) -> Node:
        if self._kind != "(":
            return self.expression(_POWERS["."])
        self._advance()
        inner = self.expression(0)
        self.expect(")")
        if self._kind == "[":
            raise _NotExact
        return Path(steps=(Step(of=inner),))

    def _filtered(self, left: Node) -> Node:
        *before, last = _steps(left)
        predicate = self.expression(0)
        self.expect("]")
        chosen = Step(of=last.of, filters=(*last.filters, _filter(predicate)))
        return Path(steps=(*before, chosen))

    def _choice(self, condition: Node) -> Node:
        yes = self.expression(0)
        no = None
        if self._kind == ":":
            self._advance()
            no = self.expression(0)
        return Choice(condition=condition, yes=yes, no=no)


def _number(word: str) -> int | Decimal:
    return int(word) if word.isdecimal() else Decimal(word)


def _negated(operand: Node) -> Node:
    if isinstance(operand, Literal) and type(operand.value) in {int, Decimal}:
        return Literal(value=-operand.value)  # type: ignore[operator]  # a number, as was just asked
    return Negation(operand=operand)


def _steps(node: Node) -> tuple[Step, ...]:
    if not isinstance(node, Path):
        raise _NotExact
    return node.steps


def _filter(predicate: Node) -> int | Node:
    # A condition that can only be true, false or nothing; a bare path might be an index at run time.
    if isinstance(predicate, Literal) and type(predicate.value) is int:
        return predicate.value
    if isinstance(predicate, Operation) and predicate.operator in COMPARISONS | LOGIC:
        return predicate
    raise _NotExact
