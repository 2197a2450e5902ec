"""``trunkline events`` prints a stream's events, masked, from an offset or by what they carry."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def events(trunkline, orders):
    trunkline("publish", "order", "--file", orders(3))

    def run(*words):
        return trunkline("events", "order", *words)

    return run


# Each event has its offset, key and record; what is personal is masked unless asked otherwise.
def test_events(events):
    code, out, _ = events()
    assert code == 0
    assert out.count('"email":"***"') == 3
    assert events("--reveal")[1].count("ada@example.com") == 3
    assert '"total":29.9' in out


# From an offset, up to a limit, by key or by id.
@pytest.mark.parametrize(
    ("words", "offsets"),
    [
        (["--from", "1"], [1, 2]),
        (["--limit", "2"], [0, 1]),
        (["--key", "1002"], [2]),
        (["--id", "e1"], [1]),
    ],
)
def test_which(events, words, offsets):
    found = [json.loads(line) for line in events(*words, "--json")[1].splitlines()]
    assert [one["offset"] for one in found] == offsets


# None is told and ends with 1.
def test_none(events):
    code, out, err = events("--id", "nothing")
    assert (code, out, err) == (1, "", "No such event.\n")
