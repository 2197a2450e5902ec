"""What a registry of bare schemas needs of whatever keeps them: a port, and the values that go over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

import msgspec

from trunkline.contracts.compat.difference import Mode

SchemaKind: TypeAlias = Literal["json", "avro"]


class SchemaReference(msgspec.Struct, frozen=True):
    """A version of another subject that a text refers to by ``name``."""

    name: str
    subject: str
    version: int


class SchemaText(msgspec.Struct, frozen=True):
    """A schema as it was given. ``digest``: of all that tells it from another, in hexadecimal."""

    kind: SchemaKind
    text: str
    digest: str
    references: tuple[SchemaReference, ...] = ()


class SchemaVersion(msgspec.Struct, frozen=True):
    """One version of a subject. ``number`` counts from 1; the same content has the same ``id`` everywhere."""

    subject: str
    number: int
    id: int
    schema: SchemaText
    retired: bool = False


class SchemaStore(Protocol):
    """Keeps versions for ever; one can be retired, none removed or changed."""

    async def subjects(self) -> Sequence[str]:
        """Return the names of all subjects, sorted."""

    async def versions(self, subject: str) -> Sequence[SchemaVersion]:
        """Return all versions of a subject, retired ones too, the first one first."""

    async def holding(self, identifier: int) -> Sequence[SchemaVersion]:
        """Return every version, of whichever subject, with that id."""

    async def add(self, version: SchemaVersion, author: str) -> bool:
        """Keep a version durably; False where its number is taken meanwhile."""

    async def retire(self, subject: str, number: int, author: str) -> None:
        """Take a version out of use."""

    async def mode(self, subject: str) -> Mode | None:
        """Return what new versions of a subject owe to old ones, None where nothing was set; "": of all."""

    async def set_mode(self, subject: str, mode: Mode | None, author: str) -> None:
        """Set or unset it."""
