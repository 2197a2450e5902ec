"""An example of our own for every class of difference that Confluent's Schema Registry tells apart.

Each is: the class, whether it is compatible there, the old schema, the new one. Without ``$schema`` a text
is of draft 7, as there.
"""

from __future__ import annotations


def modern(**words):
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **words}


def order(*, closed=False, **words):
    return {"type": "object", **({"additionalProperties": False} if closed else {}), **words}


def items(*prefix, **words):
    return {"type": "array", "items": list(prefix), **words}


TEXT, NUMBER, INTEGER, TRUTH = ({"type": t} for t in ("string", "number", "integer", "boolean"))
ANY = {"type": "array"}
LONE = modern(type="array", contains=TEXT)
SKU, SKU_AND_TITLE = {"sku": TEXT}, {"sku": TEXT, "title": TEXT}
DEFAULTED = {"type": "string", "default": "none"}


def bounds():
    """Every bound comes, goes, grows and shrinks; an upper one may grow and go, a lower one shrink and go."""
    for schema, noun, words in (
        (TEXT, "length", ("maxLength", "minLength")),
        ({"type": "object"}, "properties", ("maxProperties", "minProperties")),
        (ANY, "items", ("maxItems", "minItems")),
        (NUMBER, "", ("maximum", "minimum")),
        (NUMBER, "exclusive", ("exclusiveMaximum", "exclusiveMinimum")),
    ):
        for word, end, harmless in zip(words, ("max", "min"), ("increased", "decreased"), strict=True):
            name = f"exclusive {end}imum" if noun == "exclusive" else f"{end} {noun}" if noun else word
            small, large = {**schema, word: 3}, {**schema, word: 5}
            yield f"{name} added", False, schema, small
            yield f"{name} removed", True, small, schema
            yield f"{name} increased", harmless == "increased", small, large
            yield f"{name} decreased", harmless == "decreased", large, small


