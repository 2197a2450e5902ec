"""Signals reach every listener in order, and carry only plain facts."""

from __future__ import annotations

import msgspec

from trunkline.kernel import signals
from trunkline.kernel.signals import Accepted, Signal, Signals, Stopping


def test_every_listener_gets_every_signal_in_order():
    bus = Signals()
    seen: list[tuple[int, Signal]] = []
    bus.listen(lambda signal: seen.append((1, signal)))
    bus.listen(lambda signal: seen.append((2, signal)))
    first, second = Accepted("shop", "order@1", 2, 0), Stopping("SIGTERM")
    bus.emit(first)
    bus.emit(second)
    assert seen == [(1, first), (2, first), (1, second), (2, second)]


# An operator's tool can tell signals apart without knowing Python.
def test_a_signal_encodes_with_its_name():
    assert msgspec.json.encode(Stopping("SIGTERM")) == b'{"type":"Stopping","reason":"SIGTERM"}'


def test_every_signal_is_documented_and_made_of_numbers_and_texts():
    kinds = [kind for kind in vars(signals).values() if isinstance(kind, type) and issubclass(kind, Signal)]
    assert len(kinds) > 5
    for kind in kinds:
        assert kind.__doc__
        for field in msgspec.structs.fields(kind):
            assert field.type in (int, float, str), (kind, field.name)
