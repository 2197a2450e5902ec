"""A table of a PostgreSQL database as a target.

One connection, kept open and made anew when it is lost. Every call is one transaction: progress first,
which locks the flow's row against another runner, then the whole batch as one statement of arrays. The
server ends a statement that takes too long; where it is not heard any more, we hang up. The driver is
imported when the first connection is made, so that nobody else needs it.
"""

from __future__ import annotations

import asyncio
import contextlib
import decimal
import os
import socket
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from trunkline.adapters.sql import postgres_dialect as dialect
from trunkline.adapters.sql import rows, statements
from trunkline.adapters.sql.blame import Refused, search, verdicts
from trunkline.adapters.sql.postgres_errors import failure, refusal
from trunkline.adapters.sql.progress import floor, repeats, repeats_held_back
from trunkline.adapters.sql.table import Found, TableSettings, check, plan
from trunkline.connectors.target import Features, Item, Progress
from trunkline.contracts.contract import Contract
from trunkline.kernel.errors import DeliveryError, Final, Retryable
from trunkline.vault.secret import Secret

if TYPE_CHECKING:
    import psycopg

_SESSION = """
SELECT set_config('TimeZone', 'UTC', false), set_config('statement_timeout', %s, false),
       set_config('lock_timeout', %s, false), set_config('idle_in_transaction_session_timeout', %s, false),
       CASE WHEN current_setting('synchronous_commit') = 'off'
            THEN set_config('synchronous_commit', 'on', false) END
"""
_SILENCE_SECONDS = 2.0
"""How long after it should have ended a statement the server may be silent before we hang up."""

# Until a transaction of a flow is over nobody can say how far it is: after a restart the commit of the runner
# before may still be under way.
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_LOCK_MAKING = "SELECT pg_advisory_xact_lock(hashtext('trunkline: make tables'))"


