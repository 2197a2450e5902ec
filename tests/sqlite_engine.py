"""The SQLite log as the behaviour suite's ``Engine``, shared by the tests that need a real one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw

from trunkline.adapters.sqlite.appending import LogSettings
from trunkline.adapters.sqlite.ledger import SqliteLedger
from trunkline.adapters.sqlite.log import SqliteLog
from trunkline.adapters.sqlite.store import Store
from trunkline.eventlog.seal import Sealer
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.eventlog import WINDOW_SECONDS

KEY = bytes(range(32))


def ledger_of(store):
    return SqliteLedger(store, Sealer(KEY))


class SqliteEngine:
    def __init__(self, folder: Path, **chosen):
        self.clock = ManualClock()
        self.path = folder / "trunkline.db"
        self.settings = LogSettings(window_seconds=WINDOW_SECONDS, **chosen)
        self.store = None

    async def open(self):
        await self.close()
        self.store = Store(self.path)
        return await SqliteLog.open(self.store, Sealer(KEY), self.clock, self.settings)

    async def close(self):
        if self.store is not None:
            await self.store.close()
            self.store = None

    def stored(self):
        return b"".join(file.read_bytes() for file in self.path.parent.glob("trunkline.db*"))

    def change(self, sql, *values):
        with closing(apsw.Connection(str(self.path))) as connection:
            connection.execute(sql, values)

    def damage(self, stream, base):
        with closing(apsw.Connection(str(self.path))) as connection:
            place = "SELECT body FROM page JOIN stream USING (stream) WHERE name = ? AND base = ?"
            [(body,)] = connection.execute(place, (stream, base))
            [(sealed,)] = connection.execute("SELECT sealed FROM page_body WHERE body = ?", (body,))
            flipped = sealed[:60] + bytes([sealed[60] ^ 0x10]) + sealed[61:]
            connection.execute("UPDATE page_body SET sealed = ? WHERE body = ?", (flipped, body))
