"""One direction: proved, refuted by an example, or undecided."""

from __future__ import annotations

from trunkline.contracts.compat.difference import Example
from trunkline.contracts.compat.judging import Judge
from trunkline.contracts.compat.places import Place
from trunkline.contracts.compat.sides import Side

INTEGER, SMALL = {"type": "integer"}, {"type": "integer", "maximum": 5}


# The whole is compatible by proof, breaking by example, and undecided without either.
def test_whole():
    assert Judge(Side(SMALL), Side(INTEGER)).whole() == ("compatible", None)
    assert Judge(Side(INTEGER), Side(SMALL)).whole() == ("breaking", Example(6))
    texts = {"type": "string", "format": "one"}, {"type": "string", "format": "other"}
    assert Judge(*map(Side, texts)).whole() == ("undecided", None)


# Of several demands the first that has an example shows it.
def test_demands():
    judge = Judge(Side({"properties": {"a": INTEGER}}), Side({"properties": {"a": SMALL}}))
    assert judge.demands([]) == ("compatible", None)
    assert judge.demands([((INTEGER,), INTEGER, Place(("a",)))]) == ("compatible", None)
    assert judge.demands([((INTEGER,), SMALL, Place(("a",)))]) == ("breaking", Example({"a": 6}))


# A schema with references by name is judged as a whole only.
def test_names():
    named = {"$defs": {"a": {"$anchor": "x", "type": "integer"}}, "$ref": "#x"}
    assert Judge(Side(named), Side(INTEGER)).whole() == ("compatible", None)
    assert Judge(Side(named), Side(SMALL)).demands([((INTEGER,), SMALL, Place())]) == ("undecided", None)
