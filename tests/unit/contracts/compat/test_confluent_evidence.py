"""What shows the breaks that Confluent's Schema Registry finds."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from tests.confluent_examples import EXAMPLES, modern
from tests.unit.contracts.compat.test_compare_properties import pairs

from trunkline.contracts.compat.compare import compare
from trunkline.contracts.compat.confluent import confluent_difference
from trunkline.contracts.compat.confluent_translation import translated, validator
from trunkline.contracts.compat.difference import Direction
from trunkline.contracts.compat.sides import NO_FORMATS
from trunkline.contracts.sampling import documents

TEXT, NUMBER = {"type": "string"}, {"type": "number"}


def shown(old, new, direction="backward"):
    """Return what shows each break of a direction, by pointer and class."""
    return {
        (change.pointer, change.kind): (
            getattr(change, f"{direction}_evidence"),
            example and example.document,
        )
        for change in compare(old, new, "confluent").changes
        if change.effect(direction) == "breaking"
        for example in [change.example(direction)]
    }


def require_shown(old, new):
    """Assert that each break is shown or said not to be; what is by rule is refuted by nothing."""
    found = compare(old, new, "confluent")
    for direction in get_args(Direction):
        writer, reader = (old, new) if direction == "backward" else (new, old)
        writes, reads = validator(writer, NO_FORMATS), validator(reader, NO_FORMATS)
        for change in found.changes:
            evidence, example = getattr(change, f"{direction}_evidence"), change.example(direction)
            assert (evidence != "") == (change.effect(direction) == "breaking")
            assert (evidence == "example") == (example is not None)
            if example is not None:
                assert writes.is_valid(example.document)
                assert not reads.is_valid(example.document)
        evidences = [getattr(change, f"{direction}_evidence") for change in found.changes]
        if evidences and set(evidences) == {"rule"}:
            assert all(reads.is_valid(one) for one in documents(translated(writer)) if writes.is_valid(one))


# Each break of every class is shown by a document of its direction, or it is said why none shows it.
@pytest.mark.parametrize(("old", "new"), [(old, new) for _, _, old, new in EXAMPLES])
def test_every_class(old, new):
    require_shown(old, new)


# The same holds of generated pairs, in the draft that a text without $schema is of, and in 2020-12; and the
# verdict is that registry's.
@pytest.mark.parametrize("draft", [dict, modern])
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(pair=pairs())
def test_generated_pairs(draft, pair):
    old, new = (draft(**schema) for schema in pair)
    try:
        bare = confluent_difference(old, new)
        found = compare(old, new, "confluent")
        validator(old, NO_FORMATS), validator(new, NO_FORMATS)
    except ValueError:
        return
    assert [(one.pointer, one.kind, one.backward, one.forward) for one in found.changes] == [
        (one.pointer, one.kind, one.backward, one.forward) for one in bare.changes
    ]
    require_shown(old, new)


# An added optional field is shown by an old record that holds something else under its name.
def test_an_added_field():
    old, new = {"type": "object", "properties": {}}, {"type": "object", "properties": {"a": TEXT}}
    [(evidence, document)] = shown(old, new).values()
    assert evidence == "example"
    assert not isinstance(document["a"], str)
    [(evidence, document)] = shown(new, old, "forward").values()
    assert not isinstance(document["a"], str)


# What that registry refuses though every document is read is said to be refused by rule.
def test_by_rule():
    assert shown({"anyOf": [TEXT, NUMBER]}, {"oneOf": [TEXT, NUMBER]}) == {
        ("", "combined type changed"): ("rule", None)
    }
    old = modern(properties={"a": {"type": "string", "maxLength": 3, "pattern": "^a$"}, "b": TEXT})
    new = modern(properties={"a": {"type": "string", "maxLength": 2, "pattern": "^a$"}, "b": NUMBER})
    found = shown(old, new)
    assert found["/properties/a/maxLength", "max length decreased"] == ("rule", None)
    assert found["/properties/b", "type changed"][0] == "example"


# What neither a document nor a proof settles is said not to be decided: equal patterns in other words.
def test_not_decided():
    old, new = {"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^a.*"}
    assert shown(old, new) == {("/pattern", "pattern changed"): ("undecided", None)}


# A break inside one alternative is shown by a document that is this alternative.
def test_inside_an_alternative():
    def record(**members):
        cases = [
            {"properties": {"by": {"const": by}, by: kind}, "required": ["by"]}
            for by, kind in members.items()
        ]
        return modern(
            type="object", properties={"paid": {"oneOf": [{"type": "object", **one} for one in cases]}}
        )

    found = shown(record(card=TEXT, cash=TEXT), record(card=TEXT, cash=NUMBER))
    assert any(
        evidence == "example" and document["paid"]["by"] == "cash" for evidence, document in found.values()
    )


# A pattern that cannot be looked at leaves every break undecided, and the verdict as it is.
def test_what_cannot_be_read():
    old, new = (
        {"type": "string", "pattern": "(?=a)a"},
        {"type": "string", "pattern": "(?=a)a", "maxLength": 1},
    )
    assert shown(old, new) == {("/maxLength", "max length added"): ("undecided", None)}
