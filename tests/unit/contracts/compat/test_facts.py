"""What the facts of a schema come to for a value, its members and its items."""

from __future__ import annotations

from trunkline.contracts.compat import facts as of
from trunkline.contracts.compat.sides import NOTHING, Side


def facts(*schemas):
    side = Side({"allOf": list(schemas)})
    return side, side.flat(side.root)


# Types are those that every fact leaves; whole numbers are numbers.
def test_types():
    assert of.types(facts({"type": ["number", "null"]}, {"type": ["integer", "string"]})[1]) == {"integer"}
    assert of.types(facts({"enum": [1, "a"]})[1]) == {"number", "integer", "string"}
    assert of.types(facts(False)[1]) == frozenset()


# Values are listed where a list, or the types, leave few; each has all the facts.
def test_values():
    assert of.values(*facts({"enum": [1, 5, "a"]}, {"type": "integer", "minimum": 2})) == [5]
    assert of.values(*facts({"type": ["boolean", "null"]})) == [False, True, None]
    assert of.values(*facts({"type": "string"})) is None


# A member has what its name, the patterns and else the rest say.
def test_child():
    one = {"properties": {"a": {"type": "string"}}, "patternProperties": {"^x": {"type": "null"}}}
    side, found = facts(one | {"additionalProperties": False})
    assert of.child(side, found, "a") == ({"type": "string"},)
    assert of.child(side, found, "x1") == ({"type": "null"},)
    assert of.child(side, found, "b") == (NOTHING,)
    assert of.closed_names(found) is None
    assert of.closed_names(facts({"additionalProperties": False}, {"properties": {"a": {}}})[1]) == set()


# An item has what its place says.
def test_item():
    side, found = facts({"prefixItems": [{"type": "string"}], "items": {"type": "null"}})
    assert (of.item(side, found, 0), of.item(side, found, 3)) == (({"type": "string"},), ({"type": "null"},))
    assert of.prefix(found) == 1


# A member without a name in the schemas may have what any pattern or the rest says.
def test_unnamed():
    side, found = facts({"patternProperties": {"^x": {"minimum": 1}}, "additionalProperties": {"minimum": 2}})
    assert of.unnamed(side, found, {}, None) == [({"minimum": 1},), ({"minimum": 2},)]
    assert of.unnamed(side, found, {"patternProperties": {"^x": True}}, None) == [({"minimum": 2},)]
    assert of.unnamed(side, found, {}, "^x") == [({"minimum": 1},)]


# The tightest bound counts.
def test_bound():
    found = facts({"minimum": 1, "maxLength": 4}, {"minimum": 3, "maxLength": 9})[1]
    assert (of.bound(found, "minimum"), of.bound(found, "maxLength")) == (3, 4)
    assert of.is_within(found, "minimum", 2)
    assert not of.is_within(found, "minimum", 4)
    assert not of.is_within(found, "multipleOf", 1)