EXAMPLES = [
    *bounds(),
    ("id changed", True, {"$id": "http://one.example"}, {"$id": "http://two.example"}),
    ("title changed", True, {"title": "Order"}, {"title": "An order"}),
    ("description changed", True, {"type": "null"}, {"type": "null", "description": "nothing"}),
    ("default changed", True, {**TEXT, "default": "a"}, {**TEXT, "default": "b"}),
    ("schema added", False, ANY, {**ANY, "items": TEXT}),
    ("schema removed", True, {**ANY, "items": TEXT}, ANY),
    ("type extended", True, INTEGER, NUMBER),
    ("type narrowed", False, NUMBER, INTEGER),
    ("type changed", False, TEXT, NUMBER),
    ("pattern added", False, TEXT, {**TEXT, "pattern": "^a"}),
    ("pattern removed", True, {**TEXT, "pattern": "^a"}, TEXT),
    ("pattern changed", False, {**TEXT, "pattern": "^a"}, {**TEXT, "pattern": "^a.*"}),
    ("multiple of added", False, NUMBER, {**NUMBER, "multipleOf": 2}),
    ("multiple of removed", True, {**NUMBER, "multipleOf": 2}, NUMBER),
    ("multiple of expanded", False, {**NUMBER, "multipleOf": 0.5}, {**NUMBER, "multipleOf": 2}),
    ("multiple of reduced", True, {**NUMBER, "multipleOf": 6}, {**NUMBER, "multipleOf": 3}),
    ("multiple of changed", False, {**NUMBER, "multipleOf": 4}, {**NUMBER, "multipleOf": 6}),
    ("required attribute added", False, order(properties=SKU), order(properties=SKU, required=["sku"])),
    (
        "required attribute with default added",
        True,
        order(properties={"sku": DEFAULTED}),
        order(properties={"sku": DEFAULTED}, required=["sku"]),
    ),
    ("required attribute removed", True, order(properties=SKU, required=["sku"]), order(properties=SKU)),
    ("additional properties added", True, order(closed=True), order()),
    ("additional properties removed", False, order(), order(closed=True)),
    ("additional properties extended", True, order(additionalProperties=TEXT), order()),
    ("additional properties narrowed", False, order(), order(additionalProperties=TEXT)),
    ("dependency array added", False, order(), order(dependencies={"a": ["b"]})),
    ("dependency array removed", True, order(dependencies={"a": ["b"]}), order()),
    (
        "dependency array extended",
        False,
        order(dependencies={"a": ["b"]}),
        order(dependencies={"a": ["b", "c"]}),
    ),
    (
        "dependency array narrowed",
        True,
        order(dependencies={"a": ["b", "c"]}),
        order(dependencies={"a": ["b"]}),
    ),
    (
        "dependency array changed",
        False,
        order(dependencies={"a": ["b"]}),
        order(dependencies={"a": ["c"]}),
    ),
    (
        "dependency schema added",
        False,
        modern(type="object"),
        modern(type="object", dependentSchemas={"a": SKU}),
    ),
    ("dependency schema removed", True, order(dependencies={"a": order()}), order()),
    (
        "required property added to open content model",
        False,
        order(properties=SKU),
        order(properties=SKU_AND_TITLE, required=["title"]),
    ),
    (
        "required property with default added to open content model",
        False,
        order(),
        order(properties={"sku": DEFAULTED}, required=["sku"]),
    ),
    (
        "optional property added to open content model",
        False,
        order(properties=SKU),
        order(properties=SKU_AND_TITLE),
    ),
    ("property with empty schema added to open content model", True, order(), order(properties={"note": {}})),
    (
        "required property added to unopen content model",
        False,
        order(closed=True),
        order(closed=True, properties=SKU, required=["sku"]),
    ),
    (
        "required property with default added to unopen content model",
        True,
        order(closed=True),
        order(closed=True, properties={"sku": DEFAULTED}, required=["sku"]),
    ),
    (
        "optional property added to unopen content model",
        True,
        order(closed=True, properties=SKU),
        order(closed=True, properties=SKU_AND_TITLE),
    ),
    ("property removed from open content model", True, order(properties=SKU), order()),
    (
        "property with false removed from closed content model",
        True,
        order(closed=True, properties={"old": False}),
        order(closed=True),
    ),
    (
        "property removed from closed content model",
        False,
        order(closed=True, properties=SKU),
        order(closed=True),
    ),
    (
        "property removed is covered by partially open content model",
        True,
        order(properties=SKU, patternProperties={"^s": TEXT}),
        order(patternProperties={"^s": TEXT}),
    ),
    (
        "property removed not covered by partially open content model",
        False,
        order(properties=SKU, patternProperties={"^s": NUMBER}),
        order(patternProperties={"^s": NUMBER}),
    ),
    (
        "property added is covered by partially open content model",
        True,
        order(additionalProperties=TEXT),
        order(additionalProperties=TEXT, properties=SKU),
    ),
    (
        "property added not covered by partially open content model",
        False,
        order(additionalProperties=NUMBER),
        order(additionalProperties=NUMBER, properties=SKU),
    ),
    (
        "unevaluated properties added",
        True,
        modern(type="object", unevaluatedProperties=False),
        modern(type="object"),
    ),
    (
        "unevaluated properties removed",
        False,
        modern(type="object", unevaluatedProperties=TEXT),
        modern(type="object", unevaluatedProperties=False),
    ),
    (
        "unevaluated properties extended",
        True,
        modern(type="object", unevaluatedProperties=TEXT),
        modern(type="object", unevaluatedProperties=True),
    ),
    (
        "unevaluated properties narrowed",
        False,
        modern(type="object"),
        modern(type="object", unevaluatedProperties=TEXT),
    ),
    ("unevaluated items added", True, modern(type="array", unevaluatedItems=False), modern(type="array")),
    ("unevaluated items removed", False, modern(type="array"), modern(type="array", unevaluatedItems=False)),
    ("unevaluated items extended", True, modern(type="array", unevaluatedItems=TEXT), modern(type="array")),
    (
        "unevaluated items narrowed",
        False,
        modern(type="array", unevaluatedItems=True),
        modern(type="array", unevaluatedItems=TEXT),
    ),
    ("max contains added", False, LONE, {**LONE, "maxContains": 3}),
    ("max contains removed", True, {**LONE, "maxContains": 3}, LONE),
    ("max contains increased", True, {**LONE, "maxContains": 3}, {**LONE, "maxContains": 5}),
    ("max contains decreased", False, {**LONE, "maxContains": 5}, {**LONE, "maxContains": 3}),
    ("min contains added", False, modern(type="array"), LONE),
    ("min contains removed", True, LONE, modern(type="array")),
    ("min contains increased", False, LONE, {**LONE, "minContains": 2}),
    ("min contains decreased", True, {**LONE, "minContains": 2}, LONE),
    ("unique items added", False, ANY, {**ANY, "uniqueItems": True}),
    ("unique items removed", True, {**ANY, "uniqueItems": True}, ANY),
    ("additional items added", True, items(TEXT, additionalItems=False), items(TEXT)),
    ("additional items removed", False, items(TEXT), items(TEXT, additionalItems=False)),
    ("additional items extended", True, items(TEXT, additionalItems=TEXT), items(TEXT)),
    ("additional items narrowed", False, items(TEXT), items(TEXT, additionalItems=TEXT)),
    ("item added to open content model", False, items(TEXT), items(TEXT, TEXT)),
    ("item with empty schema added to open content model", True, items(TEXT), items(TEXT, {})),
    (
        "item added to closed content model",
        True,
        items(TEXT, additionalItems=False),
        items(TEXT, TEXT, additionalItems=False),
    ),
    ("item removed from open content model", True, items(TEXT, TEXT), items(TEXT)),
    (
        "item with false removed from closed content model",
        True,
        items(TEXT, False, additionalItems=False),
        items(TEXT, additionalItems=False),
    ),
    (
        "item removed from closed content model",
        False,
        items(TEXT, TEXT, additionalItems=False),
        items(TEXT, additionalItems=False),
    ),
    (
        "item removed is covered by partially open content model",
        True,
        items(TEXT, TEXT, additionalItems=TEXT),
        items(TEXT, additionalItems=TEXT),
    ),
    (
        "item removed not covered by partially open content model",
        False,
        items(TEXT, TEXT, additionalItems=NUMBER),
        items(TEXT, additionalItems=NUMBER),
    ),
    (
        "item added is covered by partially open content model",
        True,
        modern(type="array", prefixItems=[TEXT], items=TEXT),
        modern(type="array", prefixItems=[TEXT, TEXT], items=TEXT),
    ),
    (
        "item added not covered by partially open content model",
        False,
        items(TEXT, additionalItems=NUMBER),
        items(TEXT, TEXT, additionalItems=NUMBER),
    ),
    ("enum array extended", True, {"enum": ["a"]}, {"enum": ["a", "b"]}),
    ("enum array narrowed", False, {"enum": ["a", 1]}, {"enum": ["a"]}),
    ("enum array changed", False, {"const": 1}, {"const": 1.5}),
    ("combined type extended", True, {"oneOf": [TEXT, NUMBER]}, {"anyOf": [TEXT, NUMBER]}),
    ("combined type changed", False, {"anyOf": [TEXT, NUMBER]}, {"oneOf": [TEXT, NUMBER]}),
    (
        "product type extended",
        False,
        {"allOf": [TEXT, SKU]},
        {"allOf": [TEXT, {"minimum": 1}, {"minItems": 1}]},
    ),
    ("product type narrowed", True, {"allOf": [TEXT, {"maxLength": 3}]}, TEXT),
    ("sum type extended", True, TEXT, {"type": ["string", "null"]}),
    ("sum type narrowed", False, {"oneOf": [TEXT, NUMBER, TRUTH]}, {"oneOf": [TEXT, NUMBER]}),
    ("combined type subschemas changed", False, {"oneOf": [TEXT, NUMBER]}, {"oneOf": [TEXT, TRUTH]}),
    ("not type extended", False, {"not": INTEGER}, {"not": NUMBER}),
    ("not type narrowed", True, {"not": NUMBER}, {"not": INTEGER}),
]
