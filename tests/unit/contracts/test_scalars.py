"""Plain and extreme numbers and texts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trunkline.contracts.compat.sides import Formats, Side
from trunkline.contracts.moments import moment
from trunkline.contracts.scalars import beyond, numbers, texts


# Numbers stand at the bounds and around them, in steps of what they are a multiple of, exactly.
def test_numbers():
    found = numbers(({"minimum": 10, "exclusiveMaximum": 20, "multipleOf": Decimal("0.01")},), whole=False)
    assert {10, Decimal("10.01"), Decimal("19.99"), 20} <= set(found)
    assert all(type(number) in (int, Decimal) for number in found)
    assert {5, 10} <= set(numbers(({"minimum": 7, "multipleOf": 5},), whole=True))


# Texts have the shortest and the longest length, and unusual letters.
def test_texts():
    assert {"a", "aa", "aaaa"} <= set(texts(({"minLength": 2, "maxLength": 4}, {"minLength": 1}))) | {"a"}
    assert any(not text.isascii() for text in texts(({},)))


# Every format that is checked has a text that passes.
@pytest.mark.parametrize(
    "name", ["date", "date-time", "time", "email", "uuid", "uri", "ipv4", "hostname", "duration"]
)
def test_formats(name):
    side = Side({"format": name})
    assert any(side.takes(text) for text in texts(({"format": name},)))


# So has one made for a contract.
@pytest.mark.parametrize("pattern", ["dd.MM.yyyy", "yyyyMMddHHmmss", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", ""])
def test_formats_of_contracts(pattern):
    how = moment("timestamp", pattern)
    name = f"timestamp as {how.label}"
    side = Side({"format": name}, Formats({name: lambda text: how.read(text) is not None}))
    found = texts(({"format": name},))

    def is_read(text):
        try:
            return side.takes(text)
        except ValueError:
            return False

    assert any(map(is_read, found))


# Past a bound there is a value that it refuses.
@pytest.mark.parametrize(
    "wanted",
    [
        {"maximum": 5},
        {"exclusiveMinimum": 1},
        {"maxLength": 3},
        {"minLength": 1},
        {"multipleOf": 0.01},
        {"pattern": "^x"},
    ],
)
def test_beyond(wanted):
    side = Side(wanted)
    assert any(side.refuses(value) for value in beyond(wanted, ()))
