"""Python functions of a project: found in its folder only, and held to exact JSON values."""

from __future__ import annotations

import sys
import textwrap
from decimal import Decimal

import pytest

from trunkline.connectors.mapping import MappingRefused, compile_mapping
from trunkline.kernel.errors import Final

REFERENCE = "mappings.stock:to_shop"


def project(folder, source, **others):
    """Write a project's mapping modules and compile the one under test."""
    (folder / "mappings").mkdir(exist_ok=True)
    for name, text in {"stock": source, **others}.items():
        (folder / "mappings" / f"{name}.py").write_text(textwrap.dedent(text))
    return compile_mapping({"python": REFERENCE}, folder)


# A function takes the record, or record and event; None drops the event. Everything of the record is read.
def test_functions_map(tmp_path) -> None:
    mapping = project(tmp_path, "def to_shop(record): return {'n': record['n'] * 2} if record['n'] else None")
    assert mapping({"n": Decimal("1.1")}, None) == {"n": Decimal("2.2")}
    assert mapping({"n": 0}, None) is None
    assert mapping.reads == {""}
    assert mapping.inexact == frozenset()
    both = project(tmp_path, "def to_shop(record, event): return {'n': event}")
    assert both({}, None) == {"n": None}


# A changed file counts the next time, and siblings import each other relatively.
def test_modules_are_loaded_anew_and_may_import_siblings(tmp_path) -> None:
    before = list(sys.path)
    source = "from .rates import RATE\ndef to_shop(record): return {'rate': RATE}"
    assert project(tmp_path, source, rates="RATE = 1")({}, None) == {"rate": 1}
    assert project(tmp_path, source, rates="RATE = 1_000")({}, None) == {"rate": 1000}
    assert sys.path == before
    assert "mappings" not in sys.modules


# A reference by itself means the function too.
def test_a_reference_is_a_mapping(tmp_path) -> None:
    project(tmp_path, "def to_shop(record): return record")
    assert compile_mapping(REFERENCE, tmp_path, when="a = 1")({"a": 2}, None) is None
    with pytest.raises(MappingRefused, match="no Python function is named"):
        compile_mapping("../../etc/passwd:x", tmp_path)


# What does not load is a problem with its place, not a crash.
@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("def to_shopp(record): return {}", 'has no function to_shop; did you mean "to_shopp"'),
        ("to_shop = 5", "has no function to_shop"),
        ("def to_shop(): return {}", "cannot be called"),
        ("async def to_shop(record): return {}", "cannot be called"),
        ("\ndef to_shop(record: return {}", "SyntaxError in stock.py line 2"),
        ("\n\nprint(1 / 0)", "ZeroDivisionError in stock.py line 3"),
        ("import sys\nsys.exit(3)", "SystemExit in stock.py line 2"),
        ("import not_installed_anywhere", "imports not_installed_anywhere, which is not there"),
    ],
)
def test_what_does_not_load(tmp_path, source, problem) -> None:
    with pytest.raises(MappingRefused) as refused:
        project(tmp_path, source)
    assert problem in str(refused.value)


# A missing file is named as the user would look for it.
def test_a_missing_file(tmp_path) -> None:
    with pytest.raises(MappingRefused, match=r"there is no mappings/stock\.py"):
        compile_mapping({"python": REFERENCE}, tmp_path)


# What goes wrong in a function is a final error with its place; the error's own text may hold a value.
def test_errors_carry_place_and_no_value(tmp_path) -> None:
    mapping = project(tmp_path, "def to_shop(record):\n    return {'n': int(record['secret'])}")
    with pytest.raises(Final) as broken:
        mapping({"secret": "hunter2"}, None)
    assert broken.value.kind == "mapping"
    assert broken.value.detail == f"{REFERENCE} raised ValueError in stock.py line 2"


# A function returns exact JSON values: a binary float or an object is refused, with the field's name.
@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ("{'a': {'b': 0.1}}", ".a .b is a binary float"),
        ("{'a': [{1, 2}]}", ".a [] is a set"),
        ("{1: 2}", "a field name that is not a text"),
        ("[1]", "returned list, expected a dict or None"),
    ],
)
def test_only_exact_json_comes_out(tmp_path, answer, detail) -> None:
    mapping = project(tmp_path, f"def to_shop(record): return {answer}")
    with pytest.raises(Final) as broken:
        mapping({}, None)
    assert detail in broken.value.detail
