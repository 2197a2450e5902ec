"""The behaviour every ``Census`` has, whatever it is kept in.

A test module of an implementation subclasses ``CensusSuite`` and gives it a ``census`` fixture: an empty one.
pytest collects the cases from the subclass.
"""

from __future__ import annotations

from collections.abc import Mapping

from trunkline.observe.census import Census, Mark, Shared, Slice, State

STREAM = "customer@1"
RULES = b"email, phone and postcode"


def hashed(text: str) -> bytes:
    """Return 16 bytes that stand for a text."""
    return text.encode().ljust(16, b".")


def match(text: str) -> bytes:
    """Return a match value: its first letter stands for the group."""
    return text[:1].encode() + hashed(text)


def piece(first: int, states: Mapping[str, str]) -> Slice:
    """Return a piece of a stream from an offset on: entities with their match values, such as ``e1 p2``."""
    made = [
        State(hashed(entity), offset, tuple(map(match, values.split())))
        for offset, (entity, values) in enumerate(states.items(), first)
    ]
    return Slice(RULES, first + len(made), 1_000 + first, made)


class CensusSuite:
    """What every ``Census`` does. The subclass defines the fixture ``census``."""

    async def counted(self, census: Census, stream: str = STREAM) -> tuple[int, int]:
        """Return how many entities there are, and how many duplicates."""
        mark = (await census.marks())[stream]
        return mark.entities, mark.duplicates

    async def test_begins_empty(self, census: Census) -> None:
        """Nothing is known of a stream that was not counted, and forgetting it is no fault."""
        await census.forget(STREAM)
        assert await census.marks() == {}
        assert await census.shared(STREAM, 10, 10) == []

    async def test_a_mark_says_how_far(self, census: Census) -> None:
        """A mark says by what was matched, how far, when, and what came of it; a piece may tell of nobody."""
        await census.count(STREAM, piece(0, {"a": "e1", "b": "e2"}))
        await census.count(STREAM, Slice(RULES, 7, 9, []))
        assert await census.marks() == {STREAM: Mark(RULES, 7, 9, 2, 0)}

    async def test_of_n_alike_all_but_one_are_duplicates(self, census: Census) -> None:
        """Of n entities that share a value all but the oldest are duplicates, in one piece or in several."""
        await census.count(STREAM, piece(0, {"a": "e1", "b": "e1", "x": "e2"}))
        assert await self.counted(census) == (3, 1)
        await census.count(STREAM, piece(3, {"c": "e1", "y": "e3"}))
        assert await self.counted(census) == (5, 2)

    async def test_one_value_in_common_is_enough_and_counts_once(self, census: Census) -> None:
        """An entity is a duplicate by any value that it shares with an older one, and by several no more."""
        await census.count(STREAM, piece(0, {"a": "e1 p1", "b": "e1 p1", "c": "e3 p1"}))
        assert await self.counted(census) == (3, 2)

    async def test_who_joins_two_is_one_duplicate(self, census: Census) -> None:
        """Values are not followed from entity to entity: two that a younger one joins are two things."""
        await census.count(STREAM, piece(0, {"a": "e1", "b": "p1", "joins": "e1 p1"}))
        assert await self.counted(census) == (3, 1)

    async def test_without_a_value_nobody_is_like_another(self, census: Census) -> None:
        """Entities without match values are counted and are nobody's duplicates."""
        await census.count(STREAM, piece(0, {"a": "", "b": ""}))
        assert await self.counted(census) == (2, 0)

    async def test_the_latest_state_counts(self, census: Census) -> None:
        """What an entity said before counts no more, whether it was the oldest or not."""
        await census.count(STREAM, piece(0, {"a": "e1", "b": "e1", "c": "e1"}))
        await census.count(STREAM, piece(3, {"a": "e2"}))
        assert await self.counted(census) == (3, 1)
        await census.count(STREAM, piece(4, {"c": "e2", "b": "e3"}))
        assert await self.counted(census) == (3, 1)
        await census.count(STREAM, piece(6, {"c": ""}))
        assert await self.counted(census) == (3, 0)

    async def test_the_oldest_may_come_back(self, census: Census) -> None:
        """An entity is as old as its first event, whenever it comes to share a value."""
        await census.count(STREAM, piece(0, {"a": "e1", "b": "e2"}))
        await census.count(STREAM, piece(2, {"a": "e2"}))
        assert await census.shared(STREAM, 1, 2) == [Shared(match("e2"), 2, (2, 1))]
        assert await self.counted(census) == (2, 1)

    async def test_shared_values_come_with_who_has_them(self, census: Census) -> None:
        """Values that several have come by how many do, each with the latest offsets of its oldest ones."""
        await census.count(STREAM, piece(0, {"a": "e1 p1", "b": "e2 p1", "c": "e2", "d": "e2", "x": "e9"}))
        await census.count(STREAM, piece(5, {"b": "e2 p1"}))
        pair, three = Shared(match("p1"), 2, (0, 5)), Shared(match("e2"), 3, (5, 2))
        assert await census.shared(STREAM, 10, 2) == [three, pair]
        assert await census.shared(STREAM, 1, 2) == [three]

    async def test_streams_are_apart(self, census: Census) -> None:
        """The same entity or value in another stream is another one, and is not forgotten with it."""
        await census.count(STREAM, piece(0, {"a": "e1", "b": "e1"}))
        await census.count("supplier@1", piece(0, {"a": "e1"}))
        assert await self.counted(census, "supplier@1") == (1, 0)
        await census.forget(STREAM)
        assert await census.marks() == {"supplier@1": Mark(RULES, 1, 1_000, 1, 0)}
        await census.count("supplier@1", piece(1, {"b": "e1"}))
        assert await self.counted(census, "supplier@1") == (2, 1)

    async def test_what_was_forgotten_is_counted_anew(self, census: Census) -> None:
        """A stream that was forgotten begins as one that never was."""
        await census.count(STREAM, piece(0, {"a": "e1", "b": "e1"}))
        await census.forget(STREAM)
        await census.count(STREAM, piece(0, {"b": "e1", "c": "e2"}))
        assert await self.counted(census) == (2, 0)
