"""The standard's schema, and older files read by it."""

from __future__ import annotations

import sys

import pytest
from tests.contract_files import contract_of, faults_in, odcs, prop

from trunkline.contracts.contract import load
from trunkline.contracts.standard import API_VERSIONS, modern, standard_schema


def test_the_standards_package_is_not_imported():
    """Its file is read; its models, and what they pull in, stay out of the process."""
    assert standard_schema()["$defs"]["SchemaProperty"]
    assert "open_data_contract_standard" not in sys.modules


def test_every_version_we_name_is_in_the_standards_schema():
    """What is read here is what the installed standard knows."""
    assert set(API_VERSIONS) <= set(standard_schema()["properties"]["apiVersion"]["enum"])
    for version in API_VERSIONS:
        assert load(odcs([prop("a", "string")], apiVersion=version), "f").fields


# Other versions are refused by name, not by a hundred other faults.
@pytest.mark.parametrize("version", ["v2.2.2", "v4.0.0", "3.1.0", 3])
def test_other_versions_are_refused(version):
    (fault,) = faults_in(odcs([], apiVersion=version))
    assert f'apiVersion "{version}" is not read; expected one of v3.0.0, ' in fault


def test_a_column_without_a_logical_type_is_valid():
    """The standard's schema, taken literally, demands a map of it; its text does not."""
    assert contract_of({"name": "raw", "physicalType": "int4"}).fields[0].kind == "any"
    (fault,) = faults_in(odcs([prop("m", "map")]))
    assert 'missing key "map"' in fault


def test_exclusive_bounds_of_version_3_0():
    """A truth value beside the bound becomes the bound; a false one leaves it inclusive."""
    number = prop("n", "integer", minimum=1, maximum=5)
    number["logicalTypeOptions"] |= {"exclusiveMaximum": True, "exclusiveMinimum": False}
    nested = prop("o", "object", properties=[prop("l", "array", items=number | {"name": "x"})])
    contract = load(odcs([number, nested], apiVersion="v3.0.2"), "f")
    assert [value for value in (0, 1, 4, 5) if not contract.check({"n": value})] == [1, 4]
    assert contract.check({"o": {"l": [5]}})
    assert "exclusiveMaximum is true or false; expected a number" in faults_in(odcs([number]))[0]


def test_quality_rules_of_version_3_0():
    """Rules by name and queries without a comparison load; a 3.1 file with them is told."""
    checks = [{"type": "library", "rule": "duplicateCount"}, {"type": "sql", "query": "SELECT 1"}]
    assert load(odcs([prop("a", "string", quality=checks)], apiVersion="v3.0.1"), "f").fields
    assert faults_in(odcs([prop("a", "string", quality=checks)], apiVersion="v3.1.0"))


def test_modern_leaves_the_original_alone():
    """The document keeps what was written, so that places and values stay its own."""
    value = {"apiVersion": "v3.0.2", "schema": [{"quality": [{"rule": "x"}]}, 5], "more": 1}
    assert modern(value)["schema"][0]["quality"] == [{"type": "text"}]
    assert value["schema"][0]["quality"] == [{"rule": "x"}]
    assert modern({"apiVersion": "v3.1.0", "schema": 1}) == {"apiVersion": "v3.1.0", "schema": 1}
    assert modern("text") == "text"


def test_what_the_schema_says_twice_is_looked_for_once():
    """An unknown key is found at every level, though properties are closed in one place only."""
    defs = standard_schema()["$defs"]
    assert defs["SchemaBaseProperty"]["unevaluatedProperties"] is False
    assert "unevaluatedProperties" not in defs["SchemaProperty"]
    wrong = prop("a", "string", colour="red")
    for one in (
        wrong,
        prop("o", "object", properties=[wrong]),
        prop("l", "array", items={"logicalType": "object", "properties": [wrong]}),
        prop("l", "array", items={"logicalType": "string", "colour": "red"}),
    ):
        assert sum('unknown key "colour"' in fault for fault in faults_in(odcs([one]))) == 1
