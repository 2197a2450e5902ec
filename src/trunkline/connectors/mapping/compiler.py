"""Turns the tree of an exact expression into one closure, once, when a mapping is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trunkline.connectors.mapping import exact, paths
from trunkline.connectors.mapping.exact import UNDEFINED
from trunkline.connectors.mapping.paths import Evaluate
from trunkline.connectors.mapping.syntax import Call, Choice, Literal, Negation, Node, Operation, Path, Step

_FUNCTIONS: dict[str, Evaluate] = {"$sum": exact.total, "$count": exact.count}


def build(node: Node) -> Evaluate:
    """Return the function from a record to the expression's value, or ``UNDEFINED``.

    It raises ``BrokenRecord`` where a record has the wrong kind of value.
    """
    match node:
        case Literal(value=value):
            return lambda _: value
        case Path(steps=steps):
            return _path(steps)
        case Operation(operator=operator, left=left, right=right):
            return _operation(operator, build(left), build(right))
        case Negation(operand=operand):
            return _applied(exact.negate, build(operand))
        case Call(function=function, argument=argument):
            return _applied(_FUNCTIONS[function], build(argument))
        case Choice(condition=condition, yes=yes, no=no):
            return _choice(build(condition), build(yes), build(no) if no else _nothing)


def _nothing(_: Any) -> Any:
    return UNDEFINED


def _applied(function: Evaluate, operand: Evaluate) -> Evaluate:
    return lambda context: function(operand(context))


def _path(steps: tuple[Step, ...]) -> Evaluate:
    plain = [step.of for step in steps if isinstance(step.of, str) and not step.filters]
    if len(plain) == len(steps):
        return paths.names(plain)
    return paths.steps([(_of(step.of), [_filter(chosen) for chosen in step.filters]) for step in steps])


def _of(part: str | Node) -> Evaluate:
    return paths.name(part) if isinstance(part, str) else build(part)


def _filter(chosen: int | Node) -> Evaluate:
    if isinstance(chosen, int):
        return paths.index(chosen)
    condition = build(chosen)
    return paths.where(lambda item: exact.truth(condition(item)))


def _choice(condition: Evaluate, yes: Evaluate, no: Evaluate) -> Evaluate:
    return lambda context: yes(context) if exact.truth(condition(context)) else no(context)


def _operation(operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
    if operator in _LAZY:
        return _LAZY[operator](left, right)
    compute = _binary(operator)
    return lambda context: compute(left(context), right(context))


def _binary(operator: str) -> Callable[[Any, Any], Any]:
    if operator in {"+", "-", "*"}:
        return exact.arithmetic(operator)
    if operator in {"<", "<=", ">", ">="}:
        return exact.ordering(operator)
    if operator == "&":
        return lambda left, right: exact.text(left) + exact.text(right)
    return exact.same if operator == "=" else exact.different


def _and(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda context: exact.truth(left(context)) and exact.truth(right(context))


def _or(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda context: exact.truth(left(context)) or exact.truth(right(context))


def _default(left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(context: Any) -> Any:
        value = left(context)
        return right(context) if value is UNDEFINED else value

    return evaluate


def _first_true(left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(context: Any) -> Any:
        value = left(context)
        return value if exact.truth(value) else right(context)

    return evaluate


_LAZY = {"and": _and, "or": _or, "??": _default, "?:": _first_true}
