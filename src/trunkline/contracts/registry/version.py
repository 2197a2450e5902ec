"""What a registry holds, as values: acts in their order, and the subject they add up to.

An act is never changed or taken back; where a subject stands is what its acts come to. The subject ``EVERY``
has no versions: what is set for it holds for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

from trunkline.contracts.compat.difference import Mode
from trunkline.contracts.registry.semantic import SemVer, semver

EVERY = ""
"""The name under which stands what is set for all subjects; it is not listed among them."""

Kind: TypeAlias = Literal["odcs", "json", "avro"]
"""The language of a version's text."""

State: TypeAlias = Literal["draft", "active", "deprecated", "retired"]
"""Where a version is in its life: not to be relied on yet, in use, on its way out, gone."""

ActName: TypeAlias = Literal["register", "activate", "deprecate", "retire", "configure"]

Access: TypeAlias = Literal["readwrite", "readonly"]
"""Whether a subject takes versions and steps of them."""

_STATES: dict[ActName, State] = {"activate": "active", "deprecate": "deprecated", "retire": "retired"}


class Reference(msgspec.Struct, frozen=True, rename={"number": "version"}):
    """A version of another subject that a text refers to by ``name``; its number is written ``version``."""

    name: str
    subject: str
    number: int


class Settings(msgspec.Struct, frozen=True):
    """What was set for a subject of bare schemas, None where nothing was: it is as for all subjects then.

    ``compatibility`` is what new versions owe to those before them.
    """

    compatibility: Mode | None = None
    access: Access | None = None


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a version says.

    ``digest`` is the SHA-256 of kind, canonical text and references, in hexadecimal: texts that say the same
    have the same. ``id`` is made of it and unique to it.
    """

    kind: Kind
    text: str
    digest: str
    id: int
    references: tuple[Reference, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One act on a subject: who, when (microseconds) and why.

    ``number`` counts a subject's acts from 1, ``version`` is normalised. ``content`` and ``draft`` are of a
    registration, ``sunset`` (microseconds) of a deprecation, ``settings`` (all that hold from then on) of a
    configuration, which is about no version.
    """

    number: int
    act: ActName
    version: str
    at: int
    by: str
    why: str = ""
    draft: bool = False
    sunset: int | None = None
    content: Content | None = None
    settings: Settings | None = None


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a subject and how it stands.

    ``number`` counts a subject's versions from 1, ``version`` is its semantic version. ``at``, ``author`` and
    ``reason`` are of its registration. ``published`` tells whether it was ever in use. ``sunset`` is when it
    stops being usable, once it is deprecated. ``since`` and ``because`` are of its state.
    """

    subject: str
    number: int
    version: str
    content: Content
    author: str
    at: int
    reason: str
    published: bool
    state: State
    since: int
    because: str = ""
    sunset: int | None = None

    @property
    def semantic(self) -> SemVer:
        """Its semantic version, to be compared."""
        return semver(self.version)

    @property
    def ref(self) -> str:
        """What it is called: ``order@1.2.0``."""
        return f"{self.subject}@{self.version}"

    @property
    def retired(self) -> bool:
        """Whether it is over for good."""
        return self.state == "retired"

    def ended(self, now: int) -> bool:
        """Tell whether it cannot be used any more: it is retired, or past its sunset."""
        return self.retired or (self.sunset is not None and now >= self.sunset)


class Subject(msgspec.Struct, frozen=True):
    """All versions of one kind of record, in the order of their registration; ``acts`` is how many acts."""

    name: str
    versions: tuple[Version, ...] = ()
    acts: int = 0
    settings: Settings = Settings()

    def find(self, version: SemVer) -> Version | None:
        """Return the version of that number, None without one."""
        return next((one for one in self.versions if one.semantic == version), None)

    def of_major(self, major: int) -> list[Version]:
        """Return the versions of a major, the highest first."""
        found = [one for one in self.versions if one.semantic.major == major]
        return sorted(found, key=lambda one: one.semantic, reverse=True)

    @property
    def is_contract(self) -> bool:
        """Whether its versions are contracts; else they are bare schemas, or there are none."""
        return any(one.content.kind == "odcs" for one in self.versions)

    @property
    def latest(self) -> Version | None:
        """The highest version."""
        return max(self.versions, key=lambda one: one.semantic, default=None)

    def after(self, entry: Entry) -> Subject:
        """Return the subject after one more act; raises ``ValueError`` for one that cannot be the next."""
        if entry.number != self.acts + 1:
            raise ValueError(f"it is number {entry.number} and not {self.acts + 1}")
        if entry.act == "configure":
            return msgspec.structs.replace(self, acts=entry.number, settings=_configured(entry))
        change = _registered if entry.act == "register" else _changed
        return msgspec.structs.replace(self, acts=entry.number, versions=change(self, entry))


def subject_of(name: str, entries: Iterable[Entry]) -> Subject:
    """Return what acts in their order come to; raises ``ValueError`` for those that cannot follow."""
    subject = Subject(name)
    for entry in entries:
        subject = subject.after(entry)
    return subject


def _configured(entry: Entry) -> Settings:
    if entry.settings is None or entry.version:
        raise ValueError("it sets nothing, or for a version only")
    return entry.settings


def _registered(subject: Subject, entry: Entry) -> tuple[Version, ...]:
    if entry.content is None or subject.name == EVERY:
        raise ValueError("it registers nothing, or for no subject")
    if any(one.version == entry.version for one in subject.versions):
        raise ValueError(f"it registers {entry.version} a second time")
    version = Version(
        subject=subject.name,
        number=len(subject.versions) + 1,
        version=entry.version,
        content=entry.content,
        author=entry.by,
        at=entry.at,
        reason=entry.why,
        published=not entry.draft,
        state="draft" if entry.draft else "active",
        since=entry.at,
        because=entry.why,
    )
    return (*subject.versions, version)


def _changed(subject: Subject, entry: Entry) -> tuple[Version, ...]:
    if not any(one.version == entry.version for one in subject.versions):
        raise ValueError(f"it is about {entry.version}, which was never registered")
    return tuple(_moved(one, entry) if one.version == entry.version else one for one in subject.versions)


def _moved(version: Version, entry: Entry) -> Version:
    state = _STATES[entry.act]
    return msgspec.structs.replace(
        version,
        state=state,
        since=version.since if state == version.state else entry.at,
        because=entry.why,
        published=version.published or state == "active",
        sunset=version.sunset if state == "retired" else entry.sunset,
    )
