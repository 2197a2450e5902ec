"""Avro schemas, changed versions of them, and documents of them, for Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from trunkline.contracts.compat.avro_documents import tagged

PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
DEFAULTS = {
    "null": None,
    "boolean": True,
    "int": 7,
    "long": 7,
    "float": 0.5,
    "double": 0.5,
    "bytes": "a",
    "string": "a",
}
SYMBOLS = ["A", "B", "C"]


def record(*fields, name="Order", **words):
    """Return a record of fields given as a name, a type and, maybe, more words."""
    told = [{"name": each[0], "type": each[1], **(each[2] if len(each) > 2 else {})} for each in fields]
    return {"type": "record", "name": name, "fields": told, **words}


def enum(*symbols, name="Colour", **words):
    return {"type": "enum", "name": name, "symbols": list(symbols), **words}


def decimal(precision, scale, **words):
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale, **words}


@st.composite
def schemas(draw, depth=3):
    """Draw a schema; names are taken from where a type stands, so that each is there once."""
    return draw(_types(depth, "T"))


@st.composite
def _types(draw, depth, name):
    kind = draw(
        st.sampled_from(
            [*PRIMITIVES, *(["array", "map", "enum", "fixed", "record", "union"] if depth else [])]
        )
    )
    if kind not in PRIMITIVES:
        return draw(COMPLEX[kind](depth - 1, name))
    return kind


@st.composite
def _records(draw, depth, name):
    names = "abc"[: draw(st.integers(0, 3))]
    return record(*[draw(_fields(depth, name, each)) for each in names], name=name)


@st.composite
def _unions(draw, depth, name):
    branches = draw(st.lists(st.sampled_from(PRIMITIVES), unique=True, min_size=1, max_size=3))
    other = draw(_types(depth, name + "u"))
    unnamed = other if isinstance(other, str) else other["type"] if isinstance(other, dict) else None
    return branches if unnamed is None or unnamed in branches else [*branches, other]


@st.composite
def _enums(draw, _depth, name):
    symbols = draw(st.lists(st.sampled_from(SYMBOLS), unique=True, min_size=1))
    default = draw(st.booleans())
    return enum(*symbols, name=name, **({"default": symbols[0]} if default else {}))


@st.composite
def _fields(draw, depth, owner, name):
    kind = draw(_types(depth, f"{owner}{name}"))
    simple = isinstance(kind, str) and draw(st.booleans())
    return (name, kind, {"default": DEFAULTS[kind]}) if simple else (name, kind)


COMPLEX = {
    "array": lambda depth, name: _types(depth, name).map(lambda items: {"type": "array", "items": items}),
    "map": lambda depth, name: _types(depth, name).map(lambda values: {"type": "map", "values": values}),
    "enum": _enums,
    "fixed": lambda _, name: st.integers(0, 2).map(
        lambda size: {"type": "fixed", "name": name, "size": size}
    ),
    "record": _records,
    "union": _unions,
}


@st.composite
def changed(draw, schema):
    """Draw a version of a schema that differs in a few places, or in none."""
    if draw(st.integers(0, 9)) == 0:
        return draw(_types(1, "T"))
    if isinstance(schema, str):
        return (
            draw(st.sampled_from([schema, schema, schema, "long", "double", ["null", schema]]))
            if schema != "null"
            else schema
        )
    if isinstance(schema, list):
        kept = [each for each in schema if draw(st.integers(0, 4))]
        return [*kept, *([draw(st.sampled_from(PRIMITIVES))] if draw(st.booleans()) else [])]
    words = dict(schema)
    for word in ("items", "values"):
        if word in words:
            words[word] = draw(changed(words[word]))
    if "symbols" in words:
        words = draw(_enums(0, words["name"]))
    if "fields" in words:
        words["fields"] = [draw(_changed_field(each)) for each in words["fields"] if draw(st.integers(0, 5))]
        if draw(st.booleans()):
            words["fields"].append(
                {"name": "z", "type": "int", **({"default": 1} if draw(st.booleans()) else {})}
            )
    return words


@st.composite
def _changed_field(draw, field):
    kind = draw(changed(field["type"]))
    told = {"name": field["name"], "type": kind}
    return told | ({"default": field["default"]} if kind == field["type"] and "default" in field else {})


def documents(kind):
    """Return a strategy of documents of a parsed schema, in Avro's JSON encoding."""
    simple = {
        "null": st.none(),
        "boolean": st.booleans(),
        "int": st.integers(-(2**31), 2**31 - 1),
        "long": st.integers(-(2**63), 2**63 - 1),
        "float": st.floats(width=32, allow_nan=False),
        "double": st.floats(allow_nan=False),
        "string": st.text(max_size=5),
        "bytes": st.binary(max_size=4).map(lambda raw: raw.decode("latin-1")),
        "fixed": st.binary(min_size=kind.size, max_size=kind.size).map(lambda raw: raw.decode("latin-1")),
    }
    if kind.kind in simple:
        return simple[kind.kind]
    if kind.kind == "enum":
        return st.sampled_from(kind.symbols)
    if kind.kind == "array":
        return st.lists(documents(kind.content), max_size=2)
    if kind.kind == "map":
        return st.dictionaries(st.text(max_size=2), documents(kind.content), max_size=2)
    if kind.kind == "record":
        return st.fixed_dictionaries({each.name: documents(each.type) for each in kind.fields})
    return st.one_of([documents(each).map(lambda d, each=each: tagged(each, d)) for each in kind.branches])
