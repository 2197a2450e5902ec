"""A story of questions: a shop asks for stock to be reserved, and the warehouse's interface answers."""

from __future__ import annotations

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from trunkline.adapters.keyfile.key import make_key

PATH = "/ask/reserve"
FILES = {
    "trunkline.yaml": "project: asked\n",
    "systems/shop.yaml": """
system: shop
title: Shop
kind: web shop
owner: {team: Shop, contact: shop@example.com}
publishes:
  - {stream: reserve, via: request, path: /ask/reserve, verify: none, timeout_seconds: %(timeout)s}
""",
    "systems/warehouse.yaml": """
system: warehouse
title: Warehouse
kind: interface
owner: {team: Warehouse, contact: warehouse@example.com}
connection: {url: %(url)s}
accepts:
  - {name: reservations, contract: reserve@1, via: http, request: "PUT /reservations/{number}"}
breaker: {open: 1m, longest: 1m}
""",
    "contracts/reserve.odcs.yaml": """
apiVersion: v3.1.0
kind: DataContract
id: reserve
name: reserve
version: 1.0.0
status: active
schema:
  - name: reserve
    customProperties: [{property: classification, value: internal}]
    properties:
      - {name: number, logicalType: string, required: true}
      - {name: pieces, logicalType: integer, required: true}
""",
    "flows/reserve.yaml": """
flow: reserve
from: reserve@1
to: warehouse.reservations
reply: {reserved: body.pieces, call: body.call}
needs: {freshness: 30s, consistency: immediate}
retry: {attempts: 2, first: 50ms, longest: 50ms}
""",
}


class Warehouse(ThreadingHTTPServer):
    """The warehouse's interface: counts its calls, and answers each as ``mood`` says once ``gate`` is set."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Reserving)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.calls = []
        self.keys = []
        self.mood = lambda _number: 200
        self.gate = threading.Event()
        self.gate.set()

    def handle_error(self, request, client_address):
        """Say nothing: a killed process breaks its connections."""


class _Reserving(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PUT(self):
        record = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.calls.append(record["number"])
        self.server.keys.append(self.headers["idempotency-key"])
        call = len(self.server.calls)
        self.server.gate.wait(60)
        status = self.server.mood(record["number"])
        body = json.dumps({"pieces": record["pieces"], "call": call, "secret": "shelf 7"}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def project(folder, url, timeout=30):
    """Write the project, its warehouse at ``url``, with a key of its own."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("%(url)s", url).replace("%(timeout)s", str(timeout)))
    (folder / "state").mkdir()
    make_key(folder / "state" / "trunkline.key")
    return folder


class Told:
    """One answer: its status, its headers and its document."""

    def __init__(self, status, headers, document):
        self.status, self.headers, self.document = status, headers, document

    @property
    def is_repeat(self):
        return self.headers.get("idempotency-replayed") == "true"


def ask(url, key, number="", pieces=3):
    """Ask once, with an idempotency key."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
    try:
        body = json.dumps({"number": number or key, "pieces": pieces})
        headers = {"content-type": "application/json", "idempotency-key": key}
        connection.request("POST", where.path, body, headers)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Told(answer.status, headers, json.loads(answer.read()))
    finally:
        connection.close()
