"""Kafka's own clients and serializers, unchanged, against the registry of a running ``trunkline``."""

from __future__ import annotations

import contextlib
import json

import pytest
from confluent_kafka.schema_registry import (
    ConfigCompatibilityLevel,
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    ServerConfig,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from tests.scenarios.processes import Running, ask, ask_list, refused, running

from trunkline.app.init import init

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
LISTEN = "listen: {host: 127.0.0.1, port: 8080}\n"
WRITERS = "listen: {registry: {writers: {ci: secret://registry/ci}}}\n"
NEXT = {
    **AVRO,
    "fields": [*AVRO["fields"], {"name": "note", "type": ["null", "string"], "default": None}],
}
WHERE = SerializationContext("orders", MessageField.VALUE)


@pytest.fixture
def folder(tmp_path):
    """Return a project with a writer; its own contract is registered."""
    folder = init(tmp_path / "shop").folder
    main = folder / "trunkline.yaml"
    main.write_text(main.read_text().replace(LISTEN, WRITERS))
    with (folder / "state" / "secrets.yaml").open("a") as file:
        file.write('registry: {ci: "s3cret:ü"}\n')
    ask(folder, "contract", "register", "order", "--why", "as agreed")
    return folder


@pytest.fixture
def url(folder):
    with running(folder) as run:
        yield f"{run.listening().address}/registry"


@pytest.fixture
def client(url):
    """Return what makes one client more, each with its own connection and cache."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(client_of(url))


def client_of(url, who="ci:s3cret:ü"):
    return SchemaRegistryClient({"url": url, "max.retries": 0, "basic.auth.user.info": who})


# A JSON record is written by one client and read by another that finds the schema by the id in the record.
def test_json_records(client):
    write = JSONSerializer(json.dumps(ORDER), client())
    read = JSONDeserializer(None, schema_registry_client=client())
    assert read(write({"sku": "a", "quantity": 2}, WHERE), WHERE) == {"sku": "a", "quantity": 2}


# An Avro record is written with one version and read with a later one, whose default fills in.
def test_avro_records(client):
    raw = AvroSerializer(client(), json.dumps(AVRO))({"sku": "a", "state": "NEW"}, WHERE)
    AvroSerializer(client(), json.dumps(NEXT))({"sku": "b", "state": "NEW", "note": "x"}, WHERE)
    read = AvroDeserializer(client(), json.dumps(NEXT))
    assert read(raw, WHERE) == {"sku": "a", "state": "NEW", "note": None}


# Records that were written before the process was killed are read after it, by the same ids, levels kept.
def test_killed_between(folder):
    with running(folder) as run, client_of(f"{run.listening().address}/registry") as client:
        json_raw = JSONSerializer(json.dumps(ORDER), client)({"sku": "a", "quantity": 2}, WHERE)
        client.set_compatibility("orders-value", "NONE")
        avro_raw = AvroSerializer(client, json.dumps(AVRO))({"sku": "a", "state": "NEW"}, WHERE)
        ids = [client.get_version("orders-value", number).schema_id for number in (1, 2)]
        run.kill()
    with running(folder) as run, client_of(f"{run.listening().address}/registry") as client:
        assert [client.get_version("orders-value", number).schema_id for number in (1, 2)] == ids
        assert JSONDeserializer(None, schema_registry_client=client)(json_raw, WHERE)["quantity"] == 2
        assert AvroDeserializer(client)(avro_raw, WHERE) == {"sku": "a", "state": "NEW"}
        assert client.get_compatibility("orders-value") == "NONE"
        again = JSONSerializer(json.dumps(ORDER), client)({"sku": "a", "quantity": 2}, WHERE)
        assert again == json_raw
        assert run.stop() == 0
    acts = [(one["act"], one["by"]) for one in ask(folder, "contract", "show", "orders-value@1")["acts"]]
    assert acts == [("register", "ci"), ("configure", "ci")]
    assert ask(folder, "check")["faults"] == []


# What was registered stands beside the project's contracts; those are read here, and written by their file.
def test_beside_contracts(folder, client):
    registry, name = client(), "a/b:.ctx:@1 ü"
    registry.register_schema(name, Schema(json.dumps(ORDER), "JSON"))
    listed = [(one["subject"], one["version"], one["kind"]) for one in ask_list(folder, "contract", "list")]
    assert listed == [(name, "1.0.0", "json"), ("order", "1.0.0", "odcs")]
    assert ask(folder, "contract", "show", f"{name}@1", "--text")["text"] == json.dumps(ORDER)
    assert sorted(registry.get_subjects()) == [name, "order"]
    contract = registry.get_latest_version("order")
    assert json.loads(contract.schema.schema_str)["properties"].keys() >= {"order_id", "lines"}
    assert registry.register_schema("order", contract.schema) == contract.schema_id
    for contract_name in ("order", "warehouse-order"):
        with pytest.raises(SchemaRegistryError, match="trunkline contract register") as raised:
            registry.register_schema(contract_name, Schema(json.dumps(ORDER), "JSON"))
        assert (raised.value.http_status_code, raised.value.error_code) == (422, 42205)
    code, _ = refused(folder, "contract", "diff", f"{name}@1", "order@1", "--policy", "confluent")
    assert code == 1


# A record that a serializer may not register is refused before anything is written.
def test_an_incompatible_schema(client):
    JSONSerializer(json.dumps(ORDER), client())({"sku": "a"}, WHERE)
    broken = {**ORDER, "properties": {"sku": {"type": "number"}}}
    with pytest.raises(SchemaRegistryError) as raised:
        JSONSerializer(json.dumps(broken), client())({"sku": 1}, WHERE)
    assert (raised.value.http_status_code, raised.value.error_code) == (409, 409)


# Who says no name reads on this machine and writes nothing; wrong credentials do neither.
def test_who_may(client, url):
    schema = Schema(json.dumps(ORDER), "JSON")
    client().register_schema("orders-value", schema)
    with SchemaRegistryClient({"url": url, "max.retries": 0}) as nobody, client_of(url, "ci:x") as wrong:
        assert nobody.get_versions("orders-value") == [1]
        calls = [
            lambda: nobody.register_schema("other", schema),
            lambda: nobody.delete_subject("orders-value"),
            lambda: wrong.register_schema("other", schema),
            wrong.get_subjects,
        ]
        for call in calls:
            with pytest.raises(SchemaRegistryError) as raised:
                call()
            assert (raised.value.http_status_code, raised.value.error_code) == (401, 40101)


# A registry without writers takes nothing, and says what to configure.
def test_without_writers(tmp_path):
    folder = init(tmp_path / "shop").folder
    with running(folder) as run:
        url = f"{run.listening().address}/registry"
        with SchemaRegistryClient({"url": url, "max.retries": 0}) as client:
            with pytest.raises(SchemaRegistryError, match=r"listen\.registry\.writers") as raised:
                client.register_schema("orders-value", Schema(json.dumps(ORDER), "JSON"))
            assert raised.value.http_status_code == 403
    assert not (folder / "registry").exists()


# A writer without a secret is found at the start, and no secret is in what a process prints.
def test_secrets(folder):
    secrets = folder / "state" / "secrets.yaml"
    with running(folder) as run:
        with client_of(f"{run.listening().address}/registry") as client:
            client.register_schema("orders-value", Schema(json.dumps(ORDER), "JSON"))
        assert run.stop() == 0
        assert "s3cret" not in run.log.read_text()
    secrets.write_text(secrets.read_text().replace("ci:", "other:"))
    run = Running(folder, "--port", "0")
    told, _ = run.process.communicate(timeout=60)
    assert run.process.returncode == 5
    assert "secret://registry/ci" in told


# Levels and modes are set and taken back by the client's own calls; what is read only takes nothing.
def test_settings_of_the_client(client):
    registry, schema = client(), Schema(json.dumps(ORDER), "JSON")
    registry.register_schema("a", schema)
    registry.set_config("a", ServerConfig(compatibility=ConfigCompatibilityLevel.FULL))
    assert registry.get_config("a").compatibility_level == "FULL"
    registry.delete_config("a")
    assert registry.get_config().compatibility_level == "BACKWARD"
    assert registry.get_global_mode() == "READWRITE"
    assert registry.update_mode("a", "READONLY") == "READONLY"
    assert registry.get_mode("a") == "READONLY"
    assert client().register_schema("a", schema) > 0
    with pytest.raises(SchemaRegistryError, match="read-only mode"):
        registry.delete_subject("a")
    registry.delete_mode("a")
    with pytest.raises(SchemaRegistryError, match="IMPORT"):
        registry.update_global_mode("IMPORT")
    assert registry.get_contexts() == ["."]
    assert registry.get_schema_types() == ["AVRO", "JSON"]
    assert registry.delete_version("a", 1) == 1
    with pytest.raises(SchemaRegistryError, match="kept for ever"):
        registry.delete_version("a", 1, permanent=True)


# What the client has calls for works: registering, looking up, listing, checking, levels, deleting.
def test_the_calls_of_the_client(client):
    registry, schema = client(), Schema(json.dumps(ORDER), "JSON")
    identifier = registry.register_schema("orders/value", schema)
    assert registry.get_schema(identifier).schema_type == "JSON"
    assert registry.lookup_schema("orders/value", schema).version == 1
    assert registry.get_latest_version("orders/value").schema_id == identifier
    assert registry.get_version("orders/value", 1).schema_id == identifier
    assert registry.get_subjects() == ["order", "orders/value"]
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
