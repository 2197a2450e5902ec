"""What an operator can see happen, as typed values.

The rooms that act emit signals and do not know who listens; ``observe`` listens. The list below is an
API: every signal is in ``docs/reference/signals.md`` with its fields. A signal carries counts, names
and identifiers, never a payload, a secret or a personal value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec


class Signal(msgspec.Struct, frozen=True, tag=True):
    """The base of every signal; its tag is its class name."""


class SourceStarted(Signal, frozen=True):
    """A source listens or watches; ``where`` is the path, folder or address."""

    source: str
    where: str


class Accepted(Signal, frozen=True):
    """Arrivals were stored: ``events`` new ones and ``duplicates`` that had been stored before."""

    source: str
    stream: str
    events: int
    duplicates: int


class Refused(Signal, frozen=True):
    """Arrivals were not taken; ``reason`` is a short class: ``contract``, ``signature``, ``size``.

    Of a single one that could be read, ``event_id`` is the identity it came with.
    """

    source: str
    stream: str
    events: int
    reason: str
    correlation: str = ""
    event_id: str = ""
    contract: str = ""


class Answered(Signal, frozen=True):
    """Callers of a request source got the HTTP answer ``status``: ``repeats`` of them one given before.

    ``longest_seconds`` is how long the longest of them waited, from when its request was stored.
    """

    source: str
    stream: str
    status: int
    requests: int
    repeats: int
    longest_seconds: float


class FileDone(Signal, frozen=True):
    """A watched file was read to its end, its last row is durable, and it was moved away."""

    source: str
    file: str
    rows: int
    refused: int


class SourceFailed(Signal, frozen=True):
    """A source cannot go on for now; it tries again by itself unless ``detail`` says otherwise."""

    source: str
    detail: str


class FlowStarted(Signal, frozen=True):
    """A flow begins to deliver from ``cursor``."""

    flow: str
    stream: str
    target: str
    cursor: int


class BatchDelivered(Signal, frozen=True):
    """A run of a stream was settled by a flow; ``lag_seconds`` is the age of its oldest event on arrival."""

    flow: str
    first: int
    last: int
    delivered: int
    dropped: int
    lag_seconds: float


class AttemptFailed(Signal, frozen=True):
    """An attempt failed and is scheduled again at ``retry_at`` (microseconds).

    ``key`` is the event's entity key, masked where it is personal.
    """

    flow: str
    offset: int
    correlation: str
    attempt: int
    kind: str
    detail: str
    retry_at: int
    target: str = ""
    event_id: str = ""
    key: str = ""
    contract: str = ""


class DeadLettered(Signal, frozen=True):
    """An event will not be tried again by itself; a person has to look. ``key`` is as of a failed attempt."""

    flow: str
    offset: int
    correlation: str
    attempts: int
    kind: str
    detail: str
    target: str = ""
    event_id: str = ""
    key: str = ""
    contract: str = ""


class FlowStalled(Signal, frozen=True):
    """A flow cannot go on for now (its target or our store is away); it tries again at ``retry_at``."""

    flow: str
    kind: str
    detail: str
    retry_at: int


class BreakerOpened(Signal, frozen=True):
    """A target is left alone: no flow calls it before ``until``, when one call probes whether it is back."""

    target: str
    kind: str
    detail: str
    until: int


class BreakerClosed(Signal, frozen=True):
    """A target is back after ``outage_seconds``; its flows return to it slowly."""

    target: str
    outage_seconds: float


class TargetIsolated(Signal, frozen=True):
    """Nothing goes to a target until it is reset; ``by`` is a person, or ``receiver`` where it said stop."""

    target: str
    by: str
    why: str


class TargetReset(Signal, frozen=True):
    """A person lets calls go to a target again."""

    target: str
    by: str
    why: str


class FlowPaused(Signal, frozen=True):
    """A person paused a flow: it finishes what it holds and takes nothing until it is resumed."""

    flow: str
    by: str
    why: str


class FlowResumed(Signal, frozen=True):
    """A person lets a flow go on that was paused."""

    flow: str
    by: str
    why: str


class ReplayChanged(Signal, frozen=True):
    """A replay was started, paused, resumed or cancelled, is done or has failed; ``state`` is its new one."""

    replay: str
    flow: str
    state: str
    by: str


class ReplayProgress(Signal, frozen=True):
    """A replay has delivered some more of the events it ``planned`` to; ``dead`` are dead letters of it."""

    replay: str
    flow: str
    planned: int
    delivered: int
    dead: int


class ContractDeprecated(Signal, frozen=True):
    """A contract version on its way out is in use by ``used_by``; from ``until`` on none is taken."""

    contract: str
    until: int
    used_by: str


class ContractEnded(Signal, frozen=True):
    """A contract version is past its sunset, ``until``: what its sources are sent is refused.

    ``used_by`` still use it, ``successor`` is the version to use instead, if there is one.
    """

    contract: str
    until: int
    used_by: str
    successor: str


class LoggedIn(Signal, frozen=True):
    """Somebody logged in to the control room, from the address ``peer``."""

    by: str
    peer: str


class LoggedOut(Signal, frozen=True):
    """Somebody logged out of the control room."""

    by: str
    peer: str


class LogInFailed(Signal, frozen=True):
    """Somebody at the address ``peer`` gave a token that is not one."""

    peer: str


class TokenRotated(Signal, frozen=True):
    """The administrator's token was made anew; the one before it is taken ``overlap_seconds`` more."""

    by: str
    overlap_seconds: int


class AlertFired(Signal, frozen=True):
    """An alert fires: its rule, what it is about, how much it matters, and what is so."""

    alert: str
    rule: str
    about: str
    severity: str
    summary: str


class AlertAcknowledged(Signal, frozen=True):
    """Somebody answers for an alert that fires."""

    alert: str
    rule: str
    by: str


class AlertResolved(Signal, frozen=True):
    """An alert is over, ``seconds`` after it fired."""

    alert: str
    rule: str
    about: str
    seconds: float


class NoticeFailed(Signal, frozen=True):
    """A message about alerts did not arrive; it is tried again unless ``given_up`` is 1."""

    message: str
    route: str
    attempts: int
    kind: str
    detail: str
    given_up: int


class TelemetryLost(Signal, frozen=True):
    """Spans, log records or metrics for the collector at ``endpoint`` are dropped.

    Told once of each until the collector takes some again.
    """

    endpoint: str
    detail: str


class Stopping(Signal, frozen=True):
    """The process was asked to stop and finishes what it holds."""

    reason: str


Listener: TypeAlias = Callable[[Signal], None]


class Signals:
    """Carries signals from the rooms that act to whoever listens."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with every later signal; it returns quickly and does not raise."""
        self._listeners.append(listener)

    def emit(self, signal: Signal) -> None:
        """Hand ``signal`` to every listener."""
        for listener in self._listeners:
            listener(signal)
