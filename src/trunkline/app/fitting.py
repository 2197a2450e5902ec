"""Whether a mapping fits the contracts on its two sides: asked of flows, rules, casts and HTTP requests.

What is asked here is what would otherwise be found out by the first event at night: a field that the other
side does not have, one that it needs and does not get, one that the record never has, a decimal that would
pass through binary floats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Dictionary
from typing import TypeAlias

from trunkline.connectors.mapping import Mapping, Problem, quoted
from trunkline.contracts.contract import Contract
from trunkline.kernel.faults import Fault, did_you_mean

FaultAt: TypeAlias = Callable[[str, str, str, str], Fault]
"""Makes a fault at a field of a mapping (the mapping itself where empty): problem, expected, hint."""


def misfits(
    at: FaultAt, fields: Dictionary[str, str], mapping: Mapping, sides: tuple[Contract, Contract], whose: str
) -> Iterator[Fault]:
    """Yield where a mapping does not fit the contracts of what it reads and of what it makes.

    ``fields`` are its expressions, and ``whose`` is who takes what it makes.
    """
    source, target = sides
    for field, paths in mapping.lineage.items():
        for path, hint in strangers(paths, source):
            yield at(field, f'it reads "{path}"', f"a field of {source.ref}", hint)
    known = names(target)
    for field in fields:
        name = field.split(".")[0]
        if known and name not in known:
            hint = did_you_mean(name, known)
            yield at(field, f'{whose} has no field "{name}"', f"a field of {target.ref}", hint)
    yield from missing(at, {field.split(".")[0] for field in fields}, target)
    exact = {field.name for field in target.fields if len(field.path) == 1 and field.kind == "number"}
    for name in sorted(exact & mapping.inexact):
        problem = "it is computed in binary floats, and the contract wants an exact number"
        yield at(name, problem, "a plain path, + - *, $sum, or a Python function", "")


def missing(at: FaultAt, given: set[str], target: Contract) -> Iterator[Fault]:
    """Yield every field that a contract requires and that is not given."""
    required = {field.name for field in target.fields if len(field.path) == 1 and field.required}
    for name in sorted(required - given):
        problem = f'"{name}" is never given, and {target.ref} requires it'
        yield at("", problem, f"a line for {name}", "")


def names(contract: Contract) -> set[str]:
    """Return the names of a record's fields, those of its own only."""
    return {field.path[0] for field in contract.fields}


def refused_at(at: FaultAt, problem: Problem) -> Fault:
    """Give a mapping's problem its place: the expression, as far into it as the problem says."""
    column = f" (character {problem.column} of the expression)" if problem.column else ""
    return at(problem.field, problem.problem + column, problem.expected, problem.hint)


def strangers(reads: Iterable[str], contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield each dotted path that is no field of ``contract``, with the near miss or an empty text.

    What stands in an object whose fields the contract leaves open is not known, so it passes.
    """
    known = {_dotted(field.path): field.path for field in contract.fields}
    opened = tuple(f"{name}." for name in _open_objects(contract))
    for path in sorted(set(reads) - known.keys() - {""}):
        if known and not path.startswith(opened):
            yield path, did_you_mean(path, known)


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(quoted(part) for part in path if part != "-")


def _open_objects(contract: Contract) -> Iterator[str]:
    described = {field.path[:size] for field in contract.fields for size in range(len(field.path))}
    for field in contract.fields:
        if field.kind in ("object", "any", "array") and field.path not in described:
            yield _dotted(field.path)
