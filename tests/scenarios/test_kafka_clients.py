"""Kafka's own clients and serializers, unchanged, against the registry behind the door on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from trunkline.contracts.schemas.memory import MemorySchemas
from trunkline.contracts.schemas.subjects import Subjects
from trunkline.surfaces.door import Door, serve
from trunkline.surfaces.schemas import SchemaRegistry
from trunkline.testkit.clock import CountingIds

ORDER = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Order",
    "type": "object",
    "additionalProperties": False,
    "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer"}},
}
AVRO = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "sku", "type": "string"},
        {"name": "state", "type": {"type": "enum", "name": "S", "symbols": ["NEW"]}},
    ],
}
WHERE = SerializationContext("orders", MessageField.VALUE)


@pytest.fixture
async def url():
    registry = SchemaRegistry(Subjects(MemorySchemas(), "confluent"), lambda _: "ann", "/registry")
    listening = await serve(Door({}, CountingIds(), mounts={"/registry": registry}), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listening.port}/registry"
    await listening.close()


@pytest.fixture
def client(url):
    """Return what makes one client more, each with its own connection and cache."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(SchemaRegistryClient({"url": url, "max.retries": 0}))


# A JSON record is written by one client and read by another that finds the schema by the id in the record.
async def test_json_records(client):
    def there_and_back():
        write = JSONSerializer(json.dumps(ORDER), client())
        read = JSONDeserializer(None, schema_registry_client=client())
        return read(write({"sku": "a", "quantity": 2}, WHERE), WHERE)

    assert await asyncio.to_thread(there_and_back) == {"sku": "a", "quantity": 2}


# An Avro record is written with one version and read with a later one, whose default fills in.
async def test_avro_records(client):
    later = {
        **AVRO,
        "fields": [*AVRO["fields"], {"name": "note", "type": ["null", "string"], "default": None}],
    }

    def there_and_back():
        raw = AvroSerializer(client(), json.dumps(AVRO))({"sku": "a", "state": "NEW"}, WHERE)
        AvroSerializer(client(), json.dumps(later))({"sku": "b", "state": "NEW", "note": "x"}, WHERE)
        return AvroDeserializer(client(), json.dumps(later))(raw, WHERE)

    assert await asyncio.to_thread(there_and_back) == {"sku": "a", "state": "NEW", "note": None}


# A record that a serializer may not register is refused before anything is written.
async def test_an_incompatible_schema(client):
    def twice():
        JSONSerializer(json.dumps(ORDER), client())({"sku": "a"}, WHERE)
        broken = {**ORDER, "properties": {"sku": {"type": "number"}}}
        JSONSerializer(json.dumps(broken), client())({"sku": 1}, WHERE)

    with pytest.raises(SchemaRegistryError) as raised:
        await asyncio.to_thread(twice)
    assert (raised.value.http_status_code, raised.value.error_code) == (409, 409)


# What the client has calls for works: registering, looking up, listing, checking, levels, deleting.
async def test_the_calls_of_the_client(client):
    def calls():
        registry, schema = client(), Schema(json.dumps(ORDER), "JSON")
        identifier = registry.register_schema("orders/value", schema)
        assert registry.get_schema(identifier).schema_type == "JSON"
        assert registry.lookup_schema("orders/value", schema).version == 1
        assert registry.get_latest_version("orders/value").schema_id == identifier
        assert registry.get_version("orders/value", 1).schema_id == identifier
        assert registry.get_subjects() == ["orders/value"]
        assert registry.get_versions("orders/value") == [1]
        assert registry.get_subjects_by_schema_id(identifier) == ["orders/value"]
        assert registry.test_compatibility("orders/value", Schema('{"type": "null"}', "JSON")) is False
        assert registry.set_compatibility(level="NONE") == {"compatibility": "NONE"}
        assert registry.get_compatibility() == "NONE"
        uses = Schema('{"$ref": "order.json"}', "JSON", [SchemaReference("order.json", "orders/value", 1)])
        registry.register_schema("uses", uses)
        assert registry.get_latest_version("uses").schema.references[0].subject == "orders/value"
        assert registry.delete_subject("uses") == [1]
        with pytest.raises(SchemaRegistryError) as raised:
            registry.get_versions("uses")
        assert raised.value.error_code == 40401

    await asyncio.to_thread(calls)
