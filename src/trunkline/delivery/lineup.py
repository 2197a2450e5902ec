"""Who may go next: entries in lanes, one a key, of which only the head is ever ready. No effects."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from trunkline.delivery.attempt import Entry
from trunkline.delivery.retry import is_retry


class Lineup:
    """Entries that are in memory and not settled; those without a key have no lane and are always ready."""

    def __init__(self) -> None:
        self.active = 0
        """How many entries there are: in lanes, ready and under way."""
        self._tails: dict[str, Entry] = {}
        self._ready: deque[Entry] = deque()
        self._put_off: deque[Entry] = deque()

    @property
    def put_off(self) -> int:
        """How many retries wait until there may be retries again."""
        return len(self._put_off)

    @property
    def ready(self) -> int:
        """How many entries wait for nothing but a call."""
        return len(self._ready)

    def add(self, entry: Entry) -> None:
        """Put an entry at the end of its key's lane."""
        self.active += 1
        tail = self._tails.get(entry.key)
        if tail is not None:
            tail.next = entry
        else:
            self._ready.append(entry)
        if entry.key:
            self._tails[entry.key] = entry

    def take(self, most: int, retries: Callable[[], int]) -> list[Entry]:
        """Take up to ``most`` ready entries, no two of one key, for one call.

        ``retries`` is asked how many of them may be retries, where there are any; others are put off.
        """
        taken: list[Entry] = []
        left = -1
        while self._ready and len(taken) < most:
            entry = self._ready.popleft()
            if is_retry(entry.case):
                left = retries() if left < 0 else left
                if left == 0:
                    self._put_off.append(entry)
                    continue
                left -= 1
            taken.append(entry)
        return taken

    def take_probe(self) -> list[Entry]:
        """Take one entry, a retry only where there is nothing else: those are known to fail."""
        probe = self.take(1, lambda: 0)
        if not probe:
            self.take_up(1)
            probe = self.take(1, lambda: 1)
        return probe

    def take_up(self, count: int) -> None:
        """Make up to ``count`` of the retries that were put off ready again, before all others."""
        taken_up = [self._put_off.popleft() for _ in range(min(count, len(self._put_off)))]
        self._ready.extendleft(reversed(taken_up))

    def put_back(self, entry: Entry) -> None:
        """Make an entry that was taken ready again, behind those of other keys."""
        self._ready.append(entry)

    def settle(self, entry: Entry) -> None:
        """Let the next of an entry's lane be ready."""
        self.active -= 1
        if entry.next is not None:
            self._ready.append(entry.next)
        elif self._tails.get(entry.key) is entry:
            del self._tails[entry.key]

    def clear_lane(self, entry: Entry) -> list[Entry]:
        """Take an entry and all that is behind it out, and return what was behind it."""
        behind = []
        after = entry.next
        while after is not None:
            behind.append(after)
            after = after.next
        self.active -= 1 + len(behind)
        self._tails.pop(entry.key, None)
        return behind
