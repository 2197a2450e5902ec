"""By which values records are one thing: what a contract says, faults at their places, and the values."""

from __future__ import annotations

import pytest

from trunkline.contracts.contract import load
from trunkline.kernel import json
from trunkline.kernel.errors import ProjectError

TEXT = """
apiVersion: v3.2.0
kind: DataContract
id: customer
name: customer
version: 1.0.0
status: active
schema:
  - name: customer
    customProperties:
      - property: match
        value: [[email], [phone, address.postcode]]
    properties:
      - {name: id, logicalType: string, primaryKey: true}
      - {name: email, logicalType: string}
      - {name: phone, logicalType: number}
      - {name: tags, logicalType: array, items: {logicalType: string}}
      - name: address
        logicalType: object
        properties: [{name: postcode, logicalType: string}]
"""


def values(**record):
    read = load(TEXT, "customer.odcs.yaml").sameness.reader()
    return read(json.decode(json.encode(record)))


# The groups are read as paths, by name, dotted path or pointer; a contract that says nothing has none.
def test_groups():
    assert load(TEXT, "c").sameness.names == (("email",), ("phone", "address.postcode"))
    pointed = TEXT.replace("address.postcode", "/address/postcode")
    assert load(pointed, "c").sameness.names == load(TEXT, "c").sameness.names
    assert load(TEXT.replace("property: match", "property: other"), "c").sameness.names == ()


# Texts that a person would call the same are one value: case, form and white space make no other one.
@pytest.mark.parametrize(
    "text", ["ADA Löwe", "  ada\t löwe ", "ada lo\u0308we", "\uff21da l\u00f6we", "ada\u00a0LÖWE"]
)
def test_alike(text):
    assert values(email=text) == values(email="ada löwe")


# Numbers are one value by what they are worth, and are no texts.
def test_numbers():
    def phone(text):
        return values(phone=json.decode(text), address={"postcode": "1"})[1]

    assert phone("1.0") == phone("1") == phone("10e-1") != phone("1.01")
    assert phone("12345678901234567890") != phone("12345678901234567891")
    assert phone("1") != phone('"1"')


# A group without a value in one of its fields does not count; the others do.
@pytest.mark.parametrize(
    "record",
    [
        {},
        {"phone": 1},
        {"phone": 1, "address": None},
        {"phone": 1, "address": {"postcode": " "}},
        {"phone": []},
    ],
)
def test_not_whole(record):
    email, phone = values(email="a@b.example", **record)
    assert email is not None
    assert phone is None


# What stands in one field is not taken for what stands in the next.
def test_fields_are_apart():
    joined = TEXT.replace("[email], ", "").replace("[phone, ", "[email, ")
    read = load(joined, "c").sameness.reader()
    one = read({"email": "ab", "address": {"postcode": "c"}})
    assert one != read({"email": "a", "address": {"postcode": "bc"}})


# What is wrong is told at its place, with what it should be.
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "[email]",
            "[emial]",
            '12:18: match names "emial", which is no property; expected a property of this',
        ),
        ("[email]", "[emial]", 'did you mean "email"?'),
        ("[email]", "[tags]", '12:18: match names "tags", which is an array; expected a plain property'),
        ("[email]", "email", "12:17: this is no group of properties; expected a list of groups, each a list"),
        ("[email]", "[]", "12:17: this is no group of properties"),
        ("[email]", "[email, email]", "12:17: the same properties again; expected each once"),
        ("[[email], [phone, address.postcode]]", "email", "12:16: match names nothing; expected a list of"),
        ("[[email], ", "[" + "[email], " * 16, "12:9: match has 17 groups; expected at most 16"),
        (", primaryKey: true", "", "12:9: match without a primaryKey"),
    ],
)
def test_faults(old, new, told):
    with pytest.raises(ProjectError) as caught:
        load(TEXT.replace(old, new), "customer.odcs.yaml")
    assert told in "\n".join(map(str, caught.value.faults))
