"""A sender drops rather than waits, tells of it once, and ends in time."""

from __future__ import annotations

import threading

import pytest

sender = pytest.importorskip("trunkline.adapters.otel.sender")

FEW = sender.Queued("readings", waiting=3, batch=2)


def sending(export, told=None, give_up=lambda: None):
    return sender.Sender(FEW, export, give_up, ([] if told is None else told).append)


# What was put is sent in order, in bounded batches, before the end.
def test_all_is_sent():
    came, let_go = [], threading.Event()

    def export(batch):
        let_go.wait()
        came.append(list(batch))
        return True

    made = sending(export)
    for number in range(3):
        made.put(number)
    let_go.set()
    sender.close([made])
    assert [one for batch in came for one in batch] == [0, 1, 2]
    assert max(map(len, came)) <= FEW.batch
    assert made.dropped == 0


# What is less than a batch waits for more, so that a request has many; the end does not wait.
def test_lingers():
    came, done = [], threading.Event()

    def export(batch):
        came.append(list(batch))
        done.set()
        return True

    many = sender.Queued("spans", waiting=9, batch=3, linger_seconds=3_600)
    made = sender.Sender(many, export, lambda: None, [].append)
    for number in range(3):
        made.put(number)
    assert done.wait(30)
    made.put(3)
    sender.close([made])
    assert came == [[0, 1, 2], [3]]


# Who puts never waits for a collector that does not answer: what is too much is dropped, and that told once.
def test_too_many():
    told, busy, let_go = [], threading.Event(), threading.Event()

    def export(_):
        busy.set()
        return let_go.wait()

    made = sending(export, told)
    made.put(0)
    busy.wait()
    for number in range(5):
        made.put(number)
    assert made.dropped == 2
    let_go.set()
    sender.close([made])
    assert told == ["readings are dropped (1 so far): too many wait for the collector"]


# A collector that takes nothing, or a library that raises, is told once until something is taken again.
def test_told_once_until_taken():
    told, answers, done = [], iter([False, None, True, False]), threading.Semaphore(0)

    def export(_):
        answer = next(answers)
        done.release()
        if answer is None:
            raise OSError
        return answer

    made = sending(export, told)
    for number in range(4):
        made.put(number)
        done.acquire()
    sender.close([made])
    assert (made.dropped, len(told)) == (3, 2)


# At the end what a collector holds up is given up, and what is put later is dropped.
def test_the_end(monkeypatch):
    monkeypatch.setattr(sender, "EXPORT_SECONDS", 0.01)
    gone = threading.Event()
    made = sending(lambda _: gone.wait() and False, give_up=gone.set)
    made.put(1)
    sender.close([made])
    made.join(10)
    made.put(2)
    assert made.dropped == 2
