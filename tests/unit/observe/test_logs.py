"""Signals as log lines: names and counts, at once or gathered, never a payload."""

from __future__ import annotations

import io
import json

import msgspec

from trunkline.kernel import signals as s
from trunkline.observe.logs import LEVELS, LogListener, event_name, make_writer
from trunkline.testkit.clock import ManualClock


def lines_of(signals, *, flush=True):
    stream = io.StringIO()
    listener = LogListener(make_writer(stream, ManualClock(), as_json=True))
    for signal in signals:
        listener(signal)
    if flush:
        listener.flush()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# What a person has to look at is written at once, with every field and instants as text.
def test_trouble_is_written_at_once():
    failed = s.AttemptFailed("f", 7, "c" * 32, 2, "http-503", "away", 1_767_225_600_000_000)
    [line] = lines_of([failed], flush=False)
    assert line["event"] == "attempt-failed"
    assert line["level"] == "warning"
    assert line["retry_at"] == "2026-01-01T00:00:00Z"
    assert {"flow", "offset", "correlation", "attempt", "kind", "detail"} <= set(line)


# What happens thousands of times a second is gathered into one line a stream and one a flow.
def test_the_hot_path_is_gathered():
    accepted = [s.Accepted("shop/order", "order@1", 3, 1)] * 1000
    delivered = [s.BatchDelivered("f", 10 * n, 10 * n + 9, 9, 1, n / 10) for n in range(5)]
    assert lines_of([*accepted, *delivered], flush=False) == []
    first, second = lines_of([*accepted, *delivered])
    assert (first["events"], first["duplicates"]) == (3000, 1000)
    assert (second["first"], second["last"], second["delivered"], second["dropped"]) == (0, 49, 45, 5)
    assert second["lag_seconds"] == 0.4


# Answers are gathered by source and status: how many, how many of them repeats, the longest wait.
def test_answers_are_gathered():
    told = [s.Answered("shop/ask", "ask@1", 200, 1, n % 2, n / 10) for n in range(5)]
    late = s.Answered("shop/ask", "ask@1", 504, 1, 0, 30.0)
    assert lines_of([*told, late], flush=False) == []
    first, second = lines_of([*told, late])
    assert (first["status"], first["requests"], first["repeats"], first["longest_seconds"]) == (
        200,
        5,
        2,
        0.4,
    )
    assert (second["status"], second["requests"], second["longest_seconds"]) == (504, 1, 30.0)


# Flushing twice writes nothing twice.
def test_a_flush_is_complete():
    stream = io.StringIO()
    listener = LogListener(make_writer(stream, ManualClock(), as_json=False))
    listener(s.Accepted("a", "b", 1, 0))
    listener.flush()
    once = stream.getvalue()
    listener.flush()
    assert stream.getvalue() == once
    assert "accepted" in once


# Every signal there is has a level of its own and a name; one more must be thought about here.
def test_every_signal_has_a_level():
    assert set(LEVELS) == set(s.Signal.__subclasses__())
    assert event_name(s.DeadLettered) == "dead-lettered"
    assert all(msgspec.structs.fields(kind) for kind in LEVELS)


# On a console a line is one line, whatever a field holds, and plain words are not quoted.
def test_a_line_for_a_person():
    stream = io.StringIO()
    listener = LogListener(make_writer(stream, ManualClock(), as_json=False))
    listener(s.SourceFailed("till/sale", 'a "torn"\nfile\x1b[31m'))
    assert stream.getvalue() == (
        "2026-01-01T00:00:00Z error   source-failed   source=till/sale "
        'detail="a \\"torn\\"\\nfile\\u001b[31m" system=till\n'
    )


# Every line is there when its signal is over: one that is killed afterwards has said it.
def test_lines_are_flushed():
    class Stream(io.StringIO):
        flushed = ""

        def flush(self):
            self.flushed = self.getvalue()

    stream = Stream()
    LogListener(make_writer(stream, ManualClock(), as_json=True))(s.Stopping("asked"))
    assert json.loads(stream.flushed)["reason"] == "asked"
