"""Direct access to what a contract names in a record."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trunkline.contracts.keys import instant_reader, joined_key, key_text, reader
from trunkline.contracts.moments import moment

D = Decimal


def test_a_reader_goes_down_object_names():
    """A path gives its value; whatever is missing on the way gives None, never an error."""
    assert reader(("a",))({"a": 1}) == 1
    assert reader(("a", "b"))({"a": {"b": 2}}) == 2
    assert reader(("a",))({}) is None
    for record in ({}, {"a": None}, {"a": [1]}, {"a": "text"}):
        assert reader(("a", "b"))(record) is None


# One value is its plain text, and equal numbers are equal texts.
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("SO-17", "SO-17"),
        ("a/b%", "a/b%"),
        (17, "17"),
        (D("17.0"), "17"),
        (D("1E+2"), "100"),
        (D("0.50"), "0.5"),
        (D("-0.0"), "0"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        ({"b": 1, "a": [D("0.10")]}, '{"a":[0.10],"b":1}'),
    ],
)
def test_a_single_key_is_plain_text(value, text):
    assert joined_key([reader(("id",))])({"id": value}) == text


def test_several_keys_are_joined():
    """A slash joins; a slash or percent sign inside a value is escaped."""
    key = joined_key([reader(("a",)), reader(("o", "b"))])
    assert key({"a": "GB", "o": {"b": 5}}) == "GB/5"
    assert key({"a": "x/y", "o": {"b": "50%"}}) == "x%2Fy/50%25"
    assert key({"a": "GB", "o": {}}) == ""
    assert joined_key([])({"a": 1}) == ""


@given(*[st.tuples(st.text(), st.text(), st.integers())] * 2)
def test_different_keys_have_different_texts(one, other):
    """No two different composite keys are ever the same entity."""
    assume(one != other)
    key = joined_key([reader((name,)) for name in "abc"])
    assert key(dict(zip("abc", one, strict=True))) != key(dict(zip("abc", other, strict=True)))


@given(*[st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)] * 2)
def test_numbers_name_one_entity_exactly_when_they_are_equal(one, other):
    """Trailing zeros and exponents do not make a second entity; a different digit does."""
    assert (key_text(one) == key_text(other)) is (one == other)


def test_instants():
    """A moment comes from its text or from a count of a unit; what is neither is None."""
    from_text = instant_reader(reader(("at",)), moment("timestamp", ""), 1)
    assert from_text({"at": "1970-01-01T00:00:01.5Z"}) == 1_500_000
    for value in ("soon", None, 5, "9999-99-99T00:00:00Z"):
        assert from_text({"at": value}) is None
    from_count = instant_reader(reader(("at",)), None, 1_000_000)
    assert from_count({"at": 5}) == 5_000_000
    assert from_count({"at": D("1.5")}) == 1_500_000
    for value in ("5", None, True):
        assert from_count({"at": value}) is None
