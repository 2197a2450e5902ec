"""The event: one record in a CloudEvents-shaped envelope (https://github.com/cloudevents/spec, 1.0.2).

``data`` stays the JSON text that arrived, checked against its contract: numbers keep every digit,
and nothing is decoded that nobody reads.
"""

from __future__ import annotations

import msgspec


class Event(msgspec.Struct, frozen=True, gc=False):
    """One record that arrived.

    ``id`` is its idempotency key: with ``source`` it names the event, and a second arrival of the
    same pair within the stream's dedupe window is a duplicate. ``subject`` is the entity key that
    order is kept by, empty for a record that belongs to no entity. ``time`` is when it happened and
    ``recorded`` when we accepted it, both in microseconds. ``contract`` is ``name@version``.
    ``correlation`` is the 32-digit trace id that finds it everywhere. ``given`` is the version its sender
    gave it in, where that is another one than ``contract``, which it was cast to. ``parent`` is the span it
    was sent in, with its flags and state, where it was sent in one: see ``tracing``.
    """

    id: str
    source: str
    type: str
    subject: str
    time: int
    recorded: int
    contract: str
    correlation: str
    data: bytes
    given: str = ""
    parent: str = ""


class Stored(msgspec.Struct, frozen=True, gc=False):
    """An event with its place in a stream: ``offset`` counts from 0 and never has a gap within a page.

    ``page`` is the offset at which the page begins that it was found in, where it was looked for.
    """

    stream: str
    offset: int
    event: Event
    page: int = -1
