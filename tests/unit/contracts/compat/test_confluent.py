"""The verdicts of Confluent's Schema Registry on JSON Schema."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.confluent_examples import EXAMPLES, NUMBER, SKU, SKU_AND_TITLE, TEXT, modern, order

from trunkline.contracts.compat.compare import compare
from trunkline.contracts.compat.confluent import confluent_difference
from trunkline.contracts.compat.confluent_differences import COMPATIBLE

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "reference" / "confluent.md").read_text("utf-8")


# Every class is told where its example differs, with the verdict that it has there.
@pytest.mark.parametrize(
    ("kind", "compatible", "old", "new"), EXAMPLES, ids=[example[0] for example in EXAMPLES]
)
def test_every_class(kind, compatible, old, new):
    changes = [change for change in confluent_difference(old, new).changes if change.kind == kind]
    assert changes
    assert {change.backward for change in changes} == {"compatible" if compatible else "breaking"}


# The examples are all classes there are: those of the page, and every one that is compatible.
def test_the_page_lists_every_class():
    rows = dict(re.findall(r"^\| `([a-z ]+)` \| (compatible|breaking) \|", PAGE, re.MULTILINE))
    assert rows == {kind: "compatible" if compatible else "breaking" for kind, compatible, _, _ in EXAMPLES}
    assert {kind for kind, compatible, _, _ in EXAMPLES if compatible} == COMPATIBLE


# Forward is backward with the roles changed, and its changes are told as forward ones.
@pytest.mark.parametrize(("old", "new"), [(old, new) for _, _, old, new in EXAMPLES])
def test_forward_is_backward_the_other_way(old, new):
    there, back = confluent_difference(old, new), confluent_difference(new, old)
    assert there.effect("forward") == back.effect("backward")
    assert {c.kind for c in there.changes if c.forward == "breaking"} == {
        c.kind for c in back.changes if c.backward == "breaking"
    }


# The three cases that the page tells of: an added optional field, a removed one, a string beside null.
@pytest.mark.parametrize(
    ("old", "new", "backward", "forward"),
    [
        (order(properties=SKU), order(properties=SKU_AND_TITLE), "breaking", "compatible"),
        (order(properties=SKU_AND_TITLE), order(properties=SKU), "compatible", "breaking"),
        ({"if": TEXT, "then": {"maxLength": 9}}, {"if": TEXT, "then": {"maxLength": 3}}, *["compatible"] * 2),
    ],
)
def test_where_it_differs_from_what_holds(old, new, backward, forward):
    found = confluent_difference(old, new)
    assert (found.effect("backward"), found.effect("forward")) == (backward, forward)


# A change is told where it is, also below a reference, a combination and a name with a slash in it.
def test_where_a_change_is():
    old = order(
        properties={"a/b": {"oneOf": [{"$ref": "#/definitions/n"}]}}, definitions={"n": {"type": "integer"}}
    )
    new = order(properties={"a/b": {"oneOf": [{"$ref": "#/definitions/n"}]}}, definitions={"n": NUMBER})
    [change] = confluent_difference(old, new).changes[:1]
    assert (change.pointer, change.kind) == ("/properties/a~1b/oneOf/0", "type extended")


# A text without $schema is of draft 7, where "const" beside "$ref" says nothing; in 2020-12 it does.
def test_the_draft_decides():
    old = {"$ref": "#/definitions/t", "definitions": {"t": TEXT}}
    new = {**old, "const": "a"}
    assert confluent_difference(old, new).effect("backward") == "compatible"
    assert confluent_difference(modern(**old), modern(**new)).effect("backward") == "breaking"


# Too many pairs to compare end in a verdict that says so.
def test_a_comparison_that_is_too_long():
    def union(word):
        return {"anyOf": [{"type": "string", word: at} for at in range(400)]}

    found = confluent_difference(union("minLength"), union("maxLength"))
    assert (found.effect("backward"), [c.kind for c in found.changes]) == (
        "undecided",
        ["too long to compare"],
    )


# The entrance gives the same verdict by the policy's name, whatever shows each break.
@pytest.mark.parametrize(("old", "new"), [(TEXT, NUMBER), *((old, new) for _, _, old, new in EXAMPLES)])
def test_the_entrance(old, new):
    bare, shown = confluent_difference(old, new), compare(old, new, "confluent")
    assert [_verdict(change) for change in shown.changes] == [_verdict(change) for change in bare.changes]


def _verdict(change):
    return change.pointer, change.kind, change.detail, change.backward, change.forward
