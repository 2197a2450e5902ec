"""Since when a secret has been the same, told without keeping it: a keyed print of its value and a time.

Places that keep secrets do not say when a value was made: an environment cannot, and a file knows of its last
change alone. So whoever looks keeps a print, and notices by it that the value is another one.
"""

from __future__ import annotations

import msgspec


class KnownValue(msgspec.Struct, frozen=True):
    """A value as it is known: what stands for it, and since when it has been this one, at the latest.

    ``since`` is microseconds. The value may be older than that, where nobody looked before; never younger.
    """

    print: str
    since: int


def known(before: KnownValue | None, print_: str, now: int, written: int | None) -> KnownValue:
    """Return what is known of a value that was looked at ``now``, after what was known before.

    ``written`` is when the place it was found in was last written, None where it cannot tell.
    """
    if before is not None and before.print == print_:
        return before
    return KnownValue(print_, now if written is None else min(now, written))
