"""Every error of PostgreSQL's driver becomes one of ours."""

from __future__ import annotations

import psycopg
import pytest

from trunkline.adapters.sql.postgres_errors import failure, refusal
from trunkline.kernel.errors import DeliveryError, Final, Retryable

EVERY = [
    kind
    for kind in vars(psycopg.errors).values()
    if isinstance(kind, type) and issubclass(kind, psycopg.Error)
]


def _of_state(state):
    return psycopg.errors.lookup(state)("a value of the row")


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_no_error_of_the_driver_is_left_untranslated(kind):
    """Each of the driver's error types has a meaning, for a row or for nobody, without the server's text."""
    error = kind("a value of the row")
    assert isinstance(failure(error, "PostgreSQL here"), DeliveryError)
    assert "a value of the row" not in str(failure(error, "PostgreSQL here"))
    verdict = refusal(error)
    assert verdict is None or (isinstance(verdict, Final) and "a value of the row" not in str(verdict))


def test_the_driver_has_the_errors_we_expect():
    """The enumeration above really lists them."""
    assert len(EVERY) > 200


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("23505", "constraint"),
        ("23502", "constraint"),
        ("22001", "type"),
        ("22003", "range"),
        ("22P02", "type"),
        ("P0001", "constraint"),
        ("54000", "range"),
        ("21000", "type"),
    ],
)
def test_a_row_is_blamed_for_what_is_wrong_with_it(state, kind):
    """Constraints, types, ranges and triggers are about a row."""
    assert refusal(_of_state(state)).kind == kind


@pytest.mark.parametrize(
    ("state", "verdict", "kind"),
    [
        ("08006", Retryable, "connection"),
        ("40001", Retryable, "conflict"),
        ("40P01", Retryable, "conflict"),
        ("53100", Retryable, "full"),
        ("53300", Retryable, "busy"),
        ("55P03", Retryable, "locked"),
        ("57014", Retryable, "timeout"),
        ("57P01", Retryable, "unavailable"),
        ("25006", Retryable, "unavailable"),
        ("28P01", Final, "auth"),
        ("3D000", Final, "schema"),
        ("42P01", Final, "schema"),
        ("42501", Final, "permission"),
    ],
)
def test_nobody_is_blamed_for_the_state_of_the_server(state, verdict, kind):
    """What is no row's fault passes and is retried, or needs a person; no row is blamed for it."""
    error = _of_state(state)
    assert refusal(error) is None
    assert (type(failure(error, "here")), failure(error, "here").kind) == (verdict, kind)
