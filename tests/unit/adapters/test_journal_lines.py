"""A line of a journal is plain JSON that a person can read in a pull request."""

from __future__ import annotations

import json

import pytest

from trunkline.adapters.journal.lines import journal_of, line_of
from trunkline.contracts.registry.version import Entry
from trunkline.kernel.errors import ProjectError
from trunkline.testkit.registry import AT, registered

FILE = "registry/order.jsonl"


# A line names its act, its time and its author first, and its text last.
def test_a_line():
    line = line_of("order", registered(1, "1.0.0"), "")
    members = json.loads(line)
    assert list(members)[:8] == ["digest", "before", "subject", "number", "act", "version", "at", "by"]
    assert (members["at"], list(members)[-1]) == ("2026-01-01T00:00:00.123456Z", "text")
    step = json.loads(line_of("order", Entry(number=2, act="retire", version="1.0.0", at=AT, by="ann"), "ab"))
    assert "text" not in step


# What was written is read, with what a next line has to follow.
def test_reading_back():
    first = registered(1, "1.0.0")
    second = Entry(number=2, act="deprecate", version="1.0.0", at=AT, by="bob", why="old", sunset=AT + 5)
    line = line_of("order", first, "")
    one = journal_of(line, "order", FILE)
    two = journal_of(line + line_of("order", second, one.head), "order", FILE)
    assert two.entries == (first, second)
    assert one.head == json.loads(line)["digest"]
    assert (one.whole_bytes, one.needs_end) == (len(line), False)


# A line of a later release is refused by name, not guessed at.
def test_a_later_release():
    from trunkline.adapters.journal.lines import _sha

    rest = b'"before":"","subject":"order","number":1,"act":"praise","version":"1.0.0","at":"2026-01-01T00:00:00Z","by":"x"}\n'  # noqa: E501  one line is one line
    line = b'{"digest":"' + _sha(rest[:-1]) + b'",' + rest
    with pytest.raises(ProjectError, match="cannot be read"):
        journal_of(line, "order", FILE)
