"""Expressions that are evaluated here agree with JSONata: a table of cases, and generated ones."""

from __future__ import annotations

import json as plain_json
from decimal import Decimal

import jlens
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.connectors.mapping import Expression, Problem, compile_expression
from trunkline.connectors.mapping.exact import UNDEFINED
from trunkline.connectors.mapping.problem import BrokenRecord
from trunkline.kernel import json

ERROR = "an error"
NOTHING = UNDEFINED

ORDER = """{
  "id": "A-1", "total": 12.5, "paid": null, "express": true, "tags": [], "one": ["x"],
  "customer": {"name": "Ann", "address": {"country": "GB"}},
  "lines": [
    {"sku": "A", "qty": 2, "price": 1.25, "notes": ["n1", "n2"]},
    {"sku": "B", "qty": 1, "price": 10, "notes": []},
    {"sku": "C", "qty": 0, "price": 3.5, "parts": [{"of": [1, 2]}, {"of": [3]}]}
  ],
  "grid": [[1, 2], [3, [4]]], "odd name": {"x.y": 7}
}"""

# Expression and expected value on ORDER; the engine and our own evaluation both have to say the same.
CONFORMANCE = [
    ("id", "A-1"),
    ("customer.address.country", "GB"),
    ("`odd name`.`x.y`", 7),
    ("nope", NOTHING),
    ("customer.nope.deeper", NOTHING),
    ("id.nope", NOTHING),
    ("paid", None),
    ("paid.nope", NOTHING),
    ("tags", []),
    ("tags.x", NOTHING),
    ("one", ["x"]),
    ("lines.sku", ["A", "B", "C"]),
    ("lines.nope", NOTHING),
    ("lines.notes", ["n1", "n2"]),
    ("lines.parts.of", [1, 2, 3]),
    ("lines.parts[0].of", [1, 2]),
    ("lines.parts[1].of", [3]),
    ("lines[0].sku", "A"),
    ("lines[-1].sku", "C"),
    ("lines[7].sku", NOTHING),
    ("lines.notes[0]", "n1"),
    ("lines[0].notes[1]", "n2"),
    ("grid[0]", [1, 2]),
    ("grid[1][1]", [4]),
    ("id[0]", "A-1"),
    ("id[1]", NOTHING),
    ("lines[sku = 'B'].price", 10),
    ("lines[qty > 0 and price < 5].sku", "A"),
    ("lines[sku = 'Z' or express].sku", NOTHING),
    ("lines[sku != 'A'][0].sku", "B"),
    ("lines.(qty * price)", [Decimal("2.5"), 10, 0]),
    ("$sum(lines.(qty * price))", Decimal("12.5")),
    ("$sum(lines.nope)", NOTHING),
    ("$sum(tags)", 0),
    ("$sum(id)", ERROR),
    ("$count(lines)", 3),
    ("$count(nope)", 0),
    ("$count(id)", 1),
    ("total - 2.5", 10),
    ("total - nope", NOTHING),
    ("nope * 2", NOTHING),
    ("total + id", ERROR),
    ("paid + 1", ERROR),
    ("express * 1", ERROR),
    ("-total", Decimal("-12.5")),
    ("-nope", NOTHING),
    ("-id", ERROR),
    ("-true", ERROR),
    ("2 + 3 * 4 - 1", 13),
    ("(2 + 3) * 4", 20),
    ("10 - 2 - 3", 5),
    ("-2 * -3", 6),
    ("1e3 + 0.5", Decimal("1000.5")),
    ("id & '/' & total", "A-1/12.5"),
    ("id & nope & paid & express", "A-1nulltrue"),
    ("'' & lines.qty", "[2,1,0]"),
    ("'' & customer", '{"name":"Ann","address":{"country":"GB"}}'),
    ("'' & 100000000000000000000", "100000000000000000000"),
    ("'' & 1e21", "1e+21"),
    ("'' & 1.5e-7", "1.5e-7"),
    ("'' & 0.000001", "0.000001"),
    ("'' & 1.50", "1.5"),
    ("\"double\" & 'single'", "doublesingle"),
    ("total = 12.50", True),
    ("total = '12.5'", False),
    ("express = 1", False),
    ("paid = null", True),
    ("nope = nope", False),
    ("nope != id", False),
    ("lines.qty = lines.qty", True),
    ("total > 12", True),
    ("id < 'B'", True),
    ("id < total", ERROR),
    ("nope < 1", NOTHING),
    ("express < true", ERROR),
    ("'\U0001d4b3' < '\uffee'", True),
    ("total > 12 ? 'big' : 'small'", "big"),
    ("nope ? 'there'", NOTHING),
    ("tags ? 1 : 2", 2),
    ("lines.qty ? 1 : 2", 1),
    ("nope ?? 'default'", "default"),
    ("paid ?? 'default'", None),
    ("paid ?: 'default'", "default"),
    ("express and not_there", False),
    ("nope or express", True),
    ("lines/* all of them */.sku", ["A", "B", "C"]),
]


