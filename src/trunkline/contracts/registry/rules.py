"""May this become that version? Pure rules: every act on a subject is decided here before it is kept.

A registration is held against what was published of its major version, as far back as its mode says. What
differs decides by how much the version has to be raised; ``docs/reference/registry.md`` lists the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from trunkline.contracts.compat import modes
from trunkline.contracts.compat.compare import compare
from trunkline.contracts.compat.difference import (
    Change,
    Difference,
    Direction,
    Effect,
    Evidence,
    Mode,
    Policy,
    Schema,
)
from trunkline.contracts.compat.sides import NO_FORMATS, Formats
from trunkline.contracts.registry.semantic import LEVELS, Level, SemVer, level_of
from trunkline.contracts.registry.version import ActName, Subject, Version

Outcome: TypeAlias = Literal["new", "known", "refused"]

_ROLE_DETAILS = {
    "primaryKey": "the primary key is another: order by key and rows of tables go by it",
    "idempotencyKey": "the idempotency key is another: repeats of what came before count as new",
    "eventTime": "the event time is another field",
    "version": "the field that grows with each state is another",
}
_BARE = "{} is the name of bare schemas in the registry: give the contract another one"
_BREAKING_ROLES = {"primaryKey"}
_SAYS: dict[Direction, str] = {
    "backward": "what {} allowed could not be read any more",
    "forward": "readers of {} could not read it",
}


class Shape(msgspec.Struct, frozen=True):
    """What versions are compared by: a JSON Schema, and the fields with a role by what names them.

    ``formats`` are those in the schema that were made for contracts.
    """

    schema: Schema
    roles: Mapping[str, tuple[str, ...]] = {}
    formats: Formats = NO_FORMATS


class Candidate(msgspec.Struct, frozen=True):
    """What is to become a version: its number, the digest of what it says, its shape and what it owes."""

    version: SemVer
    digest: str
    shape: Shape
    mode: Mode
    policy: Policy


class Break(msgspec.Struct, frozen=True):
    """A change that breaks, or may break, a direction that is owed to a registered version."""

    version: str
    direction: Direction
    change: Change

    def __str__(self) -> str:
        change = self.change
        means = _SAYS[self.direction].format(self.version)
        if change.effect(self.direction) == "undecided":
            means = f"it could not be proved to be harmless, so that perhaps {means}"
        return (
            f"{change.pointer or '/'}: {change.detail} ({change.kind}); {means}{change.told(self.direction)}"
        )


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of a candidate.

    ``known`` is one that is registered already and says the same. ``reasons`` are all that is against a
    refused one, ``least`` the smallest version it could be (empty: none), and ``breaks`` what would break if
    it were less.
    """

    outcome: Outcome
    least: str
    reasons: tuple[str, ...] = ()
    breaks: tuple[Break, ...] = ()


ShapeOf: TypeAlias = Callable[[Version], Shape]


def judge(subject: Subject, candidate: Candidate, shape_of: ShapeOf) -> Verdict:
    """Tell whether a candidate may become a version of a subject; ``shape_of`` reads a registered one.

    A version of a major that has none yet begins a stream of its own and owes nothing.
    """
    if subject.versions and not subject.is_contract:
        return Verdict(outcome="refused", least="", reasons=(_BARE.format(subject.name),))
    there = subject.find(candidate.version)
    if there is not None and there.content.digest == candidate.digest:
        return Verdict(outcome="known", least=there.version)
    peers = subject.of_major(candidate.version.major)
    if not peers:
        return Verdict(outcome="new", least=str(candidate.version))
    published = [one for one in peers if one.published]
    level, breaks = _needed(published, candidate, shape_of)
    least = _least(subject, peers, published, level)
    reasons = [
        *_misnumbered(candidate.version, peers),
        *_too_small(candidate.version, published, level, breaks),
    ]
    outcome: Outcome = "refused" if reasons else "new"
    return Verdict(outcome=outcome, least=str(least), reasons=tuple(reasons), breaks=tuple(breaks))


def _needed(
    published: Sequence[Version], candidate: Candidate, shape_of: ShapeOf
) -> tuple[Level, list[Break]]:
    """Return by how much a version has to be above the latest one that was published, and what breaks."""
    if not published:
        return "patch", []
    held_against = published[: max(modes.owed(candidate.mode, len(published)), 1)]
    differences = [
        (one, difference(shape, candidate.shape, candidate.policy))
        for one, shape in _distinct(held_against, shape_of)
    ]
    breaks = _breaks(candidate.mode, differences)
    if breaks:
        return "major", breaks
    return ("minor" if differences[0][1].changes else "patch"), []


