"""The store's disk fills up: new events are refused, deliveries go on, and with space again so does all else.

On a small disk of its own (a tmpfs, where this machine allows it to be mounted), with a running process.
"""

from __future__ import annotations

import http.client
import json
import random
import shutil
import sqlite3
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from tests.scenarios.processes import ask, delivered, running, until

from trunkline.adapters.keyfile.key import make_key
from trunkline.adapters.keyfile.private import write_private

MEGABYTE = 1_048_576
DISK, KEPT_FREE = 72 * MEGABYTE, 32 * MEGABYTE
FILES = {
    "trunkline.yaml": f"project: full\nlimits: {{disk_free_bytes: {KEPT_FREE}}}\n",
    "systems/shop.yaml": """
system: shop
title: Shop
kind: web shop
owner: {team: Shop, contact: shop@example.com}
connection: {url: %(url)s}
publishes:
  - {stream: note, name: hook, via: webhook, path: /hooks/notes, verify: {bearer: secret://shop/hook}}
  - {stream: note, name: drop, via: files, every: 1s, folder: %(far)s/drop,
     pattern: "*.jsonl", settled_seconds: 0}
accepts:
  - {name: echo, contract: seen@1, via: http, request: "PUT /notes/{number}", concurrency: 4}
""",
    "systems/books.yaml": """
system: books
title: Books
kind: database
owner: {team: Books, contact: books@example.com}
connection: {sqlite: %(far)s/books.db}
accepts:
  - {name: counted, contract: count@1, via: table, table: counted, sum: [times]}
""",
    "contracts/note.odcs.yaml": """
apiVersion: v3.1.0
kind: DataContract
id: note
name: note
version: 1.0.0
status: active
schema:
  - name: note
    customProperties: [{property: classification, value: internal}]
    properties:
      - {name: number, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: text, logicalType: string, required: true}
""",
    "contracts/seen.odcs.yaml": """
apiVersion: v3.1.0
kind: DataContract
id: seen
name: seen
version: 1.0.0
status: active
schema:
  - name: seen
    customProperties: [{property: classification, value: internal}]
    properties:
      - {name: number, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
""",
    "contracts/count.odcs.yaml": """
apiVersion: v3.1.0
kind: DataContract
id: count
name: count
version: 1.0.0
status: active
schema:
  - name: count
    customProperties: [{property: classification, value: internal}]
    properties:
      - {name: number, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: times, logicalType: integer, required: true}
""",
    "flows/count.yaml": """
flow: count
from: note@1
to: books.counted
map: {number: number, times: "1"}
needs: {freshness: 1h, consistency: eventual}
""",
    "flows/echo.yaml": """
flow: echo
from: note@1
to: shop.echo
map: {number: number}
needs: {freshness: 1h, consistency: eventual, delivery: at-least-once}
retry: {attempts: 1000, first: 50ms, longest: 500ms, factor: 2}
""",
}


class Interface(BaseHTTPRequestHandler):
    """The shop's interface: away at first, then it writes down what it is told."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        self.rfile.read(int(self.headers["content-length"]))
        if self.server.away:
            self.send_response(503)
        else:
            self.server.told.append(self.path.rpartition("/")[2])
            self.send_response(204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def interface():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Interface)
    server.away, server.told = True, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def disk(tmp_path):
    """Give a small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no small disk can be mounted here: {error}")
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def project(folder, far, interface):
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        url = f"http://127.0.0.1:{interface.server_port}"
        path.write_text(text.replace("%(url)s", url).replace("%(far)s", str(far)))
    (far / "drop").mkdir(parents=True)
    (folder / "state").mkdir()
    make_key(folder / "state" / "trunkline.key")
    write_private(folder / "state" / "secrets.yaml", b"shop: {hook: a-token}\n")


class Shop:
    """Posts notes that do not compress."""

    def __init__(self, url):
        self.url, self.chance, self.acknowledged = urlsplit(url), random.Random(1), []

    def ask(self, method, path, body=None, **more):
        connection = http.client.HTTPConnection(self.url.netloc, timeout=30)
        headers = {"content-type": "application/json", "authorization": "Bearer a-token", **more}
        connection.request(method, path, body, headers)
        with connection.getresponse() as answer:
            answer.read()
        connection.close()
        return answer

    def post(self, number):
        note = {"number": f"n{number}", "text": self.chance.randbytes(60_000).hex()}
        key = {"idempotency-key": note["number"]}
        answer = self.ask("POST", self.url.path, json.dumps(note), **key)
        if answer.status == 202:
            self.acknowledged.append(f"n{number}")
        return answer


def counted(far):
    with sqlite3.connect(f"file:{far / 'books.db'}?mode=ro", uri=True) as connection:
        return dict(connection.execute("SELECT number, times FROM counted"))


def fill(folder):
    """Take all the space that is left."""
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (MEGABYTE, 4_096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


@pytest.mark.timeout(300)
def test_a_full_disk_refuses_new_events_and_delivers_on(tmp_path, disk, interface):
    """507 and /ready 503 while it is full, all that was taken is delivered meanwhile, then all goes on."""
    far = tmp_path / "far"
    project(disk, far, interface)
    (disk / "ballast").write_bytes(bytes(12 * MEGABYTE))
    with running(disk) as run:
        shop = Shop(run.listening().webhooks["shop/hook"])
        numbers = iter(range(10_000))
        while (answer := shop.post(next(numbers))).status == 202:
            pass
        assert answer.status == 507
        assert int(answer.headers["retry-after"]) > 0
        assert shop.ask("GET", "/ready").status == 503
        assert len(shop.acknowledged) > 50

        # what was taken reaches both targets while the disk is full, and the ledger has room to say so
        interface.away = False
        until(lambda: delivered(disk), "everything that was taken is delivered")
        assert counted(far) == dict.fromkeys(shop.acknowledged, 1)
        assert set(interface.told) == set(shop.acknowledged)

        # a file waits, and a sender is refused, also where somebody takes the very last byte
        (far / "drop" / ".next").write_text('{"number": "f0", "text": "from a file"}\n')
        (far / "drop" / ".next").rename(far / "drop" / "one.jsonl")
        assert shutil.disk_usage(disk).free > 0
        fill(disk)
        for _ in range(20):
            assert shop.post(next(numbers)).status in (503, 507)
        assert (far / "drop" / "one.jsonl").exists()

        (disk / "filler").unlink()
        (disk / "ballast").unlink()
        until(lambda: shop.post(next(numbers)).status == 202, "senders are taken again")
        until(lambda: not (far / "drop" / "one.jsonl").exists(), "the file is taken")
        until(lambda: shop.ask("GET", "/ready").status == 200, "it is ready again")
        until(lambda: delivered(disk), "everything is delivered")
        assert run.stop() == 0
    assert counted(far) == dict.fromkeys([*shop.acknowledged, "f0"], 1)
    assert set(interface.told) == {*shop.acknowledged, "f0"}
    assert ask(disk, "log", "verify")["damaged"] == []
    assert list((far / "drop" / "done").iterdir())
