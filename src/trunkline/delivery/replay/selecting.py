"""Which events a replay delivers: what was selected, what follows of the same entities, what is left out.

``survey`` walks the stream before anything is sent: a dry run shows what it found, and a running replay
knows by it which later events have to follow. Without them, replaying the first state of an order would
leave that state standing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from trunkline.delivery.replay.books import Books
from trunkline.delivery.replay.port import Selection
from trunkline.eventlog.port import Page
from trunkline.kernel.errors import DeliveryError, TrunklineError
from trunkline.kernel.event import Event

MOST_KEYS = 1_000_000
"""The most entities of one replay: their keys are in memory."""

Holds: TypeAlias = Callable[[Event], bool]
"""Whether the selection's expression is true of an event; raises ``DeliveryError`` where it cannot tell."""


class TooMany(TrunklineError):
    """A replay selects more entities than one may have."""


class Choice:
    """Tells of any event whether a replay delivers it, once ``survey`` has walked the stream with it.

    ``first_of`` is for each entity key the offset of its first selected event: later ones follow.
    """

    def __init__(self, selection: Selection, holds: Holds | None, *, exactly: bool) -> None:
        self.first_of: dict[str, int] = {}
        self._selection = selection
        self._keys = frozenset(selection.keys)
        self._holds = holds
        self._exactly = exactly

    @property
    def start(self) -> int:
        """The offset that none of its events lies below."""
        return self._selection.first

    def end(self, bound: int) -> int:
        """Return the offset that all of its events lie below, which is not above ``bound``."""
        last = self._selection.last
        return bound if last is None or not self._exactly else min(bound, last + 1)

    def delivers(self, offset: int, event: Event) -> bool:
        """Tell whether an event is selected, or follows a selected one of its entity."""
        return self.follows(offset, event) or bool(self.selects(offset, event))

    def follows(self, offset: int, event: Event) -> bool:
        """Tell whether a selected event of its entity stands before it."""
        return self.first_of.get(event.subject, offset) < offset

    def selects(self, offset: int, event: Event) -> bool | None:
        """Tell whether every part of the selection holds for an event; None where its expression fails."""
        one = self._selection
        if offset < one.first or (one.last is not None and offset > one.last):
            return False
        if event.recorded < (one.since or 0) or (one.until is not None and event.recorded >= one.until):
            return False
        if (self._keys and event.subject not in self._keys) or one.correlation not in ("", event.correlation):
            return False
        try:
            return self._holds is None or self._holds(event)
        except DeliveryError:
            return None

    def note(self, offset: int, event: Event) -> None:
        """Have later events of a selected event's entity follow it; raises ``TooMany``."""
        if event.subject and not self._exactly:
            self.first_of.setdefault(event.subject, offset)
        if len(self.first_of) > MOST_KEYS:
            raise TooMany(
                f"more than {MOST_KEYS:,} entities are selected, and a replay keeps their keys in memory:"
                ' select less, or deliver everything by a new flow with "start: beginning"'
            )


class Survey(msgspec.Struct):
    """What a replay would deliver.

    ``selected`` and ``following`` are how many events are to be delivered; ``left`` are the selected ones
    that it leaves to the flow, which has them open still, or to whoever discarded them; of ``undecided``
    ones the expression could not tell. ``first`` and ``last`` are offset and time of acceptance
    (microseconds) of the first and the last event to be delivered.
    """

    selected: int = 0
    following: int = 0
    left: int = 0
    undecided: int = 0
    first: tuple[int, int] | None = None
    last: tuple[int, int] | None = None

    @property
    def planned(self) -> int:
        """How many events are to be delivered."""
        return self.selected + self.following


async def survey(choice: Choice, books: Books, bound: int) -> Survey:
    """Walk the stream up to ``bound``, letting ``choice`` learn which entities are selected."""
    found = Survey()
    async for page in books.pages(choice.start, choice.end(bound)):
        verdicts = [choice.selects(offset, event) for offset, event in enumerate(page.events, page.base)]
        found.undecided += verdicts.count(None)
        left = await books.open_or_discarded(_concerned(page, verdicts, choice))
        for offset, (event, selected) in enumerate(zip(page.events, verdicts, strict=True), page.base):
            follows = choice.follows(offset, event)
            if selected:
                choice.note(offset, event)  # also where it is left: the flow may be done with it soon
            if offset in left:
                found.left += bool(selected)
            elif selected or follows:
                found.selected += bool(selected)
                found.following += not selected
                found.first = found.first or (offset, event.recorded)
                found.last = (offset, event.recorded)
    return found


def _concerned(page: Page, verdicts: Sequence[bool | None], choice: Choice) -> list[int]:
    """Return the offsets of a page that may be delivered: selected, or of an entity that is."""
    keys = {event.subject for event, selected in zip(page.events, verdicts, strict=True) if selected}
    keys.discard("")
    return [
        offset
        for offset, (event, selected) in enumerate(zip(page.events, verdicts, strict=True), page.base)
        if selected or event.subject in keys or event.subject in choice.first_of
    ]
