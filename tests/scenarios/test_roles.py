"""Intake and delivery as processes of their own: what holds for one process holds for two.

Either is killed at random moments while the other goes on; commands reach whoever has the role, and a role
has one process.
"""

from __future__ import annotations

import contextlib
import random
import time
import urllib.request

import pytest
from tests.scenarios.processes import ask, delivered, refused, running, until
from tests.scenarios.states import (
    ORDERS,
    Sender,
    check_table,
    check_told,
    counted,
    drop_states,
    project,
)

from trunkline.kernel.roles import ROLES

KILLS = 15


class Apart:
    """Both roles of a project, each in a process; one can be killed and started again."""

    def __init__(self, folder, stack):
        self._folder, self._stack = folder, stack
        self.runs = {role: self._start(role) for role in ROLES}

    def _start(self, role):
        return self._stack.enter_context(running(self._folder, role)).listening()

    def again(self, role):
        self.runs[role].kill()
        self.runs[role] = self._start(role)

    def stop(self):
        return [self.runs[role].stop() for role in ROLES]


@pytest.fixture
def apart():
    with contextlib.ExitStack() as stack:
        yield lambda folder: Apart(folder, stack)


# Fifteen kills of either role while webhooks come in: nothing is lost, nothing done twice, order is kept.
@pytest.mark.timeout(300)
@pytest.mark.parametrize("interface", [3], indirect=True)
def test_webhooks_survive_kills_of_either_role(tmp_path, interface, apart):
    folder = project(tmp_path, interface)
    chance, both, sender = random.Random(3), apart(folder), Sender()
    sender.start()
    for _ in range(KILLS):
        sender.url = both.runs["intake"].webhooks["shop/hook"]
        time.sleep(chance.uniform(0.0, 0.5))
        both.again(chance.choice(ROLES))
    sender.url = both.runs["intake"].webhooks["shop/hook"]
    until(lambda: len(sender.acknowledged) > ORDERS, "the shop's events are taken")
    sender.stopping.set()
    sender.join()
    until(lambda: delivered(folder), "everything is delivered")
    assert both.stop() == [0, 0]
    check_table(folder, sender.acknowledged)
    check_told(interface.told, sender.acknowledged)


# The same with files: each row once, and a file is in done/ only when all of it is durable.
@pytest.mark.timeout(300)
@pytest.mark.parametrize("interface", [4], indirect=True)
def test_files_survive_kills_of_either_role(tmp_path, interface, apart):
    folder = project(tmp_path, interface)
    chance, both, expected = random.Random(4), apart(folder), []
    for number in range(KILLS):
        expected += drop_states(folder, number)
        time.sleep(chance.uniform(0.0, 0.5))
        both.again(chance.choice(ROLES))
    until(
        lambda: not list((folder / "drop").glob("*.jsonl")) and delivered(folder), "everything is delivered"
    )
    assert both.stop() == [0, 0]
    check_table(folder, expected)
    check_told(interface.told, expected)
    assert set(counted(folder)) == set(expected)


# Commands reach the process of their role, and do it themselves where none runs; a role is refused twice.
@pytest.mark.parametrize("interface", [5], indirect=True)
def test_commands_reach_their_role(tmp_path, interface, apart):
    folder = project(tmp_path, interface)
    both = apart(folder)
    assert sorted(file.name for file in (folder / "state").glob("control*")) == [
        "control-delivery.json",
        "control-intake.json",
    ]
    for words in (["--role", "intake"], ["--role", "delivery"], []):
        code, message = refused(folder, "run", *words)
        assert (code, "stop it first" in message) == (4, True)
    (folder / "one.json").write_text('{"number": "o-1", "revision": 1}')
    publish = ("publish", "state", "--file", str(folder / "one.json"), "--identity", "line")
    assert ask(folder, *publish)["status"] == "accepted"
    until(lambda: delivered(folder), "it is delivered")
    assert both.runs["intake"].stop() == 0
    assert ask(folder, *publish)["status"] == "duplicate"
    code, message = refused(folder, "dead", "retry", "count", "0")
    assert (code, message) == (1, "")
    assert both.runs["delivery"].stop() == 0
    assert list((folder / "state").glob("control*")) == []
    assert counted(folder) == {("o-1", 1): 1}


# Each role that has a port answers whether it lives and is ready.
@pytest.mark.parametrize("interface", [6], indirect=True)
def test_each_role_is_ready(tmp_path, interface):
    folder = project(tmp_path, interface)
    for role in ROLES:
        with running(folder, role, port=0) as run:
            address = run.listening().address
            for path in ("/health", "/ready"):
                with urllib.request.urlopen(address + path, timeout=10) as answer:
                    assert answer.status == 200
            assert run.stop() == 0
