"""One expression, compiled: what it reads, and whether it is evaluated exactly."""

from __future__ import annotations

from typing import Any

import msgspec

from trunkline.connectors.mapping import engine
from trunkline.connectors.mapping.compiler import build
from trunkline.connectors.mapping.paths import Evaluate
from trunkline.connectors.mapping.problem import Problem
from trunkline.connectors.mapping.syntax import parse


class Expression(msgspec.Struct, frozen=True):
    """A valid JSONata expression.

    ``exact`` evaluates it on exact numbers, yielding ``UNDEFINED`` for nothing and raising
    ``BrokenRecord``; it is None where only the JSONata engine can. ``reads`` are dotted paths.
    """

    text: str
    exact: Evaluate | None
    reads: frozenset[str]


def compile_expression(field: str, text: Any) -> Expression | Problem:
    """Compile the expression of one target field, or say what is wrong with it."""
    if not isinstance(text, str):
        return Problem(
            field=field,
            problem="an expression is written as text",
            expected="a JSONata expression in quotes",
            hint='a constant is "5", "true" or "\'text\'"',
        )
    problem = engine.check(field, text)
    if problem is not None:
        return problem
    tree = parse(text)
    return Expression(text=text, exact=build(tree) if tree else None, reads=engine.reads(text))
