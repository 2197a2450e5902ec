"""Replies on the embedded store: what the ledger keeps for callers, sealed as all that is stored."""

from __future__ import annotations

from collections.abc import Sequence

import apsw
import msgspec

from trunkline.connectors.reply import Reply
from trunkline.delivery.ledger import StoredReply
from trunkline.eventlog.seal import Sealer

PUT = "INSERT INTO reply (flow, event, name, at, sealed) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
OF = """SELECT event, sealed FROM reply
    WHERE flow = (SELECT id FROM flow WHERE name = :flow) AND event = :offset"""
NAMED = """SELECT event, sealed FROM reply
    WHERE flow = (SELECT id FROM flow WHERE name = :flow) AND name = :name ORDER BY event DESC LIMIT 1"""
VOID = "DELETE FROM reply WHERE flow = :id AND event >= :cursor"
TRIM = "DELETE FROM reply WHERE at < :before"

_reply = msgspec.msgpack.Decoder(Reply)


class SealedReplies:
    """Puts replies into the store and reads them again."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def put(
        self, connection: apsw.Connection, flow: str, number: int, at: int, replies: Sequence[StoredReply]
    ) -> None:
        """Store replies of ``flow``, whose row is ``number``."""
        rows = [
            (number, one.offset, self.fingerprint(one.name), at, self._sealed(flow, one)) for one in replies
        ]
        connection.executemany(PUT, rows)

    def fingerprint(self, name: str) -> bytes:
        """Return what stands for a name in the store."""
        return self._sealer.fingerprint(name.encode())

    def read(self, connection: apsw.Connection, statement: str, flow: str, **given: object) -> Reply | None:
        """Return the reply that a statement finds; raises ``Corrupt`` for a broken seal."""
        for offset, sealed in connection.execute(statement, {"flow": flow, **given}):
            assert isinstance(sealed, bytes)
            return _reply.decode(self._sealer.open(sealed, _place(flow, offset)))
        return None

    def _sealed(self, flow: str, one: StoredReply) -> bytes:
        return self._sealer.seal(msgspec.msgpack.encode(one.reply), _place(flow, one.offset))


def _place(flow: str, offset: object) -> bytes:
    return f"reply of {flow} {offset}".encode()
