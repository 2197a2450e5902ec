"""``trunkline run`` as its user has it: a process that takes, delivers, answers commands and stops clean."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
import yaml

from trunkline.app.init import init

DEADLINE_SECONDS = 20


@pytest.fixture
def folder(tmp_path):
    return init(tmp_path / "shop").folder


def command(folder, *words):
    return [sys.executable, "-m", "trunkline", *words, "--project", str(folder)]


@pytest.fixture
def running(folder):
    process = subprocess.Popen(
        command(folder, "run", "--port", "0", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started = json.loads(process.stdout.readline())
    yield process, started
    if process.poll() is None:
        process.kill()
    process.communicate()


def call(folder, *words):
    done = subprocess.run(command(folder, *words, "--json"), capture_output=True, text=True, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def post(folder, url, token=None):
    token = token or yaml.safe_load((folder / "state/secrets.yaml").read_text())["shop"]["webhook"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, (folder / "examples/order.json").read_bytes(), headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def rows(folder):
    with sqlite3.connect(folder / "state/warehouse.db") as connection:
        return connection.execute("SELECT order_id, email, total, pieces FROM orders").fetchall()


def until(condition):
    end = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.05)


# A posted order gets its receipt, arrives in the table, and is the same order when it comes again;
# commands work beside the process, a second run is refused, and SIGTERM ends it with 0.
def test_a_day(folder, running):
    process, started = running
    url = started["webhooks"]["shop/order"]
    status, answer = post(folder, url)
    assert (status, answer["receipts"][0]["status"]) == (202, "accepted")
    assert post(folder, url)[1]["receipts"][0]["status"] == "duplicate"
    assert post(folder, url, token="guess")[0] == 401
    until(lambda: call(folder, "status")[1][0]["flows"][0]["cursor"] == 1)
    assert rows(folder) == [("1001", "ada@example.com", "29.90", 3)]
    second = (folder / "examples/order.json").read_text().replace("1001", "1002")
    (folder / "second.json").write_text(second)
    code, [receipt], _ = call(folder, "publish", "order", "--file", str(folder / "second.json"))
    assert (code, receipt["offset"]) == (0, 1)
    until(lambda: len(rows(folder)) == 2)
    code, [trace], _ = call(folder, "trace", receipt["correlation"])
    assert trace["events"][0]["fates"][0]["state"] == "delivered"
    code, [refused], _ = call(folder, "run")
    assert code == 4
    assert "another process" in refused["error"]["message"]
    process.send_signal(signal.SIGTERM)
    _, logs = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0
    assert not list((folder / "state").glob("control*"))
    names = [json.loads(line)["event"] for line in logs.splitlines()]
    assert {"source-started", "flow-started", "accepted", "batch-delivered", "stopping"} <= set(names)
    assert "ada@example.com" not in logs


# After SIGKILL nothing acknowledged is lost and commands work: the lock and the control file are no obstacle.
def test_killed(folder, running):
    process, started = running
    assert post(folder, started["webhooks"]["shop/order"])[0] == 202
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    code, [event], _ = call(folder, "events", "order")
    assert (code, event["id"]) == (0, "evt-1001-1")
    code, [receipt], _ = call(folder, "publish", "order", "--file", str(folder / "examples/order.json"))
    assert (code, receipt["status"]) == (0, "accepted")  # its source is another: publish, not shop


# run refuses a project with a fault, a missing secret, or a port that is taken, each with its own code.
def test_refused_starts(folder, running):
    _, started = running
    port = started["address"].rpartition(":")[2]
    other = init(folder.parent / "other").folder
    assert call(other, "run", "--port", port)[0] == 6
    (other / "state/secrets.yaml").unlink()
    code, [answer], _ = call(other, "run", "--port", "0")
    assert code == 5
    assert "TRUNKLINE_SECRET_SHOP_WEBHOOK" in answer["error"]["message"]
    (other / "trunkline.yaml").write_text("project: x\nlisten: {prt: 1}\n")
    assert call(other, "run")[0] == 3
