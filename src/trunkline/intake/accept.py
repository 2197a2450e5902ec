"""From arrival to stored event, in named steps: decode, validate, identify, append, answer.

Every source comes through here: webhooks with what a request held, pull sources by ``pull.pump``, and
the quarantine with what is released. ``judge`` decides about one arrival without effect; ``store``
gives the decisions effect once: what is refused is durable in quarantine and what is good is durable in
the log before anyone gets a receipt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from trunkline.connectors.source import Arrival, Receipt
from trunkline.contracts.contract import Contract, Reading
from trunkline.eventlog.port import Appended, EventLog
from trunkline.intake.quarantine import Entry, Held, Quarantine, Reason
from trunkline.kernel.clock import Clock, from_rfc3339
from trunkline.kernel.errors import DeliveryError
from trunkline.kernel.event import Event
from trunkline.kernel.ids import Ids
from trunkline.kernel.json import decode, encode
from trunkline.kernel.limits import Limits
from trunkline.kernel.signals import Accepted, Refused, Signals

Kind: TypeAlias = Literal["json", "size", "depth", "identity", "contract", "source", "cast"]

IDENTITY_LETTERS = 512
"""The longest idempotency key that is taken."""


class Into(msgspec.Struct, frozen=True):
    """What records become that were given in an earlier version: ``cast`` makes records of ``contract``.

    It raises ``DeliveryError``, which repeats no value of the record, where it cannot.
    """

    contract: Contract
    cast: Callable[[Any], Any]


class Refusal(msgspec.Struct, frozen=True):
    """Why an arrival is not taken. ``arrival`` carries the identity and correlation it was given."""

    kind: Kind
    arrival: Arrival
    reasons: tuple[Reason, ...]


Judged: TypeAlias = Event | Refusal


class Surroundings(msgspec.Struct, frozen=True):
    """What all intakes of a process share: time, identifiers, listeners, and bounds."""

    clock: Clock
    ids: Ids
    signals: Signals
    limits: Limits = Limits()


class Intake:
    """The way of one source's arrivals into one stream. ``name`` is the source's, such as ``shop/orders``.

    ``contract`` is what arrivals keep to: by it they are decoded, judged and identified, and refused. Where
    ``into`` is given, they are then cast, and stored in the stream of that.
    """

    def __init__(
        self,
        name: str,
        contract: Contract,
        log: EventLog,
        quarantine: Quarantine,
        around: Surroundings,
        into: Into | None = None,
    ) -> None:
        self.name = name
        self.contract = contract
        self.stream = (into.contract if into else contract).stream
        self._into = into
        self._log = log
        self._quarantine = quarantine
        self._around = around
        self._depth = around.limits.depth
        self._event_bytes = around.limits.event_bytes
        # a record that the quick way takes is no deeper than its contract
        self._quick = contract.quick if contract.quick_depth <= self._depth else _closer

    async def accept(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Take arrivals in their order and return, once all is durable, what became of each.

        Raises ``BusyError`` or ``StoreError``: then none of them counts as taken, and the same ones may
        come again.
        """
        return await self.store(self.judge_all(arrivals))

    def judge_all(self, arrivals: Iterable[Arrival]) -> list[Judged]:
        """Decide about each arrival, one after the other, without effect."""
        # an event goes through all its steps before the next is decoded: a thousand decoded records
        # held at once make decoding two to three times dearer
        now = self._around.clock.now()
        return [self.judge(arrival, now) for arrival in arrivals]

    def judge(self, arrival: Arrival, now: int) -> Judged:
        """Decide about one arrival: the event it becomes, or why it is refused."""
        if arrival.fault:
            return _refusal("source", arrival, "readable", arrival.fault)
        if len(arrival.raw) > self._event_bytes:
            return _refusal("size", arrival, "size", f"a record may have {self._event_bytes} bytes")
        if arrival.fields is not None:
            return self._judge_fields(arrival, arrival.fields, now)
        return self._judge_json(arrival, now)

    def _judge_json(self, arrival: Arrival, now: int) -> Judged:
        reading = self._quick(arrival.raw)
        if reading is not None:
            return self._identify(arrival, reading, arrival.raw, now)
        try:
            record = decode(arrival.raw)
        except ValueError as error:
            return _refusal("json", arrival, "json", f"not JSON as of RFC 8259: {_without_values(error)}")
        if _may_be_deep(arrival.raw, self._depth) and _deeper(record, self._depth):
            return _refusal("depth", arrival, "depth", f"a record may be nested {self._depth} deep")
        violations = self.contract.check(record)
        if violations:
            return Refusal("contract", arrival, _reasons(violations))
        return self._identify(arrival, self.contract.reading(record), arrival.raw, now)

    def _judge_fields(self, arrival: Arrival, fields: dict[str, str], now: int) -> Judged:
        record, violations = self.contract.typed(fields)
        if violations:
            return Refusal("contract", arrival, _reasons(violations))
        return self._identify(arrival, self.contract.reading(record), encode(record), now)

    def _identify(self, arrival: Arrival, reading: Reading, data: bytes, now: int) -> Judged:
        identity = arrival.identity or reading.identity
        if not identity or len(identity) > IDENTITY_LETTERS:
            return _refusal("identity", arrival, "identity", _NO_IDENTITY)
        time = reading.event_time
        if time is None:
            time = now if arrival.time is None else arrival.time
        if not _EARLIEST <= time <= _LATEST:
            return _refusal("contract", arrival, "eventTime", _NO_TIME)
        event = Event(
            id=identity,
            source=self.name,
            type=arrival.type or self.contract.name,
            subject=reading.entity_key,
            time=time,
            recorded=now,
            contract=self.contract.ref,
            correlation=arrival.correlation or self._around.ids.trace_id(),
            data=data,
            parent=arrival.parent,
        )
        return event if self._into is None else self._cast(arrival, event, reading, self._into)

    def _cast(self, arrival: Arrival, event: Event, was: Reading, into: Into) -> Judged:
        """Make the stream's record of one given in an earlier version; its keys stay the same."""
        try:
            record = into.cast(decode(event.data))
        except DeliveryError as error:
            return _refusal(
                "cast", arrival, "cast", f"it cannot be cast to {into.contract.ref}: {error.detail}"
            )
        reading = into.contract.reading(record)
        if reading.entity_key != was.entity_key or (
            was.identity and reading.identity and reading.identity != was.identity
        ):
            return _refusal("cast", arrival, "cast", f"its key would be another one in {into.contract.ref}")
        return msgspec.structs.replace(
            event, contract=into.contract.ref, data=encode(record), given=self.contract.ref
        )

    async def store(self, judged: Sequence[Judged]) -> list[Receipt]:
        """Give decisions effect and return the receipts, in order, once all is durable."""
        events = [one for one in judged if isinstance(one, Event)]
        refused = [self._held(one) for one in judged if isinstance(one, Refusal)]
        if refused:
            await self._quarantine.put(refused)
        appended = await self._log.append(self.stream, events) if events else []
        self._announce(appended, refused)
        return _receipts(judged, appended, refused)

    def _held(self, refusal: Refusal) -> Held:
        around = self._around
        now = around.clock.now()
        arrival = refusal.arrival
        correlation = arrival.correlation or around.ids.trace_id()
        entry = Entry(
            id=around.ids.uuid7(),
            source=self.name,
            stream=self.contract.stream,
            contract=self.contract.ref,
            place=arrival.place,
            correlation=correlation,
            arrived=now,
            last_seen=now,
            count=1,
            kind=refusal.kind,
            reasons=refusal.reasons,
            raw_bytes=len(arrival.raw),
        )
        return Held(entry, msgspec.structs.replace(arrival, correlation=correlation))

    def _announce(self, appended: Sequence[Appended], refused: Sequence[Held]) -> None:
        emit, stream = self._around.signals.emit, self.stream
        if appended:
            duplicates = len([one for one in appended if one.duplicate])
            emit(Accepted(self.name, stream, len(appended) - duplicates, duplicates))
        if refused:
            for kind, count in Counter(one.entry.kind for one in refused).items():
                alone = refused[0].arrival if len(refused) == 1 else Arrival(b"")
                named = (alone.correlation, alone.identity, self.contract.ref)
                emit(Refused(self.name, stream, count, kind, *named))


