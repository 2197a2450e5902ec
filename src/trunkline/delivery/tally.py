"""How often something happened lately, and how often of that it was of one kind: counts in slots of time.

A window slides by whole slots, so it costs as many numbers as it has slots, however much happens in it.
"""

from __future__ import annotations

import msgspec

from trunkline.kernel.clock import SECOND


class Tally(msgspec.Struct, frozen=True, gc=False):
    """Counts of the slot ``index`` and, oldest first, those of slots before it that anything happened in.

    ``slot`` is how long one is and ``origin`` where the first begins, in microseconds; ``slots`` is how many
    are remembered besides the present one. ``marked`` of ``total`` were of the kind that is asked for.
    """

    slot: int
    slots: int
    origin: int = 0
    index: int = 0
    total: int = 0
    marked: int = 0
    past: tuple[tuple[int, int, int], ...] = ()


def tally(window_seconds: float, slots: int, origin: int = 0) -> Tally:
    """Return an empty tally whose window is at least so long, and at most one slot longer."""
    return Tally(max(1, round(window_seconds * SECOND / slots)), slots, origin)


def counted(tally: Tally, now: int, total: int = 1, marked: int = 0) -> Tally:
    """Return the tally with ``total`` more at ``now``, of which ``marked`` were of its kind."""
    index = (now - tally.origin) // tally.slot
    if index <= tally.index:  # the present slot; a clock that was set back counts there as well
        total, marked, index, past = tally.total + total, tally.marked + marked, tally.index, tally.past
    else:
        past = _past(tally, index)
    return Tally(tally.slot, tally.slots, tally.origin, index, total, marked, past)


def sums(tally: Tally, now: int) -> tuple[int, int]:
    """Return how many there were in the window that ends ``now``, and how many of them were marked."""
    index = max(tally.index, (now - tally.origin) // tally.slot)
    totals = [(tally.total, tally.marked)] if tally.index >= index - tally.slots else []
    totals += [(total, marked) for at, total, marked in tally.past if at >= index - tally.slots]
    return sum(total for total, _ in totals), sum(marked for _, marked in totals)


def peak(tally: Tally, now: int) -> float:
    """Return the highest rate a second of any whole slot; of the present one where it is the first."""
    index = (now - tally.origin) // tally.slot
    whole = [total for at, total, _ in _past(tally, max(index, tally.index + 1)) if at < index]
    if whole:
        return max(whole) * SECOND / tally.slot
    return tally.total * SECOND / max(now - tally.origin, SECOND)


def _past(tally: Tally, index: int) -> tuple[tuple[int, int, int], ...]:
    """Return the slots that are remembered once slot ``index`` is the present one."""
    closed = (*tally.past, (tally.index, tally.total, tally.marked)) if tally.total else tally.past
    return tuple(one for one in closed if one[0] >= index - tally.slots)
