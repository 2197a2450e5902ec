"""The in-memory reference of the port that keeps replays: what it means, for tests and trials."""

from __future__ import annotations

from msgspec.structs import replace

from trunkline.delivery.replay.port import Change, Replay, changed


class MemoryReplays:
    """A ``Replays`` that forgets everything with the process."""

    def __init__(self) -> None:
        self._replays: dict[str, Replay] = {}

    async def add(self, replay: Replay) -> Replay | None:
        """Store a replay, or return the open one of its flow."""
        other = self._open(replay.flow)
        if other is None:
            self._replays[replay.id] = replay
        return other

    def _open(self, flow: str) -> Replay | None:
        return next((one for one in self._replays.values() if one.flow == flow and one.is_open), None)

    async def get(self, replay_id: str) -> Replay | None:
        """Return one replay."""
        return self._replays.get(replay_id)

    async def all(self, flow: str = "") -> list[Replay]:
        """Return replays, the newest first."""
        found = [one for one in self._replays.values() if flow in ("", one.flow)]
        return sorted(found, key=lambda one: (one.created, one.id), reverse=True)

    async def fix(self, replay_id: str, bound: int) -> int:
        """Fix a bound, or return the one there is."""
        replay = self._replays[replay_id]
        fixed = bound if replay.bound is None else replay.bound
        self._replays[replay_id] = replace(replay, bound=fixed)
        return fixed

    async def note(self, replay_id: str, planned: int, delivered: int, dead: int) -> None:
        """Note counts."""
        replay = self._replays[replay_id]
        self._replays[replay_id] = replace(replay, planned=planned, delivered=delivered, dead=dead)

    async def change(self, replay_id: str, change: Change) -> bool:
        """Change a state, where there is such a change."""
        replay = self._replays.get(replay_id)
        after = changed(replay, change) if replay else None
        if after is None or (after.is_open and self._open(after.flow) not in (None, replay)):
            return False
        self._replays[replay_id] = after
        return True
