"""Generated pairs of schemas: what is called compatible is, and what is called breaking is shown."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trunkline.contracts.compat import practice
from trunkline.contracts.compat.compare import compare
from trunkline.contracts.compat.sides import Side
from trunkline.contracts.sampling import documents

NAMES = st.sampled_from(["a", "b", "kind"])
SMALL = st.integers(0, 3)
SETTINGS = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)

LEAVES = st.one_of(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])}, optional={"minimum": SMALL, "maximum": SMALL}
    ),
    st.fixed_dictionaries({"type": st.just("string")}, optional={"minLength": SMALL, "maxLength": SMALL}),
    st.fixed_dictionaries(
        {"enum": st.lists(st.sampled_from(["x", "y", 1, None, True]), min_size=1, unique_by=repr)}
    ),
    st.sampled_from([True, {}, {"type": "boolean"}, {"type": ["string", "null"]}, {"$ref": "#/$defs/node"}]),
)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, min_size=1, max_size=3)
    members = st.dictionaries(NAMES, inner, max_size=3)
    return st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": members},
            optional={
                "required": st.lists(NAMES, unique=True, max_size=2),
                "additionalProperties": st.one_of(st.booleans(), inner),
                "patternProperties": st.dictionaries(st.just("^k"), inner, max_size=1),
                "maxProperties": SMALL,
                "minProperties": SMALL,
            },
        ),
        st.fixed_dictionaries(
            {"type": st.just("array"), "items": inner},
            optional={"maxItems": SMALL, "uniqueItems": st.booleans()},
        ),
        st.fixed_dictionaries({"prefixItems": lists}, optional={"items": inner, "minItems": SMALL}),
        *(st.fixed_dictionaries({key: lists}) for key in ("allOf", "anyOf", "oneOf")),
        st.fixed_dictionaries({"properties": members, "anyOf": lists}, optional={"required": st.just(["a"])}),
        st.fixed_dictionaries({"properties": members, "unevaluatedProperties": st.just(False)}),
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"if": inner, "then": inner}, optional={"else": inner}),
        st.fixed_dictionaries({"dependentSchemas": st.dictionaries(NAMES, inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"contains": inner}, optional={"maxContains": SMALL}),
        st.fixed_dictionaries({"propertyNames": st.fixed_dictionaries({"maxLength": SMALL})}),
    )


SCHEMAS = st.recursive(LEAVES, _grown, max_leaves=8)


@st.composite
def pairs(draw):
    """Two schemas that have much in common: a document, and the same with some places drawn again."""
    old = {"$defs": {"node": draw(SCHEMAS)}, "allOf": [draw(SCHEMAS)], "properties": {"a": draw(SCHEMAS)}}
    return old, _changed(draw, copy.deepcopy(old))


def _changed(draw, value):
    if isinstance(value, dict) and value:
        key = draw(st.sampled_from(sorted(value)))
        if key in ("properties", "dependentSchemas", "$defs", "patternProperties"):
            for name in value[key]:
                value[key][name] = draw(st.one_of(SCHEMAS, st.just(value[key][name])))
        elif key in ("allOf", "anyOf", "oneOf", "prefixItems"):
            value[key] = [_changed(draw, each) for each in value[key]]
        elif isinstance(value[key], int) and not isinstance(value[key], bool):
            value[key] += draw(st.sampled_from([-1, 1])) if value[key] else 1
        elif key in ("required", "additionalProperties", "uniqueItems", "minimum"):
            del value[key]
        return value
    return draw(LEAVES)


def _sides(old, new, policy):
    """Return, for each direction, what is written and what is read."""
    before, after = Side(old), Side(new)
    if policy == "strict":
        return {"backward": (before, after), "forward": (after, before)}
    return {
        "backward": (practice.produced(before), practice.read(after)),
        "forward": (practice.produced(after), practice.read(before)),
    }


def _usable(old, new):
    try:
        return Side(old) and Side(new)
    except ValueError:
        return False


# No document that one side is found to write is refused by a side that is called compatible with it, and
# every example is taken where it is written and refused where it is read.
@pytest.mark.parametrize("policy", ["strict", "practical"])
@SETTINGS
@given(pair=pairs())
def test_verdicts_hold(policy, pair):
    if not _usable(*pair):
        return
    found = compare(*pair, policy)
    for direction, (written, read) in _sides(*pair, policy).items():
        if found.effect(direction) == "compatible":
            refused = [one for one in documents(written.root) if not read.takes(one)]
            assert refused == [], direction
        for change in found.changes:
            example = change.backward_example if direction == "backward" else change.forward_example
            assert (example is not None) == (change.effect(direction) == "breaking")
            if example is not None:
                assert written.takes(example.document)
                assert read.refuses(example.document)


# A side in practice writes no more, and reads no less, than its schema says.
@SETTINGS
@given(schema=SCHEMAS)
def test_practice_narrows_writers_and_widens_readers(schema):
    root = {"$defs": {"node": {"type": "object", "properties": {"a": {}}}}, "allOf": [schema]}
    if not _usable(root, root):
        return
    side = Side(root)
    closed, opened = practice.produced(side), practice.read(side)
    assert [one for one in documents(closed.root) if not side.takes(one)] == []
    assert [one for one in documents(root) if not opened.takes(one)] == []


# A schema is compatible with itself, whatever the order of its keys.
@pytest.mark.parametrize("policy", ["strict", "practical"])
@SETTINGS
@given(schema=SCHEMAS)
def test_reflexive_in_any_order_of_keys(policy, schema):
    root = {"$defs": {"node": {"type": "object", "properties": {"a": {}}}}, "properties": {"a": schema}}
    if _usable(root, root):
        found = compare(root, _reversed(root), policy)
        assert (found.effect("backward"), found.effect("forward")) == ("compatible", "compatible")


# The order of keys changes no verdict.
@SETTINGS
@given(pair=pairs())
def test_the_order_of_keys_does_not_matter(pair):
    if _usable(*pair):
        one, other = compare(*pair), compare(*map(_reversed, pair))
        for direction in ("backward", "forward"):
            assert one.effect(direction) == other.effect(direction)


def _reversed(value):
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(each) for each in value] if isinstance(value, list) else value
