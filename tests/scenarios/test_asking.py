"""Whoever asks gets the target's answer, the first one again for the same key, or why there is none."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.scenarios.asked import Warehouse, ask, project
from tests.scenarios.processes import ask as command
from tests.scenarios.processes import refused, running, until

from trunkline.surfaces.cli.exits import Exit

SOURCE = "shop/reserve"


@pytest.fixture
def warehouse():
    server = Warehouse()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.gate.set()
    server.shutdown()
    server.server_close()


# The mapped answer comes back; the same key again gets that one, after a restart too, without another call.
def test_an_answer_and_its_repeat(tmp_path, warehouse):
    folder = project(tmp_path, warehouse.url)
    with running(folder) as run:
        url = run.listening().webhooks[SOURCE]
        first = ask(url, "r-1")
        again = ask(url, "r-1")
        other = ask(url, "r-2")
        assert run.stop() == 0
    assert (first.status, first.document, first.is_repeat) == (200, {"reserved": 3, "call": 1}, False)
    assert (again.status, again.document, again.is_repeat) == (200, first.document, True)
    assert again.headers["correlation-id"] == first.headers["correlation-id"]
    assert (other.status, other.document["call"]) == (200, 2)
    with running(folder) as run:
        after = ask(run.listening().webhooks[SOURCE], "r-1")
        assert run.stop() == 0
    assert (after.status, after.document, after.is_repeat) == (200, first.document, True)
    assert warehouse.calls == ["r-1", "r-2"]
    trace = command(folder, "trace", first.headers["correlation-id"], "--reveal")
    assert trace["events"][0]["fates"][0]["reply"]["body"] == first.document


# Those who ask with one key while the first is under way wait for the same answer: there is one call.
def test_repeats_at_the_same_time(tmp_path, warehouse):
    warehouse.gate.clear()
    with running(project(tmp_path, warehouse.url)) as run, ThreadPoolExecutor(8) as callers:
        url = run.listening().webhooks[SOURCE]
        asked = [callers.submit(ask, url, "r-1") for _ in range(8)]
        until(lambda: warehouse.calls, "the warehouse is asked")
        warehouse.gate.set()
        told = [one.result() for one in asked]
        assert run.stop() == 0
    assert {one.status for one in told} == {200}
    assert [one.document for one in told] == [{"reserved": 3, "call": 1}] * 8
    assert sum(not one.is_repeat for one in told) == 1
    assert warehouse.calls == ["r-1"]


# What takes too long is answered 504, and delivered all the same: asked again, it has its answer.
def test_too_late(tmp_path, warehouse):
    warehouse.gate.clear()
    with running(project(tmp_path, warehouse.url, timeout=0.2)) as run:
        url = run.listening().webhooks[SOURCE]
        late = ask(url, "r-1")
        warehouse.gate.set()
        until(lambda: ask(url, "r-1").status == 200, "the answer is there")
        again = ask(url, "r-1")
        assert run.stop() == 0
    assert (late.status, late.document["title"]) == (504, "No answer in time")
    assert late.headers["correlation-id"] in late.document["instance"]
    assert (again.document, again.is_repeat) == ({"reserved": 3, "call": 1}, True)
    assert warehouse.calls == ["r-1"]


# A target that is away is answered 503 at once and nothing is stored; what has its answer gets it.
def test_the_target_is_away(tmp_path, warehouse):
    folder = project(tmp_path, warehouse.url)
    with running(folder) as run:
        url = run.listening().webhooks[SOURCE]
        first = ask(url, "r-1")
        warehouse.mood = lambda _number: 429
        with ThreadPoolExecutor(1) as caller:
            caught = caller.submit(ask, url, "r-2")
            until(lambda: "open" in str(command(folder, "target", "list")), "the breaker is open")
            away, again = ask(url, "r-4"), ask(url, "r-1")
            command(folder, "target", "isolate", "warehouse.reservations", "--why", "stock count")
            isolated = ask(url, "r-5")
            warehouse.mood = lambda _number: 200
            command(folder, "target", "reset", "warehouse.reservations", "--why", "done")
            assert caught.result().status == 200
        assert run.stop() == 0
    assert (away.status, isolated.status) == (503, 503)
    assert 0 < int(away.headers["retry-after"]) <= 60
    assert int(isolated.headers["retry-after"]) == 60
    assert (again.status, again.document, again.is_repeat) == (200, first.document, True)
    assert not {"r-4", "r-5"} & set(warehouse.calls)


# What cannot be delivered is answered 502 with its class, again too, until a person's retry has its answer.
def test_a_dead_letter(tmp_path, warehouse):
    folder = project(tmp_path, warehouse.url)
    warehouse.mood = lambda _number: 422
    with running(folder) as run:
        url = run.listening().webhooks[SOURCE]
        told = [ask(url, "r-1"), ask(url, "r-1")]
        warehouse.mood = lambda _number: 200
        command(folder, "dead", "retry", "reserve", "0")
        mended = ask(url, "r-1")
        assert run.stop() == 0
    assert [one.status for one in told] == [502, 502]
    assert all(one.document["detail"].startswith("http-422: ") for one in told)
    assert [one.is_repeat for one in told] == [False, True]
    assert told[0].headers["correlation-id"] == told[1].headers["correlation-id"]
    assert "shelf 7" not in told[0].document["detail"]
    assert (mended.status, mended.document) == (200, {"reserved": 3, "call": 2})


# What breaks its contract is answered as by a webhook, and no flow hears of it.
def test_against_the_contract(tmp_path, warehouse):
    with running(project(tmp_path, warehouse.url)) as run:
        told = ask(run.listening().webhooks[SOURCE], "r-1", pieces="three")
        assert run.stop() == 0
    assert (told.status, told.document["errors"][0]["pointer"]) == (422, "#/pieces")
    assert warehouse.calls == []


# Killed right after an answer was given, the next process gives the same one, and nobody is called twice.
def test_a_kill_after_the_answer(tmp_path, warehouse):
    folder = project(tmp_path, warehouse.url)
    with running(folder) as run:
        first = ask(run.listening().webhooks[SOURCE], "r-1")
        run.kill()
    with running(folder) as run:
        again = ask(run.listening().webhooks[SOURCE], "r-1")
        assert run.stop() == 0
    assert (again.status, again.document, again.is_repeat) == (200, first.document, True)
    assert warehouse.calls == ["r-1"]


# Killed while the target is asked, the next process asks once more under the same key, and its answer holds.
def test_a_kill_before_the_answer(tmp_path, warehouse):
    folder = project(tmp_path, warehouse.url)
    warehouse.gate.clear()
    with running(folder) as run, ThreadPoolExecutor(1) as caller:
        asked = caller.submit(ask, run.listening().webhooks[SOURCE], "r-1")
        until(lambda: warehouse.calls, "the warehouse is asked")
        run.kill()
        assert asked.exception() is not None
    warehouse.gate.set()
    with running(folder) as run:
        url = run.listening().webhooks[SOURCE]
        told = [ask(url, "r-1"), ask(url, "r-1")]
        assert run.stop() == 0
    assert [(one.status, one.document["call"]) for one in told] == [(200, 2), (200, 2)]
    assert len(warehouse.keys) == 2
    assert len(set(warehouse.keys)) == 1


# Who asks needs the flow in the same process: intake alone says so and does not start.
def test_intake_alone_is_refused(tmp_path, warehouse):
    code, message = refused(project(tmp_path, warehouse.url), "run", "--role", "intake", "--port", "0")
    assert code == Exit.FAILED
    assert "shop/reserve" in message
    assert "without --role" in message
