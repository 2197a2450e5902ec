"""What a reference inside a schema means."""

from __future__ import annotations

import pytest

from trunkline.contracts.compat.confluent_document import DEEPEST, Document

SCHEMA = {
    "$id": "http://one.example/order.json",
    "definitions": {"a~b": {"type": "null"}, "line": {"$id": "line.json", "$anchor": "here", "enum": [1]}},
    "items": [{"$id": "urn:example:item", "$defs": {"x": True}}],
}


# A place, an anchor, an embedded document and a place in one are found; definitions count as $defs too.
@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("#/definitions/line/$anchor", "here"),
        ("#/definitions/a~0b", SCHEMA["definitions"]["a~b"]),
        ("#/$defs/a~0b", SCHEMA["definitions"]["a~b"]),
        ("line.json", SCHEMA["definitions"]["line"]),
        ("line.json#here", SCHEMA["definitions"]["line"]),
        ("http://one.example/line.json#/enum/0", 1),
        ("urn:example:item#/$defs/x", True),
    ],
)
def test_what_is_found(reference, found):
    document = Document(SCHEMA, "$id")
    result, _ = document.find(document.absolute(document.base, reference))
    assert result == found


# Nothing outside is fetched, and a place that is not there is named.
@pytest.mark.parametrize(
    "reference", ["http://127.0.0.1:9/order.json", "#/definitions/none", "#/items/7", "#x"]
)
def test_what_is_not_there(reference):
    document = Document(SCHEMA, "$id")
    with pytest.raises(ValueError, match="is not present in the schema"):
        document.find(document.absolute(document.base, reference))


# A schema that is too deep is refused before anything recurses with it.
def test_a_deep_schema():
    deep = {}
    for _ in range(DEEPEST * 3):
        deep = {"not": deep}
    with pytest.raises(ValueError, match="deeper than"):
        Document(deep, "$id")
