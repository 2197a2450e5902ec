"""The behaviour every ``AlertStore`` has, whatever it is kept in.

A test module of an implementation subclasses ``AlertStoreSuite`` and gives it a ``store`` fixture: an empty
one. pytest collects the cases from the subclass.
"""

from __future__ import annotations

from msgspec.structs import replace

from trunkline.observe.alerts.machine import Alert, Explained, Transition
from trunkline.observe.alerts.muting import Silence
from trunkline.observe.alerts.notices import Message, Told
from trunkline.observe.alerts.store import AlertQuery, AlertStore, Changes

ALERT = Alert(
    "a1", "late", {"flow": "orders"}, "page", "firing", 10, 61.5, Explained("s", "c", "n"), fired_at=20
)
OVER = replace(ALERT, id="a0", phase="resolved", since=1, resolved_at=5)
FIRED = Transition("a1", "late", 1, "firing", 20, 20)
MESSAGE = Message("m1", "oncall", 20, (Told("fired", ALERT),), 20)
SILENCE = Silence("s1", {"flow": "orders"}, 10, 100, "ann", "stock count")


class AlertStoreSuite:
    """What every ``AlertStore`` does. The subclass defines the fixture ``store``."""

    async def test_stores_a_change_as_a_whole(self, store: AlertStore) -> None:
        """An alert, what happened to it and the message that tells of it are there together."""
        assert await store.commit(Changes([ALERT], (), [FIRED], [MESSAGE]))
        assert await store.alerts(AlertQuery()) == [replace(ALERT, revision=1)]
        assert await store.transitions(20, 21) == [FIRED]
        assert await store.messages("waiting", 10) == [MESSAGE]

    async def test_refuses_what_was_read_before_a_change(self, store: AlertStore) -> None:
        """Of two changes that begin with one state the second is refused, with all that comes with it."""
        await store.commit(Changes([ALERT]))
        first = replace(ALERT, revision=1, value=70.0)
        assert await store.commit(Changes([first]))
        assert not await store.commit(Changes([first], (), [FIRED], [MESSAGE]))
        assert not await store.commit(Changes(gone=[first]))
        assert await store.alerts(AlertQuery()) == [replace(first, revision=2)]
        assert await store.transitions(0, 100) == []
        assert await store.messages("waiting", 10) == []

    async def test_one_is_open(self, store: AlertStore) -> None:
        """A second alert about the same is refused while one is open, and is another once that is over."""
        await store.commit(Changes([ALERT]))
        second = replace(ALERT, id="a2", since=30)
        assert not await store.commit(Changes([second]))
        await store.commit(Changes([replace(ALERT, revision=1, phase="resolved", resolved_at=25)]))
        assert await store.commit(Changes([second]))
        assert [one.id for one in await store.alerts(AlertQuery(only_open=False))] == ["a2", "a1"]

    async def test_finds(self, store: AlertStore) -> None:
        """Open alerts, those over for not too long, or one by its identifier, at most so many."""
        await store.commit(Changes([OVER, ALERT]))
        assert [one.id for one in await store.alerts(AlertQuery())] == ["a1"]
        assert [one.id for one in await store.alerts(AlertQuery(only_open=False, since=5))] == ["a1", "a0"]
        assert [one.id for one in await store.alerts(AlertQuery(only_open=False, since=6))] == ["a1"]
        assert [one.id for one in await store.alerts(AlertQuery("a0"))] == ["a0"]
        assert [one.id for one in await store.alerts(AlertQuery(only_open=False, limit=1))] == ["a1"]

    async def test_an_end_that_waits(self, store: AlertStore) -> None:
        """One that is over is found with what is still to be told of it, also beside one that came back."""
        over = replace(ALERT, phase="resolved", resolved_at=25, told=("oncall",), told_at=20, end_waits=True)
        await store.commit(Changes([over]))
        assert await store.commit(Changes([replace(ALERT, id="a2", since=30)]))
        stored = await store.alerts(AlertQuery(only_open=False, since=25))
        assert [(one.id, one.end_waits) for one in stored] == [("a2", False), ("a1", True)]
        assert await store.commit(Changes([replace(over, revision=1, end_waits=False)]))
        assert not any(one.end_waits for one in await store.alerts(AlertQuery(only_open=False)))

    async def test_what_came_to_nothing_goes(self, store: AlertStore) -> None:
        """An alert that never fired leaves nothing."""
        await store.commit(Changes([replace(ALERT, phase="pending")]))
        assert await store.commit(Changes(gone=[replace(ALERT, phase="pending", revision=1)]))
        assert await store.alerts(AlertQuery(only_open=False)) == []

    async def test_transitions_of_a_span(self, store: AlertStore) -> None:
        """The end of a span does not belong to it."""
        ended = Transition("a1", "late", 2, "resolved", 30, 20, "ann", "mended")
        await store.commit(Changes([ALERT], (), [FIRED, ended]))
        assert await store.transitions(20, 30) == [FIRED]
        assert await store.transitions(21, 31) == [ended]

    async def test_silences(self, store: AlertStore) -> None:
        """A silence is found until its end, which a person may set earlier."""
        other = replace(SILENCE, id="s0", since=5)
        await store.put_silence(SILENCE)
        await store.put_silence(other)
        assert await store.silences(99) == [other, SILENCE]
        await store.put_silence(replace(SILENCE, until=40, ended_by="bob"))
        assert await store.silences(50) == [other]
        assert await store.silences(100) == []

    async def test_messages(self, store: AlertStore) -> None:
        """What waits is found oldest first, what is done newest first, each in one state."""
        several = [replace(MESSAGE, id=f"m{n}", created=n, due=n) for n in (3, 1, 2)]
        await store.commit(Changes([ALERT], messages=several))
        assert [one.id for one in await store.messages("waiting", 2)] == ["m1", "m2"]
        for one in several:
            await store.settle(replace(one, state="sent", attempts=1, done=50))
        assert [one.id for one in await store.messages("sent", 2)] == ["m3", "m2"]
        assert await store.messages("waiting", 10) == await store.messages("failed", 10) == []

    async def test_trims(self, store: AlertStore) -> None:
        """What was over before goes; what is open or waits stays."""
        done = replace(MESSAGE, id="m0", state="failed", done=8)
        await store.commit(Changes([OVER, ALERT], (), [FIRED], [MESSAGE, done]))
        await store.put_silence(SILENCE)
        assert await store.trim(9) == len([OVER, done])
        assert [one.id for one in await store.alerts(AlertQuery(only_open=False))] == ["a1"]
        assert await store.messages("waiting", 9) == [MESSAGE]
        assert await store.transitions(0, 99) == [FIRED]
        assert await store.silences(0) == [SILENCE]
        assert await store.trim(200) == 0
        assert await store.transitions(0, 99) == []
        assert await store.silences(0) == []
