"""What an expression reads is a field of the contract, or may be one, or is named with the near miss."""

from __future__ import annotations

import pytest

from trunkline.app.fitting import strangers
from trunkline.app.project import Project


@pytest.fixture
def contract(folder, edit):
    edit("contracts/order.odcs.yaml", "- name: status\n", "- name: ship-status\n")
    notes = "      - {name: notes, logicalType: object}\n      - name: email\n"
    edit("contracts/order.odcs.yaml", "      - name: email\n", notes)
    edit("flows/orders-to-warehouse.yaml", "status: status", "status: '`ship-status`'")
    return Project.load(folder).contracts["order@1"]


# A field, one within an array's items, one in back-quotes, an open object's inside and the whole record fit.
@pytest.mark.parametrize("path", ["total", "lines.sku", "lines", "`ship-status`", "notes.any.thing", ""])
def test_what_fits(contract, path):
    assert list(strangers([path], contract)) == []


# Anything else is a stranger, with the near miss where there is one.
@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("totl", 'did you mean "total"?'),
        ("lines.skew", 'did you mean "lines.sku"?'),
        ("`ship-state`", 'did you mean "`ship-status`"?'),
        ("total.cents", ""),
        ("xyz", ""),
    ],
)
def test_strangers(contract, path, hint):
    [(found, said)] = strangers([path], contract)
    assert found == path
    assert hint in said
