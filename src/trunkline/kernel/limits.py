"""A bound on everything: what one process takes, holds and tries, with sensible defaults.

Sizes are in bytes and durations in seconds unless the name says otherwise.
"""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds on what one process takes in and holds at a time."""

    body_bytes: int = 1_048_576
    """The largest request body a webhook takes; more is answered 413."""

    event_bytes: int = 262_144
    """The largest single record, decoded from whatever carried it."""

    batch_events: int = 1_000
    """The most records in one request; more is answered 413."""

    depth: int = 64
    """The deepest nesting of a record."""

    pending_events: int = 10_000
    """Arrivals waiting for their commit; more are answered 503 with ``Retry-After``."""

    pending_bytes: int = 64 * 1_048_576
    """Bytes of arrivals waiting for their commit; more are answered 503 with ``Retry-After``."""

    page_events: int = 1_000
    """The most events in one stored page, and in one batch of delivery."""

    page_bytes: int = 4 * 1_048_576
    """The most payload bytes in one stored page, and in one batch of delivery."""

    disk_free_bytes: int = 64 * 1_048_576
    """Bytes of the store's disk that new events leave to deliveries; below it they are answered 507."""
