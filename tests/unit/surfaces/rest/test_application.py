"""Contracts over HTTP: what the command line does, for those who may, within bounds."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.unit.app.registered import ORDER
from tests.unit.surfaces.rest.asking import ANN, WHY, Client

from trunkline.app.init import init
from trunkline.app.registering import versions
from trunkline.surfaces.body import BODY_BYTES

VERSION = "/contracts/order/versions/1.0.0"
OLD = '{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}'
NEW = '{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}'


@pytest.fixture
def folder(tmp_path):
    return init(tmp_path / "shop").folder


@pytest.fixture
def ask(folder):
    return Client(folder)


def refs(told):
    return [f"{one['subject']}@{one['version']}" for one in told["versions"]]


# The project's contracts are registered by name, by file or as a text, with their author and reason.
async def test_registering(ask, folder):
    status, told = await ask("POST", "/contracts", {"contracts": ["order"], **WHY})
    assert (status, [one["outcome"] for one in told["contracts"]]) == (200, ["new"])
    text = (folder / ORDER).read_text()
    assert (await ask("POST", "/contracts", {"text": text, **WHY}))[1]["contracts"][0]["outcome"] == "known"
    later = text.replace("version: 1.0.0", "version: 1.0.1")
    dry = {"text": later, "dry_run": True, **WHY}
    assert (await ask("POST", "/contracts", dry))[1]["contracts"][0]["outcome"] == "new"
    assert refs((await ask("GET", "/contracts"))[1]) == ["order@1.0.0"]
    await ask("POST", "/contracts", {"text": later, **WHY})
    assert refs((await ask("GET", "/contracts/order"))[1]) == ["order@1.0.1", "order@1.0.0"]
    _, shown = await ask("GET", "/contracts/order/versions/latest")
    assert (shown["text"], shown["version"]["author"]) == (later, "ann")
    assert [(one["act"], one["by"], one["why"]) for one in shown["acts"]] == [
        ("register", "ann", "as agreed")
    ]


# What the rules refuse is told with every reason and the smallest version it could be, and nothing is kept.
async def test_refused(ask, folder):
    text = (folder / ORDER).read_text()
    await ask("POST", "/contracts", {"text": text, **WHY})
    changed = text.replace("status: active", "status: active\ntags: [new]")
    status, told = await ask("POST", "/contracts", {"text": changed, **WHY})
    assert (status, told["type"].rpartition("#")[2]) == (409, "rules")
    assert (told["contracts"][0]["outcome"], told["contracts"][0]["least"]) == ("refused", "1.0.1")
    assert len(await versions(folder)) == 1


# A version goes through its life; a step against the rules says why, and is none.
async def test_a_life(ask):
    await ask("POST", "/contracts", {"contracts": [ORDER], **WHY})
    deprecation = {"sunset": "2099-01-01", **WHY}
    status, told = await ask("POST", f"{VERSION}/deprecate", deprecation)
    assert (status, told["state"], told["sunset"]) == (200, "deprecated", "2099-01-01T00:00:00Z")
    assert (await ask("POST", f"{VERSION}/activate", WHY))[1]["state"] == "active"
    status, told = await ask("POST", f"{VERSION}/retire", {"now": True, **WHY})
    assert (status, "in use by source shop/order" in told["detail"]) == (409, True)
    status, told = await ask("POST", f"{VERSION}/deprecate", {"sunset": "soon", **WHY})
    assert (status, "2027-06-30" in told["detail"]) == (422, True)


# Texts or registered versions are compared: every change with its class, and a document that shows a break.
async def test_comparing(ask):
    question = {"old": {"text": OLD}, "new": {"text": NEW}, "mode": "backward", "policy": "strict"}
    status, told = await ask("POST", "/contracts/diff", question)
    assert (status, told["effect"]) == (200, "breaking")
    [change] = told["changes"]
    assert (change["pointer"], change["kind"]) == ("/properties/a/type", "type-changed")
    assert isinstance(change["backward_example"]["document"]["a"], str)
    await ask("POST", "/contracts", {"contracts": ["order"], **WHY})
    same = {"old": {"ref": "order"}, "new": {"ref": "order@1.0.0"}}
    _, told = await ask("POST", "/contracts/diff", same)
    assert (told["old"], told["effect"], told["changes"]) == ("order@1.0.0", "compatible", [])
    avro = {"old": {"text": '"int"', "kind": "avro"}, "new": {"text": '"long"', "kind": "avro"}}
    assert (await ask("POST", "/contracts/diff", {**avro, "mode": "backward"}))[1]["effect"] == "compatible"


# A file of this machine is not read for who asks: a path is the name of no version.
async def test_paths(ask, folder):
    for path in (str(folder / "trunkline.yaml"), "../trunkline.yaml", f"{folder}@1"):
        status, _ = await ask("POST", "/contracts/diff", {"old": {"ref": path}, "new": {"text": OLD}})
        assert status == 404
    status, _ = await ask("POST", "/contracts", {"contracts": ["/etc/hostname"], **WHY})
    assert status == 422


# What is wrong has a status and problem details that say what, a faulty text with every place.
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/contracts/none", None, 404),
        ("GET", "/contracts/none/versions/latest", None, 404),
        ("GET", "/contracts/none/versions/1.0.0", None, 404),
        ("GET", "/contracts/none/versions/first", None, 422),
        ("POST", "/contracts/none/versions/1/activate", WHY, 404),
        ("GET", "/nothing", None, 404),
        ("POST", "/openapi.json", None, 405),
        ("DELETE", "/contracts", None, 405),
        ("GET", f"/contracts/{'a' * 1_001}", None, 422),
        ("POST", "/contracts", b"{", 400),
        ("POST", "/contracts", b"\xff", 400),
        ("POST", "/contracts", b'{"text":' + b"[" * 100_000, 422),
        ("POST", "/contracts", WHY, 422),
        ("POST", "/contracts", {"text": "a", "contracts": ["a"], **WHY}, 422),
        ("POST", "/contracts", {"text": "a", "why": ""}, 422),
        ("POST", "/contracts", {"text": "a", "by": "eve", **WHY}, 422),
        ("POST", "/contracts", {"contracts": ["ordr"], **WHY}, 422),
        ("POST", "/contracts/diff", {"old": {"text": OLD}, "new": {}}, 422),
        ("POST", "/contracts/diff", {"old": {"text": OLD}, "new": {"text": OLD}, "mode": "none"}, 422),
        ("POST", "/contracts/diff", {"old": {"ref": "none"}, "new": {"text": OLD}}, 404),
        ("POST", "/contracts/diff", {"old": {"text": OLD}, "new": {"text": '"int"', "kind": "avro"}}, 422),
        ("POST", "/contracts", b" " * (BODY_BYTES + 1), 413),
    ],
)
async def test_problems(ask, method, path, body, status):
    told_status, told = await ask(method, path, body)
    assert (told_status, told["status"]) == (status, status)
    assert told["title"]
    assert told["detail"]


# A faulty text is answered with the place of everything that is wrong.
async def test_faults(ask, folder):
    text = (folder / ORDER).read_text().replace("version: 1.0.0", "version: one")
    status, told = await ask("POST", "/contracts", {"text": text, **WHY})
    assert (status, told["errors"][0]["file"]) == (422, "text")
    assert told["errors"][0]["line"] > 1


# Schemas made to hurt are answered in time: endless references, remote ones, deep nesting.
@pytest.mark.parametrize(
    "text",
    [
        '{"$ref": "#"}',
        '{"$ref": "http://127.0.0.1:9/a.json"}',
        '{"not":' * 5_000 + "true" + "}" * 5_000,
        "a: &a [" + "1," * 50 + "]\nb: [" + "*a," * 50 + "]",
    ],
)
async def test_harm(ask, text):
    status, _ = await ask("POST", "/contracts/diff", {"old": {"text": text}, "new": {"text": OLD}})
    assert status in (200, 422)


# A damaged journal is our own failure, and says which line.
async def test_a_damaged_journal(ask, folder):
    await ask("POST", "/contracts", {"contracts": ["order"], **WHY})
    path = folder / "registry" / "order.jsonl"
    path.write_bytes(path.read_bytes().replace(b"as agreed", b"as it is!"))
    status, told = await ask("GET", "/contracts")
    assert (status, told["errors"][0]["file"]) == (500, "registry/order.jsonl")


# Nobody without credentials reads or writes what is closed, and a page of a browser writes nothing.
async def test_who_may(ask, folder):
    for method, path in (("GET", "/contracts"), ("POST", "/contracts"), ("GET", "/openapi.json")):
        assert (await ask(method, path, headers=[]))[0] == 401
        assert ask.headers[b"www-authenticate"].startswith(b"Basic")
    page = [*ANN, (b"origin", b"http://localhost:8080")]
    assert (await ask("POST", "/contracts", {"contracts": ["order"], **WHY}, headers=page))[0] == 403
    assert await versions(folder) == []


# What takes too long, or comes when too much is asked, is answered 503 with when to come back.
async def test_busy(folder, monkeypatch):
    go, begun = threading.Event(), threading.Event()
    ask = Client(folder, threads=1, under_way=1)

    async def wait():
        begun.set()
        go.wait()

    first = asyncio.create_task(ask.app._workers.run(wait))
    await asyncio.to_thread(begun.wait)
    status, _ = await ask("GET", "/contracts")
    go.set()
    await first
    assert (status, ask.headers[b"retry-after"]) == (503, b"1")


# A method that a path does not have is answered with those it has.
async def test_allow(ask):
    await ask("PUT", "/contracts")
    assert ask.headers[b"allow"] == b"GET, POST"
