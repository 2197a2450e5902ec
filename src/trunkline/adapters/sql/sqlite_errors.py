"""What SQLite's errors mean to delivery: whom to blame, what to try again, what a person must look at.

The SQLite target calls it where it calls the driver, so that no error of the driver gets by.
"""

from __future__ import annotations

import contextlib
import decimal
from collections.abc import Iterator
from pathlib import Path

import apsw

from trunkline.adapters.sql.blame import Refused
from trunkline.kernel.errors import DeliveryError, Final, Retryable

_SPEAKING = frozenset(
    {
        apsw.SQLITE_CONSTRAINT_CHECK,
        apsw.SQLITE_CONSTRAINT_DATATYPE,
        apsw.SQLITE_CONSTRAINT_FOREIGNKEY,
        apsw.SQLITE_CONSTRAINT_NOTNULL,
        apsw.SQLITE_CONSTRAINT_PRIMARYKEY,
        apsw.SQLITE_CONSTRAINT_ROWID,
        apsw.SQLITE_CONSTRAINT_UNIQUE,
    }
)
"""Refusals whose text names columns and constraints only; a trigger's text may hold values."""


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Turn what is wrong with rows into ``Refused``, without their values."""
    try:
        yield
    except apsw.ConstraintError as error:
        told = str(error) if _code(error) in _SPEAKING else "a trigger of the table refused it"
        raise Refused(Final("constraint", told)) from None
    except (apsw.TooBigError, apsw.MismatchError):
        raise Refused(Final("type", "a value is too large, or not of its column's type")) from None
    except OverflowError:
        raise Refused(Final("range", "a whole number has more than 64 bits")) from None
    except decimal.DecimalException:
        raise Refused(Final("range", "a stored value cannot be added to exactly")) from None
    except UnicodeError:
        raise Refused(Final("type", "a text holds half a surrogate pair, which is no Unicode text")) from None


def _code(error: apsw.Error) -> int:
    return int(getattr(error, "extendedresult", 0))


_FAILURES: list[tuple[tuple[type[apsw.Error], ...], type[DeliveryError], str, str]] = [
    ((apsw.BusyError, apsw.LockedError), Retryable, "locked", "another program holds its lock"),
    ((apsw.FullError,), Retryable, "full", "the disk is full; free some space"),
    (
        (apsw.CantOpenError,),
        Retryable,
        "unreachable",
        "it cannot be opened; is its folder there, and ours to write to?",
    ),
    (
        (apsw.ReadOnlyError, apsw.PermissionsError, apsw.AuthError),
        Final,
        "permission",
        "it cannot be written to; give this user the right to",
    ),
    (
        (apsw.CorruptError, apsw.NotADBError),
        Final,
        "damaged",
        "it is not a whole SQLite file; restore it from a backup",
    ),
    ((apsw.SQLError,), Final, "schema", "SQLite refused the statement; was the table changed?"),
]


def failure(error: apsw.Error, path: Path) -> DeliveryError:
    """Return what an error that no item is to blame for means: what is unknown is tried again."""
    for types, verdict, kind, told in _FAILURES:
        if isinstance(error, types):
            return verdict(kind, f"{path}: {told}")
    return Retryable("database", f"{path}: SQLite failed ({type(error).__name__})")
