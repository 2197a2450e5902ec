"""A file with the place of everything in it."""

from __future__ import annotations

import pytest

from trunkline.contracts.document import Document, faults_of
from trunkline.contracts.reading import MAX_BYTES
from trunkline.kernel.errors import ProjectError

TEXT = "name: shop\nlimits:\n  rate: 20\nsends:\n  - {to: erp}\n  - crm\n"


def load_fault(text):
    with pytest.raises(ProjectError) as caught:
        Document.load(text, "f")
    return str(caught.value)


# A scalar and a list item stand where they are; a mapping or list stands at its key.
@pytest.mark.parametrize(
    ("tokens", "place"),
    [
        ((), "f:1:1"),
        (("name",), "f:1:7"),
        (("limits",), "f:2:1"),
        (("limits", "rate"), "f:3:9"),
        (("sends", 0), "f:5:5"),
        (("sends", 0, "to"), "f:5:10"),
        (("sends", 1), "f:6:5"),
    ],
)
def test_places_of_values(tokens, place):
    assert str(Document.load(TEXT, "f").place(tokens)) == place


# What is not there is shown at the nearest thing around it that is.
@pytest.mark.parametrize(
    ("tokens", "place"),
    [(("owner",), "f:1:1"), (("limits", "burst"), "f:2:1"), (("sends", 7, "to"), "f:4:1")],
)
def test_places_of_missing_values(tokens, place):
    assert str(Document.load(TEXT, "f").place(tokens)) == place
    assert str(Document.load(TEXT, "f").key_place(tokens)) == place


def test_places_of_keys():
    """A key's own place is there for messages about the key."""
    assert str(Document.load(TEXT, "f").key_place(("limits", "rate"))) == "f:3:3"


def test_fault_at_a_value():
    """A room that finds more than a schema can puts its fault at the value."""
    fault = Document.load(TEXT, "f").fault(("name",), "too short", "4 letters", 'did you mean "shops"?')
    assert str(fault) == 'f:1:7: too short; expected 4 letters; did you mean "shops"?'


# Bytes are read as UTF-8, with or without a mark; anything else is a fault with its place.
def test_bytes():
    assert Document.load("\ufeffa: ü".encode(), "f").value == {"a": "ü"}
    assert Document.load("\ufeffa: 1", "f").value == {"a": 1}
    assert load_fault(b"ok: 1\na: \xff") == (
        "f:2:4: a byte that is not UTF-8; expected the file saved as UTF-8"
    )


def test_size_is_bounded():
    """A file beyond the bound is refused before it is parsed."""
    assert load_fault("#" * (MAX_BYTES + 1)) == "f: the file has 1,048,577 bytes; expected at most 1,048,576"


def test_unreadable_and_faulty_texts_raise_project_errors():
    """Both what stops the reading and what does not reach the caller as one kind of error."""
    assert load_fault("a: {]").startswith("f:1:5: not YAML")
    assert load_fault("a: 1\na: 2\na: 3").count("second time") == 2


def test_faults_stand_in_the_order_of_the_file():
    """All faults of a file are told, top down."""
    schema = {"properties": {"name": {"type": "integer"}, "limits": {"required": ["a", "b"]}}}
    assert [str(fault) for fault in faults_of(Document.load(TEXT, "f"), schema)] == [
        "f:1:7: name is a text; expected a whole number",
        'f:2:1: missing key "a"',
        'f:2:1: missing key "b"',
    ]


def test_faults_of_a_translated_value_keep_their_place():
    """A value that stands in for the document's is checked, and shown where the original stands."""
    document = Document.load("limit: ten", "f")
    schema = {"properties": {"limit": {"type": "integer"}}}
    assert len(faults_of(document, schema)) == 1
    assert faults_of(document, schema, value={"limit": 10}) == []
