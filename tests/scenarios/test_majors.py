"""A webhook over two major versions: its sender notices nothing but that the old one ends."""

from __future__ import annotations

import http.client
import json
import socket
import sqlite3
from decimal import Decimal
from urllib.parse import urlsplit

import yaml
from tests.scenarios.processes import ask, delivered, running, until
from tests.unit.app import majors
from tests.unit.app.registered import take

from trunkline.app.init import init
from trunkline.kernel.clock import SECOND, SystemClock, to_rfc3339

WHY = ("--why", "as agreed")


def post(folder, url, number, event):
    """Send an order in one piece, which goes past ASGI, and return the answer."""
    token = yaml.safe_load((folder / "state/secrets.yaml").read_text())["shop"]["webhook"]
    order = json.loads((folder / "examples/order.json").read_text()) | {"order_id": number, "event_id": event}
    body, to = json.dumps(order).encode(), urlsplit(url)
    head = (
        f"POST {to.path} HTTP/1.1\r\nhost: {to.netloc}\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((to.hostname, to.port), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.headers, json.loads(answer.read())


def rows(folder):
    with sqlite3.connect(folder / "state/warehouse.db") as connection:
        found = connection.execute("SELECT order_id, status, email, total FROM orders ORDER BY 1").fetchall()
    return [(*others, Decimal(total)) for *others, total in found]


# Over a new major version old senders and old mappings go on: nothing is lost, nothing comes twice, what is
# old is named with counts, told to whom sends it, and at its sunset refused; what came before is delivered.
def test_a_webhook_over_two_majors(tmp_path):
    folder = init(tmp_path / "shop").folder
    ask(folder, "contract", "register", "order", *WHY)
    with running(folder) as run:
        url = run.listening().webhooks["shop/order"]
        status, headers, _ = post(folder, url, "1001", "e1")
        assert (status, headers["deprecation"], headers["sunset"]) == (202, None, None)
        assert run.stop() == 0
    majors.second(folder)
    majors.move(folder)
    ask(folder, "contract", "register", "order@2", *WHY)
    ask(folder, "contract", "deprecate", "order@1.0.0", "--sunset", "2999-12-31", *WHY)
    with running(folder) as run:
        url = run.listening().webhooks["shop/order"]
        status, headers, answer = post(folder, url, "1001", "e1")
        assert (status, answer["receipts"][0]["status"]) == (202, "duplicate")
        status, headers, _ = post(folder, url, "1002", "e2")
        assert status == 202
        assert headers["deprecation"].startswith("@")
        assert headers["sunset"] == "Tue, 31 Dec 2999 00:00:00 GMT"
        status, headers, _ = post(folder, url, 1003, "e3")
        assert (status, headers["deprecation"] is None) == (422, False)
        assert run.stop() == 0
    sunset = SystemClock().now() + SECOND
    take(folder, "deprecate", "order@1.0.0", SystemClock(), sunset=sunset)
    with running(folder) as run:
        url = run.listening().webhooks["shop/order"]
        until(lambda: post(folder, url, "1002", "e2")[0] == 410, "the version is over")
        status, headers, answer = post(folder, url, "1004", "e4")
        assert (status, headers["content-type"]) == (410, "application/problem+json")
        assert (answer["version"], answer["successor"]) == ("order@1.0.0", "order@2.0.0")
        assert answer["sunset"] == to_rfc3339(sunset)
        until(lambda: delivered(folder), "all that was taken is delivered")
        assert run.stop() == 0
    assert rows(folder) == [(n, "placed", "ada@example.com", Decimal("29.9")) for n in ("1001", "1002")]
    [users] = [ask(folder, "contract", "users")]
    seen = {one["name"]: (one["kind"], one["events"]) for one in users["users"]}
    assert users["contract"] == "order@1.0.0"
    assert seen["shop/order"] == ("source", 1)
    assert seen["orders-2"] == ("flow", 1)
    [event] = [ask(folder, "events", "order@2", "--reveal")]
    assert (event["id"], event["contract"], event["given"]) == ("e2", "order@2.0.0", "order@1.0.0")
    assert (event["data"]["state"], event["data"]["cents"]) == ("placed", 2990)
    log = run.log.read_text()
    assert log.count('"event":"contract-ended"') == 1
