"""Which items of a refused batch are to blame: a search that SQLite and PostgreSQL targets drive.

A database refuses a statement as a whole and often does not say for which row. The search halves the
batch until what is refused is one item, on top of everything before it that was taken: what it blames
is what would have failed had the items been applied one by one, in order.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

from trunkline.kernel.errors import DeliveryError, Final

KINDS = frozenset({"constraint", "field", "range", "type"})
"""Every kind of error that one row is blamed for."""


class Refused(Exception):
    """The database refused the rows of a statement; ``verdict`` says why, without their values."""

    def __init__(self, verdict: Final) -> None:
        super().__init__(verdict.detail)
        self.verdict = verdict


def search(count: int) -> Generator[tuple[int, int], Final | None, dict[int, Final]]:
    """Yield runs of items to try and return the verdicts on those to blame, by their position.

    The caller applies items ``low`` to ``high - 1`` on top of what it has kept, keeps them where the
    database takes them and undoes them otherwise, and sends back None or the verdict. There are fewer
    than ``2 * count`` tries.
    """
    guilty: dict[int, Final] = {}
    runs = [(0, count)]
    while runs:
        low, high = runs.pop()
        verdict = yield low, high
        if verdict is None:
            continue
        if high - low == 1:
            guilty[low] = verdict
            continue
        middle = (low + high) // 2
        runs += [(middle, high), (low, middle)]
    return guilty


def verdicts(count: int, guilty: Mapping[int, Final]) -> list[DeliveryError | None]:
    """Return the answer of ``deliver``: the verdict on each of ``count`` items, None for the innocent."""
    return [guilty.get(position) for position in range(count)]
