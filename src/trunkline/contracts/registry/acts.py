"""Acts on a subject: read how it stands, decide by the rules, keep the act; again where another came first.

Called by the use-cases of ``app``. Who acts, when and why is passed in and kept with the act.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from trunkline.contracts.contract import Contract
from trunkline.contracts.registry.content import candidate_of, content_id, shape_of_version
from trunkline.contracts.registry.port import Overtaken, Registry
from trunkline.contracts.registry.rules import Step, Verdict, against_step, judge
from trunkline.contracts.registry.semantic import SemVer, semver
from trunkline.contracts.registry.version import Content, Entry, Subject, Version
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import TrunklineError, UsageError
from trunkline.kernel.faults import did_you_mean

_TRIES = 20
_DRAFTS = ("draft", "proposed")

Decide: TypeAlias = Callable[[Subject], Awaitable[Entry | None]]
"""Decides an act by how its subject stands; None where there is nothing to do."""


class NotRegistered(UsageError):
    """There is no version of that name."""


class Who(msgspec.Struct, frozen=True):
    """Who acts and why."""

    by: str
    why: str


def _anything(_version: Version) -> None:
    """Allow all."""


async def keep(registry: Registry, name: str, decide: Decide) -> Subject:
    """Have an act decided and keep it, again where another one came first; return the subject after it."""
    for _ in range(_TRIES):
        subject = await registry.subject(name)
        entry = await decide(subject)
        if entry is None:
            return subject
        with contextlib.suppress(Overtaken):
            return await registry.append(name, entry)
    raise TrunklineError(f"others keep changing {name}: try again")


async def register(registry: Registry, contract: Contract, who: Who, clock: Clock) -> Verdict:
    """Make a contract a version of its subject where the rules allow it; a draft where its status says so."""
    candidate = candidate_of(contract)
    verdict = Verdict(outcome="refused", least=str(candidate.version))

    async def decide(subject: Subject) -> Entry | None:
        nonlocal verdict
        verdict = judge(subject, candidate, shape_of_version)
        if verdict.outcome != "new":
            return None
        content = Content(
            kind="odcs",
            text=contract.origin.text,
            digest=candidate.digest,
            id=await content_id(registry, candidate.digest),
        )
        return Entry(
            number=subject.acts + 1,
            act="register",
            version=str(candidate.version),
            at=clock.now(),
            by=who.by,
            why=who.why,
            draft=contract.about.status in _DRAFTS,
            content=content,
        )

    await keep(registry, contract.name, decide)
    return verdict


async def take(
    registry: Registry, step: Step, who: Who, clock: Clock, allowed: Callable[[Version], None] = _anything
) -> Version:
    """Activate, deprecate or retire a version and return it as it stands then.

    Raises ``TrunklineError`` where the rules are against it, and what ``allowed`` raises.
    """
    subject, version = await find(registry, step.ref)

    async def decide(subject: Subject) -> Entry | None:
        now = clock.now()
        against = against_step(subject, _again(subject, version), step, now)
        if against:
            raise TrunklineError(against)
        allowed(version)
        return Entry(
            number=subject.acts + 1,
            act=step.act,
            version=version.version,
            at=now,
            by=who.by,
            why=who.why,
            sunset=step.sunset,
        )

    return _again(await keep(registry, subject.name, decide), version)


def _again(subject: Subject, version: Version) -> Version:
    """Return a version as it stands in a subject that was read anew."""
    return next(one for one in subject.versions if one.version == version.version)


async def find(registry: Registry, ref: str) -> tuple[Subject, Version]:
    """Return the version called ``name@version``, or the latest of ``name``, with its subject.

    Names of bare schemas may hold an @ themselves. Raises ``NotRegistered`` naming what there is, and
    ``UsageError`` for what is no version.
    """
    name, wanted = await _parted(registry, ref)
    subject = await registry.subject(name)
    if not subject.versions:
        hint = did_you_mean(name, await registry.subjects())
        raise NotRegistered(f'no version of "{name}" is registered; {hint or "see trunkline contract list"}')
    version = subject.find(wanted) if wanted else subject.latest
    if version is None:
        there = ", ".join(one.version for one in subject.versions)
        raise NotRegistered(f"{name} has no version {wanted}; it has {there}")
    return subject, version


async def _parted(registry: Registry, ref: str) -> tuple[str, SemVer | None]:
    """Part a name from the version after its last @, where that is not a part of the name."""
    name, _, wanted = ref.rpartition("@")
    if not name:
        return ref, None
    try:
        return name, semver(wanted)
    except ValueError as error:
        if (await registry.subject(ref)).versions:
            return ref, None
        raise UsageError(str(error)) from None
