"""Acts on a subject: read how it stands, decide by the rules, keep the act; again where another came first.

Called by the use-cases of ``app``. Who acts, when and why is passed in and kept with the act.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from trunkline.contracts.contract import Contract
from trunkline.contracts.registry.content import candidate_of, content_id, shape_of_version
from trunkline.contracts.registry.port import Overtaken, Registry
from trunkline.contracts.registry.rules import Step, Verdict, against_step, judge
from trunkline.contracts.registry.semantic import semver
from trunkline.contracts.registry.version import Content, Entry, Subject, Version
from trunkline.kernel.clock import Clock
from trunkline.kernel.errors import TrunklineError, UsageError
from trunkline.kernel.faults import did_you_mean

_TRIES = 20
_DRAFTS = ("draft", "proposed")


class Who(msgspec.Struct, frozen=True):
    """Who acts and why."""

    by: str
    why: str


def _anything(_version: Version) -> None:
    """Allow all."""


async def register(registry: Registry, contract: Contract, who: Who, clock: Clock) -> Verdict:
    """Make a contract a version of its subject where the rules allow it; a draft where its status says so."""
    candidate = candidate_of(contract)
    for _ in range(_TRIES):
        subject = await registry.subject(contract.name)
        verdict = judge(subject, candidate, shape_of_version)
        if verdict.outcome != "new":
            return verdict
        content = Content(
            kind="odcs",
            text=contract.origin.text,
            digest=candidate.digest,
            id=await content_id(registry, candidate.digest),
        )
        entry = Entry(
            number=subject.acts + 1,
            act="register",
            version=str(candidate.version),
            at=clock.now(),
            by=who.by,
            why=who.why,
            draft=contract.about.status in _DRAFTS,
            content=content,
        )
        if await _kept(registry, subject.name, entry) is not None:
            return verdict
    raise _crowded(contract.name)


async def take(
    registry: Registry, step: Step, who: Who, clock: Clock, allowed: Callable[[Version], None] = _anything
) -> Version:
    """Activate, deprecate or retire a version and return it as it stands then.

    Raises ``TrunklineError`` where the rules are against it, and what ``allowed`` raises.
    """
    for _ in range(_TRIES):
        subject, version = await find(registry, step.ref)
        now = clock.now()
        against = against_step(subject, version, step, now)
        if against:
            raise TrunklineError(against)
        allowed(version)
        entry = Entry(
            number=subject.acts + 1,
            act=step.act,
            version=version.version,
            at=now,
            by=who.by,
            why=who.why,
            sunset=step.sunset,
        )
        after = await _kept(registry, subject.name, entry)
        if after is not None:
            return next(one for one in after.versions if one.version == version.version)
    raise _crowded(step.ref)


async def find(registry: Registry, ref: str) -> tuple[Subject, Version]:
    """Return the version called ``name@version``, or the latest of ``name``, with its subject.

    Raises ``UsageError`` naming what there is.
    """
    name, _, wanted = ref.partition("@")
    subject = await registry.subject(name)
    if not subject.versions:
        hint = did_you_mean(name, await registry.subjects())
        raise UsageError(f'no version of "{name}" is registered; {hint or "see trunkline contract list"}')
    try:
        version = subject.find(semver(wanted)) if wanted else subject.latest
    except ValueError as error:
        raise UsageError(str(error)) from None
    if version is None:
        there = ", ".join(one.version for one in subject.versions)
        raise UsageError(f"{name} has no version {wanted}; it has {there}")
    return subject, version


async def _kept(registry: Registry, name: str, entry: Entry) -> Subject | None:
    try:
        return await registry.append(name, entry)
    except Overtaken:
        return None


def _crowded(name: str) -> TrunklineError:
    return TrunklineError(f"others keep changing {name}: try again")
