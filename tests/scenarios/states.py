"""A story for killing: a shop sends states of orders, a table counts them and an HTTP interface is told.

``Sender`` posts each state until it is acknowledged; ``check_table`` and ``check_told`` say whether every
one had its effect once, in its order.
"""

from __future__ import annotations

import http.client
import itertools
import json
import random
import sqlite3
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from trunkline.adapters.keyfile.key import make_key
from trunkline.adapters.keyfile.private import write_private

ORDERS = 40
TOKEN = "a-test-token"
FILES = {
    "trunkline.yaml": "project: kills\n",
    "systems/shop.yaml": """
system: shop
title: Shop
kind: web shop
owner: {team: Shop, contact: shop@example.com}
connection: {url: %(url)s}
publishes:
  - {stream: state, name: hook, via: webhook, path: /hooks/states, verify: {bearer: secret://shop/hook}}
  - {stream: state, name: drop, via: files, every: 1s, folder: drop, pattern: "*.jsonl", settled_seconds: 0}
accepts:
  - {name: echo, contract: echo@1, via: http, request: "PUT /orders/{number}", concurrency: 8}
""",
    "systems/books.yaml": """
system: books
title: Books
kind: database
owner: {team: Books, contact: books@example.com}
connection: %(books)s
accepts:
  - {name: counted, contract: count@1, via: table, table: counted, sum: [times]}
""",
    "contracts/state.odcs.yaml": """
apiVersion: v3.1.0
kind: DataContract
id: state
name: state
version: 1.0.0
status: active
schema:
  - name: state
    customProperties: [{property: classification, value: internal}]
    properties:
      - {name: number, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: revision, logicalType: integer, required: true}
""",
    "contracts/echo.odcs.yaml": """
apiVersion: v3.1.0
kind: DataContract
id: echo
name: echo
version: 1.0.0
status: active
schema:
  - name: echo
    customProperties: [{property: classification, value: internal}]
    properties:
      - {name: number, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: revision, logicalType: integer, required: true}
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
      - {name: revision, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 2}
      - {name: times, logicalType: integer, required: true}
""",
    "flows/count.yaml": """
flow: count
from: state@1
to: books.counted
map: {number: number, revision: revision, times: "1"}
needs: {freshness: 1h, consistency: eventual}
""",
    "flows/echo.yaml": """
flow: echo
from: state@1
to: shop.echo
map: {number: number, revision: revision}
needs: {freshness: 1h, consistency: eventual, delivery: at-least-once}
retry: {attempts: 50, first: 50ms, longest: 500ms, factor: 2}
""",
}


