"""A project as its readers see it: contracts with who publishes them, who consumes, and what goes where."""

from __future__ import annotations

import msgspec

from trunkline.app.model import Owner
from trunkline.contracts.compat.difference import Difference
from trunkline.contracts.docs.model import ContractDoc, FieldDoc


class SourceDoc(msgspec.Struct, frozen=True):
    """How a system's data arrives: at a path or in a folder; ``proof`` is how senders show who they are.

    ``given`` is the stream of the version that they send, an earlier one where that is cast.
    """

    name: str
    system: str
    via: str
    stream: str
    where: str
    given: str
    proof: str = ""

    @property
    def how(self) -> str:
        """By what it comes, and in which version, where that is another one than the stream's."""
        return self.via if self.given == self.stream else f"{self.via}, as {self.given}"


class TargetDoc(msgspec.Struct, frozen=True):
    """Where a system accepts data: by a request or in a table; ``contract`` is named as its stream."""

    name: str
    system: str
    via: str
    contract: str
    where: str


class FlowDoc(msgspec.Struct, frozen=True):
    """The wiring of a stream to a target.

    ``mapping`` is each field of the target with its expression; without one the record goes as it is, or
    through the ``python`` function.
    """

    name: str
    title: str
    stream: str
    target: TargetDoc
    mapping: tuple[tuple[str, str], ...]
    python: str
    when: str
    freshness: str
    delivery: str
    attempts: int
    when_dead: str
    replies: bool


class SystemDoc(msgspec.Struct, frozen=True):
    """An application that takes part."""

    name: str
    title: str
    kind: str
    owner: Owner
    data_owner: Owner
    sources: tuple[SourceDoc, ...]
    targets: tuple[TargetDoc, ...]


class Release(msgspec.Struct, frozen=True):
    """A version that was registered: when (RFC 3339), by whom and why, and what it changed.

    ``difference`` is the one from the version before; None for the first.
    """

    version: str
    at: str
    author: str
    reason: str
    state: str = "active"
    difference: Difference | None = None


class ContractPage(msgspec.Struct, frozen=True):
    """A contract with its place in the project.

    ``owners`` answer for its data. ``flows`` read its stream. ``targets`` accept its records, ``deliveries``
    are the flows that lead there. ``releases`` are its registered versions, the latest first.
    """

    contract: ContractDoc
    owners: tuple[str, ...] = ()
    sources: tuple[SourceDoc, ...] = ()
    flows: tuple[FlowDoc, ...] = ()
    targets: tuple[TargetDoc, ...] = ()
    deliveries: tuple[FlowDoc, ...] = ()
    releases: tuple[Release, ...] = ()


class Passing(msgspec.Struct, frozen=True):
    """A flow that takes a field somewhere; ``into`` are the target's fields made of it, ``*`` for any."""

    flow: FlowDoc
    into: tuple[str, ...]


class PersonalField(msgspec.Struct, frozen=True):
    """A field with personal data, where it comes from and where it goes."""

    contract: ContractDoc
    field: FieldDoc
    sources: tuple[SourceDoc, ...]
    passed_on: tuple[Passing, ...]
    targets: tuple[TargetDoc, ...]


class ProjectDocs(msgspec.Struct, frozen=True):
    """All of a project, each list in the order of its names. ``door`` is where the HTTP door listens."""

    name: str
    title: str
    door: str
    contracts: tuple[ContractPage, ...]
    systems: tuple[SystemDoc, ...]
    flows: tuple[FlowDoc, ...]
    personal: tuple[PersonalField, ...]
