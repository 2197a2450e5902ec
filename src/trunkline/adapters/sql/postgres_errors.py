"""What PostgreSQL's errors mean to delivery: whom to blame, what to try again, what a person must look at.

The PostgreSQL target calls it where it calls the driver. It goes by SQLSTATE
(https://www.postgresql.org/docs/current/errcodes-appendix.html) and never passes on a message or a
detail of the server, as those repeat the values of a row.
"""

from __future__ import annotations

from typing import Any

from trunkline.kernel.errors import DeliveryError, Final, Retryable

_REFUSED = {
    "21": ("type", "one batch holds keys that the table takes for equal"),
    "22": ("type", "a value does not fit its column"),
    "22001": ("type", "a text is too long for its column"),
    "22003": ("range", "a number is out of its column's range"),
    "22021": ("type", "a text holds a character that the database cannot store"),
    "22P05": ("type", "a text holds a character that the database cannot store"),
    "23": ("constraint", "a constraint of the table refused it"),
    "23502": ("constraint", "NOT NULL"),
    "23503": ("constraint", "foreign key"),
    "23505": ("constraint", "unique key"),
    "23514": ("constraint", "check"),
    "23P01": ("constraint", "exclusion"),
    "44": ("constraint", "the check option of a view refused it"),
    "54": ("range", "a value is too large for an index or the row"),
    "P0": ("constraint", "a trigger of the table refused it"),
}
"""What one row can be to blame for, by SQLSTATE or its class."""

_FAILURES: dict[str, tuple[type[DeliveryError], str, str]] = {
    "url": (Final, "settings", "its url has an option with a value that makes no sense"),
    "08": (Retryable, "connection", "the connection was lost"),
    "08001": (Retryable, "connection", "it cannot be reached; is it running, and is the address right?"),
    "0A": (Final, "schema", "the table does not support this; is it a view?"),
    "25": (Retryable, "unavailable", "the server does not take writes now"),
    "28": (Final, "auth", "the server refused the user or its password; check the secret"),
    "3D": (Final, "schema", "the database does not exist; create it"),
    "3F": (Final, "schema", "the schema does not exist; create it"),
    "40": (Retryable, "conflict", "another transaction was in the way"),
    "42": (Final, "schema", "the server refused the statement; was the table changed?"),
    "42501": (
        Final,
        "permission",
        "the user may not do this; grant it what the table needs",
    ),
    "53": (Retryable, "busy", "the server is out of a resource"),
    "53100": (Retryable, "full", "the server's disk is full; free some space"),
    "55": (Retryable, "locked", "another transaction holds a lock on it"),
    "57": (Retryable, "unavailable", "the server is stopping or starting"),
    "57014": (Retryable, "timeout", "the statement took too long and was cancelled"),
    "58": (Retryable, "database", "the server had a system error"),
    "XX": (Retryable, "database", "the server had an internal error; look at its log"),
}

_CONNECTING: dict[str, str] = {
    "password authentication failed": "28",
    "no password supplied": "28",
    "no pg_hba.conf entry": "28",
    "is not permitted to log in": "28",
    "permission denied for database": "28",
    'role "': "28",
    "SCRAM": "28",
    'database "': "3D",
    "for connection option": "url",
}
"""libpq has no SQLSTATE for a connection that was not made, only a text; in another language than
English an unknown one is tried again."""


def refusal(error: Any) -> Final | None:
    """Return the verdict on the row that an error is about, or None where no row is to blame.

    ``error`` is a ``psycopg.Error``. The verdict names constraint and column, never a value.
    """
    state = error.sqlstate
    if state is None:
        # The driver itself could not write a value, such as a text with a NUL character.
        unfit = type(error).__name__ == "DataError"
        return Final("type", "a value cannot be sent; is there a NUL character in a text?") if unfit else None
    meaning = _REFUSED.get(state) or _REFUSED.get(state[:2])
    if meaning is None:
        return None
    kind, told = meaning
    names = [("constraint", error.diag.constraint_name), ("column", error.diag.column_name)]
    where = ", ".join(f"{label} {name}" for label, name in names if name)
    return Final(kind, f"{told}: {where}" if where else f"{told} (SQLSTATE {state})")


def failure(error: Any, where: str) -> DeliveryError:
    """Return what an error that no row is to blame for means: what is unknown is tried again.

    ``error`` is a ``psycopg.Error``; ``where`` names the database.
    """
    state = error.sqlstate or _state_of_connecting(error)
    verdict, kind, told = (
        _FAILURES.get(state) or _FAILURES.get(state[:2]) or (Retryable, "database", "the server failed")
    )
    return verdict(kind, f"{where}: {told}" + (f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""))


def _state_of_connecting(error: Any) -> str:
    if error.pgconn is None:
        # psycopg itself refuses an option that it reads, before there is any connection.
        return "url" if type(error).__name__ == "ProgrammingError" else "08006"
    told = str(error)
    return next((state for part, state in _CONNECTING.items() if part in told), "08001")
