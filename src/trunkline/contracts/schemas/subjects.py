"""What one may do with bare schemas by subject: register, look up, compare, retire: rules, above a registry.

A schema is a version of its subject by number, kept as ``number.0.0``. The project's contracts are subjects
too: read as JSON Schema, and changed by their files alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

import msgspec

from trunkline.contracts.compat import modes
from trunkline.contracts.compat.difference import Difference, Direction, Mode, Policy
from trunkline.contracts.registry.acts import keep
from trunkline.contracts.registry.content import content_id, contract_of_version
from trunkline.contracts.registry.port import Registry
from trunkline.contracts.registry.version import (
    EVERY,
    Access,
    ActName,
    Content,
    Entry,
    Reference,
    Settings,
    Subject,
    Version,
)
from trunkline.contracts.schemas.reading import (
    SchemaKind,
    SchemaText,
    Texts,
    difference,
    schema_of,
    schema_text,
)
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import TrunklineError

DEFAULTS = Settings("backward", "readwrite")
_WHY = "through the schema registry"
_DEEPEST = 16
_MOST_REFERENCES = 1_000


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


class NotHere(TrunklineError):
    """The subject is not written to: it is a contract of the project, or set to be read only."""


class Subjects:
    """Schemas by subject.

    ``policy``: how versions are compared; ``contracts``: names that are kept for the project's contracts.
    """

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        policy: Policy = "confluent",
        contracts: Collection[str] = (),
    ) -> None:
        self._registry, self._clock = registry, clock
        self._policy = policy
        self._contracts = frozenset(contracts)

    async def names(self, *, retired: bool = False) -> list[str]:
        """Return the subjects that have a version in use; with ``retired`` all that have versions."""
        return [
            name for name in await self._registry.subjects() if await self._versions(name, retired=retired)
        ]

    async def versions(self, subject: str, *, retired: bool = False) -> Sequence[Version]:
        """Return the versions of a subject, the first one first; ``NoSuchSubject`` where there are none."""
        found = await self._versions(subject, retired=retired)
        if not found:
            raise NoSuchSubject(f"Subject '{subject}' not found.")
        return found

    async def in_use(self, subject: str) -> Sequence[Version]:
        """Return the versions of a subject that are not retired, none where there is no such subject."""
        return await self._versions(subject, retired=False)

    async def version(self, subject: str, number: int, *, retired: bool = False) -> Version:
        """Return a version, the latest for -1; raises ``NoSuchSubject`` or ``NoSuchVersion``."""
        return _numbered(await self.versions(subject, retired=retired), number)

    async def holding(self, identifier: int) -> Sequence[Version]:
        """Return the versions with an id, retired ones too: records written with one are read for ever."""
        found = await self._registry.holding(identifier)
        if not found:
            raise NoSuchSchema(f"Schema {identifier} not found")
        return found

    async def read(self, kind: SchemaKind, text: str, references: Sequence[Reference]) -> SchemaText:
        """Return what was given as a schema; raises ``NotASchema``."""
        texts = await self.texts(references)
        try:
            return await asyncio.to_thread(schema_text, kind, text, references, texts)
        except ValueError as error:
            raise NotASchema(f"Invalid schema: {error}") from None

    async def look_up(self, subject: str, schema: SchemaText, *, retired: bool = False) -> Version:
        """Return the latest version that says the same; raises ``NoSuchSubject`` or ``NoSuchSchema``."""
        for one in reversed(await self.versions(subject, retired=retired)):
            if schema_of(one).digest == schema.digest:
                return one
        raise NoSuchSchema("Schema not found")

    async def register(self, subject: str, schema: SchemaText, author: str) -> Version:
        """Make a schema the next version of a subject, if it is none yet.

        Raises ``Incompatible``, and ``NotHere`` for what would be a new one where none may come.
        """

        async def decide(found: Subject) -> Entry | None:
            if _same(found, schema) is not None:
                return None
            await self._require_writable(found)
            breaks = await self.breaks(schema, _in_use(found), (await self._settings(found)).compatibility)
            if breaks:
                raise Incompatible(
                    f"Schema being registered is incompatible with an earlier schema for subject "
                    f'"{subject}", details: [{", ".join(breaks)}]'
                )
            number = await content_id(self._registry, schema.digest)
            content = Content(
                kind=schema.kind,
                text=schema.text,
                digest=schema.digest,
                id=number,
                references=schema.references,
            )
            version = f"{len(found.versions) + 1}.0.0"
            return self._entry(found, "register", author, version=version, content=content)

        version = _same(await keep(self._registry, subject, decide), schema)
        assert version is not None
        return version

    async def breaks(self, schema: SchemaText, versions: Sequence[Version], mode: Mode | None) -> list[str]:
        """Return what a schema would break of earlier versions, the latest of which is the last."""
        told: list[str] = []
        mode = mode or "none"
        for one in reversed(versions[len(versions) - modes.owed(mode, len(versions)) :]):
            texts = (await self.texts(one.content.references), await self.texts(schema.references))
            try:
                found = await asyncio.to_thread(partial(self._difference, one, schema, texts))
            except ValueError as error:
                told.append(f"version {one.number}: {error}")
                continue
            told += [f"version {one.number}: {each}" for each in _told(found, modes.directions(mode))]
        return told

    def _difference(self, old: Version, new: SchemaText, texts: Sequence[Texts]) -> Difference | None:
        return difference(schema_of(old), new, self._policy, texts)

    async def retire(self, subject: str, number: int, author: str) -> Version:
        """Take a version out of use, the latest for -1; raises ``Referred``, and ``NotHere``."""

        async def decide(found: Subject) -> Entry | None:
            await self._require_writable(found)
            version = _numbered(_in_use(found), number)
            if await self.users(version):
                raise Referred(f"One or more references exist to {subject} version {version.number}")
            return self._entry(found, "retire", author, version=version.version)

        version = await self.version(subject, number)
        number = version.number
        await keep(self._registry, subject, decide)
        return version

    async def users(self, version: Version) -> list[Version]:
        """Return the versions in use that refer to a version."""
        found = []
        for name in await self._registry.subjects():
            for one in await self.in_use(name):
                named = {(each.subject, each.number) for each in one.content.references}
                if (version.subject, version.number) in named:
                    found.append(one)
        return found

    async def settings(self, subject: str) -> Settings:
        """Return what holds for a subject, or for all: what was set for it, or for all, or by nobody."""
        return await self._settings(await self._registry.subject(subject))

    async def own_settings(self, subject: str) -> Settings:
        """Return what was set for a subject itself; a contract states it in its file."""
        return self._own(await self._registry.subject(subject))

    async def set_compatibility(self, subject: str, mode: Mode | None, author: str) -> None:
        """Set or unset what new versions of a subject, or of ``EVERY``, owe; raises ``NotHere``."""

        async def decide(found: Subject) -> Entry | None:
            await self._require_writable(found)
            return self._set(found, author, msgspec.structs.replace(found.settings, compatibility=mode))

        await keep(self._registry, subject, decide)

    async def set_access(self, subject: str, access: Access | None, author: str) -> None:
        """Set or unset whether a subject, or ``EVERY``, takes versions; raises ``NotHere`` for contracts."""

        async def decide(found: Subject) -> Entry | None:
            self._require_bare(found)
            return self._set(found, author, msgspec.structs.replace(found.settings, access=access))

        await keep(self._registry, subject, decide)

    async def texts(self, references: Sequence[Reference]) -> dict[str, str]:
        """Return the texts that references mean, with those that these refer to, innermost first.

        Raises ``NotASchema`` for what is not there, and for more than anybody needs.
        """
        found: dict[Reference, str] = {}
        await self._follow(references, found, ())
        return {each.name: text for each, text in found.items()}

    async def _follow(
        self, references: Sequence[Reference], found: dict[Reference, str], way: tuple[Reference, ...]
    ) -> None:
        """Add the texts of references that were not found yet; ``way`` leads to who refers to them."""
        if len(way) > _DEEPEST or len(found) + len(references) > _MOST_REFERENCES:
            raise NotASchema(
                f"Invalid schema: references lead more than {_DEEPEST} levels deep, or to more than "
                f"{_MOST_REFERENCES} schemas"
            )
        for each in references:
            if each in found:
                continue
            try:
                version = await self.version(each.subject, each.number, retired=True)
            except (NoSuchSubject, NoSuchVersion):
                where = f"{each.subject} version {each.number}"
                raise NotASchema(f"Invalid schema: no schema reference found for {where}") from None
            await self._follow(version.content.references, found, (*way, each))
            found[each] = schema_of(version).text

    async def _versions(self, subject: str, *, retired: bool) -> Sequence[Version]:
        found = await self._registry.subject(subject)
        return found.versions if retired else _in_use(found)

    async def _settings(self, subject: Subject) -> Settings:
        every = subject if subject.name == EVERY else await self._registry.subject(EVERY)
        own = self._own(subject)
        return Settings(
            own.compatibility or every.settings.compatibility or DEFAULTS.compatibility,
            own.access or every.settings.access or DEFAULTS.access,
        )

    def _own(self, subject: Subject) -> Settings:
        if not self._is_contract(subject):
            return subject.settings
        latest = subject.latest
        mode = contract_of_version(latest).promise.mode if latest else None
        return Settings(mode, "readonly")

    def _is_contract(self, subject: Subject) -> bool:
        return subject.name in self._contracts or subject.is_contract

    def _require_bare(self, subject: Subject) -> None:
        if self._is_contract(subject):
            raise NotHere(
                f"Subject '{subject.name}' is a contract of this project: change its file and say "
                f"`trunkline contract register {subject.name}`"
            )

    async def _require_writable(self, subject: Subject) -> None:
        self._require_bare(subject)
        if (await self._settings(subject)).access == "readonly":
            where = f"Subject '{subject.name}'" if subject.name else "The registry"
            raise NotHere(f"{where} is in read-only mode")

    def _set(self, subject: Subject, author: str, settings: Settings) -> Entry | None:
        if settings == subject.settings:
            return None
        return self._entry(subject, "configure", author, settings=settings)

    def _entry(self, subject: Subject, act: ActName, author: str, **more: Any) -> Entry:
        given: dict[str, Any] = {"version": "", "at": self._clock.now(), "by": author, "why": _WHY} | more
        return Entry(number=subject.acts + 1, act=act, **given)


def _in_use(subject: Subject) -> list[Version]:
    return [one for one in subject.versions if not one.retired]


def _same(subject: Subject, schema: SchemaText) -> Version | None:
    """Return the first version in use that says what a schema says."""
    return next((one for one in _in_use(subject) if schema_of(one).digest == schema.digest), None)


def _numbered(versions: Sequence[Version], number: int) -> Version:
    found = versions[-1:] if number < 0 else [one for one in versions if one.number == number]
    if not found:
        raise NoSuchVersion(f"Version {number} not found.")
    return found[0]


def _told(found: Difference | None, directions: tuple[Direction, ...]) -> list[str]:
    if found is None:
        return ["it is of another type"] if directions else []
    return [
        f"{change.detail} at '{change.pointer}' ({direction}: {change.effect(direction)})"
        f"{change.told(direction)}"
        for direction in directions
        for change in found.changes
        if change.effect(direction) != "compatible"
    ]
