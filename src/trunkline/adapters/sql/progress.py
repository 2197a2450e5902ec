"""What keeps effects exactly once: whether a call may apply its items, given what its database has stored.

Both table targets ask it inside the transaction of the effects. A call whose commit was cut off comes
again unchanged, as nobody knows whether it counted: then all of it is settled, and it succeeds without a
second effect. A call that is settled in part means that two runners deliver one flow.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from trunkline.connectors.target import Item, Progress
from trunkline.kernel.errors import Retryable

NO_FLOOR = 2**63 - 1
"""Stands for "no offset of this call has to be new": the largest offset there can be."""


def floor(items: Sequence[Item], progress: Progress) -> int:
    """Return the lowest offset that the stored cursor must not have passed.

    Held-back items lie below the cursor and are told by ``progress.applied``; all others are new.
    """
    held_back = set(progress.applied)
    return min((item.offset for item in items if item.offset not in held_back), default=NO_FLOOR)


def repeats(progress: Progress, stored: tuple[int, str]) -> bool:
    """Tell that a call with new items below the stored cursor is one that counted before.

    ``stored`` is the cursor and its ``last_event``. Raises ``Retryable`` where they are another runner's.
    """
    if stored == (progress.cursor, progress.last_event):
        return True
    raise _overtaken(progress)


def repeats_held_back(items: Sequence[Item], progress: Progress, marked_now: Collection[int]) -> bool:
    """Tell whether the held-back items of a call were marked as applied before this call marked them.

    Raises ``Retryable`` where some were and some were not.
    """
    held_back = set(progress.applied)
    before = [item.offset for item in items if item.offset in held_back and item.offset not in marked_now]
    if before and len(before) < len(items):
        raise _overtaken(progress)
    return bool(before)


def _overtaken(progress: Progress) -> Retryable:
    return Retryable(
        "overtaken",
        f"flow {progress.flow}: another runner has settled some of these events; nothing was applied."
        " Stop one of the two runners; the other goes on from the stored progress",
    )
