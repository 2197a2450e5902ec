"""Many small stored pages read as one: what one ``read`` takes, the same for every engine."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.eventlog.port import Page


class Room:
    """What one read still takes: a first page always, then whole pages within both bounds.

    Reads end at the border of a stored page where they can, so that no page is opened twice.
    """

    def __init__(self, max_events: int, max_bytes: int) -> None:
        self._events = max_events
        self._bytes = max_bytes
        self._taken = False

    def takes(self, events: int, payload_bytes: int) -> bool:
        """Tell whether a page of this size is read too, and count it if so."""
        self._events -= events
        self._bytes -= payload_bytes
        fits = not self._taken or (self._events >= 0 and self._bytes >= 0)
        self._taken = True
        return fits


def merge(stream: str, pages: Sequence[Page], start: int, limit: int) -> Page:
    """Return the events of consecutive pages from ``start`` on, at most ``limit``, as one page."""
    if not pages:
        return Page(stream, start, [])
    skipped = max(0, start - pages[0].base)
    if len(pages) == 1 and not skipped and len(pages[0].events) <= limit:
        return pages[0]
    events = [event for page in pages for event in page.events]
    return Page(stream, pages[0].base + skipped, events[skipped : skipped + limit])
