"""Sends what waits to a collector, from a thread of its own, and never keeps anybody waiting.

Each kind of telemetry has one. What does not fit into its bounded queue, and what the collector does not take
in time, is dropped and counted, and told once until the collector takes something again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

EXPORT_SECONDS = 5.0
"""How long a collector may take, and how long it has at the end for what waits."""

SCOPE = InstrumentationScope("trunkline")

# the library would write lines of its own for what is counted and told here
logging.getLogger("opentelemetry.exporter").addHandler(logging.NullHandler())
logging.getLogger("opentelemetry.exporter").propagate = False

T = TypeVar("T")


class Collector:
    """Where telemetry goes, and of whom it is (``named``, the attributes of a resource).

    ``lost`` is told of a first drop, from any thread.
    """

    def __init__(
        self,
        endpoint: str,
        headers: Mapping[str, str],
        named: Mapping[str, str],
        lost: Callable[[str], None],
    ) -> None:
        self.headers, self.lost = dict(headers), lost
        self.resource = Resource.create(named)
        self._endpoint = endpoint.rstrip("/")

    def url(self, kind: str) -> str:
        """Return where one kind of telemetry goes, as OTLP over HTTP has it."""
        return f"{self._endpoint}/v1/{kind}"


class Queued(msgspec.Struct, frozen=True):
    """What a sender sends: its name in the plural, how many wait at the most, how many are sent at once.

    ``linger_seconds`` is how long fewer than a batch wait for more: a request costs more than a span.
    """

    name: str
    waiting: int
    batch: int
    linger_seconds: float = 0.0


class Sender(Generic[T]):
    """A bounded queue and the thread that empties it by ``export``, which tells whether all was taken.

    ``give_up`` ends what ``export`` tries again. ``export`` is called from that thread alone.
    """

    def __init__(
        self,
        queued: Queued,
        export: Callable[[Sequence[T]], bool],
        give_up: Callable[[], object],
        lost: Callable[[str], None],
    ) -> None:
        self._queued, self._export, self._give_up, self._lost = queued, export, give_up, lost
        self._waiting: deque[T] = deque()
        self._bell = threading.Condition()
        self._ending = self._told = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._send_all, name=f"otlp {queued.name}", daemon=True)
        self._thread.start()

    def put(self, one: T) -> None:
        """Have it sent, or drop it where too many wait."""
        with self._bell:
            fits = len(self._waiting) < self._queued.waiting and not self._ending
            if fits:
                self._waiting.append(one)
                if len(self._waiting) in (1, self._queued.batch):
                    self._bell.notify()
        if not fits:
            self._drop(1, "too many wait for the collector")

    def end(self) -> None:
        """Take no more; what waits is still sent."""
        with self._bell:
            self._ending = True
            self._bell.notify()

    def give_up(self) -> None:
        """Drop what is not sent yet."""
        self._give_up()

    def join(self, seconds: float) -> None:
        """Wait for what waits, at most so long."""
        self._thread.join(max(0.0, seconds))

    def _send_all(self) -> None:
        while batch := self._taken():
            try:
                is_taken = self._export(batch)
            except Exception:  # noqa: BLE001  whatever the library raises: delivery goes on without telemetry
                is_taken = False
            if is_taken:
                self._told = False
            else:
                self._drop(len(batch), "the collector did not take them")

    def _taken(self) -> list[T]:
        """Wait for something to send; empty at the end."""
        with self._bell:
            self._bell.wait_for(lambda: self._waiting or self._ending)
            self._bell.wait_for(self._is_worth_it, self._queued.linger_seconds)
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._queued.batch))]

    def _is_worth_it(self) -> bool:
        return self._ending or len(self._waiting) >= self._queued.batch

    def _drop(self, count: int, why: str) -> None:
        with self._bell:
            self.dropped += count
            is_news, self._told = not self._told, True
        if is_news:
            self._lost(f"{self._queued.name} are dropped ({self.dropped} so far): {why}")


def close(senders: Iterable[Sender[Any]]) -> None:
    """Send what waits with all of them at once, within ``EXPORT_SECONDS``; then drop what is left."""
    ending = list(senders)
    for sender in ending:
        sender.end()
    _join(ending)
    for sender in ending:
        sender.give_up()
    _join(ending)


def _join(senders: Iterable[Sender[Any]]) -> None:
    last = time.monotonic() + EXPORT_SECONDS
    for sender in senders:
        sender.join(last - time.monotonic())