def _distinct(versions: Sequence[Version], shape_of: ShapeOf) -> list[tuple[Version, Shape]]:
    """Return versions with their shapes, of those with one shape the latest."""
    found: list[tuple[Version, Shape]] = []
    for one in versions:
        shape = shape_of(one)
        if all(shape != other for _, other in found):
            found.append((one, shape))
    return found


def _breaks(mode: Mode, differences: Sequence[tuple[Version, Difference]]) -> list[Break]:
    """Return what breaks a direction that the mode asks for: each once, of the latest version it breaks."""
    found: dict[tuple[str, ...], Break] = {}
    for one, between in differences:
        for direction in modes.directions(mode):
            for change in between.changes:
                if change.effect(direction) != "compatible":
                    key = (direction, change.pointer, change.kind, change.detail)
                    found.setdefault(key, Break(one.version, direction, change))
    return list(found.values())


def difference(old: Shape, new: Shape, policy: Policy) -> Difference:
    """Return what differs between two shapes: of their schemas, and of the fields with a role."""
    of_schemas = (
        ()
        if old.schema == new.schema
        else compare(old.schema, new.schema, policy, old.formats | new.formats).changes
    )
    roles = [role for role in _ROLE_DETAILS if old.roles.get(role) != new.roles.get(role)]
    return Difference(policy, (*of_schemas, *map(_role_change, roles)))


def _role_change(role: str) -> Change:
    effect: Effect = "breaking" if role in _BREAKING_ROLES else "compatible"
    evidence: Evidence = "rule" if effect == "breaking" else ""
    return Change(
        pointer="",
        kind=f"role-{role}",
        detail=_ROLE_DETAILS[role],
        backward=effect,
        forward=effect,
        backward_evidence=evidence,
        forward_evidence=evidence,
    )


def _least(subject: Subject, peers: Sequence[Version], published: Sequence[Version], level: Level) -> SemVer:
    """Return the smallest version above all of its major and by a level above what was published."""
    highest = peers[0].semantic
    if level == "major":
        return max(one.semantic for one in subject.versions).above("major")
    base = published[0].semantic if published else highest
    steps = (highest.above(step) for step in LEVELS)
    return next(one for one in steps if not published or level_of(base, one) >= LEVELS.index(level))


def _misnumbered(version: SemVer, peers: Sequence[Version]) -> list[str]:
    highest = peers[0]
    if any(one.semantic == version for one in peers):
        return [f"{version} is registered with another text, and a registered version never changes"]
    if version < highest.semantic:
        return [f"{version} is lower than {highest.version}, the latest of its major version"]
    return []


def _too_small(
    version: SemVer, published: Sequence[Version], level: Level, breaks: Sequence[Break]
) -> list[str]:
    """Say of a version that what changed asks for a greater one: every break, or that the shape differs."""
    if not published:
        return []
    base = published[0].semantic
    raised = level_of(base, version) if base < version else -1
    if raised >= LEVELS.index(level) or level == "patch":
        return []
    asks = f"its shape differs from that of {base}, which asks for a new minor version at least"
    return [str(one) for one in breaks] or [asks]


class Step(msgspec.Struct, frozen=True):
    """A step in the life of a version called ``name@version``; ``at_once`` retires it before its time."""

    act: ActName
    ref: str
    sunset: int | None = None
    at_once: bool = False


def against_step(subject: Subject, version: Version, step: Step, now: int) -> str:
    """Return what speaks against a step of a registered version, or nothing."""
    if version.state == "retired":
        return f"{version.ref} is retired, and that is for good: register a higher version"
    if step.act == "activate":
        return _against_activation(subject, version)
    if step.act == "deprecate":
        return _against_deprecation(version, now, step.sunset)
    return "" if step.at_once else _against_retirement(version, now)


def _against_activation(subject: Subject, version: Version) -> str:
    if version.state == "active":
        return f"{version.ref} is active already"
    later = [one for one in subject.of_major(version.semantic.major) if version.semantic < one.semantic]
    if not version.published and any(one.published for one in later):
        return (
            f"{version.ref} is a draft, and {later[0].version} was published since without being held "
            "against it: register it again as a higher version"
        )
    return ""


def _against_deprecation(version: Version, now: int, sunset: int | None) -> str:
    if version.state == "draft":
        return f"{version.ref} is a draft, which nobody relies on: retire it"
    if sunset is None or sunset <= now:
        return "the sunset has to be in the future: whoever uses the version needs time to leave it"
    return ""


def _against_retirement(version: Version, now: int) -> str:
    if version.state == "draft" or version.ended(now):
        return ""
    if version.sunset is None:
        return f"{version.ref} is active: deprecate it first, or say --now"
    return f"{version.ref} has its sunset still before it: wait for it, or say --now"
