"""The behaviour of everything that keeps replays, as one suite: the reference and each engine pass it.

A test subclasses ``ReplaysSuite`` and gives it a fixture ``replays``; pytest collects the rest.
"""

from __future__ import annotations

import itertools

from msgspec.structs import replace

from trunkline.delivery.replay.port import Change, Replay, Replays, Selection, State, changed

NOW = 1_000_000
OPEN: tuple[State, ...] = ("running", "paused", "failed")
STATES: tuple[State, ...] = (*OPEN, "done", "cancelled")

WHOLE = Replay(
    id="r1",
    flow="suite-flow",
    stream="order@1",
    selection=Selection(3, 9, 5, 7, ("a", "ключ"), "c" * 32, "total > 5"),
    by="eve",
    why="the mapping was wrong",
    created=NOW,
    rate=0.5,
    exactly=True,
    original_identity=True,
    state="paused",
    bound=2**40,
    planned=7,
    delivered=5,
    dead=1,
    changed=NOW + 1,
    changed_by="ann",
    changed_why="lunch",
)


def replay(number: int, state: State = "running", flow: str = "suite-flow") -> Replay:
    """Return a replay that was started as the ``number``th."""
    return Replay(f"r{number}", flow, "order@1", Selection(), "eve", "why", NOW + number, state=state)


class ReplaysSuite:
    """What everything does that keeps replays."""

    async def test_a_replay_comes_back_as_it_was_added(self, replays: Replays) -> None:
        """Every field survives; there is none of another id."""
        assert await replays.add(WHOLE) is None
        assert await replays.get("r1") == WHOLE
        assert await replays.get("r2") is None

    async def test_a_flow_has_one_open_replay(self, replays: Replays) -> None:
        """A second one is not stored while the first has something left to do; another flow's is."""
        for number, state in enumerate(OPEN):
            flow = f"flow-{state}"
            first = replay(number, state, flow)
            assert await replays.add(first) is None
            assert await replays.add(replay(100 + number, flow=flow)) == first
            assert await replays.get(f"r{100 + number}") is None
        assert await replays.add(replay(7, "done", "another")) is None
        assert await replays.add(replay(8, "cancelled", "another")) is None
        assert await replays.add(replay(9, flow="another")) is None

    async def test_the_newest_is_listed_first(self, replays: Replays) -> None:
        """All are listed, or those of one flow."""
        for number in (2, 1, 3):
            await replays.add(replay(number, "done"))
        await replays.add(replay(4, flow="another"))
        assert [one.id for one in await replays.all()] == ["r4", "r3", "r2", "r1"]
        assert [one.id for one in await replays.all("suite-flow")] == ["r3", "r2", "r1"]
        assert await replays.all("no-such-flow") == []

    async def test_a_bound_is_fixed_once(self, replays: Replays) -> None:
        """The first bound stays, whoever gives another later."""
        await replays.add(replay(1))
        assert await replays.fix("r1", 0) == 0
        assert await replays.fix("r1", 9) == 0
        found = await replays.get("r1")
        assert found is not None
        assert found.bound == 0

    async def test_counts_are_noted_beside_the_state(self, replays: Replays) -> None:
        """A note changes its counts and nothing else."""
        await replays.add(replay(1))
        await replays.change("r1", Change("paused", "ann", "lunch", NOW))
        await replays.note("r1", 10, 4, 1)
        found = await replays.get("r1")
        assert found is not None
        assert (found.planned, found.delivered, found.dead) == (10, 4, 1)
        assert (found.state, found.changed_by, found.changed_why) == ("paused", "ann", "lunch")

    async def test_only_what_may_change_does(self, replays: Replays) -> None:
        """A change is made where the rules have it, and told; elsewhere nothing changes."""
        for number, (before, after) in enumerate(itertools.product(STATES, STATES)):
            one, change = replay(number, before, f"flow-{number}"), Change(after, "ann", "because", NOW + 99)
            expected = changed(one, change)
            await replays.add(one)
            assert await replays.change(one.id, change) == (expected is not None)
            assert await replays.get(one.id) == (expected or one)
            assert not await replays.change("no-such-replay", change)

    async def test_a_replay_that_goes_on_is_open_again(self, replays: Replays) -> None:
        """One that was done and runs again keeps a second one of its flow out."""
        await replays.add(replay(1, "done"))
        await replays.change("r1", Change("running", "ann", "a dead letter is retried", NOW))
        other = await replays.add(replay(2))
        assert other is not None
        assert other == replace(await _got(replays, "r1"), id="r1")

    async def test_a_done_replay_waits_for_the_open_one(self, replays: Replays) -> None:
        """One that was done cannot run again while another of its flow is open."""
        await replays.add(replay(1, "done"))
        await replays.add(replay(2))
        assert not await replays.change("r1", Change("running", "ann", "a dead letter is retried", NOW))
        assert (await _got(replays, "r1")).state == "done"


async def _got(replays: Replays, replay_id: str) -> Replay:
    found = await replays.get(replay_id)
    assert found is not None
    return found