def by_engine(text: str, record: str):
    """Return what the JSONata engine makes of an expression."""
    try:
        answer = jlens.Expression(text).evaluate_json(record)
    except jlens.JlensError:
        return ERROR
    return NOTHING if answer is None else json.decode(answer)


def by_us(text: str, record: str):
    """Return what our own evaluation makes of it; it has to be one of ours."""
    expression = compile_expression("field", text)
    assert isinstance(expression, Expression)
    assert expression.exact is not None, f"{text} is not evaluated exactly"
    try:
        return expression.exact(json.decode(record))
    except BrokenRecord:
        return ERROR


def alike(left, right) -> bool:
    """Tell whether two values are the same JSON, numbers compared by value and booleans as booleans."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(alike, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(left[name], right[name]) for name in left)
    return isinstance(left, bool) == isinstance(right, bool) and left == right


# Our evaluation and the engine both give what the language says.
@pytest.mark.parametrize(("text", "expected"), CONFORMANCE)
def test_conformance(text, expected) -> None:
    assert alike(by_us(text, ORDER), expected)
    assert alike(by_engine(text, ORDER), expected)


NAMES = st.sampled_from(list("abc"))
LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "y", 0.5, -1.25])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=3).map(plain_json.dumps)
FILTERS = st.sampled_from(["", "", "", "[0]", "[-1]", "[1][0]", "[b=1]", "[a='x' or c]", "[b>=0]"])
PATHS = st.lists(st.builds(str.__add__, NAMES, FILTERS), min_size=1, max_size=4).map(".".join)
ATOMS = PATHS | st.sampled_from(["1", "2.5", "'x'", "true", "null", "-3"])
OPERATORS = st.sampled_from(["+", "-", "*", "&", "=", "!=", "<", "<=", ">", ">=", "and", "or", "??", "?:"])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: (
        st.builds("({}) {} ({})".format, inner, OPERATORS, inner)
        | st.builds("({}) ? ({}) : ({})".format, inner, inner, inner)
        | st.builds("-({})".format, inner)
        | st.builds("$count({})".format, inner)
        | st.builds("$sum({})".format, inner)
        | st.builds("{}.({})".format, PATHS, inner)
    ),
    max_leaves=4,
)


# Whatever the document, a path finds here what it finds in the engine.
@settings(max_examples=200)
@given(PATHS, DOCUMENTS)
def test_any_path_agrees_with_the_engine(path, document) -> None:
    assert alike(by_us(path, document), by_engine(path, document))


# Whatever the document, an expression gives here what it gives in the engine.
@settings(max_examples=200)
@given(EXPRESSIONS, DOCUMENTS)
def test_any_expression_agrees_with_the_engine(text, document) -> None:
    assert alike(by_us(text, document), by_engine(text, document))


DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)


# No digit is lost or made up: sums and products are those of decimal arithmetic, far beyond a float's digits.
@settings(max_examples=100)
@given(DECIMALS, DECIMALS)
def test_arithmetic_is_exact(left, right) -> None:
    record = json.encode({"a": left, "b": right}).decode()
    assert by_us("a - b + b", record) == left
    assert by_us("(a + b) * (a - b)", record) == by_us("a * a - b * b", record)


# What an expression reads is known, for lineage: paths as they stand in the record, quoted where needed.
@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("customer.name & lines[sku = 'A'].price", {"customer.name", "lines.sku", "lines.price"}),
        ("`odd name`.x", {"`odd name`.x"}),
        ("$count(lines)", {"lines"}),
        ("'constant'", set()),
        ("$keys($)", {""}),
    ],
)
def test_reads(text, reads) -> None:
    assert compile_expression("field", text).reads == reads


# What cannot be evaluated exactly is still a valid expression: the engine's.
@pytest.mark.parametrize(
    "text",
    [
        "total / 2",
        "$round(total)",
        "$uppercase(id)",
        "lines^(price).sku",
        "lines{sku: qty}",
        "[id]",
        "'a\\n'",
    ],
)
def test_the_rest_is_the_engines(text) -> None:
    expression = compile_expression("field", text)
    assert isinstance(expression, Expression)
    assert expression.exact is None


# What is no expression is a problem that says where; a name that nothing defines has a near miss.
def test_problems_have_a_place_and_a_hint() -> None:
    broken = compile_expression("price", "total +")
    assert isinstance(broken, Problem)
    assert (broken.field, broken.column) == ("price", 8)
    unknown = compile_expression("name", "id & $upprcase(id)")
    assert isinstance(unknown, Problem)
    assert (unknown.column, unknown.hint) == (6, 'did you mean "$uppercase"?')
    assert isinstance(compile_expression("n", 5), Problem)
