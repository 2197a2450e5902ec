"""What one may do with schemas by subject: register, look up, compare, retire. Rules, above any store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from trunkline.contracts.compat import modes
from trunkline.contracts.compat.difference import Difference, Direction, Mode, Policy
from trunkline.contracts.schemas.reading import difference, schema_text
from trunkline.contracts.schemas.store import (
    SchemaKind,
    SchemaReference,
    SchemaStore,
    SchemaText,
    SchemaVersion,
)
from trunkline.kernel.errors import TrunklineError

DEFAULT_MODE: Mode = "backward"
_BITS = 31
_TRIES = 20
_DEEPEST = 16


class NoSuchSubject(TrunklineError):
    """There is no subject of that name."""


class NoSuchVersion(TrunklineError):
    """The subject has no version of that number."""


class NoSuchSchema(TrunklineError):
    """No version holds that schema."""


class NotASchema(TrunklineError):
    """What was given is no schema of its kind, or refers to what is not there."""


class Incompatible(TrunklineError):
    """The schema breaks what earlier versions promised."""


class Referred(TrunklineError):
    """Another schema refers to the version: retire that one first."""


class Subjects:
    """Schemas by subject. ``policy``: how versions are compared."""

    def __init__(self, store: SchemaStore, policy: Policy = "confluent") -> None:
        self.store = store
        self._policy = policy

    async def names(self, *, retired: bool = False) -> list[str]:
        """Return the subjects that have a version in use; with ``retired`` all."""
        return [name for name in await self.store.subjects() if await self._in_use(name) or retired]

    async def versions(self, subject: str, *, retired: bool = False) -> Sequence[SchemaVersion]:
        """Return the versions of a subject; raises ``NoSuchSubject`` where there are none."""
        found = await self.store.versions(subject)
        found = found if retired else [one for one in found if not one.retired]
        if not found:
            raise NoSuchSubject(f"Subject '{subject}' not found.")
        return found

    async def version(self, subject: str, number: int, *, retired: bool = False) -> SchemaVersion:
        """Return a version, the latest for -1; raises ``NoSuchSubject`` or ``NoSuchVersion``."""
        versions = await self.versions(subject, retired=retired)
        found = versions[-1] if number < 0 else next((one for one in versions if one.number == number), None)
        if found is None:
            raise NoSuchVersion(f"Version {number} not found.")
        return found

    async def holding(self, identifier: int) -> Sequence[SchemaVersion]:
        """Return the versions with an id, retired ones too: records written with one are read for ever."""
        found = await self.store.holding(identifier)
        if not found:
            raise NoSuchSchema(f"Schema {identifier} not found")
        return found

    async def read(self, kind: SchemaKind, text: str, references: Sequence[SchemaReference]) -> SchemaText:
        """Return what was given as a schema; raises ``NotASchema``."""
        texts = await self._texts(references)
        try:
            return await asyncio.to_thread(schema_text, kind, text, references, texts)
        except ValueError as error:
            raise NotASchema(f"Invalid schema: {error}") from None

    async def look_up(self, subject: str, schema: SchemaText, *, retired: bool = False) -> SchemaVersion:
        """Return the latest version that says the same; raises ``NoSuchSubject`` or ``NoSuchSchema``."""
        for one in reversed(await self.versions(subject, retired=retired)):
            if one.schema.digest == schema.digest:
                return one
        raise NoSuchSchema("Schema not found")

    async def register(self, subject: str, schema: SchemaText, author: str) -> SchemaVersion:
        """Make a schema the next version of a subject, if it is none yet; raises ``Incompatible``."""
        for _ in range(_TRIES):
            versions = await self.store.versions(subject)
            in_use = [one for one in versions if not one.retired]
            for one in in_use:
                if one.schema.digest == schema.digest:
                    return one
            breaks = await self.breaks(schema, in_use, await self.mode(subject))
            if breaks:
                raise Incompatible(
                    f"Schema being registered is incompatible with an earlier schema for subject "
                    f'"{subject}", details: {breaks}'
                )
            new = SchemaVersion(subject, len(versions) + 1, await self._id(schema.digest), schema)
            if await self.store.add(new, author):
                return new
        raise TrunklineError(f"others keep registering versions of {subject}: try again")

    async def breaks(self, schema: SchemaText, versions: Sequence[SchemaVersion], mode: Mode) -> list[str]:
        """Return what a schema would break of earlier versions, the latest of which is the last."""
        told: list[str] = []
        for one in reversed(versions[len(versions) - modes.owed(mode, len(versions)) :]):
            texts = (await self._texts(one.schema.references), await self._texts(schema.references))
            try:
                found = await asyncio.to_thread(difference, one.schema, schema, self._policy, texts)
            except ValueError as error:
                told.append(f"version {one.number}: {error}")
                continue
            told += [f"version {one.number}: {each}" for each in _told(found, modes.directions(mode))]
        return told

    async def mode(self, subject: str) -> Mode:
        """Return what new versions of a subject owe to those before."""
        return await self.store.mode(subject) or await self.store.mode("") or DEFAULT_MODE

    async def retire(self, subject: str, number: int, author: str) -> SchemaVersion:
        """Take a version out of use, the latest for -1; raises ``Referred``."""
        version = await self.version(subject, number)
        users = await self.users(version)
        if users:
            raise Referred(f"One or more references exist to {subject} version {version.number}")
        await self.store.retire(subject, version.number, author)
        return version

    async def users(self, version: SchemaVersion) -> list[SchemaVersion]:
        """Return the versions in use that refer to a version."""
        found = []
        for name in await self.store.subjects():
            for one in await self._in_use(name):
                named = {(each.subject, each.version) for each in one.schema.references}
                if (version.subject, version.number) in named:
                    found.append(one)
        return found

    async def _in_use(self, subject: str) -> list[SchemaVersion]:
        return [one for one in await self.store.versions(subject) if not one.retired]

    async def _texts(self, references: Sequence[SchemaReference], depth: int = 0) -> dict[str, str]:
        """Return the texts that references mean, with those that these refer to, innermost first."""
        texts: dict[str, str] = {}
        if depth > _DEEPEST:
            raise NotASchema(f"Invalid schema: references lead more than {_DEEPEST} levels deep")
        for each in references:
            try:
                version = await self.version(each.subject, each.version, retired=True)
            except (NoSuchSubject, NoSuchVersion):
                where = f"{each.subject} version {each.version}"
                raise NotASchema(f"Invalid schema: no schema reference found for {where}") from None
            texts |= await self._texts(version.schema.references, depth + 1)
            texts[each.name] = version.schema.text
        return texts

    async def _id(self, digest: str) -> int:
        """Return the id of a content: 31 bits of its digest, or the next that no other content has."""
        identifier = int(digest[:8], 16) >> (32 - _BITS)
        while any(one.schema.digest != digest for one in await self.store.holding(identifier)):
            identifier = (identifier + 1) % 2**_BITS
        return identifier


def _told(found: Difference | None, directions: tuple[Direction, ...]) -> list[str]:
    if found is None:
        return ["it is of another type"] if directions else []
    return [
        f"{change.detail} at '{change.pointer}' ({direction}: {change.effect(direction)})"
        for direction in directions
        for change in found.changes
        if change.effect(direction) != "compatible"
    ]
