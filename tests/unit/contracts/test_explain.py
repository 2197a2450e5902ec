"""One mistake in a file gives one message that its writer understands."""

from __future__ import annotations

import pytest

from trunkline.contracts.document import Document, faults_of

SECRET = {"type": "string", "pattern": "^secret://", "x-expected": "a reference such as secret://shop/token"}
SYSTEM = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["system"],
    "additionalProperties": False,
    "properties": {
        "system": {"type": "string", "pattern": "^[a-z-]+$", "x-expected": "a short name such as web-shop"},
        "kind": {"enum": ["shop", "till", "erp", None, True]},
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "auth": {
            "anyOf": [
                {"type": "object", "required": ["bearer"], "additionalProperties": False}
                | {"properties": {"bearer": SECRET}},
                {"type": "object", "required": ["basic"], "additionalProperties": False}
                | {"properties": {"basic": {"type": "object"}}},
            ]
        },
        "publishes": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "oneOf": [
                    {"type": "object", "additionalProperties": False, "required": ["via", "path"]}
                    | {"properties": {"via": {"const": "webhook"}, "path": {"type": "string"}}},
                    {"type": "object", "additionalProperties": False, "required": ["via", "folder"]}
                    | {"properties": {"via": {"const": "file"}, "folder": {"type": "string"}}},
                ]
            },
        },
        "wait": {
            "anyOf": [{"type": "string", "pattern": "^[0-9]+s$"}, {"type": "integer"}],
            "x-expected": "a duration such as 5s",
        },
        "text": {"type": "string", "minLength": 2, "maxLength": 4},
        "either": {"anyOf": [{"type": "string"}, {"type": "array"}]},
        "one": {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        "names": {"propertyNames": {"pattern": "^[a-z]+$"}, "maxProperties": 2},
        "mail": {"format": "email"},
        "nothing": {"not": {"required": ["x"]}},
        "exact": {"const": 2},
        "step": {"multipleOf": 5, "exclusiveMinimum": 0, "exclusiveMaximum": 100},
    },
}


def said(text, schema=SYSTEM):
    return [str(fault).removeprefix("f:") for fault in faults_of(Document.load(text, "f"), schema)]


def test_a_good_file_has_no_faults():
    """Silence is the answer to a file that is right."""
    assert (
        said("system: shop\nauth: {bearer: 'secret://shop/token'}\npublishes: [{via: file, folder: x}]") == []
    )


# Each kind of mistake, in the words its writer reads.
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("prot: 1", '2:1: unknown key "prot"; expected one of system, kind, port, auth, '),
        ("kind: stop", '2:7: kind cannot be "stop"; expected one of shop, till, erp, nothing, true'),
        ("kind: [1]", "2:1: kind cannot be that; expected one of shop"),
        ("port: '1'", "2:7: port is a text; expected a whole number"),
        ("port: 0", "2:7: port is out of range; expected at least 1"),
        ("port: 70000", "2:7: port is out of range; expected at most 65535"),
        ("step: 7", "2:7: step is out of range; expected a multiple of 5"),
        ("step: 0", "2:7: step is out of range; expected more than 0"),
        ("step: 100", "2:7: step is out of range; expected less than 100"),
        ("exact: 3", '2:8: exact is out of range; expected "2"'),
        ("text: x", "2:7: text does not have the right form; expected at least 2 characters"),
        ("text: xxxxx", "2:7: text does not have the right form; expected at most 4 characters"),
        ("text: 12", "2:7: text is a number; expected a text; write it in quotes"),
        ("text:", "2:6: text is empty; expected a text"),
        ("auth: {}", "2:1: auth lacks a key; expected one of bearer, basic"),
        ("wait: 5x", "2:7: wait does not have the right form; expected a duration such as 5s"),
        ("wait: [5]", "2:1: wait is a list; expected a duration such as 5s"),
        ("either: 5", "2:9: either is a number; expected a text or a list"),
        ("one: {a: 1, b: 1}", "2:1: one fits several forms at once; expected one of them"),
        ("one: {}", "2:1: one lacks a key; expected one of a, b"),
        ("names: {A: 1}", '2:9: the key "A" cannot be used; expected text that matches ^[a-z]+$'),
        ("names: {a: 1, b: 1, c: 1}", "2:1: names has 3 entries; expected at most 2"),
        ("mail: x", "2:7: mail does not have the right form; expected text in the format email"),
        ("nothing: {x: 1}", "2:1: nothing is not allowed like this"),
        ("publishes: [1]", "2:13: item 1 of publishes is a number; expected a mapping"),
        ("publishes: [{via: file}]", '2:13: missing key "folder"'),
        ("publishes: {}", "2:1: publishes is a mapping; expected a list"),
    ],
)
def test_messages(line, message):
    found = said("system: shop\n" + line)
    assert len(found) == 1
    assert found[0].startswith(message)


# The near miss is named for keys, for words of an enum, and for the word that tells forms apart.
@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("systems: a\nsystem: b", 'did you mean "system"?'),
        ("system: a\nkind: shpo", 'did you mean "shop"?'),
        ("system: a\nauth: {baerer: x, bearer: 'secret://x'}", 'did you mean "bearer"?'),
        ("system: a\npublishes: [{via: webhok, path: x}]", 'did you mean "webhook"?'),
    ],
)
def test_near_misses(text, hint):
    (message,) = said(text)
    assert message.endswith(hint)


# Where one of several forms was clearly meant, only what is wrong with that one is told.
def test_the_form_that_was_meant():
    found = said("system: a\npublishes:\n  - {via: file, path: x}\n  - {via: webhook, path: 5}\n")
    assert found == [
        '3:5: missing key "folder"',
        '3:17: unknown key "path"; expected one of via, folder',
        "4:26: path is a number; expected a text; write it in quotes",
    ]


def test_a_value_in_place_of_a_secret_is_not_repeated():
    """Someone who pasted a token where its reference belongs does not find it in the log."""
    found = said("system: shop\nauth: {bearer: hunter2}")
    assert found == [
        "2:16: bearer does not have the right form; expected a reference such as secret://shop/token"
    ]


def test_a_missing_key_says_what_it_would_hold():
    """The wish of a missing key is told with it."""
    assert said("kind: till") == ['1:1: missing key "system"; expected a short name such as web-shop']


# With conditions and references a key that is known elsewhere is told apart from an unknown one.
def test_keys_that_do_not_belong():
    schema = {
        "$defs": {"base": {"properties": {"name": {}}}},
        "$ref": "#/$defs/base",
        "if": {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
        "then": {"properties": {"only": {}}},
        "properties": {"kind": {"type": "string"}},
        "unevaluatedProperties": False,
    }
    assert said("kind: a\nname: x\nonly: 1", schema) == []
    assert said("kind: b\nonly: 1", schema) == ['2:1: the key "only" does not belong here']
    assert said("kind: a\nnames: 1", schema) == [
        '2:1: unknown key "names"; expected one of kind, only, name; did you mean "name"?'
    ]
    assert said("kind: 5\nonly: 1", schema) == ["1:7: kind is a number; expected a text; write it in quotes"]