class PostgresTable:
    """A ``Target`` that writes to one table of one PostgreSQL database.

    ``url`` is libpq's (``postgresql://user@host:port/database?sslmode=verify-full``), without a password.
    """

    features = Features(atomic=True, batch=1_000, concurrency=1)

    def __init__(
        self, name: str, url: str, password: Secret | None, settings: TableSettings, contract: Contract
    ) -> None:
        self.name = name
        self._url = url
        self._password = password
        self._settings = settings
        self._contract = contract
        self._lock = asyncio.Lock()
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._where = "PostgreSQL"
        self._hang_up: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Connect and make the table or check it against the contract."""
        async with self._ready():
            pass

    async def deliver(self, items: Sequence[Item], progress: Progress | None) -> list[DeliveryError | None]:
        """Apply ``items`` and ``progress`` in one transaction, or blame items and apply nothing."""
        async with self._ready() as connection:
            columns, guilty = rows.encode(self._table, self._cells, items)
            if not guilty:
                try:
                    await self._deliver(connection, columns, items, progress)
                except Refused as refused:
                    guilty = {0: refused.verdict}
                    if len(items) > 1:
                        guilty = await self._blame(connection, columns, items, progress)
        return verdicts(len(items), guilty)

    async def progress(self, flow: str) -> Progress | None:
        """Return what the database has stored for ``flow``."""
        async with self._ready() as connection, connection.transaction():
            await self._execute(connection, _TURN, flow)
            stored = await self._ask(connection, statements.cursor_of(self._table, "%s"), flow)
            marks = await self._ask(connection, statements.applied_of(self._table, "%s"), flow)
        if not stored:
            return None
        [(cursor, last_event)] = stored
        return Progress(flow, cursor, tuple(offset for (offset,) in marks), last_event)

    async def forget(self, flow: str, applied: Sequence[int]) -> None:
        """Drop ``applied`` marks of ``flow``."""
        async with self._ready() as connection, connection.transaction():
            statement = statements.forget(self._table, "SELECT %s, unnest(%b::bigint[])")
            await self._execute(connection, statement, flow, list(applied))

    async def close(self) -> None:
        """Close the connection once the call under way has finished."""
        async with self._lock:
            await self._drop()

    async def _deliver(
        self, connection: Any, columns: rows.Columns, items: Sequence[Item], progress: Progress | None
    ) -> None:
        async with self._refusing(), connection.transaction():
            if await self._claim(connection, items, progress):
                await self._apply(connection, columns)

    async def _claim(self, connection: Any, items: Sequence[Item], progress: Progress | None) -> bool:
        """Store progress and tell whether the items are still to be applied."""
        if progress is None:
            return True
        await self._execute(connection, _TURN, progress.flow)
        claim = (progress.flow, progress.cursor, progress.last_event, floor(items, progress))
        if not await self._ask(connection, statements.claim(self._table, "%s"), *claim):
            [stored] = await self._ask(connection, statements.cursor_of(self._table, "%s"), progress.flow)
            return not repeats(progress, stored)
        if not progress.applied:
            return True
        statement = statements.mark(self._table, "SELECT %s, unnest(%b::bigint[])")
        made = await self._ask(connection, statement, progress.flow, list(progress.applied))
        return not repeats_held_back(items, progress, {offset for (offset,) in made})

    async def _apply(self, connection: Any, columns: rows.Columns) -> None:
        written = rows.collapse(self._table, columns)
        if written[0]:
            await self._execute(connection, self._statement, *written)

    async def _blame(
        self, connection: Any, columns: rows.Columns, items: Sequence[Item], progress: Progress | None
    ) -> dict[int, Final]:
        """Find whom to blame; where the batch went through in pieces there is nobody, and it is committed."""
        async with connection.transaction() as transaction:
            if not await self._claim(connection, items, progress):
                return {}
            await self._execute(connection, "SET CONSTRAINTS ALL IMMEDIATE")
            guilty = await self._search(connection, columns, len(items))
            transaction.force_rollback = bool(guilty)
        return guilty

    async def _search(self, connection: Any, columns: rows.Columns, count: int) -> dict[int, Final]:
        hunt = search(count)
        low, high = next(hunt)
        while True:
            verdict = await self._attempt(connection, [values[low:high] for values in columns])
            try:
                low, high = hunt.send(verdict)
            except StopIteration as found:
                return dict(found.value)

    async def _attempt(self, connection: Any, columns: rows.Columns) -> Final | None:
        try:
            async with self._refusing(), connection.transaction():
                await self._apply(connection, columns)
        except Refused as refused:
            return refused.verdict
        return None

    @contextlib.asynccontextmanager
    async def _refusing(self) -> AsyncIterator[None]:
        """Turn what is wrong with rows into ``Refused``, without their values."""
        try:
            yield
        except self._driver.Error as error:
            verdict = refusal(error)
            if verdict is None:
                raise
            raise Refused(verdict) from None
        except (UnicodeError, OverflowError):
            raise Refused(Final("type", "a text is not Unicode, or a number is out of range")) from None
        except decimal.DecimalException:
            raise Refused(Final("range", "a sum has more digits than can be added exactly")) from None

    @contextlib.asynccontextmanager
    async def _ready(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Hand out the connection, made where there is none; one that failed is never used again."""
        async with self._lock:
            self._driver = _driver()
            try:
                if self._connection is None:
                    await self._connect()
                assert self._connection is not None
                self._expect_answer(self._connection)
                yield self._connection
            except self._driver.Error as error:
                await self._drop()
                raise self._silence() or failure(error, self._where) from None
            except BaseException:
                await self._drop()
                raise
            finally:
                self._expect_nothing()

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connect(self) -> None:
        self._table = plan(self._settings, self._contract)
        self._connection = connection = await self._driver.AsyncConnection.connect(
            **self._parameters(), autocommit=True
        )
        patience = f"{self._settings.timeout_seconds:g}s"
        limits = (patience, f"{self._settings.lock_seconds * 1000:.0f}", patience)
        await self._execute(connection, _SESSION, *limits)
        async with connection.transaction():
            there = await self._table_there(connection)
        decimals = self._settings.decimals
        check(self._table, there, lambda column, type_: dialect.expected(column, type_, decimals))
        travels = dialect.shapes(self._table, there)
        self._cells = [shape.cell for shape in travels]
        self._statement = dialect.statement(self._table, travels)

    def _parameters(self) -> dict[str, Any]:
        """Return libpq's parameters; a network that swallows everything ends a call too."""
        try:
            given = self._driver.conninfo.conninfo_to_dict(self._url)
        except self._driver.Error:
            raise Final("settings", "not a url; expected postgresql://user@host:port/database") from None
        if "password" in given:
            raise Final("settings", "the url holds a password; put it into a secret:// reference")
        self._where = f"PostgreSQL {given.get('host', 'local')}/{given.get('dbname', '')}"
        seconds = self._settings.timeout_seconds
        ours = {
            "application_name": "trunkline",
            "connect_timeout": max(2, round(seconds)),
            "tcp_user_timeout": round(seconds * 1000),
        }
        secret = {} if self._password is None else {"password": self._password.reveal()}
        return {**ours, **given, **secret}

    async def _table_there(self, connection: Any) -> Found:
        """Return what the table is, made where it is missing and may be; the tables of progress always."""
        await self._execute(connection, _LOCK_MAKING)
        for name in statements.OURS:
            ours = await self._look(connection, self._table.beside(name))
            for statement in statements.make_ours(
                self._table, name, {column.name for column in ours.columns}
            ):
                await self._execute(connection, statement)
        there = await self._look(connection, self._table.quoted)
        if not there.columns and self._settings.create:
            await self._execute(connection, statements.create(self._table, dialect.type_of))
            there = await self._look(connection, self._table.quoted)
        if not there.columns:
            told = f"there is no table {self._table}; make it, or set create: true"
            raise Final("schema", f"{self._where}: {told}")
        return there

    async def _look(self, connection: Any, name: str) -> Found:
        columns = await self._ask(connection, dialect.LOOK, name)
        return dialect.found(columns, await self._ask(connection, dialect.LOOK_KEYS, name))

    async def _ask(self, connection: Any, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        answer = await self._execute(connection, statement, *parameters)
        return list(await answer.fetchall())

    async def _execute(self, connection: Any, statement: str, *parameters: Any) -> Any:
        self._expect_answer(connection)
        return await connection.execute(statement.encode(), parameters or None)

    def _expect_answer(self, connection: Any) -> None:
        """Hang up unless what follows is done, or goes on with another statement, within its time."""
        self._expect_nothing()
        patience = self._settings.timeout_seconds + _SILENCE_SECONDS
        self._hang_up = asyncio.get_running_loop().call_later(patience, _hang_up, connection.fileno())

    def _silence(self) -> Retryable | None:
        """Return what it means that we hung up; None where we did not."""
        if self._hang_up is None or asyncio.get_running_loop().time() < self._hang_up.when():
            return None
        return Retryable(
            "timeout", f"{self._where}: the server was not heard any more; is the network whole?"
        )

    def _expect_nothing(self) -> None:
        if self._hang_up is not None:
            self._hang_up.cancel()
            self._hang_up = None


def _hang_up(number: int) -> None:
    """Shut a connection down, by its file descriptor, so that whoever waits on it sees it end."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as connection:
        connection.shutdown(socket.SHUT_RDWR)


def _driver() -> Any:
    try:
        import psycopg  # noqa: PLC0415  an extra: who has no PostgreSQL target does not need it
    except ModuleNotFoundError:
        raise Final("driver", "PostgreSQL targets need a driver: pip install 'trunkline[postgres]'") from None
    return psycopg
