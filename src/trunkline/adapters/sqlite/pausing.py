"""Which flows are paused, on the embedded store; see ``trunkline.delivery.pausing``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from trunkline.adapters.sqlite.store import Store
from trunkline.delivery.pausing import Pause

_LOAD = "SELECT flow, paused_by, why, at FROM flow_pause"
_PUT = "INSERT OR REPLACE INTO flow_pause (flow, paused_by, why, at) VALUES (?, ?, ?, ?)"
_FORGET = "DELETE FROM flow_pause WHERE flow = ?"


class SqlitePauses:
    """A ``Pauses`` in a ``Store``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def load(self) -> dict[str, Pause]:
        """Return the pause of each flow that is paused."""
        rows = await self._store.read(lambda connection: connection.execute(_LOAD).fetchall())
        return dict(map(_pause, rows))

    async def put(self, flow: str, pause: Pause | None) -> None:
        """Store that a flow is paused, or that it is not."""

        def write(connection: apsw.Connection) -> None:
            if pause is None:
                connection.execute(_FORGET, (flow,))
            else:
                connection.execute(_PUT, (flow, pause.by, pause.why, pause.at))

        await self._store.write(write)


def _pause(row: Sequence[Any]) -> tuple[str, Pause]:
    flow, by, why, at = row
    return flow, Pause(by, why, at)
