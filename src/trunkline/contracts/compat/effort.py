"""What one comparison may cost, counted in steps.

Everything that takes long on large or hostile schemas spends steps before it begins, native calls included,
which nothing could stop. Steps and not a clock, so that a verdict is the same on every machine and every day.
"""

from __future__ import annotations

MOST_STEPS = 300_000
"""The steps of one comparison, each of about ten microseconds."""


class Exhausted(Exception):
    """More steps were asked for than are left."""


class Effort:
    """Steps that may still be spent."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self.left = steps
        self.is_exhausted = False

    def spend(self, steps: int = 1) -> None:
        """Spend steps; raises ``Exhausted`` where so many are not left.

        That spends a part of what is left, and what is cheaper may still be done.
        """
        if steps > self.left:
            self.is_exhausted = True
            self.left -= self.left // 16 + 1
            raise Exhausted
        self.left -= steps
