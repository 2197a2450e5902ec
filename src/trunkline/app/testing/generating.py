"""Documents to run a flow on: what its contract takes, edge cases first, and what expressions look for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from trunkline.contracts.compat.documents import of_contract
from trunkline.contracts.contract import Contract
from trunkline.contracts.sampling import documents
from trunkline.kernel import json

MOST_PLANTED = 200
"""How many documents are tried that hold what an expression compares with."""

_LITERAL = re.compile(r'"([^"\\]*)"|\'([^\'\\]*)\'|(?<![\w.$])(-?\d+(?:\.\d+)?)(?![\w.])')


def generated(
    contract: Contract, most: int, seed: int, expressions: Iterable[str] = (), paths: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Return records that a contract takes, at most so many: the same for the same seed.

    Those come first that hold, at the dotted ``paths``, texts and numbers that stand in ``expressions``.
    """
    loaded = of_contract(contract)
    assert isinstance(loaded.schema, dict)
    plain = [
        one
        for one in documents(loaded.schema, loaded.formats, seed=seed, most=most)
        if _is_good(contract, one)
    ]
    planted = (
        one for one in _planted(plain[:3], list(expressions), sorted(paths)) if _is_good(contract, one)
    )
    each = {json.encode(one): one for one in itertools.chain(planted, plain)}
    return list(itertools.islice(each.values(), most))


def _is_good(contract: Contract, document: Any) -> bool:
    return isinstance(document, dict) and not contract.check(document)


def _planted(bases: list[Any], expressions: list[str], paths: list[str]) -> Iterator[Any]:
    literals = list(dict.fromkeys(one for text in expressions for one in _literals(text)))
    choices = itertools.product(bases, itertools.product(literals, repeat=len(paths)))
    for base, values in itertools.islice(choices, MOST_PLANTED if paths else 0):
        document = base
        for path, value in zip(paths, values, strict=True):
            document = _put(document, path.split("."), value)
        yield document


def _literals(expression: str) -> Iterator[Any]:
    for double, single, number in _LITERAL.findall(expression):
        yield (Decimal(number) if "." in number else int(number)) if number else double or single


def _put(document: Any, path: list[str], value: Any) -> Any:
    """Return a copy of a document with a value at a path; an array gets it in its first item."""
    if not path:
        return value
    if isinstance(document, list):
        return [_put(document[0], path, value), *document[1:]] if document else [_put({}, path, value)]
    inner = document if isinstance(document, dict) else {}
    return inner | {path[0]: _put(inner.get(path[0]), path[1:], value)}