class Interface(ThreadingHTTPServer):
    """The shop's interface: writes down what it is told, and answers 503 now and then."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        """Say nothing: a killed process breaks its connections."""

    def __init__(self, seed):
        super().__init__(("127.0.0.1", 0), Telling)
        self.chance = random.Random(seed)
        self.told = []


class Telling(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        record = json.loads(self.rfile.read(int(self.headers["content-length"])))
        busy = self.server.chance.random() < 0.05
        if not busy:
            self.server.told.append((record["number"], record["revision"], self.headers["idempotency-key"]))
        self.send_response(503 if busy else 204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def project(folder, interface, place=None):
    """Write the project, its table in ``place``, or else in an SQLite file of its own."""
    connection, password = connection_of(place)
    url = f"http://127.0.0.1:{interface.server_port}"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("%(url)s", url).replace("%(books)s", connection))
    for name in ("state", "drop"):
        (folder / name).mkdir()
    make_key(folder / "state" / "trunkline.key")
    secrets = f'shop: {{hook: {TOKEN}}}\nbooks: {{database: "{password}"}}\n'
    write_private(folder / "state" / "secrets.yaml", secrets.encode())
    return folder


def connection_of(place):
    """Return the ``connection`` of a system whose tables are in ``place``, and the password it needs."""
    if place is None:
        return "{sqlite: state/books.db}", ""
    if place.engine == "sqlite":
        return f"{{sqlite: {place.path}}}", ""
    return f'{{postgres: "{place.url}", password: secret://books/database}}', place.server.password


class Sender(threading.Thread):
    """Posts the next state of each order in turn, and repeats it until it is acknowledged."""

    def __init__(self):
        super().__init__(daemon=True)
        self.url = None
        self.stopping = threading.Event()
        self.acknowledged = []
        self._connection = None

    def run(self):
        self._send()
        self._hang_up()

    def _send(self):
        for revision in itertools.count(1):
            for order in range(ORDERS):
                state = {"number": f"o-{order}", "revision": revision}
                while not self.stopping.is_set() and not self._posted(state):
                    time.sleep(0.005)
                if self.stopping.is_set():
                    return
                self.acknowledged.append((state["number"], revision))

    def _hang_up(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _posted(self, state):
        url = self.url
        if url is None:
            return False
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {TOKEN}",
            "idempotency-key": f"{state['number']}.{state['revision']}",
        }
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
            self._connection.request("POST", urlsplit(url).path, json.dumps(state), headers)
            with self._connection.getresponse() as response:
                response.read()
        except (OSError, http.client.HTTPException):
            self._hang_up()
            return False
        return response.status == 202


def drop_states(folder, number, steps=10, orders=ORDERS):
    """Drop file ``number``, with the next states of each order, and return them."""
    states = [(f"o-{order}", number * steps + step + 1) for step in range(steps) for order in range(orders)]
    text = "".join(f'{{"number": "{order}", "revision": {revision}}}\n' for order, revision in states)
    (folder / "drop" / ".next").write_text(text)
    (folder / "drop" / ".next").rename(folder / "drop" / f"{number:03d}.jsonl")
    return states


def counted(folder):
    with sqlite3.connect(f"file:{folder / 'state' / 'books.db'}?mode=ro", uri=True) as connection:
        return {
            (number, revision): times
            for number, revision, times in connection.execute("SELECT * FROM counted")
        }


def counted_in(place):
    """Return what ``counted`` does, of a table anywhere."""
    rows = place.ask("SELECT number, revision, times FROM counted")
    return {(number, revision): times for number, revision, times in rows}


def check_table(folder, expected):
    found = counted(folder)
    assert [state for state in expected if state not in found] == []
    assert {state: times for state, times in found.items() if times != 1} == {}


def check_sums(folder):
    """Hold the sums by the minute against the ledger and the log that they are of, to the event."""
    done = """SELECT flow, sum(delivered), sum(late), sum(dropped) FROM flow_rollup
        WHERE step = 60000000 GROUP BY flow"""
    ledger = """SELECT id, (SELECT coalesce(sum(delivered), 0) FROM settled WHERE flow = id),
            (SELECT count(*) FROM flow_case WHERE flow = id AND state = 'delivered'),
            (SELECT coalesce(sum(dropped), 0) FROM settled WHERE flow = id)
                + (SELECT count(*) FROM flow_case WHERE flow = id AND state = 'dropped')
        FROM flow ORDER BY id"""
    came = "SELECT stream, sum(accepted) FROM source_rollup WHERE step = 60000000 GROUP BY 1"
    log = "SELECT name, next FROM stream ORDER BY name"
    with sqlite3.connect(f"file:{folder / 'state' / 'trunkline.db'}?mode=ro", uri=True) as connection:
        assert connection.execute(done).fetchall() == connection.execute(ledger).fetchall()
        assert connection.execute(came).fetchall() == connection.execute(log).fetchall()


def check_told(told, expected):
    """Each state under one key, all of them told, and per order in their order but for repetitions."""
    keys = defaultdict(set)
    highest = defaultdict(int)
    for number, revision, key in told:
        keys[number, revision].add(key)
        first_time = len(keys[number, revision]) == 1 and revision > highest[number]
        assert first_time or revision <= highest[number]
        assert revision <= highest[number] + 1, f"{number} skipped a state"
        highest[number] = max(highest[number], revision)
    assert [state for state in expected if state not in keys] == []
    assert {state for state, used in keys.items() if len(used) != 1} == set()
