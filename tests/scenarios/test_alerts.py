"""Alerts as people on duty have them: a target is down, they are told, take it, and hear when it is back."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from standardwebhooks.webhooks import Webhook
from tests.scenarios.processes import ask, ask_list, refused, running, until
from tests.unit.app.registered import take

from trunkline.app.init import init
from trunkline.kernel.clock import SECOND, SystemClock, to_rfc3339

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # no-secret: the example of Standard Webhooks

DESK = """
system: desk
title: Service desk
kind: help desk
owner: {team: Desk, contact: desk@example.com}
connection: {url: "http://127.0.0.1:%d"}
breaker: {minimum: 1, longest: 1s}
accepts:
  - {name: order, contract: warehouse-order@1, via: http, request: "POST /orders", idempotent: true}
"""

FLOW = """
flow: orders-to-desk
from: order@1
to: desk.order
map:
  order_id: order_id
  revision: revision
  changed_at: changed_at
  status: status
  email: email
  total: total
  pieces: $sum(lines.quantity)
needs: {freshness: 1h, consistency: eventual}
retry: {first: 100ms, longest: 1s}
"""

ALERTS = """
alerts:
  every: 1s
  group_wait: 1s
  without: [target-away]
  routes:
    oncall: {webhook: {url: secret://alerts/url, secret: secret://alerts/key}}
  rules:
    - {name: desk-away, when: away > 0s, keep: 0s, severity: page, to: [oncall], where: {target: desk.order}}
"""


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.took.append((dict(self.headers), body))
        if self.server.hangs:
            self.server.released.wait()
            return
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def serving(port=0):
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.took, server.hangs, server.released = [], False, threading.Event()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def pager():
    """Where people are told: it keeps what was posted."""
    with serving() as server:
        yield server


@pytest.fixture
def desk_port():
    """Return a port at which nobody listens."""
    with serving() as server:
        return server.server_port


@pytest.fixture
def folder(tmp_path, pager, desk_port):
    folder = init(tmp_path / "shop").folder
    (folder / "systems/desk.yaml").write_text(DESK % desk_port)
    (folder / "flows/orders-to-desk.yaml").write_text(FLOW)
    main = folder / "trunkline.yaml"
    main.write_text(main.read_text() + ALERTS)
    secrets = folder / "state/secrets.yaml"
    values = yaml.safe_load(secrets.read_text())
    values["alerts"] = {"url": f"http://127.0.0.1:{pager.server_port}/hook?token=t0ken", "key": KEY}
    secrets.write_text(yaml.safe_dump(values))
    return folder


def post(run, folder, **changes):
    url = run.webhooks["shop/order"]
    token = yaml.safe_load((folder / "state/secrets.yaml").read_text())["shop"]["webhook"]
    connection = http.client.HTTPConnection(*run.address.removeprefix("http://").split(":"))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps(json.loads((folder / "examples/order.json").read_bytes()) | changes)
    connection.request("POST", url.partition(run.address)[2], body, headers)
    assert connection.getresponse().status == 202
    connection.close()


def told(pager, kind):
    """Return what was posted of a kind, each verified with the published reference."""
    found = []
    for headers, body in list(pager.took):
        document = Webhook(KEY).verify(body, {name.lower(): text for name, text in headers.items()})
        if document["type"] == kind:
            found.append((headers["webhook-id"], document["data"]))
    return found


# A target is down: the alert fires, people get a signed webhook that says why and what to do, somebody takes
# it at the command line, and when the target is back they are told that it is over.
def test_from_down_to_back(folder, pager, desk_port):
    with running(folder) as run:
        run.listening()
        post(run, folder)
        until(lambda: told(pager, "alerts.firing"), "the alert fires")
        [(_, data)] = told(pager, "alerts.firing")
        [alert] = data["alerts"]
        assert (alert["rule"], alert["state"], alert["labels"]["target"]) == (
            "desk-away",
            "firing",
            "desk.order",
        )
        assert alert["cause"].startswith("connection-refused")
        assert alert["next"] == "trunkline target list"
        assert alert["link"].endswith("/control/topology")
        [view] = ask_list(folder, "alerts", "list", "--severity", "page")
        assert (view["id"], view["told"]) == (alert["id"], ["oncall"])
        taken = ask(folder, "alerts", "ack", alert["id"], "--why", "on it")
        assert taken["state"] == "acknowledged"
        with serving(desk_port) as desk:
            until(lambda: told(pager, "alerts.resolved"), "the alert is over")
            assert len(desk.took) >= 1
        [(_, data)] = told(pager, "alerts.resolved")
        assert data["alerts"][0]["id"] == alert["id"]
        assert data["alerts"][0]["acknowledged_by"] == taken["acknowledged_by"]
        assert len(told(pager, "alerts.firing")) == 1
        stats = ask(folder, "alerts", "list", "--stats")
        assert (stats["fired"], stats["acknowledged"], stats["resolved"]) == (1, 1, 1)
        assert 0 <= stats["mtta_seconds"] <= stats["mttr_seconds"]
        assert run.stop() == 0
    log = run.log.read_text()
    assert {"alert-fired", "alert-acknowledged", "alert-resolved"} <= {
        json.loads(line)["event"] for line in log.splitlines()
    }
    assert "t0ken" not in log
    [audited] = [one for one in ask_list(folder, "audit", "list") if one["what"] == "acknowledge-alert"]
    assert audited["why"] == "on it"


# Killed between what happened and its message, it sends the message after a restart, under the same id.
def test_killed_before_it_was_sent(folder, pager):
    pager.hangs = True
    with running(folder) as run:
        run.listening()
        post(run, folder)
        until(lambda: pager.took, "the message is on its way")
        run.kill()
    pager.hangs = False
    first = pager.took[0][0]["webhook-id"]
    with running(folder) as run:
        run.listening()
        until(lambda: len(pager.took) > 1, "the message is sent again")
        until(lambda: not ask_list(folder, "alerts", "list", "--unsent"), "it has arrived")
        assert {identifier for identifier, _ in told(pager, "alerts.firing")} == {first}
        assert run.stop() == 0


# Killed while an alert waits for its group, it tells of it after a restart, once.
def test_killed_while_a_group_waits(folder, pager):
    main = folder / "trunkline.yaml"
    text = main.read_text().replace("group_wait: 1s", "group_wait: 6s")
    main.write_text(text.replace("severity: page, to", "severity: ticket, to"))
    with running(folder) as run:
        run.listening()
        post(run, folder)
        until(lambda: "desk-away" in states(folder), "the alert fires")
        run.kill()
    assert states(folder)["desk-away"] == "firing"
    with running(folder) as run:
        run.listening()
        until(lambda: "desk-away" in rules_told(pager), "people are told")
        assert run.stop() == 0
    fired = [
        identifier
        for identifier, data in told(pager, "alerts.firing")
        for alert in data["alerts"]
        if alert["rule"] == "desk-away"
    ]
    assert len(set(fired)) == 1


def states(folder):
    """Return the states of the alerts that are open, by rule."""
    return {one["rule"]: one["state"] for one in ask_list(folder, "alerts", "list")}


# A route that does not work is seen: at once where it is tried, and in the list and the log where it is used.
def test_a_route_that_does_not_work(folder, pager):
    pager.shutdown()
    pager.server_close()
    with running(folder) as run:
        run.listening()
        code, message = refused(folder, "alerts", "test", "oncall")
        assert code == 6
        assert "route oncall does not work: unreachable" in message
        post(run, folder)
        until(lambda: ask_list(folder, "alerts", "list", "--unsent"), "the message failed")
        [unsent] = ask_list(folder, "alerts", "list", "--unsent")
        assert (unsent["route"], unsent["state"], unsent["kind"]) == ("oncall", "waiting", "unreachable")
        run.stop()
    assert '"event":"notice-failed"' in run.log.read_text().replace('": "', '":"')


CONDITIONS = {
    "drift": "trunkline contract drift order@1",
    "contract-ending": "trunkline contract users order@1.0.0",
    "disk-low": "trunkline log trim",
    "desk-away": "trunkline target list",
    "secret-age": "trunkline secret list",
}
"""Rules, all but the target's as they hold by default, with the next step that each advises."""


# A sender that changed, a version that ends, a full disk, a breaker that opened, an old secret: each is seen
# as it is, told once with its cause and the next step; a version that ended is told of then.
def test_every_condition(folder, pager):
    days = 86_400 * SECOND
    why = ("--why", "as agreed")
    ask(folder, "contract", "register", "order", *why)
    ends = to_rfc3339(SystemClock().now() + 5 * days)
    ask(folder, "contract", "deprecate", "order@1.0.0", "--sunset", ends, *why)
    main = folder / "trunkline.yaml"
    room = shutil.disk_usage(folder).free * 3 // 4
    main.write_text(f"{main.read_text()}\nlimits: {{disk_free_bytes: {room}}}\n")
    os.utime(folder / "state/secrets.yaml", (0, 0))
    with running(folder) as run:
        run.listening()
        post(run, folder, loyalty=7)
        until(lambda: CONDITIONS.keys() <= rules_told(pager), "all of them are told")
        listed = {one["rule"]: one for one in ask_list(folder, "alerts", "list")}
        assert run.stop() == 0
    for rule, step in CONDITIONS.items():
        assert (listed[rule]["state"], listed[rule]["next"]) == ("firing", step)
        assert listed[rule]["cause"]
    assert "loyalty" in listed["drift"]["cause"]
    assert "contract-ended" not in listed
    take(folder, "deprecate", "order@1.0.0", SystemClock(), sunset=SystemClock().now() + SECOND)
    with running(folder) as run:
        run.listening()
        until(lambda: "contract-ended" in rules_told(pager), "the end of the version is told")
        assert run.stop() == 0
    fired = [alert["id"] for _, data in told(pager, "alerts.firing") for alert in data["alerts"]]
    assert len(fired) == len(set(fired))


def rules_told(pager):
    """Return the rules by which people were told that something is wrong."""
    return {alert["rule"] for _, data in told(pager, "alerts.firing") for alert in data["alerts"]}
