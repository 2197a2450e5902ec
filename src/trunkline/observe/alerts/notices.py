"""Messages: the notices that go out together, to whom, and when one that failed is sent again.

A message is stored with the change that it tells of, and has one identifier from then on: it is sent at least
once, and whoever gets it twice can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from trunkline.kernel.clock import SECOND
from trunkline.observe.alerts.grouping import group_of
from trunkline.observe.alerts.machine import Alert, Event, Notice

State: TypeAlias = Literal["waiting", "sent", "failed"]

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 600.0
GIVEN_UP_SECONDS = 86_400.0
"""A message that could not be sent for a day is given up: whoever reads it then reads of yesterday."""


class Told(msgspec.Struct, frozen=True):
    """One alert in a message: what is told of it, and how it was then."""

    event: Event
    alert: Alert


class Message(msgspec.Struct, frozen=True):
    """What goes out by one route. ``due`` is when it is sent next, ``done`` when it was sent or given up.

    Instants are microseconds. ``kind`` and ``detail`` say why the latest of ``attempts`` failed.
    """

    id: str
    route: str
    created: int
    alerts: tuple[Told, ...]
    due: int
    state: State = "waiting"
    attempts: int = 0
    done: int = 0
    kind: str = ""
    detail: str = ""


def messages(
    notices: Iterable[Notice], group_by: Sequence[str], now: int, new_id: Callable[[], str]
) -> list[Message]:
    """Put notices of one look together that go by one route and are of one group (``grouping.group_of``).

    What is over is kept apart from what is not, and goes first: what came back is not taken for over.
    """
    groups: dict[tuple[str, ...], list[Told]] = {}
    for notice in sorted(notices, key=lambda one: one.event != "resolved"):
        alert = notice.alert
        for route in notice.to:
            over = str(notice.event == "resolved")
            group = groups.setdefault((route, over, *group_of(alert, group_by)), [])
            group.append(Told(notice.event, alert))
    return [Message(new_id(), group[0], now, tuple(told), now) for group, told in groups.items()]


def sent(message: Message, now: int) -> Message:
    """Return a message that has arrived."""
    return replace(message, state="sent", attempts=message.attempts + 1, done=now, kind="", detail="")


def failed(message: Message, fault: tuple[str, str], now: int, chance: float, *, final: bool) -> Message:
    """Return a message that did not arrive, for its ``fault``, a kind and a text.

    It is due again after twice as long as before, more or less by ``chance`` (0 to 1), or given up where that
    is ``final`` or it is too old.
    """
    kind, detail = fault
    over = final or now - message.created >= GIVEN_UP_SECONDS * SECOND
    wait = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(message.attempts, 10)) * (0.75 + chance / 2)
    return replace(
        message,
        state="failed" if over else "waiting",
        attempts=message.attempts + 1,
        due=now + round(wait * SECOND),
        done=now if over else 0,
        kind=kind,
        detail=detail,
    )
