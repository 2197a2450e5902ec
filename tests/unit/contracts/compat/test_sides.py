"""A schema of which parts can be asked, and what is refused as one."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.sides import MAX_DEPTH, NO_FORMATS, NOTHING, Formats, Side

TREE = {
    "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
    "$ref": "#/$defs/node",
}


# A part with references is judged with what they lead to.
def test_a_part_with_references():
    side = Side(TREE)
    part = TREE["$defs"]["node"]["properties"]["next"]
    assert side.is_valid(part, {"next": {}})
    assert not side.is_valid(part, {"next": 1})


# What a schema states is collected through allOf and references; a circle of references adds nothing.
def test_flat():
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"minimum": 1}, {"$ref": "#"}, True, False]}}}
    assert Side(schema).flat(schema) == (schema, schema["$defs"]["a"], {"minimum": 1}, {"$ref": "#"}, NOTHING)


# What is no usable schema is refused with the reason, whatever it is.
@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "txt"}, "txt"),
        ([], "an object, true or false"),
        ({"pattern": "("}, "regex"),
        ({"pattern": "(?=a)"}, "regex"),
        ({"pattern": "((a{100}){100}){100}"}, "no JSON Schema|cannot be used"),
        ({"$ref": "http://127.0.0.1:9/order.json"}, "not present"),
        ({"$ref": "#/nowhere"}, "does not exist"),
        ({"enum": [[]] * 60_000}, "too large"),
    ],
)
def test_what_is_no_schema(schema, reason):
    with pytest.raises(ValueError, match=reason):
        Side(schema)


# Nesting has a bound, whichever keyword it comes by.
@pytest.mark.timeout(10)
@pytest.mark.parametrize("keyword", ["not", "items", "additionalProperties"])
def test_nesting_is_bounded(keyword):
    schema = {}
    for _ in range(MAX_DEPTH):
        schema = {keyword: schema}
    with pytest.raises(ValueError, match="too large"):
        Side(schema)


# With a format that nothing can check, a document is neither surely taken nor surely refused for it.
def test_an_unknown_format():
    side = Side({"type": "string", "format": "house-style"})
    assert side.unknown == {"house-style"}
    assert (side.takes("a"), side.refuses("a"), side.refuses(1)) == (False, False, True)
    known = Side(side.root, Formats({"house-style": str.isupper}))
    assert (known.takes("A"), known.refuses("a")) == (True, True)
    assert NO_FORMATS.checks == {}


# References by name are left to the oracle: such a schema is taken as a whole.
def test_names():
    assert Side(TREE).is_plain
    assert not Side({"$defs": {"a": {"$anchor": "x"}}, "$ref": "#x"}).is_plain
