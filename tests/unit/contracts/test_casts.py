"""What a contract says of the major version before it: where it stands, and every fault at its place."""

from __future__ import annotations

import pytest

from trunkline.contracts.contract import load
from trunkline.contracts.registry.content import candidate_of
from trunkline.kernel.errors import ProjectError

TEXT = """
apiVersion: v3.2.0
kind: DataContract
id: order
name: order
version: 2.0.0
status: active
schema:
  - name: order
    customProperties:
      - property: cast
        value:
          before: order@1
          up: {state: status, cents: "total * 100"}
          down: {status: state}
    properties:
      - {name: state, logicalType: string}
"""


# A cast is read with the place of each of its fields; without one a contract has none.
def test_a_cast():
    cast = load(TEXT, "order.odcs.yaml").cast
    assert cast.before == "order@1"
    assert cast.way("up") == {"state": "status", "cents": "total * 100"}
    assert cast.way("down") == {"status": "state"}
    assert str(cast.fault(("up", "cents"), "wrong")) == "order.odcs.yaml:14:38: wrong"
    assert load(TEXT.replace("property: cast", "property: other"), "order.odcs.yaml").cast is None


# One way is enough.
def test_one_way():
    cast = load(TEXT.replace("          down: {status: state}\n", ""), "order.odcs.yaml").cast
    assert (len(cast.up), cast.down) == (2, {})


# What is wrong is told at its place, with what it should be.
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "order@1",
            "order@2",
            '13:19: it is not made from "order@2"; expected an earlier major version of order',
        ),
        ("order@1", "orders@1", '13:19: it is not made from "orders@1"'),
        ("order@1", "order", '13:19: it is not made from "order"'),
        ("down:", "dwn:", '15:11: unknown key "dwn"; expected one of before, up, down; did you mean "down"?'),
        ("{status: state}", "status", "15:17: no fields; expected field: expression"),
        ("state: status", "state: 5", "14:23: this is no text; expected an expression"),
    ],
)
def test_what_is_wrong(old, new, told):
    with pytest.raises(ProjectError) as refused:
        load(TEXT.replace(old, new, 1), "order.odcs.yaml")
    assert any(str(fault).startswith(f"order.odcs.yaml:{told}") for fault in refused.value.faults)


# A cast without parts, or without a way, casts nothing.
def test_an_empty_cast():
    head, _, rest = TEXT.partition("        value:\n")
    tail = rest[rest.index("    properties:") :]
    for value, told in (("order@1", "a cast without parts"), ("{before: order@1}", "it casts nothing")):
        with pytest.raises(ProjectError, match=told):
            load(f"{head}        value: {value}\n{tail}", "order.odcs.yaml")


# A cast is part of what a version says, and no part of its shape: to mend one takes a patch.
def test_a_cast_is_part_of_the_version():
    was, now = (candidate_of(load(text, "order")) for text in (TEXT, TEXT.replace("100", "1000")))
    assert was.digest != now.digest
    assert was.shape == now.shape
