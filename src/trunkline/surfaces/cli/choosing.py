"""The options by which commands choose dead letters and refused arrivals: the same to list and to answer."""

from __future__ import annotations

import dataclasses
import getpass
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from trunkline.kernel.clock import from_rfc3339
from trunkline.kernel.errors import TrunklineError, UsageError

if TYPE_CHECKING:
    from trunkline.delivery.ledger import CaseQuery
    from trunkline.intake.quarantine import Query


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Span:
    """When."""

    since: str = ""
    """Only from this time on: 2026-01-05T09:30:00Z, or a date."""

    until: str = ""
    """Only before this time."""

    @property
    def bounds(self) -> dict[str, int]:
        """Both as instants, 0 where none is given; raises ``UsageError`` for no time or a backwards span."""
        since, until = instant(self.since), instant(self.until)
        if until and until < since:
            raise backwards("--since", self.since, "--until", self.until)
        return {"since": since, "until": until}


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Letters(Span):
    """Which dead letters: those that carry every value given."""

    kind: str = ""
    """Only those whose latest failure is of this class, such as http-422."""

    cause: str = ""
    """Only those of this cause, as "dead groups" writes it."""

    text: str = ""
    """Only those whose latest failure says this, letter by letter."""

    key: str = ""
    """Only those of this entity key."""

    correlation: str = ""
    """Only those of this correlation ID."""

    contract: str = ""
    """Only those whose event came under this contract version, such as order@1.2.0."""

    def query(self, flow: str, offsets: list[int] | None = None) -> CaseQuery:
        """Return what to ask the ledger."""
        from trunkline.delivery.ledger import CaseQuery  # noqa: PLC0415  --help must not pay for it

        own = {one.name: getattr(self, one.name) for one in dataclasses.fields(Letters)}
        return CaseQuery(flow=flow, offsets=tuple(offsets or ()), **(own | self.bounds))


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Entries(Span):
    """Which refused arrivals: those that carry every value given."""

    source: str = ""
    """Only those of this source."""

    stream: str = ""
    """Only those that were to go into this stream, such as order@1."""

    kind: str = ""
    """Only those refused for this class of reason: contract, json, identity, size, depth, source, cast."""

    rule: str = ""
    """Only those whose first reason is this rule of the contract, such as required."""

    text: str = ""
    """Only those of which a reason says this, letter by letter."""

    correlation: str = ""
    """Only those of this correlation ID."""

    contract: str = ""
    """Only those refused by this contract version, such as order@1.2.0."""

    def query(self, ids: list[str] | None = None) -> Query:
        """Return what to ask the quarantine."""
        from trunkline.intake.quarantine import Query  # noqa: PLC0415  --help must not pay for it

        own = {one.name: getattr(self, one.name) for one in dataclasses.fields(Entries)}
        return Query(ids=tuple(ids or ()), **(own | self.bounds))


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Bulk:
    """How many at a time, and by whom."""

    everything: Annotated[bool, Parameter(name="--all")] = False
    """All there are, where nothing else says which."""

    limit: int = 1_000_000
    """The most to answer."""

    count: int | None = None
    """Only where so many are found, as --dry-run told: with more or fewer nothing is done."""

    dry_run: Annotated[bool, Parameter(name="--dry-run")] = False
    """Only tell how many there are and what would come of it."""

    by: str = ""
    """Who does it, for the audit; the user of this system without it."""

    @property
    def who(self) -> str:
        """Who does it."""
        return self.by or me()

    def check(self, *chosen: object) -> None:
        """Raise ``UsageError`` where nothing says which: an empty choice must not mean all."""
        if not self.everything and not any(chosen):
            raise UsageError("say which: name them, filter them, or give --all")


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Mending:
    """What goes in place of a record."""

    file: Path | None = None
    """A file with the whole record as it should have been; for one at a time."""

    values: Annotated[tuple[str, ...], Parameter(name="--set")] = ()
    """PATH=VALUE puts a value into a place, such as lines.0.sku=MUG; JSON, or else a text."""

    def fields(self, named: Sequence[object] | None) -> dict[str, Any]:
        """Return ``record`` and ``values`` of an act on what was ``named``."""
        if self.file and len(named or ()) != 1:
            raise UsageError("--file replaces one record: name one, or use --set")
        return {"record": self._record(), "values": dict(map(_value, self.values))}

    def _record(self) -> bytes:
        try:
            return self.file.read_bytes() if self.file else b""
        except OSError as error:
            raise TrunklineError(f"{self.file} cannot be read: {error.strerror}") from None


def _value(text: str) -> tuple[str, bytes]:
    from trunkline.app.editing import as_json  # noqa: PLC0415  --help must not pay for it

    path, equals, value = text.partition("=")
    if not (path and equals):
        raise UsageError(f'"{text}" sets nothing: write PATH=VALUE')
    return path, as_json(value)


def backwards(start: str, first: object, end: str, last: object) -> UsageError:
    """Return the error for a range, told by its two options, that ends before it begins."""
    return UsageError(f"the range is backwards: {end} {last} is before {start} {first}")


def me() -> str:
    """Return the user of this system; a process without a name is called by its number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def instant(text: str) -> int:
    """Return a time of the command line in microseconds, 0 for none; raises ``UsageError``."""
    try:
        return from_rfc3339(text) if text else 0
    except ValueError:
        raise UsageError(f'"{text}" is no time: write it as 2026-01-05T09:30:00Z') from None
