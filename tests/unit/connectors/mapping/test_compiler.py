"""The closures that a tree becomes."""

from __future__ import annotations

import pytest

from trunkline.connectors.mapping.compiler import build
from trunkline.connectors.mapping.exact import UNDEFINED
from trunkline.connectors.mapping.problem import BrokenRecord
from trunkline.connectors.mapping.syntax import parse


def run(text, record):
    return build(parse(text))(record)


# What is not needed is not evaluated: the side that would fail costs nothing.
@pytest.mark.parametrize(
    "text",
    [
        "false and -name",
        "true or -name",
        "name ?? -name",
        "name ?: -name",
        "true ? 1 : -name",
        "false ? -name",
    ],
)
def test_evaluation_is_lazy(text) -> None:
    run(text, {"name": "x"})
    with pytest.raises(BrokenRecord):
        run("-name", {"name": "x"})


# One closure serves every record: nothing is kept from one to the next.
def test_closures_keep_nothing() -> None:
    closure = build(parse("lines[qty > least].sku & '!'"))
    assert closure({"lines": [{"qty": 2, "least": 1, "sku": "A"}]}) == "A!"
    assert closure({}) == "!"
    assert closure({"lines": [{"qty": 2, "least": 1, "sku": "A"}]}) == "A!"


# A choice without an alternative is nothing.
def test_a_choice_without_alternative() -> None:
    assert run("a ? 1", {}) is UNDEFINED
