"""The options that choose say the same to every command."""

from __future__ import annotations

import pytest

from trunkline.delivery.ledger import CaseQuery
from trunkline.intake.quarantine import Query
from trunkline.kernel.clock import from_rfc3339
from trunkline.kernel.errors import UsageError
from trunkline.surfaces.cli.choosing import Bulk, Entries, Letters, Mending, me

DAY = from_rfc3339("2026-01-05")


# Every filter becomes what the port is asked for.
def test_filters_become_questions():
    assert Letters(kind="timeout", since="2026-01-05").query("stock", [3]) == CaseQuery(
        "stock", offsets=(3,), kind="timeout", since=DAY
    )
    assert Entries(rule="type", until="2026-01-05").query(["x"]) == Query(ids=("x",), rule="type", until=DAY)


# A time that is none, and a span that ends before it begins, are mistakes.
@pytest.mark.parametrize(
    ("span", "said"),
    [
        (Letters(since="yesterday"), "is no time"),
        (Entries(since="2026-01-06", until="2026-01-05"), "--until 2026-01-05 is before --since 2026-01-06"),
    ],
)
def test_bad_spans(span, said):
    with pytest.raises(UsageError, match=said):
        span.query("")


# An empty choice is never taken for all.
def test_an_empty_choice_is_refused():
    with pytest.raises(UsageError, match="say which"):
        Bulk().check(None, [], False)
    Bulk(everything=True).check(None)
    Bulk().check([1])


# A value may have an equals sign; a text is quoted, JSON is left as it was typed.
def test_values_to_set():
    fields = Mending(values=("note=a=b", "total=0.10")).fields(None)
    assert fields == {"record": b"", "values": {"note": b'"a=b"', "total": b"0.10"}}


# A process whose user has no name is called by its number.
def test_a_user_without_a_name(monkeypatch):
    def nobody():
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert me().startswith("uid ")
