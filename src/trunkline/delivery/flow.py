"""What a flow is, and what it runs on: plain values that the composition root fills in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from trunkline.connectors.target import Target
from trunkline.delivery.ledger import Ledger
from trunkline.delivery.retry import RetryPolicy
from trunkline.eventlog.port import LogReader
from trunkline.kernel import json
from trunkline.kernel.clock import Clock
from trunkline.kernel.event import Event
from trunkline.kernel.ids import Ids
from trunkline.kernel.limits import Limits
from trunkline.kernel.signals import Signals

Start: TypeAlias = Literal["beginning", "now"] | int
"""Where a flow begins that has no position yet; a number is an instant in microseconds."""


class Mapping(Protocol):
    """From a record to what the target takes; None drops the event by rule."""

    def __call__(self, record: Any, event: Event) -> dict[str, Any] | None:
        """Return the mapped record. Whatever it raises makes the event a dead letter."""


class Flow(msgspec.Struct, frozen=True):
    """The wiring of one stream to one target.

    ``project`` is part of the name that its progress has in a target's own database, which flows of several
    projects may share. ``decode`` gives the mapping its record, or as much of it as the mapping reads.
    ``when_dead`` says what a dead letter does to later events of its key: ``hold-key`` keeps them back until
    a person answers it, ``skip`` lets them pass, ``supersede`` lets them pass and closes the dead letter
    once one of them is delivered: for events that carry all of their key's state. ``start`` is where it
    begins while it has no position: at the beginning of the stream, at its end, or with what was accepted at
    or after an instant in microseconds. ``after`` are flows, each with its stream, that deliver what they
    have before this one begins. ``identity`` is the name its idempotency keys are made from, its own if
    empty; ``replay`` is the id of the replay it is, if it is one. ``answers`` says that callers wait for
    what comes of each event: it is recorded at once, also where older ones are still under way.
    ``shows_keys`` says that its entity keys are not personal, and may stand in signals.
    """

    name: str
    stream: str
    target: str
    mapping: Mapping
    policy: RetryPolicy = RetryPolicy()
    when_dead: Literal["hold-key", "skip", "supersede"] = "hold-key"
    decode: Callable[[bytes], Any] = json.decode
    project: str = ""
    start: Start = "beginning"
    after: tuple[tuple[str, str], ...] = ()
    identity: str = ""
    answers: bool = False
    replay: str = ""
    shows_keys: bool = False

    @property
    def progress_name(self) -> str:
        """The name of its progress in an atomic target."""
        return f"{self.project}/{self.name}" if self.project else self.name


class Ports(msgspec.Struct, frozen=True):
    """What a flow runs on."""

    log: LogReader
    ledger: Ledger
    target: Target
    clock: Clock
    ids: Ids
    signals: Signals
    limits: Limits = Limits()
