"""A contract as its readers see it."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract_files import contract_of, odcs, prop

from trunkline.contracts.contract import load
from trunkline.contracts.docs.describe import described, part_of
from trunkline.contracts.docs.model import Member
from trunkline.kernel import json as exact


# Everything that a file says about the contract as a whole is there; who has left the team is not.
def test_about():
    text = odcs(
        [prop("id", "string", primaryKey=True)],
        status="deprecated",
        domain="sales",
        dataProduct="shop",
        tags=["orders"],
        description={"purpose": "P", "usage": "U", "limitations": "L"},
        team={
            "name": "E-commerce",
            "members": [
                {"username": "ada", "role": "Owner"},
                {"username": "bob", "dateOut": "2020-01-01"},
            ],
        },
        slaProperties=[
            {"property": "freshness", "value": 15, "unit": "minutes", "driver": "operational"},
            {
                "property": "timeOfAvailability",
                "value": "06:00",
                "valueExt": "08:00",
                "schedule": "0 6 * * *",
            },
        ],
    )
    doc = described(load(text, "f"))
    assert (doc.state, doc.domain, doc.data_product, doc.owner) == (
        "deprecated",
        "sales",
        "shop",
        "E-commerce",
    )
    assert (doc.description, doc.usage, doc.limitations) == ("P", "U", "L")
    assert doc.team == (Member("ada", "Owner"),)
    fresh, available = doc.service_levels
    assert (fresh.property, fresh.value, fresh.unit, fresh.driver) == (
        "freshness",
        "15",
        "minutes",
        "operational",
    )
    assert (available.value, available.schedule) == ("06:00 to 08:00", "0 6 * * *")


# Fields are a tree in the order of the file, each with its roles and whether it is personal.
def test_fields():
    contract = contract_of(
        prop(
            "id",
            "string",
            primaryKey=True,
            required=True,
            businessName="Order number",
            description="What for.",
        ),
        prop("at", "timestamp", required=True),
        prop(
            "customer",
            "object",
            classification="personal",
            properties=[prop("email", "string"), prop("tier", "string", classification="public")],
        ),
        idempotencyKey="id",
        eventTime="at",
        version="at",
    )
    doc = described(contract)
    assert [(one.path, one.depth) for one in doc.all_fields] == [
        ("id", 0),
        ("at", 0),
        ("customer", 0),
        ("customer.email", 1),
        ("customer.tier", 1),
    ]
    number, at, _ = doc.fields
    assert (number.title, number.meaning, number.required) == ("Order number", "What for.", True)
    assert (number.roles, at.roles) == (("entity key", "idempotency key"), ("event time", "version"))
    assert [one.path for one in doc.personal] == ["customer", "customer.email"]


# A path leads to the part of the schema that describes it; what is not there, or only a yes or no, is empty.
def test_part_of():
    assert part_of({"items": {"type": "string"}}, "-") == {"type": "string"}
    assert part_of({"additionalProperties": False}, "*") == {}
    assert part_of({"properties": {}}, "a") == {}


SECRET = "Lovelace-1815"
KINDS = st.sampled_from(["string", "integer", "number", "date", "timestamp", "boolean"])


@st.composite
def personal_fields(draw, depth=2):
    """Return a property with the secret among its examples that is personal, or stands in one that is."""
    how = draw(st.sampled_from(["classification", "tag", "inside"] if depth else ["classification", "tag"]))
    if how == "inside":
        inner = draw(personal_fields(depth - 1))
        shape = draw(st.sampled_from(["object", "array", "map"]))
        outer = {
            "name": "outer",
            "logicalType": shape,
            "examples": [{inner["name"]: SECRET}, [SECRET], SECRET],
        }
        plain = {key: value for key, value in inner.items() if key != "name"}
        parts = {
            "object": {"properties": [inner]},
            "array": {"items": plain},
            "map": {"map": {"key": {"logicalType": "string"}, "value": plain}},
        }
        return outer | parts[shape]
    mark = {"classification": draw(st.sampled_from(["personal", "restricted", "4"]))}
    if how == "tag":
        mark = {"tags": [draw(st.sampled_from(["pii", "GDPR"]))]}
    return prop("inner", draw(KINDS), examples=[SECRET, {"x": SECRET}], required=draw(st.booleans()), **mark)


# No example of a personal field, nor of what holds one, is anywhere in what a contract says of itself.
@settings(max_examples=150, deadline=None)
@given(personal_fields())
def test_no_personal_example(field):
    contract = load(json.dumps(json.loads(odcs([prop("id", "string", primaryKey=True), field]))), "f")
    assert SECRET not in exact.encode(described(contract)).decode()
