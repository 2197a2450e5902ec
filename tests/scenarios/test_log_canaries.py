"""What a payload holds is in no log line, whatever comes of its event; what a line says finds the event."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from trunkline.adapters.keyfile.key import make_key
from trunkline.app.acts import Publish, RetryLetters, StartReplay, perform
from trunkline.app.backbone import opened, this_machine
from trunkline.app.project import Project
from trunkline.app.run import running
from trunkline.delivery.ledger import CaseQuery
from trunkline.delivery.replay.port import Selection
from trunkline.observe.logs import LogListener, make_writer

CANARIES = ("canary-mail@example.com", "canary-note", "canary-extra", "31415926")
FILES = {
    "trunkline.yaml": "project: canaries\n",
    "systems/shop.yaml": """
system: shop
title: Shop
kind: web shop
owner: {team: Shop, contact: shop@example.com}
""",
    "systems/crm.yaml": """
system: crm
title: CRM
kind: interface
owner: {team: CRM, contact: crm@example.com}
connection: {url: %(url)s}
accepts:
  - {name: people, contract: person@1, via: http, request: "PUT /people", idempotent: true}
breaker: {minimum: 1000}
""",
    "contracts/person.odcs.yaml": """
apiVersion: v3.1.0
kind: DataContract
id: person
name: person
version: 1.0.0
status: active
team: {name: Shop}
slaProperties: [{property: retention, value: 90, unit: d}]
schema:
  - name: person
    customProperties: [{property: idempotencyKey, value: id}, {property: classification, value: internal},
      {property: legalBasis, value: contract}]
    properties:
      - {name: id, logicalType: string, required: true}
      - {name: email, logicalType: string, primaryKey: true, required: true, classification: personal}
      - {name: note, logicalType: string, required: true}
      - {name: amount, logicalType: integer, required: true}
""",
    "flows/people.yaml": """
flow: people
from: person@1
to: crm.people
needs: {freshness: 30s, consistency: eventual}
retry: {attempts: 2, first: 20ms, longest: 20ms}
""",
}


class Crm(ThreadingHTTPServer):
    """An interface that repeats in its answer what it was sent; ``status`` is what it answers."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Echoing)
        self.status = 503
        self.traces = []


class _Echoing(BaseHTTPRequestHandler):
    def do_PUT(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.traces.append(self.headers["traceparent"])
        self.send_response(self.server.status)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def crm():
    server = Crm()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def person(number, **changes):
    email, note, _, amount = CANARIES
    return json.dumps(
        {"id": f"p{number}", "email": email, "note": note, "amount": int(amount), **changes}
    ).encode()


# Accepted, refused, failed, dead-lettered, retried and replayed: no value of a record, and no personal key.
async def test_no_canary_in_any_line(tmp_path, crm):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("%(url)s", f"http://127.0.0.1:{crm.server_port}"))
    (tmp_path / "state").mkdir()
    make_key(tmp_path / "state" / "trunkline.key")
    machine, lines = this_machine({}), io.StringIO()
    listener = LogListener(make_writer(lines, machine.clock, as_json=True))
    told = asyncio.Event()

    def listen(signal):
        listener(signal)
        told.set()

    machine.signals.listen(listen)

    async def until(event, **fields):
        while True:
            told.clear()
            listener.flush()
            found = [json.loads(line) for line in lines.getvalue().splitlines()]
            for line in found:
                if line["event"] == event and all(line.get(name) == value for name, value in fields.items()):
                    return line
            await asyncio.wait_for(told.wait(), 30)

    async with opened(Project.load(tmp_path), machine) as backbone, running(backbone, None):
        good, bad = await perform(
            backbone, Publish("person", [person(1), person(2, amount="canary-extra", more=CANARIES[2])])
        )
        assert (good.status, bad.status) == ("accepted", "refused")
        refused = await until("refused")
        failed = await until("attempt-failed")
        dead = await until("dead-lettered")
        crm.status = 200
        await perform(backbone, RetryLetters(CaseQuery("people"), by="ann", why="mended"))
        await until("batch-delivered", delivered=1)
        await perform(backbone, StartReplay(flow="people", selection=Selection(), by="ann", why="lost"))
        await until("replay-changed", state="done")
    assert not [canary for canary in CANARIES if canary in lines.getvalue()]
    assert (refused["system"], refused["contract"], refused["correlation"]) == (
        "publish",
        "person@1.0.0",
        bad.correlation,
    )
    for line in (failed, dead):
        assert (line["flow"], line["system"], line["target"]) == ("people", "crm", "crm.people")
        assert (line["event_id"], line["key"], line["contract"]) == ("p1", "***", "person@1.0.0")
        assert line["correlation"] == good.correlation
    # the attempts of the flow are of one trace, that of the replay is of another
    traces = [sent[3:35] for sent in crm.traces]
    assert traces[:-1] == [good.correlation] * (len(traces) - 1)
    assert traces[-1] != good.correlation
    assert len(set(crm.traces)) == len(crm.traces)
