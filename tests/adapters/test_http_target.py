"""The HTTP target against a real server on loopback: the suite every target passes, and what is its own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from msgspec.structs import replace

from trunkline.adapters.http.settings import Auth, Basic, HeaderCredential, HttpConnection, HttpSettings
from trunkline.adapters.http.target import ANSWER_BYTES, HttpTarget
from trunkline.connectors.target import Item
from trunkline.kernel import json
from trunkline.kernel.errors import DeliveryError, Final, Retryable, SecretUnavailable, Stop
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.faults import FaultServer, answer, drip, hang, raw, reset
from trunkline.testkit.target import POISON, Effect, TargetSuite, item
from trunkline.vault.secret import Secret

BREAKS = {
    "503": answer(503),
    "429": answer(429, retry_after="7"),
    "401": answer(401),
    "hang": hang,
    "drip": drip(),
    "reset": reset,
    "closed": raw(b""),
    "half a head": raw(b"HTTP/1.1 200 OK\r\nconte"),
    "half a body": raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"),
    "not HTTP": raw(b"220 mail.example.com ESMTP\r\n"),
}


class Vault:
    """Secrets from a dictionary that a test can change."""

    def __init__(self, **texts: str) -> None:
        self.texts = texts

    def get(self, reference: str) -> Secret:
        name = reference.rpartition("/")[2]
        if name not in self.texts:
            raise SecretUnavailable(f"{reference} has no value")
        return Secret(self.texts[name])


def target_of(url: str, *, auth: Auth | None = None, vault: Vault | None = None, **settings) -> HttpTarget:
    return HttpTarget(
        "shop.things",
        HttpSettings(**({"request": "PUT /things/{key}", "timeout_seconds": 0.4} | settings)),
        HttpConnection(url=url, auth=auth or Auth()),
        vault or Vault(),
        ManualClock(),
    )


class HttpHarness:
    """A server that stores what is put, refuses poison, and breaks in every way of the list."""

    history = True
    ways = (*BREAKS, "refuse")

    def __init__(self, server: FaultServer) -> None:
        self.server = server
        self.server.behaviour = self._store
        self.seen: list[Effect] = []

    def target(self) -> HttpTarget:
        return target_of(self.server.url)

    async def effects(self) -> list[Effect]:
        return list(self.seen)

    async def break_it(self, way: str) -> None:
        if way == "refuse":
            await self.server.refuse()
        else:
            self.server.behaviour = BREAKS[way]

    async def mend(self) -> None:
        if self.server.behaviour == self._store:
            await self.server.listen()
        self.server.behaviour = self._store

    async def _store(self, request, writer) -> bool:
        record = json.decode(request.body)
        if record["key"] == POISON:
            return await answer(422)(request, writer)
        key = request.headers["idempotency-key"]
        self.seen.append(Effect(record["key"], record["value"], record["amount"], key))
        return await answer(204)(request, writer)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as running:
        yield running


class TestHttpTarget(TargetSuite):
    """The suite on HTTP."""

    @pytest.fixture
    def harness(self, server):
        return HttpHarness(server)


async def failure(target: HttpTarget, one: Item | None = None) -> tuple[DeliveryError, bool]:
    """Deliver one item to an opened target that fails: the error, and whether it was raised."""
    await target.open()
    try:
        [error] = await target.deliver([one or item("a", 1)], None)
    except DeliveryError as raised:
        return raised, True
    finally:
        await target.close()
    assert error is not None
    return error, False


# An address that takes every record and is gone says that nobody wants any more of them.
async def test_a_receiver_can_say_stop(server) -> None:
    server.behaviour = answer(410)
    error, was_raised = await failure(target_of(server.url, request="POST /hooks/orders"))
    assert (type(error), error.kind, was_raised) == (Stop, "http-410", False)


# Whatever comes back instead of an answer, only our own errors come out.
async def test_no_answer_however_malformed_leaks_an_error(server) -> None:
    whole = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nretry-after: 1\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    chance = random.Random(7)
    target = target_of(server.url, timeout_seconds=0.2)
    await target.open()
    for _ in range(300):
        text = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            text[chance.randrange(len(text))] = chance.randrange(256)
        server.behaviour = raw(bytes(text[: chance.randint(1, len(text))]))
        try:
            [error] = await target.deliver([item("a", 1)], None)
        except DeliveryError as raised:
            error = raised
        assert error is None or isinstance(error, DeliveryError)
    await target.close()


# Of a huge error page a little is read, and the connection is dropped rather than drained.
async def test_a_huge_error_page_is_not_read_to_its_end(server) -> None:
    sent = []

    async def pour(_request, writer) -> bool:
        writer.write(b"HTTP/1.1 500 x\r\ncontent-type: text/plain\r\ncontent-length: 30000000\r\n\r\n")
        for _ in range(300):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent.append(100_000)
        return True

    server.behaviour = pour
    error, _ = await failure(target_of(server.url))
    assert error.kind == "http-500"
    assert len(error.detail) < 300
    assert sum(sent) < 20_000_000


# Neither what we sent nor our credential shows in the error, even where the answer repeats them.
async def test_an_error_page_cannot_leak_what_was_sent(server) -> None:
    async def echo(request, writer) -> bool:
        text = (
            b"no: " + request.body + b" " + request.headers["authorization"].encode() + b" call 0171 5550199"
        )
        return await answer(422, text, content_type="text/plain")(request, writer)

    server.behaviour = echo
    auth = Auth(bearer="secret://shop/token")
    target = target_of(server.url, auth=auth, vault=Vault(token="hunter2hunter2"))
    record = {"key": "a", "email": "jane@example.com", "name": "Jane Doe", "vat": Decimal("123456.78")}
    one = Item(1, "a", "k", "0" * 31 + "1", 1, record)
    error, _ = await failure(target, one)
    assert error.detail.startswith("it answered 422: no: ")
    for text in ("jane", "Jane", "123456", "hunter2", "5550199"):
        assert text not in error.detail


# What is on the wire: method, path, exact body, key, trace and credential; the span differs by attempt.
# A cookie that the answer sets is not sent back: attempts do not depend on one another.
async def test_what_is_sent(server) -> None:
    server.behaviour = answer(200, b"{}", set_cookie="session=1; Path=/")
    auth = Auth(bearer="secret://shop/token")
    target = target_of(server.url + "/v1/", auth=auth, vault=Vault(token="t0ken"), headers={"X-Shop": "7"})
    await target.open()
    for attempt in (1, 2):
        await target.deliver([item("a/b", 1, attempt=attempt)], None)
    await target.close()
    first, second = server.requests
    assert (first.method, first.path) == ("PUT", "/v1/things/a%2Fb")
    assert first.body == b'{"key":"a/b","value":1,"amount":12345678901234568.01}'
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "suite-flow:a/b:1"
    spans = [item("a/b", 1, attempt=attempt).span for attempt in (1, 2)]
    assert first.headers["traceparent"] == f"00-{2:032x}-{spans[0]}-01"
    assert second.headers["traceparent"] == f"00-{2:032x}-{spans[1]}-01"
    assert spans[0] != spans[1]
    assert "tracestate" not in first.headers
    assert first.headers["authorization"] == "Bearer t0ken"
    assert first.headers["content-type"] == "application/json"
    assert first.headers["x-shop"] == "7"
    assert first.headers["user-agent"].startswith("trunkline/")
    assert "cookie" not in second.headers


# The sender's flags and its vendors' state are passed on with every attempt.
async def test_what_a_trace_carries_is_passed_on(server) -> None:
    server.behaviour = answer(200, b"{}")
    target = target_of(server.url)
    await target.open()
    sent = replace(item("a", 1), parent="b7ad6b7169203331-00;rojo=00f067aa0ba902b7,congo=t61")
    assert await target.deliver([sent], None) == [None]
    await target.close()
    [request] = server.requests
    assert request.headers["traceparent"] == f"00-{2:032x}-{sent.span}-00"
    assert request.headers["tracestate"] == "rojo=00f067aa0ba902b7,congo=t61"


# The other ways to say who we are.
@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (Auth(basic=Basic("joe", "secret://shop/token")), "authorization", "Basic am9lOnB3"),
        (Auth(header=HeaderCredential("X-Api-Key", "secret://shop/token")), "x-api-key", "pw"),
    ],
)
async def test_ways_to_authenticate(server, auth, header, value) -> None:
    target = target_of(server.url, auth=auth, vault=Vault(token="pw"))
    await target.open()
    await target.deliver([item("a", 1)], None)
    await target.close()
    assert server.requests[0].headers[header] == value


# A secret that was rotated counts from the attempt after the 401; while it is missing no item is to blame.
async def test_a_rotated_credential_is_taken_up_after_a_401(server) -> None:
    async def guard(request, writer) -> bool:
        known = request.headers["authorization"] == "Bearer new"
        return await answer(200 if known else 401)(request, writer)

    server.behaviour = guard
    vault = Vault(token="old")
    target = target_of(server.url, auth=Auth(bearer="secret://shop/token"), vault=vault)
    await target.open()
    vault.texts["token"] = "new"
    with pytest.raises(Retryable, match="renew the secret"):
        await target.deliver([item("a", 1)], None)
    assert await target.deliver([item("a", 1, attempt=2)], None) == [None]
    server.behaviour = answer(401)
    vault.texts.clear()
    with pytest.raises(Retryable, match="renew the secret"):
        await target.deliver([item("a", 2)], None)
    await target.close()


# A key that no header can carry is sent as its digest: the same on every attempt, and never a new header.
async def test_a_strange_idempotency_key_cannot_inject_a_header(server) -> None:
    target = target_of(server.url)
    await target.open()
    for key in ("a\r\nX-Evil: 1", "ключ", "x" * 300):
        assert await target.deliver([Item(1, "a", key, "0" * 31 + "1", 1, {"key": "a"})], None) == [None]
    await target.close()
    assert all(request.headers["idempotency-key"].startswith("sha256-") for request in server.requests)
    assert not any("x-evil" in request.headers for request in server.requests)


# A record whose value cannot stand in the path is blamed, and nothing is sent for it.
async def test_an_unsendable_record_is_blamed_without_a_request(server) -> None:
    target = target_of(server.url)
    await target.open()
    [error] = await target.deliver([Item(1, "a", "k", "0" * 31 + "1", 1, {"key": ".."})], None)
    assert isinstance(error, Final)
    assert server.requests == []
    await target.close()


# A big success is a success; its connection is given up rather than read to the end.
async def test_a_success_with_a_big_body_is_delivered(server) -> None:
    server.behaviour = answer(200, b"x" * 3_000_000)
    target = target_of(server.url, timeout_seconds=5)
    await target.open()
    assert await target.deliver([item("a", 1)], None) == [None]
    await target.close()


# Closing waits for the answer of a request that is under way, however long the target takes to give it.
async def test_close_waits_for_the_answer(server) -> None:
    reached, gate = asyncio.Event(), asyncio.Event()

    async def slow(request, writer) -> bool:
        reached.set()
        await gate.wait()
        return await answer()(request, writer)

    server.behaviour = slow
    target = target_of(server.url, timeout_seconds=30)
    await target.open()
    call = asyncio.create_task(target.deliver([item("a", 1)], None))
    await reached.wait()
    closing = asyncio.create_task(target.close())
    await asyncio.sleep(0)
    assert not closing.done()
    with pytest.raises(Retryable):
        await target.deliver([item("a", 2)], None)
    gate.set()
    assert await call == [None]
    await closing


# Opened again after a stall it lets go of the connections it had, and delivers on new ones.
async def test_opened_again(server) -> None:
    server.behaviour = answer(204)
    target = target_of(server.url)
    await target.open()
    before = target._session
    await target.open()
    assert before is not None
    assert before.closed
    assert await target.deliver([item("a", 1)], None) == [None]
    await target.close()


# Asked, it returns the answer of a success: status, headers and the whole body; an error is one as ever.
async def test_an_answer_that_is_asked_for(server):
    target = target_of(server.url)
    await target.open()
    server.behaviour = answer(201, b'{"pieces": 3}', x_shelf="7")
    found = await target.ask(item("a", 1))
    assert (found.status, found.body, found.is_whole) == (201, b'{"pieces": 3}', True)
    assert found.headers["x-shelf"] == "7"
    server.behaviour = answer(422)
    refused = await target.ask(item("a", 1))
    assert isinstance(refused, Final)
    assert refused.kind == "http-422"
    await target.close()


# An answer that is larger than what is passed on took effect all the same, and says that it is not whole.
@pytest.mark.parametrize(("size", "is_whole"), [(ANSWER_BYTES, True), (ANSWER_BYTES + 1, False)])
async def test_an_answer_beyond_the_bound(server, size, is_whole):
    target = target_of(server.url, timeout_seconds=10.0)
    await target.open()
    server.behaviour = answer(200, b"x" * size)
    found = await target.ask(item("a", 1))
    assert (len(found.body), found.is_whole) == (ANSWER_BYTES, is_whole)
    await target.close()
