"""The way that a walk over two schemas took."""

from __future__ import annotations

from trunkline.contracts.compat.places import Place
from trunkline.contracts.compat.sides import Side
from trunkline.contracts.compat.ways import Way

CARD = {"properties": {"by": {"const": "card"}, "number": {"$ref": "#/$defs/number"}}}
NUMBER = {"type": "string"}
PAID = {"oneOf": [{"type": "null"}, CARD]}
ROOT = {"properties": {"paid": PAID}, "$defs": {"number": NUMBER}}


# A value in an alternative has the facts of that alternative, and what is around it those of its own.
def test_written():
    side = Side(ROOT)
    alternative = Way().into("paid", "properties", "paid")
    alternative = alternative.to(*[(*alternative.old, "oneOf", "1")] * 2)
    facts, place = alternative.written(side, old=True)
    assert facts == (PAID, CARD)
    assert place == Place(("paid",), ((ROOT,),), frozenset([id(PAID["oneOf"])]))
    number = alternative.into("number", "properties", "number").to(*[("$defs", "number")] * 2)
    facts, place = number.written(side, old=True)
    assert facts == (CARD["properties"]["number"], NUMBER)
    assert place == Place(("paid", "number"), ((ROOT,), (PAID, CARD)))


# The places in the two versions may be others, and each is asked in its own.
def test_two_versions():
    way = Way().to(("allOf", "0"), ("allOf", "1")).into(0, "items")
    assert (way.old, way.new, way.path) == (("allOf", "0", "items"), ("allOf", "1", "items"), (0,))
    new = Side({"allOf": [{"minItems": 1}, {"items": NUMBER}]})
    facts, place = way.written(new, old=False)
    assert facts == (NUMBER,)
    assert place.around == ((new.root, *new.root["allOf"]),)
