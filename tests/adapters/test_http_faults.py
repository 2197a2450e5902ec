"""The HTTP target meets everything that can happen to a request, and says of each what it is.

It runs on the event loop that ``trunkline run`` has, which reads earlier and in larger gulps than asyncio's.
"""

from __future__ import annotations

import asyncio
import traceback
import tracemalloc

import pytest
import uvloop
from tests.http_faults import AGAIN, AWAY, CREDENTIAL, DEAD, DELIVERED, LEAKS, TABLE, WAITS

from trunkline.adapters.http.settings import Auth, HttpConnection, HttpSettings
from trunkline.adapters.http.target import HttpTarget
from trunkline.connectors.target import Item
from trunkline.kernel.errors import DeliveryError, Final, Retryable, SecretUnavailable
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.faults import FaultServer
from trunkline.testkit.target import item
from trunkline.vault.secret import Secret

TIMEOUT_SECONDS = 1.0
"""What an attempt is given that is to run out of it; any other has time enough on a busy machine."""

LONGER_SECONDS = 10.0
MORE_SECONDS = 5.0
"""What an attempt may take beyond its time: that of an error's excerpt, and what a busy machine adds."""

MOST_BYTES = 3_000_000
"""What one attempt may hold, besides its own record: far less than what the largest answers send."""


class Vault:
    """One secret, or none."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def get(self, reference: str) -> Secret:
        if self.text is None:
            raise SecretUnavailable(f"{reference} has no value")
        return Secret(self.text)


def target_at(url, credential=CREDENTIAL, seconds=LONGER_SECONDS, concurrency=8, **trust) -> HttpTarget:
    settings = HttpSettings(request="PUT /things/{key}", timeout_seconds=seconds, concurrency=concurrency)
    connection = HttpConnection(url=url, auth=Auth(bearer="secret://shop/token"), **trust)
    return HttpTarget("shop.things", settings, connection, Vault(credential), ManualClock())


async def attempt(target: HttpTarget, one: Item) -> tuple[str, DeliveryError | None]:
    """Open, deliver and close; return what follows for the event, in the table's words, and the error."""
    try:
        await target.open()
    except Final as error:
        return WAITS, error
    try:
        [error] = await target.deliver([one], None)
    except DeliveryError as error:
        return AWAY, error
    finally:
        await target.close()
    if error is None:
        return DELIVERED, None
    return (DEAD if isinstance(error, Final) else AGAIN), error


SCENES = [
    pytest.param(row.kind, row.then, name, scene, id=f"{happens}: {name}")
    for happens, row in TABLE.items()
    for name, scene in row.scenes.items()
]


# Whatever happens to a request is one attempt with one classified outcome, within its time and little memory,
# and nothing of what was sent shows in what is said about it.
@pytest.mark.parametrize(("kind", "then", "name", "scene"), SCENES)
def test_what_comes_of_it(tmp_path, kind, then, name, scene) -> None:
    outcome, error = uvloop.run(
        measured(scene(tmp_path), TIMEOUT_SECONDS if kind == "timeout" else LONGER_SECONDS)
    )
    assert outcome == then
    if error is None:
        return
    assert error.kind == (kind + name.split()[0] if kind.endswith("-") else kind)
    told = "".join(traceback.format_exception(error)) + repr(error)
    assert not [leak for leak in LEAKS if leak in told]


async def measured(scene, seconds) -> tuple[str, DeliveryError | None]:
    """Make one attempt within its bounds of time, memory and requests."""
    async with scene as at:
        target = target_at(at.url, at.credential, seconds, **at.trust)
        one = Item(1, "jane", "k1", "0" * 31 + "1", 1, at.record)
        tracemalloc.start()
        try:
            async with asyncio.timeout(seconds + MORE_SECONDS):
                found = await attempt(target, one)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < MOST_BYTES + 3 * len(str(at.record))
        assert at.requests() <= 1
    return found


# An answer that nobody asked for does not pass for the answer to the next request: neither one that came with
# the answer before it, nor one that came while the connection was idle.
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("run", [uvloop.run, asyncio.run])
def test_a_stray_answer_counts_for_no_request(run, late) -> None:
    error = run(after_a_stray_answer(late=late))
    assert error is not None
    assert error.kind == "http-422"


async def after_a_stray_answer(*, late: bool) -> DeliveryError | None:
    """Return what comes of a request that is refused, on a connection on which a stray success has come."""
    stray, gate, answers = b"HTTP/1.1 204 x\r\n\r\n", asyncio.Event(), []

    async def first_well_then_no(request, writer) -> bool:
        answers.append(request)
        if len(answers) > 1:
            writer.write(b"HTTP/1.1 422 x\r\ncontent-length: 0\r\n\r\n")
            return True
        writer.write(stray)
        if late:
            await gate.wait()
        writer.write(stray)
        await writer.drain()
        return True

    async with FaultServer(first_well_then_no) as server:
        target = target_at(server.url)
        await target.open()
        assert await target.deliver([item("a", 1)], None) == [None]
        gate.set()
        async with FaultServer() as other:  # meanwhile what the first one sent has come
            meanwhile = target_at(other.url)
            await meanwhile.open()
            assert await meanwhile.deliver([item("a", 1)], None) == [None]
            await meanwhile.close()
        [error] = await target.deliver([item("a", 2)], None)
        await target.close()
    return error


# A place that went away is found so by a few connections, however many requests wait for one.
def test_a_place_that_is_away_is_knocked_at_by_few() -> None:
    outcomes, knocks = uvloop.run(knocked(64))
    assert all(isinstance(one, Retryable) and one.kind == "tls" for one in outcomes)
    assert len(outcomes) == 64
    assert knocks <= 8


async def knocked(requests: int) -> tuple[list[object], int]:
    """Return what comes of so many requests at once to a place that breaks every handshake, and its count."""
    knocks = []

    async def break_off(_, writer) -> None:
        knocks.append(writer)
        writer.write(b"no TLS")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(break_off, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    target = target_at(f"https://127.0.0.1:{port}", concurrency=requests)
    async with server:
        await target.open()
        deliveries = [target.deliver([item(f"k{number}", 1)], None) for number in range(requests)]
        outcomes = await asyncio.gather(*deliveries, return_exceptions=True)
        await target.close()
    return outcomes, len(knocks)
