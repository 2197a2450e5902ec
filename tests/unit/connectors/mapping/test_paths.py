"""Paths by themselves: the record's own values come out, untouched."""

from __future__ import annotations

from decimal import Decimal

from trunkline.connectors.mapping import paths
from trunkline.connectors.mapping.exact import UNDEFINED


# What a path finds is the very value of the record, whatever its type.
def test_values_are_the_records_own() -> None:
    record = {"a": {"b": {"price": Decimal("1.10")}}}
    assert paths.names(["a", "b"])(record) is record["a"]["b"]
    assert paths.names(["a"])(record) is record["a"]


# A path gathers into a list of its own, so that nobody changes the record through it.
def test_gathered_lists_are_new() -> None:
    record = {"a": [{"b": [1]}, {"b": [2]}]}
    found = paths.names(["a", "b"])(record)
    found.append(3)
    assert record == {"a": [{"b": [1]}, {"b": [2]}]}
    assert type(found) is list


# Nested arrays are walked at any depth.
def test_nested_arrays() -> None:
    assert paths.names(["a", "b"])({"a": [[{"b": 1}], [[{"b": 2}, {"c": 3}]]]}) == [1, 2]
    assert paths.names(["a", "b", "c"])({"a": [{"b": {"c": 5}}]}) == 5


# An index that is not there finds nothing, from either end.
def test_indexes_out_of_range() -> None:
    for position in (3, -4):
        assert paths.steps([(paths.name("a"), [paths.index(position)])])({"a": [1, 2, 3]}) is UNDEFINED


# A record that is a list itself is walked like any other.
def test_a_list_at_the_root() -> None:
    assert paths.names(["a"])([{"a": 1}, {"a": 2}]) == [1, 2]
