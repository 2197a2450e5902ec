"""The REST surface of Confluent's Schema Registry: paths, bodies and error codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from trunkline.contracts.registry.memory import MemoryRegistry
from trunkline.contracts.schemas.subjects import Subjects
from trunkline.surfaces.access import Access
from trunkline.surfaces.body import BODY_BYTES
from trunkline.surfaces.schemas import MEDIA_TYPE, SchemaRegistry
from trunkline.surfaces.workers import Workers
from trunkline.testkit.clock import ManualClock
from trunkline.vault.secret import Secret

TEXT, NUMBER = '{"type": "string"}', '{"type": "number"}'
PAGE = (Path(__file__).resolve().parents[3] / "docs" / "how-to" / "use-kafka-clients.md").read_text("utf-8")


BEARER = [(b"authorization", b"Bearer s3cret")]


class Client:
    """Asks the application as a server would."""

    def __init__(self, prefix="/registry"):
        self.registry = MemoryRegistry()
        subjects = Subjects(self.registry, ManualClock(), "confluent", {"order"})
        who = Access("nobody", {"ann": Secret("s3cret")}, "listen.registry")
        self.app = SchemaRegistry(subjects, who, Workers(), prefix)
        self.prefix = prefix

    async def __call__(self, method, path, body=None, headers=BEARER):
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        path, _, query = path.partition("?")
        scope = {"type": "http", "method": method, "path": self.prefix + path, "headers": list(headers)}
        scope |= {"raw_path": (self.prefix + path).encode(), "query_string": query.encode()}
        pieces = [raw[at : at + 65_536] for at in range(0, len(raw), 65_536)] or [b""]
        sent = []

        async def receive():
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        assert sent[0]["headers"][0] == (b"content-type", MEDIA_TYPE)
        return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.fixture
def ask():
    return Client()


def given(text, **words):
    return {"schema": text, "schemaType": "JSON", **words}


# A schema is registered, found by id, by number and by its text, and listed.
async def test_registering(ask):
    _, told = await ask("POST", "/subjects/orders%2Fvalue/versions", given(TEXT))
    identifier = told["id"]
    whole = {"subject": "orders/value", "version": 1, "id": identifier, "schema": TEXT, "schemaType": "JSON"}
    assert told == whole
    for path in ("/subjects/orders%2Fvalue/versions/1", "/subjects/orders%2Fvalue/versions/latest"):
        assert await ask("GET", path) == (200, whole)
    assert await ask("POST", "/subjects/orders%2Fvalue", given(TEXT)) == (200, whole)
    assert await ask("GET", f"/schemas/ids/{identifier}") == (200, {"schema": TEXT, "schemaType": "JSON"})
    assert await ask("GET", f"/schemas/ids/{identifier}/schema") == (200, json.loads(TEXT))
    assert await ask("GET", "/subjects/orders%2Fvalue/versions/1/schema") == (200, json.loads(TEXT))
    assert await ask("GET", f"/schemas/ids/{identifier}/subjects") == (200, ["orders/value"])
    versions = [{"subject": "orders/value", "version": 1}]
    assert await ask("GET", f"/schemas/ids/{identifier}/versions") == (200, versions)
    assert await ask("GET", "/subjects?subjectPrefix=ord") == (200, ["orders/value"])
    assert await ask("GET", "/subjects/orders%2Fvalue/versions") == (200, [1])
    assert (await ask("GET", "/"))[1] == {}
    assert (await ask("GET", "/schemas/types"))[1] == ["AVRO", "JSON"]


# Avro is the type that is not named, in what is asked and in what is answered.
async def test_avro_is_not_named(ask):
    _, told = await ask("POST", "/subjects/a/versions", {"schema": '"int"'})
    assert "schemaType" not in told


# What is refused has the registry's status and error code.
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/subjects/none/versions", None, 404, 40401),
        ("POST", "/subjects/none", given(TEXT), 404, 40401),
        ("GET", "/subjects/a/versions/2", None, 404, 40402),
        ("POST", "/compatibility/subjects/a/versions/2", given(TEXT), 404, 40402),
        ("GET", "/schemas/ids/1", None, 404, 40403),
        ("POST", "/subjects/a", given(NUMBER), 404, 40403),
        ("GET", "/config/a", None, 404, 40408),
        ("GET", "/mode/a", None, 404, 40409),
        ("POST", "/subjects/a/versions", given("{"), 422, 42201),
        ("POST", "/subjects/a/versions", given(TEXT, schemaType="PROTOBUF"), 422, 42201),
        ("GET", "/subjects/a/versions/0", None, 422, 42202),
        ("GET", "/subjects/a/versions/9999999999999", None, 422, 42202),
        ("PUT", "/config", {"compatibility": "SOMETIMES"}, 422, 42203),
        ("PUT", "/mode", {"mode": "IMPORT"}, 422, 42205),
        ("POST", "/subjects/a/versions", given(TEXT, ruleSet={"domainRules": [{}]}), 422, 42205),
        ("PUT", "/config", {"compatibility": "FULL", "defaultRuleSet": {"domainRules": []}}, 422, 42205),
        ("PUT", "/mode/a", {"mode": "FORWARD"}, 422, 42204),
        ("DELETE", "/mode/a", None, 404, 40409),
        ("POST", "/subjects/order/versions", given(TEXT), 422, 42205),
        ("PUT", "/config/order", {"compatibility": "NONE"}, 422, 42205),
        ("GET", f"/subjects/{'a' * 1_001}/versions", None, 422, 42208),
        ("POST", "/subjects/a%1B%5B2J/versions", given(TEXT), 422, 42208),
        ("DELETE", "/subjects/a?permanent=true", None, 422, 42205),
        ("DELETE", "/subjects/a/versions/1?permanent=true", None, 422, 42205),
        ("POST", "/subjects/a/versions", given(NUMBER), 409, 409),
        ("POST", "/subjects/a/versions", {"schemaType": "JSON"}, 422, 422),
        ("POST", "/subjects/a/versions", b"{", 400, 422),
        ("POST", "/subjects/a/versions", b" " * (BODY_BYTES + 1), 413, 413),
        ("PATCH", "/subjects/a", None, 405, 405),
        ("GET", "/schemas/ids/one", None, 404, 404),
        ("GET", "/nowhere", None, 404, 404),
    ],
)
async def test_refusals(ask, method, path, body, status, code):
    await ask("POST", "/subjects/a/versions", given(TEXT))
    told_status, told = await ask(method, path, body)
    assert (told_status, told["error_code"]) == (status, code)
    assert told["message"]


# Who may not is answered 401, whatever was asked, and a page of a browser 403 even with credentials.
async def test_who_may(ask):
    for path in ("/subjects", "/schemas/ids/1"):
        status, told = await ask("GET", path, headers=[(b"authorization", b"Bearer wrong")])
        assert (status, told["error_code"]) == (401, 40101)
    page = [*BEARER, (b"origin", b"http://127.0.0.1:8080")]
    for method, path in (("POST", "/subjects/a/versions"), ("PUT", "/config"), ("DELETE", "/mode/a")):
        status, told = await ask(method, path, given(TEXT), headers=page)
        assert (status, told["error_code"]) == (403, 40301)
    assert (await ask("GET", "/subjects", headers=page)) == (200, [])


# Of every route it is known whether it writes: none writes for who may only read.
async def test_routes_that_write(ask):
    who = Access("everybody", {}, "listen.registry")
    ask.app._who = who
    for pattern, methods in ask.app._routes.items():
        for method in methods:
            path = pattern.pattern.replace("([^/]+)", "1")
            status, _ = await ask(method, path, given(TEXT), headers=[])
            is_question = path == "/subjects/1" and method == "POST"
            reads = method == "GET" or is_question or path.startswith("/compatibility")
            assert (status != 403) == reads, (method, path)
    assert await ask.registry.subjects() == []


# A check answers without registering, with the reasons where they are asked for.
async def test_checking(ask):
    assert await ask("POST", "/compatibility/subjects/a/versions/latest", given(NUMBER)) == (
        200,
        {"is_compatible": True},
    )
    await ask("POST", "/subjects/a/versions", given(TEXT))
    for path in ("/compatibility/subjects/a/versions/latest", "/compatibility/subjects/a/versions"):
        status, told = await ask("POST", f"{path}?verbose=true", given(NUMBER))
        assert (status, told["is_compatible"], len(told["messages"])) == (200, False, 1)
    assert await ask("POST", "/compatibility/subjects/a/versions/1", given(TEXT)) == (
        200,
        {"is_compatible": True},
    )
    assert (await ask("GET", "/subjects/a/versions"))[1] == [1]


# A level is set for all or for a subject, and taken back.
async def test_levels(ask):
    assert await ask("GET", "/config") == (200, {"compatibilityLevel": "BACKWARD"})
    assert await ask("PUT", "/config", {"compatibility": "NONE"}) == (200, {"compatibility": "NONE"})
    assert await ask("PUT", "/config/a", {"compatibility": "FULL_TRANSITIVE"}) == (
        200,
        {"compatibility": "FULL_TRANSITIVE"},
    )
    assert await ask("GET", "/config/a") == (200, {"compatibilityLevel": "FULL_TRANSITIVE"})
    assert await ask("DELETE", "/config/a") == (200, {"compatibilityLevel": "FULL_TRANSITIVE"})
    assert await ask("GET", "/config/a?defaultToGlobal=true") == (200, {"compatibilityLevel": "NONE"})


# A mode is set for all or for a subject, and taken back; what is read only takes nothing.
async def test_access(ask):
    assert await ask("GET", "/mode") == (200, {"mode": "READWRITE"})
    assert await ask("PUT", "/mode/a", {"mode": "READONLY"}) == (200, {"mode": "READONLY"})
    assert await ask("GET", "/mode/a") == (200, {"mode": "READONLY"})
    status, told = await ask("POST", "/subjects/a/versions", given(TEXT))
    assert (status, told["error_code"]) == (422, 42205)
    assert "read-only mode" in told["message"]
    assert await ask("DELETE", "/mode/a") == (200, {"mode": "READONLY"})
    assert (await ask("POST", "/subjects/a/versions", given(TEXT)))[0] == 200
    assert await ask("PUT", "/mode", {"mode": "READONLY"}) == (200, {"mode": "READONLY"})
    assert await ask("GET", "/mode/a?defaultToGlobal=true") == (200, {"mode": "READONLY"})
    assert (await ask("DELETE", "/subjects/a"))[0] == 422


# A deletion retires: the number is gone from lists, and the id is read for ever.
async def test_deleting(ask):
    _, told = await ask("POST", "/subjects/a/versions", given(TEXT))
    assert await ask("DELETE", "/subjects/a/versions/latest") == (200, 1)
    assert (await ask("GET", "/subjects"))[1] == []
    assert (await ask("GET", "/subjects?deleted=true"))[1] == ["a"]
    assert (await ask("GET", f"/schemas/ids/{told['id']}"))[0] == 200
    await ask("POST", "/subjects/a/versions", given(TEXT))
    assert await ask("DELETE", "/subjects/a") == (200, [2])


# A version that another refers to is told with it, and not deleted.
async def test_references(ask):
    await ask("POST", "/subjects/line/versions", given(TEXT))
    reference = {"name": "line.json", "subject": "line", "version": 1}
    _, told = await ask(
        "POST", "/subjects/a/versions", given('{"$ref": "line.json"}', references=[reference])
    )
    assert told["references"] == [reference]
    assert await ask("GET", "/subjects/line/versions/1/referencedby") == (200, [told["id"]])
    status, refused = await ask("DELETE", "/subjects/line/versions/1")
    assert (status, refused["error_code"]) == (422, 42206)


# The guide lists every route.
def test_the_guide_lists_every_route(ask):
    listed = set(re.findall(r"^\| `([A-Z]+) (/[^`]*)` \|", PAGE, re.MULTILINE))
    routes = {
        (method, pattern.pattern.replace("([^/]+)", ":") or "/")
        for pattern, methods in ask.app._routes.items()
        for method in methods
    }
    assert {(method, re.sub(r"\{[a-z]+\}", ":", path)) for method, path in listed} == routes
