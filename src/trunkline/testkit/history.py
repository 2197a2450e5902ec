"""The judge of a delivery: given what was in the stream and what reached the place, what went wrong.

Used by simulations, crash tests and process-kill tests alike: they differ in how they make trouble, not in
what is right afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from trunkline.delivery.ledger import Fate
from trunkline.eventlog.port import Page
from trunkline.testkit.targets import Received


class Expected(msgspec.Struct, frozen=True):
    """What has to be true: of ``page``'s events, ``unsent`` must not have reached the place, the rest must.

    ``unsent`` are the offsets that were dropped by rule, are dead, or wait or are held at the end.
    ``once`` says that no event may have two effects (an atomic target); otherwise an event may come again,
    under the same idempotency key. ``passed`` are offsets that later events of their key were allowed to
    overtake: dead letters under ``when_dead: skip`` and ``supersede``.
    """

    page: Page
    unsent: Collection[int] = frozenset()
    once: bool = False
    passed: Collection[int] = frozenset()


def faults(expected: Expected, received: Sequence[Received]) -> list[str]:
    """Return everything that is wrong with a history, as sentences; an empty list is what one wants."""
    return [
        *_lost(expected, received),
        *_uncalled_for(expected, received),
        *_repeated(expected, received),
        *_renamed(received),
        *_reordered(expected, received),
    ]


def stuck(page: Page, fates: Sequence[Fate], left: Collection[int], *, skips: bool = False) -> list[str]:
    """Return what is neither settled nor visibly not, as sentences, once a flow had all the time it needs.

    ``fates`` are those of ``page``'s events and ``left`` the dead letters that people leave unanswered:
    these may stay dead, and hold later events of their key, unless the flow ``skips``.
    """
    holds = (
        {} if skips else {page.events[offset - page.base].subject: offset for offset in sorted(left)[::-1]}
    )
    found = []
    for offset, (event, fate) in enumerate(zip(page.events, fates, strict=True), page.base):
        behind = event.subject != "" and holds.get(event.subject, offset) < offset
        if fate.state in ("pending", "skipped"):
            found.append(f"event {offset} is stuck: {fate.state}")
        elif fate.state in ("waiting", "held") and not behind:
            found.append(f"event {offset} is stuck: {fate.state}, and nothing is before it")
        elif fate.state == "dead" and offset not in left:
            found.append(f"event {offset} is stuck: dead, and nobody leaves it so")
    return found


def moot(page: Page, fates: Sequence[Fate], *, superseding: bool) -> list[str]:
    """Return which dead letters are superseded for no reason, or not although a newer event was delivered.

    ``fates`` are those of ``page``'s events; ``superseding`` says that the flow is told to.
    """
    delivered = {
        event.subject: offset
        for offset, (event, fate) in enumerate(zip(page.events, fates, strict=True), page.base)
        if fate.state == "delivered" and event.subject
    }
    found = []
    for offset, (event, fate) in enumerate(zip(page.events, fates, strict=True), page.base):
        has_newer = delivered.get(event.subject, -1) > offset
        if fate.state == "superseded" and not (superseding and has_newer):
            found.append(f"event {offset} is superseded, and nothing newer of its key was delivered")
        elif fate.state == "dead" and superseding and has_newer:
            found.append(f"event {offset} is dead, and a newer one of its key was delivered")
    return found


def _lost(expected: Expected, received: Sequence[Received]) -> Iterable[str]:
    seen = {one.offset for one in received}
    for offset in range(expected.page.base, expected.page.next):
        if offset not in seen and offset not in expected.unsent:
            yield f"event {offset} was lost"


def _uncalled_for(expected: Expected, received: Sequence[Received]) -> Iterable[str]:
    for one in received:
        if not expected.page.base <= one.offset < expected.page.next:
            yield f"event {one.offset} reached the place and is not in the stream"
        elif expected.once and one.offset in expected.unsent:
            yield f"event {one.offset} reached the place and is not settled as delivered"


def _repeated(expected: Expected, received: Sequence[Received]) -> Iterable[str]:
    seen: set[int] = set()
    for one in received:
        if expected.once and one.offset in seen:
            yield f"event {one.offset} took effect twice"
        seen.add(one.offset)


def _renamed(received: Sequence[Received]) -> Iterable[str]:
    names: dict[int, str] = {}
    for one in received:
        if names.setdefault(one.offset, one.idempotency_key) != one.idempotency_key:
            yield f"event {one.offset} came under two idempotency keys"
    owners: dict[str, int] = {}
    for offset, name in names.items():
        if owners.setdefault(name, offset) != offset:
            yield f"events {owners[name]} and {offset} share an idempotency key"


def _reordered(expected: Expected, received: Sequence[Received]) -> Iterable[str]:
    """Compare first effects: a receiver that keeps idempotency keys ignores the rest."""
    latest: dict[str, int] = {}
    seen: set[int] = set()
    for one in received:
        if one.offset in seen or not one.subject or one.offset in expected.passed:
            continue
        seen.add(one.offset)
        if latest.get(one.subject, -1) > one.offset:
            yield f"event {one.offset} of key {one.subject} came after {latest[one.subject]}"
        latest[one.subject] = max(latest.get(one.subject, -1), one.offset)
