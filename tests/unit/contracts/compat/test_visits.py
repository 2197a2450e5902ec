"""How often a validator looks at a value is told before it is asked."""

from __future__ import annotations

from trunkline.contracts.compat.pointers import at, tokens_of
from trunkline.contracts.compat.visits import MOST, Visits, extent


def visits(root, levels=0):
    return Visits(lambda reference: [at(root, tokens_of(reference))]).of(root, levels)


# What applies to the same value adds up, members of different names do not.
def test_sums():
    assert visits({"allOf": [{}, {}], "not": {}}) == 4
    assert visits({"properties": {"a": {}, "b": {}}, "additionalProperties": {}}, levels=1) == 3
    assert visits({"properties": {"a": {"allOf": [{}] * 50}}}) == 1


# References that double are counted without being followed twice; a schema in itself adds nothing.
def test_references():
    defs = {f"n{n}": {"allOf": [{"$ref": f"#/$defs/n{n + 1}"}] * 2} for n in range(60)}
    assert visits({"$defs": defs | {"n60": {}}, "$ref": "#/$defs/n0"}) == MOST
    assert visits({"allOf": [{"$ref": "#"}]}) == 3
    deep = {f"n{n}": {"$ref": f"#/$defs/n{n + 1}"} for n in range(5_000)}
    assert visits({"$defs": deep | {"n5000": {}}, "$ref": "#/$defs/n0"}) == MOST


# A document has levels and values.
def test_extent():
    assert extent(1) == (0, 1)
    assert extent({"a": [1, {"b": None}]}) == (3, 5)
