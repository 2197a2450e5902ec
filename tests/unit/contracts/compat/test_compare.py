"""Two schemas compared: each change, what it does, and an example where it breaks something."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.compare import compare
from trunkline.contracts.compat.difference import Example

INTEGER, SMALL, TEXT = {"type": "integer"}, {"type": "integer", "maximum": 5}, {"type": "string"}


def obj(required=(), **properties):
    return {"type": "object", "properties": properties, "required": list(required)}


def effects(old, new, policy="practical"):
    found = compare(old, new, policy)
    return found.effect("backward"), found.effect("forward")


# A schema is compatible with itself; a bound that is added breaks readers of old documents only.
def test_a_bound_that_is_added():
    assert compare(INTEGER, INTEGER).changes == ()
    [change] = compare(INTEGER, SMALL).changes
    assert (change.kind, change.pointer) == ("bound-tightened", "/maximum")
    assert (change.backward, change.forward) == ("breaking", "compatible")
    assert (change.backward_example, change.forward_example) == (Example(6), None)


# Optional fields come and go in practice; strictly, another producer may have written such a field before.
def test_optional_fields_come_and_go():
    old, new = obj(["id"], id=TEXT), obj(["id"], id=TEXT, note=TEXT)
    assert effects(old, new) == effects(new, old) == ("compatible", "compatible")
    assert effects(old, new, "strict") == ("breaking", "compatible")
    closed = [{**schema, "additionalProperties": False} for schema in (old, new)]
    assert effects(*closed) == ("compatible", "compatible")
    assert effects(*closed, "strict") == ("compatible", "breaking")


# All else is judged as strictly as ever.
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (obj(a=TEXT), obj(["a"], a=TEXT), ("breaking", "compatible")),
        (obj(b=TEXT), obj(["a"], a=TEXT, b=TEXT), ("breaking", "compatible")),
        (obj(a=TEXT), obj(a=INTEGER), ("breaking", "breaking")),
        (obj(a={"enum": ["x", "y"]}), obj(a={"enum": ["x", "z"]}), ("breaking", "breaking")),
        (obj(a=obj(b=INTEGER)), obj(a=obj(b=SMALL)), ("breaking", "compatible")),
        (
            {"type": "object", "additionalProperties": TEXT},
            {"type": "object", "additionalProperties": INTEGER},
            ("breaking", "breaking"),
        ),
    ],
)
@pytest.mark.parametrize("policy", ["practical", "strict"])
def test_what_breaks(old, new, expected, policy):
    assert effects(old, new, policy) == expected


# Nothing that is compatible as a whole is said to break it: a field moved between parts of one schema.
def test_what_only_moved():
    old = {"allOf": [obj(a=TEXT), obj(b=INTEGER)]}
    new = {"allOf": [obj(), obj(a=TEXT, b=INTEGER)]}
    found = compare(old, new, "strict")
    assert len(found.changes) == 2
    assert (found.effect("backward"), found.effect("forward")) == ("compatible", "compatible")


# What no listed change accounts for is told of the whole: alternatives that overlap now.
def test_what_no_change_accounts_for():
    old = {"oneOf": [{"type": "integer", "maximum": 5}, {"type": "integer", "minimum": 9}]}
    new = {"oneOf": [{"type": "integer", "maximum": 9}, {"type": "integer", "minimum": 9}]}
    found = compare(old, new, "strict")
    assert found.effect("backward") == "breaking"
    whole = found.changes[-1]
    assert (whole.pointer, whole.kind, whole.backward_example) == ("", "shape-changed", Example(9))


# What cannot be decided says so, and has no example.
def test_undecided():
    texts = (
        obj(a={"type": "string", "pattern": "^(?:a|b)+$"}),
        obj(a={"type": "string", "pattern": "^[ab]+$"}),
    )
    [change] = compare(*texts).changes
    assert (change.backward, change.forward) == ("undecided", "undecided")
    assert change.backward_example is None


# Descriptions are told and break nothing.
def test_descriptions():
    [change] = compare({"title": "a", "not": TEXT}, {"title": "b", "not": TEXT}).changes
    assert (change.kind, change.backward, change.forward) == (
        "description-changed",
        "compatible",
        "compatible",
    )


# What a format means that nothing here checks, nobody knows: added to a constant it may refuse that constant.
@pytest.mark.parametrize("shape", [{"const": "x"}, {"enum": ["x", "y"]}, {"type": "string", "maxLength": 3}])
def test_an_unknown_format_that_is_added(shape):
    old, new = (
        {"type": "object", "properties": {"a": one}} for one in (shape, shape | {"format": "mystery"})
    )
    assert compare(old, new, "strict").effect("backward") == "undecided"
    assert compare(new, old, "strict").effect("backward") == "compatible"


# A great many changes end in time; the rest is one change.
@pytest.mark.timeout(30)
def test_many_changes():
    old, new = (
        obj(**{f"a{n}": {"minimum": n + more, "type": "integer"} for n in range(400)}) for more in (0, 1)
    )
    found = compare(old, new)
    assert len(found.changes) == 201
    assert (found.effect("backward"), found.effect("forward")) == ("breaking", "compatible")


# A change inside one alternative is decided where it is, by a document that is this alternative, also below
# references and inside what a producer closes.
@pytest.mark.parametrize("policy", ["strict", "practical"])
def test_changes_inside_alternatives(policy):
    def paid(**members):
        return {
            "$defs": {"sum": {"type": "object", "properties": {"amount": members["amount"]}}},
            "properties": {
                "paid": {
                    "oneOf": [
                        {
                            "type": "object",
                            "properties": {
                                "by": {"const": by},
                                by: members[by],
                                "sum": {"$ref": "#/$defs/sum"},
                            },
                            "required": ["by"],
                        }
                        for by in ("card", "cash")
                    ]
                }
            },
        }

    text, number = {"type": "string"}, {"type": "number"}
    old, new = paid(card=text, cash=text, amount=number), paid(card=text, cash=number, amount=text)
    found = {change.pointer: change for change in compare(old, new, policy).changes}
    assert found.keys() == {
        "/properties/paid/oneOf/1/properties/cash/type",
        "/$defs/sum/properties/amount/type",
    }
    assert {(one.backward, one.forward) for one in found.values()} == {("breaking", "breaking")}
    cash = found["/properties/paid/oneOf/1/properties/cash/type"].backward_example.document
    assert cash["paid"]["by"] == "cash"
    assert isinstance(cash["paid"]["cash"], str)
