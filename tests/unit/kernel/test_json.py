"""JSON keeps every digit, and what RFC 8259 leaves open has one answer."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.kernel import json

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | DECIMALS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_a_value_survives_the_way_to_text_and_back_exactly(value):
    assert json.decode(json.encode(value)) == value


# 0.1 + 0.2 is 0.3 here: no binary float is made on the way.
@given(st.from_regex(r"-?(0|[1-9][0-9]{0,20})\.[0-9]{1,20}", fullmatch=True))
def test_a_number_with_a_fraction_keeps_its_digits(text):
    number = json.decode(text)
    assert isinstance(number, Decimal)
    assert number == Decimal(text)


def test_an_integer_beyond_64_bits_stays_an_integer():
    assert json.decode(b"123456789012345678901234567890") == 123456789012345678901234567890


def test_of_a_repeated_name_the_last_value_counts():
    assert json.decode(b'{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"01",
        b"+1",
        b"1.",
        b".5",
        b"1e999999999",
        b"-1e-999999999",
        b"'a'",
        b'{"a": 1,}',
        b'"\\ud800"',
        b'"\\udc00x"',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{} {}",
        b'"\x01"',
    ],
)
def test_what_is_not_json_is_refused_with_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011  the message is the decoder's
        json.decode(text)


def test_a_truth_value_is_no_number():
    assert json.is_number(1)
    assert json.is_number(Decimal("1.5"))
    assert not json.is_number(True)
    assert not json.is_number("1")


# Whatever the text is, reading some members is reading all of them and leaving the others out.
@given(
    st.dictionaries(st.sampled_from("abcd"), VALUES) | VALUES, st.sets(st.sampled_from("abxy"), min_size=1)
)
def test_a_decoder_of_some_members_gives_those_members_of_the_whole(value, names):
    text = json.encode(value)
    some, whole = json.decoder_of(names)(text), json.decode(text)
    expected = whole
    if isinstance(whole, dict):
        expected = {name: member for name, member in whole.items() if name in names}
    assert some == expected


@pytest.mark.parametrize("text", [b"", b"{", b'{"a": 1e999999999}', b'{"a": ' + b"[" * 100_000])
def test_a_decoder_of_some_members_refuses_what_is_not_json_too(text):
    with pytest.raises(ValueError):  # noqa: PT011  the message is the decoder's
        json.decoder_of(["a"])(text)
