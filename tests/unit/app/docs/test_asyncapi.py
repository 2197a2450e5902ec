"""A project as an AsyncAPI document, held against what the specification says of the parts we write."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest
from tests.asyncapi_shape import ASYNCAPI
from tests.contract_files import contract_of, prop
from tests.documented import demo, harmful
from tests.unit.app import majors

from trunkline.app.demo.stage import write_demo
from trunkline.app.docs.asyncapi import asyncapi
from trunkline.app.docs.export import pretty
from trunkline.app.docs.join import joined
from trunkline.app.docs.schemafile import schema_of
from trunkline.app.init import init
from trunkline.app.project import Project
from trunkline.contracts.docs.describe import described


@pytest.fixture(scope="module")
def meta():
    return jsonschema_rs.validator_for(ASYNCAPI)


def document(docs, only=None):
    return json.loads(pretty(asyncapi(docs, only)))


def resolved(whole, reference):
    found = whole
    for token in reference.removeprefix("#/").split("/"):
        found = found[token.replace("~1", "/").replace("~0", "~")]
    return found


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for child in value.values():
            yield from references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


# The document is valid AsyncAPI, whatever texts a project has, and every reference in it leads somewhere.
@pytest.mark.parametrize("project", [demo, harmful])
def test_valid(tmp_path, meta, project):
    whole = document(joined(project(tmp_path / "p")))
    assert [str(error) for error in meta.iter_errors(whole)] == []
    assert all(resolved(whole, reference) is not None for reference in references(whole))


# Streams are channels and a webhook's path is one too; sources send, flows receive.
def test_operations(tmp_path):
    whole = document(joined(demo(tmp_path / "demo")))
    addresses = {name: one["address"] for name, one in whole["channels"].items()}
    assert addresses == {"order@1": "order@1", "sale@1": "sale@1", "shop/order": "/hooks/shop/orders"}
    actions = {name: one["action"] for name, one in whole["operations"].items()}
    assert actions == {
        "send.shop.order": "send",
        "send.till.sale": "send",
        "receive.orders-to-shop": "receive",
        "receive.orders-to-stock": "receive",
        "receive.sales-to-stock": "receive",
    }
    hook = whole["operations"]["send.shop.order"]
    assert hook["bindings"]["http"]["method"] == "POST"
    assert resolved(whole, hook["channel"]["$ref"])["address"] == "/hooks/shop/orders"
    assert whole["servers"]["door"]["host"] == "127.0.0.1:8080"


# A message has the contract's schema as its payload, an example that keeps to it, and CloudEvents headers.
def test_messages(tmp_path):
    project = demo(tmp_path / "demo")
    whole = document(joined(project))
    message = resolved(whole, "#/components/messages/order-1")
    assert resolved(whole, message["headers"]["$ref"])["properties"]["ce-specversion"]["const"] == "1.0"
    assert resolved(whole, message["payload"]["$ref"])["properties"]["sku"]["pattern"] == "^ART-[0-9]{4}$"
    assert project.contracts["order@1"].check(message["examples"][0]["payload"]) == ()


# A contract that is on its way out, or gone, is marked so.
@pytest.mark.parametrize(("state", "marked"), [("active", None), ("deprecated", True), ("retired", True)])
def test_deprecated(tmp_path, meta, state, marked):
    write_demo(tmp_path / "demo", "https://shop.example.com")
    file = tmp_path / "demo/contracts/order.odcs.yaml"
    file.write_text(file.read_text("utf-8").replace("status: active", f"status: {state}"), "utf-8")
    whole = document(joined(Project.load(tmp_path / "demo")))
    assert meta.is_valid(whole)
    assert whole["components"]["messages"]["order-1"].get("deprecated") is marked


# One contract alone has its stream, its operations and its message only.
def test_one(tmp_path, meta):
    docs = joined(demo(tmp_path / "demo"))
    only = next(page.contract for page in docs.contracts if page.contract.name == "sale")
    whole = document(docs, only)
    assert list(whole["channels"]) == ["sale@1"]
    assert list(whole["components"]["messages"]) == ["sale-1"]
    assert "servers" not in whole or whole["servers"] == {}
    assert meta.is_valid(whole)


# The version stands for what the document says: it changes with a contract, and only with one.
def test_version(tmp_path):
    project = demo(tmp_path / "demo")
    first = document(joined(project))["info"]["version"]
    assert document(joined(project))["info"]["version"] == first
    other = joined(project)
    sale = next(page.contract for page in other.contracts if page.contract.name == "sale")
    assert document(other, sale)["info"]["version"] != first


SHARED = {
    *("type", "properties", "required", "additionalProperties", "propertyNames", "items", "enum", "allOf"),
    *("minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "title"),
    *(
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "description",
    ),
    *("maxProperties", "x-classification", "x-personal", "x-roles", "$schema", "$id"),
}


def keywords(schema):
    yield from schema
    for name in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(name), dict):
            yield from keywords(schema[name])
    for part in [*schema.get("properties", {}).values(), *schema.get("allOf", ())]:
        yield from keywords(part)


# Payloads use only keywords that mean in draft 7, which AsyncAPI builds on, what they mean in 2020-12.
def test_keywords():
    contract = contract_of(
        prop("id", "string", primaryKey=True, minLength=1, maxLength=9, pattern="a", format="email"),
        prop("n", "number", physicalType="decimal(9,2)", minimum=0, enum=[{"value": 1}]),
        prop("i", "integer", format="i32", multipleOf=2),
        prop("a", "array", items={"logicalType": "date"}, minItems=1, maxItems=2, uniqueItems=True),
        prop("t", "timestamp", format="yyyyMMdd"),
        prop(
            "o", "object", minProperties=1, maxProperties=3, properties=[prop("x", "boolean", tags=["pii"])]
        ),
        prop(
            "m",
            "map",
            map={
                "key": {"logicalType": "string", "logicalTypeOptions": {"pattern": "b"}},
                "value": {"logicalType": "time"},
            },
        ),
    )
    assert set(keywords(schema_of(described(contract)))) - SHARED == set()


# A sender that goes on with an earlier version is told to send that one, though its stream is the later's.
@pytest.mark.parametrize("alone", [False, True])
def test_an_earlier_version_is_sent(tmp_path, meta, alone):
    folder = init(tmp_path / "shop").folder
    majors.second(folder)
    majors.move(folder)
    docs = joined(Project.load(folder))
    only = next(page.contract for page in docs.contracts if page.contract.stream == "order@2")
    whole = document(docs, only if alone else None)
    assert [str(error) for error in meta.iter_errors(whole)] == []
    assert all(resolved(whole, reference) is not None for reference in references(whole))
    sent = whole["operations"]["send.shop.order"]
    assert sent["summary"] == "shop sends by webhook, as order@1."
    [message] = sent["messages"]
    assert resolved(whole, resolved(whole, message["$ref"])["$ref"])["name"] == "order@1"
