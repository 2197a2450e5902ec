"""What keeps effects exactly once: which offsets a call may apply, given what its database has stored.

Both table targets ask it inside the transaction of the effects.
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


def overtaken(progress: Progress) -> Retryable:
    """Return the error of a call that would apply again what another runner has settled."""
    return Retryable(
        "overtaken",
        f"flow {progress.flow}: another runner has settled these events; nothing was applied."
        " Read the progress again, and stop one of the two runners",
    )


def applied_before(items: Sequence[Item], progress: Progress, fresh: Collection[int]) -> bool:
    """Tell whether an item of this call was marked as applied before: ``fresh`` are the marks just made."""
    held_back = set(progress.applied)
    return any(item.offset in held_back and item.offset not in fresh for item in items)
