"""A request for a page, and the address of its state."""

from __future__ import annotations

import pytest


# A state has one address; what is empty, and how it is sent, is no part of it.
def test_addresses(asked):
    one = asked("/control/flows", q="a b", sort="-lag", page="2", fragment="1")
    assert one.url() == "/control/flows?q=a+b&sort=-lag&page=2"
    assert one.url(page="", sort="flow") == "/control/flows?q=a+b&sort=flow"
    assert one.url(q="", page="", sort="") == "/control/flows"
    assert one.url(format="csv") == "/control/flows?q=a+b&sort=-lag&page=2&format=csv"


# What is no number counts as not given.
@pytest.mark.parametrize(
    ("given", "number"), [("7", 7), ("-1", 5), ("x", 5), ("", 5), ("9" * 30, 5), ("٣", 5)]
)
def test_numbers(asked, given, number):
    assert asked(page=given).number("page", 5) == number
