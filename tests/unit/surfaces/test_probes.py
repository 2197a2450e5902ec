"""What a supervisor, a balancer and a monitor are told: all whether it works, readers also what does not."""

from __future__ import annotations

import json

import pytest

from trunkline import __version__
from trunkline.app.acts import RotateToken, perform
from trunkline.app.backbone import Machine, opened
from trunkline.app.project import Project
from trunkline.kernel.errors import StoreError
from trunkline.kernel.signals import Refused, Signals
from trunkline.surfaces.place import Place
from trunkline.surfaces.probes import HEALTH, METRICS, METRICS_SECONDS, READY, READY_SECONDS, probes
from trunkline.testkit.clock import CountingIds, ManualClock

HERE = [(b"host", b"localhost:8080")]
SOURCE = "shop/order"


@pytest.fixture
async def backbone(folder):
    machine = Machine({}, ManualClock(), CountingIds(), Signals())
    async with opened(Project.load(folder), machine) as found:
        yield found


@pytest.fixture
def ask(backbone):
    """Ask the probes of a door on an address; returns status, headers and what the body says."""

    async def get(path, query=b"", *, host="127.0.0.1", headers=HERE, method="GET"):
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": headers}
        mounts = probes(backbone, Place(host, 0, plain=True))
        await mounts["/" + path.split("/")[1]](scope, None, send)
        body = sent[1]["body"]
        told = body.decode() if path == METRICS and sent[0]["status"] == 200 else json.loads(body)
        return sent[0]["status"], dict(sent[0]["headers"]), told

    return get


# A process that lives says so, and how late its event loop is, to whoever asks.
async def test_health(ask):
    status, headers, told = await ask(HEALTH, host="0.0.0.0", headers=[])
    assert (status, headers[b"cache-control"]) == (200, b"no-store")
    assert told == {"alive": True, "loop_lag_seconds": 0.0, "writer_seconds": 0.0}


# Readiness names every part to who may read; a part that is down makes it 503, but only for its own role.
async def test_ready(ask, backbone):
    status, _, told = await ask(READY)
    assert (status, told["ready"]) == (200, True)
    assert {"store", "disk", "source", "flow", "target"} == {part["kind"] for part in told["parts"]}
    backbone.health.down(f"source {SOURCE}", "OSError")
    status, headers, told = await ask(READY)
    assert (status, headers[b"retry-after"], told["ready"]) == (503, b"5", False)
    first = told["parts"][0]
    assert (first["name"], first["state"], first["why"]) == (SOURCE, "failed", "OSError")
    assert (await ask(READY, b"role=intake"))[0] == 503
    status, _, told = await ask(READY, b"role=delivery")
    assert (status, [part["kind"] for part in told["parts"]]) == (200, ["store", "disk", "flow", "target"])


# Who may not read is told whether it is ready, and of no part.
@pytest.mark.parametrize(
    ("host", "headers"), [("0.0.0.0", HERE), ("127.0.0.1", [*HERE, (b"x-forwarded-for", b"10.0.0.1")])]
)
async def test_who_may_not_read(ask, backbone, host, headers):
    backbone.health.down(f"source {SOURCE}", "OSError")
    status, _, told = await ask(READY, host=host, headers=headers)
    assert (status, told["ready"], told["parts"]) == (503, False, [])
    assert (await ask(READY, b"role=delivery", host=host, headers=headers))[0] == 200


# An answer serves all who ask for a moment.
async def test_one_answer_for_a_moment(backbone):
    sent = []

    async def send(message):
        sent.append(message)

    ready = probes(backbone, Place("127.0.0.1", 0))[READY]
    scope = {"type": "http", "method": "GET", "path": READY, "query_string": b"", "headers": HERE}
    for down in (False, True, True):
        if down:
            backbone.health.down(f"source {SOURCE}", "OSError")
        if len(sent) == 4:
            backbone.machine.clock.advance(READY_SECONDS)
        await ready(scope, None, send)
    assert [message["status"] for message in sent[::2]] == [200, 200, 503]


# Other methods, roles and paths are refused.
async def test_refused(ask):
    for path in (HEALTH, READY, METRICS):
        status, headers, _ = await ask(path, method="POST")
        assert (status, headers[b"allow"]) == (405, b"GET, HEAD")
    for query in (b"role=everything", b"role=intake&role=delivery"):
        assert (await ask(READY, query))[0] == 400
    assert (await ask("/health/deeper"))[0] == 404


# Metrics are told to who may read or has the token, in the format that is asked for, and to nobody else.
async def test_metrics(ask, backbone):
    status, headers, text = await ask(METRICS)
    assert (status, headers[b"content-type"].startswith(b"text/plain; version=0.0.4")) == (200, True)
    assert headers[b"content-length"] == str(len(text.encode())).encode()
    assert 'trunkline_ready{role="intake"} 1.0' in text
    assert f'trunkline_build_info{{project="shop",version="{__version__}"}} 1.0' in text
    accept = [*HERE, (b"accept", b"application/openmetrics-text;version=1.0.0")]
    _, headers, text = await ask(METRICS, headers=accept)
    assert headers[b"content-type"].startswith(b"application/openmetrics-text")
    assert text.endswith("# EOF\n")
    assert (await ask(METRICS, host="0.0.0.0"))[0] == 404
    token = (await perform(backbone, RotateToken("ann", "new"))).token.encode()
    for given, status in ((token, 200), (b"wrong", 404)):
        headers = [(b"authorization", b"Bearer " + given)]
        assert (await ask(METRICS, host="0.0.0.0", headers=headers))[0] == status


# A process counts what it refused; what is stored is read again once it is some seconds old.
async def test_metrics_move(backbone):
    sent = []

    async def send(message):
        sent.append(message)

    metrics = probes(backbone, Place("127.0.0.1", 0))[METRICS]
    scope = {"type": "http", "method": "GET", "path": METRICS, "query_string": b"", "headers": HERE}
    await metrics(scope, None, send)
    backbone.machine.signals.emit(Refused(SOURCE, "order@1", 2, "signature"))
    backbone.health.down(f"source {SOURCE}", "OSError")
    await metrics(scope, None, send)
    backbone.machine.clock.advance(METRICS_SECONDS)
    await metrics(scope, None, send)
    before, soon, later = [message["body"].decode() for message in sent[1::2]]
    refused = f'trunkline_arrivals_refused_total{{reason="signature",source="{SOURCE}"}} 2.0'
    ready = 'trunkline_ready{role="intake"} 1.0'
    assert [refused in text for text in (before, soon, later)] == [False, True, True]
    assert [ready in text for text in (before, soon, later)] == [True, True, False]


# Where the store cannot be read a scrape fails, and says why.
async def test_metrics_of_a_store_that_fails(ask, backbone, monkeypatch):
    async def fails(*_given):
        raise StoreError("the disk is gone")

    monkeypatch.setattr(backbone.store, "read", fails)
    status, headers, told = await ask(METRICS)
    assert (status, headers[b"retry-after"], told["detail"]) == (503, b"5", "the disk is gone")