_EARLIEST, _LATEST = from_rfc3339("0001-01-01T00:00:00Z"), from_rfc3339("9999-12-31T23:59:59Z")
_NO_TIME = "the event time lies outside the years 1 to 9999: send it in the unit that the contract says"
_NO_IDENTITY = (
    f"nothing says which arrival this is: add an idempotency key of 1 to {IDENTITY_LETTERS} letters as the "
    "source allows, or a field that the contract names as its idempotency key"
)


def _receipts(
    judged: Sequence[Judged], appended: Sequence[Appended], refused: Sequence[Held]
) -> list[Receipt]:
    fates = iter(appended)
    held = iter(refused)
    receipts = []
    for one in judged:
        if isinstance(one, Event):
            fate = next(fates)
            status: Literal["accepted", "duplicate"] = "duplicate" if fate.duplicate else "accepted"
            receipts.append(Receipt(status, one.id, fate.offset, one.correlation))
        else:
            arrival = next(held).arrival
            reasons = tuple(map(str, one.reasons))
            receipts.append(Receipt("refused", arrival.identity, -1, arrival.correlation, reasons))
    return receipts


def _refusal(kind: Kind, arrival: Arrival, rule: str, message: str) -> Refusal:
    return Refusal(kind, arrival, (Reason("", rule, message),))


def _reasons(violations: Iterable[Any]) -> tuple[Reason, ...]:
    return tuple(Reason(one.pointer, one.rule, one.message) for one in violations)


def _without_values(error: ValueError) -> str:
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _closer(_: bytes) -> Reading | None:
    """Take the longer way with every record: one of this contract could be nested too deeply."""
    return None


def _may_be_deep(raw: bytes, depth: int) -> bool:
    """Tell without walking: a text with few brackets cannot be nested deeper than it has of them."""
    return raw.count(b"{") + raw.count(b"[") > depth


def _deeper(value: Any, depth: int) -> bool:
    """Tell whether ``value`` is nested deeper than ``depth``, a level at a time and without recursion."""
    level = [value]
    for _ in range(depth):
        level = [
            child
            for one in level
            if isinstance(one, (dict, list))
            for child in (one.values() if isinstance(one, dict) else one)
        ]
    return any(isinstance(one, (dict, list)) for one in level)
