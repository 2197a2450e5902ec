"""Every error of SQLite's driver becomes one of ours."""

from __future__ import annotations

import decimal
from pathlib import Path

import apsw
import pytest

from trunkline.adapters.sql.blame import Refused
from trunkline.adapters.sql.sqlite_errors import failure, refusing
from trunkline.kernel.errors import DeliveryError, Final, Retryable

EVERY = [kind for kind in vars(apsw).values() if isinstance(kind, type) and issubclass(kind, apsw.Error)]


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_no_error_of_the_driver_is_left_untranslated(kind):
    """Each of the driver's error types has a meaning to delivery, and its text is not passed on."""
    verdict = failure(kind("a value of the row"), Path("stock.db"))
    assert isinstance(verdict, DeliveryError)
    assert verdict.kind
    assert "a value of the row" not in str(verdict)


def test_the_driver_has_the_errors_we_expect():
    """The enumeration above really lists them."""
    assert len(EVERY) > 30


@pytest.mark.parametrize(
    ("kind", "verdict", "name"),
    [
        (apsw.BusyError, Retryable, "locked"),
        (apsw.FullError, Retryable, "full"),
        (apsw.IOError, Retryable, "database"),
        (apsw.CantOpenError, Retryable, "unreachable"),
        (apsw.ReadOnlyError, Final, "permission"),
        (apsw.NotADBError, Final, "damaged"),
        (apsw.SQLError, Final, "schema"),
    ],
)
def test_what_may_pass_is_retried_and_what_will_not_is_final(kind, verdict, name):
    """A lock or a full disk passes; a damaged file or a changed table needs a person."""
    translated = failure(kind("x"), Path("stock.db"))
    assert (type(translated), translated.kind) == (verdict, name)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (apsw.ConstraintError("secret"), "constraint"),
        (apsw.TooBigError("secret"), "type"),
        (apsw.MismatchError("secret"), "type"),
        (OverflowError("secret"), "range"),
        (decimal.Inexact("secret"), "range"),
        (UnicodeEncodeError("utf-8", "secret", 0, 1, "secret"), "type"),
    ],
)
def test_what_is_wrong_with_a_row_is_blamed_without_its_values(error, kind):
    """An error about a row becomes a verdict on it; what has no known text is not quoted."""
    with pytest.raises(Refused) as caught, refusing():
        raise error
    assert caught.value.verdict.kind == kind
    assert "secret" not in str(caught.value)
