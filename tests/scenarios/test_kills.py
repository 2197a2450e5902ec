"""SIGKILL at random moments of intake and delivery, and what must be true whatever moment it was.

A sender posts states of orders until each is acknowledged, as a web shop does; the process is killed
and started again, over and over. Then: every acknowledged event is in the table exactly once, every one
reached the HTTP interface at least once under one key, and neither saw an older state after a newer one.
"""

from __future__ import annotations

import random
import time

import pytest
from tests.scenarios.processes import delivered, running, until
from tests.scenarios.states import (
    ORDERS,
    Sender,
    check_sums,
    check_table,
    check_told,
    counted,
    drop_states,
    project,
)

KILLS = 25


# Twenty-five kills while webhooks come in and both targets are written.
@pytest.mark.timeout(300)
@pytest.mark.parametrize("interface", [1], indirect=True)
def test_webhooks_survive_kills(tmp_path, interface):
    folder = project(tmp_path, interface)
    chance = random.Random(1)
    sender = Sender()
    sender.start()
    for _ in range(KILLS):
        with running(folder) as run:
            sender.url = run.listening().webhooks["shop/hook"]
            time.sleep(chance.uniform(0.0, 0.6))
            run.kill()
            sender.url = None
    with running(folder) as run:
        sender.url = run.listening().webhooks["shop/hook"]
        until(lambda: len(sender.acknowledged) > ORDERS, "the shop's events are taken")
        sender.stopping.set()
        sender.join()
        until(lambda: delivered(folder), "everything is delivered")
        assert run.stop() == 0
    check_table(folder, sender.acknowledged)
    check_told(interface.told, sender.acknowledged)
    check_sums(folder)


# Twenty-five kills while files are read: a file is in done/ only when all of it is durable.
@pytest.mark.timeout(300)
@pytest.mark.parametrize("interface", [2], indirect=True)
def test_files_survive_kills(tmp_path, interface):
    folder = project(tmp_path, interface)
    chance = random.Random(2)
    expected = []
    for number in range(KILLS):
        expected += drop_states(folder, number)
        with running(folder) as run:
            run.listening()
            time.sleep(chance.uniform(0.0, 0.6))
            run.kill()
    with running(folder) as run:
        run.listening()
        until(
            lambda: not list((folder / "drop").glob("*.jsonl")) and delivered(folder),
            "everything is delivered",
        )
        assert run.stop() == 0
    check_table(folder, expected)
    check_told(interface.told, expected)
    assert set(counted(folder)) == set(expected)
