"""A credential in a file is found by its key or its form, named with what to write, and never repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.app.credentials import literal_credentials, references
from trunkline.contracts.document import Document


def found(text):
    return literal_credentials(Document.load(f"system: shop\n{text}\n".encode(), "systems/shop.yaml"))


# A text under the key of a credential, in an auth or verify block, or in an address, is one.
@pytest.mark.parametrize(
    "text",
    [
        "connection: {password: hunter2}",
        "connection: {api-key: hunter2}",
        "connection: {auth: {bearer: hunter2}}",
        "connection: {auth: {basic: {username: u, password: hunter2}}}",
        "publishes: [{verify: hunter2}]",
        "publishes: [{verify: {hmac: {secret: [hunter2]}}}]",
        "connection: {url: 'https://u:hunter2@host/'}",
    ],
)
def test_a_literal_is_a_fault_with_its_place(text):
    [fault] = found(text)
    assert fault.place.line == 2
    assert "secret://shop/" in fault.expected
    assert "hunter2" not in str(fault)


# A reference, a user's name, the word none, and what only sounds like a credential are none.
@pytest.mark.parametrize(
    "text",
    [
        "connection: {password: secret://shop/password}",
        "connection: {auth: {basic: {username: hunter, password: secret://a/b}}}",
        "publishes: [{verify: none}]",
        "publishes: [{verify: {hmac: {secret: secret://a/b, header: X-Sig, prefix: 'v1='}}}]",
        "title: the secret of our success",
        "connection: {url: 'https://host/token'}",
        "connection: {password: ''}",
    ],
)
def test_what_is_no_credential(text):
    assert found(text) == []


# Whatever the credential is, no fault carries it.
@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=12, max_size=40))
def test_no_fault_repeats_one(secret):
    faults = found(f"connection: {{auth: {{bearer: x{secret}}}}}")
    assert faults
    assert not any(secret in str(fault) for fault in faults)


# Every reference is known with the files that it stands in, however deep.
def test_references():
    one = Document.load(b"a: [secret://shop/x, {b: secret://shop/y}]", "one.yaml")
    two = Document.load(b"{a: secret://shop/x, b: secret://shop/x, c: secretly}", "two.yaml")
    assert references([one, two]) == {
        "secret://shop/x": ("one.yaml", "two.yaml"),
        "secret://shop/y": ("one.yaml",),
    }
