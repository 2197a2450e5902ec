"""The oracle: what it proves, and that it is not asked too much."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.containment import MOST_PARTS, Oracle
from trunkline.contracts.compat.sides import Side

INTEGER, SMALL = {"type": "integer"}, {"type": "integer", "maximum": 5}


def ask(method, read, produced):
    reader, writer = Side(read), Side(produced)
    return getattr(Oracle(), method)(reader, read, writer, writer.flat(produced))


# What is narrower is contained in what is wider, and not the other way round.
def test_contains():
    assert ask("contains", INTEGER, SMALL)
    assert not ask("contains", SMALL, INTEGER)


# Bounds that leave nothing in common exclude each other.
def test_excludes():
    assert ask("excludes", {"minimum": 6}, SMALL)
    assert not ask("excludes", {"minimum": 5}, SMALL)


# What is lost is a schema of exactly the values that were taken and are not any more.
def test_lost():
    assert Side(ask("lost", SMALL, INTEGER)).takes(6)
    assert Side(ask("lost", SMALL, INTEGER)).refuses(5)


# Alternatives that the library would multiply out for half a minute are not put to it.
@pytest.mark.timeout(10)
def test_large_schemas_are_not_asked_about():
    large = {"properties": {f"a{n}": {"minimum": n} for n in range(10 * MOST_PARTS)}, "type": "object"}
    assert not ask("contains", large, large)
    assert ask("lost", large, {"type": "object"}) is None


# It is asked so much and no more.
def test_the_effort_is_bounded():
    oracle, side = Oracle(), Side(INTEGER)
    answers = [oracle.contains(side, INTEGER, side, (SMALL | {"minimum": -n},)) for n in range(1_000)]
    assert answers[0]
    assert not answers[-1]
