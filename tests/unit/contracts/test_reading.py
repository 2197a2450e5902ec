"""YAML to values that remember their place."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.contracts.reading import MAX_DEPTH, Unreadable, read


def value_of(text):
    root, faults = read(text, "f")
    assert not faults
    return root.value


def stop_of(text):
    with pytest.raises(Unreadable) as caught:
        read(text, "f")
    return str(caught.value.fault)


# Scalars are read by the YAML 1.2 core schema: no surprise booleans, dates or base-60 numbers.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("-17", -17),
        ("007", 7),
        ("2026-03-01", "2026-03-01"),
        ("09:30", "09:30"),
        ('"17"', "17"),
        ("'true'", "true"),
        ("!!str 17", "17"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
    ],
)
def test_scalars(text, value):
    read_value = value_of(f"a: {text}")["a"]
    assert read_value == value
    assert type(read_value) is type(value)


# A number with a fraction or exponent keeps its digits and never becomes a binary float.
@pytest.mark.parametrize("text", ["0.10", "1e3", "-.5", "12345678901234567890.123456789"])
def test_fractions_are_exact_decimals(text):
    value = value_of(f"a: {text}")["a"]
    assert isinstance(value, Decimal)
    assert value == Decimal(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5))
def test_no_decimal_becomes_a_float(number):
    """Whatever decimal is written, the same decimal is read."""
    assert value_of(f"a: {number:f}")["a"] == number


# Every value and key knows its line and column, from 1, in characters.
def test_places():
    root, _ = read("a: 1\nb:\n  - x\n  - {ü: y, z: [2]}\n", "f")
    inner = root.children["b"].children[1]
    assert str(root.keys["b"]) == "f:2:1"
    assert str(root.children["b"].children[0].place) == "f:3:5"
    assert str(inner.keys["z"]) == "f:4:12"
    assert str(inner.children["z"].children[0].place) == "f:4:16"


# What YAML allows and a file of ours must not have is told with its place, all of it at once.
def test_faults_that_do_not_stop_the_reading():
    _, faults = read("a: 1\na: 2\nb: !!binary x\nc: .inf\n<<: {}\n", "f")
    assert [str(fault) for fault in faults] == [
        'f:2:1: the key "a" a second time; expected it once: it stands in line 1',
        'f:3:4: a tag "tag:yaml.org,2002:binary"; expected plain values without tags',
        'f:4:4: ".inf"; expected a finite number, or the text in quotes',
        'f:5:1: a merge key "<<"; expected the keys written out: merge keys are not read',
    ]


# What stops the reading is one fault with its place, never a traceback.
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a:\n\t- b", "f:2:1: a tab; expected spaces"),
        ("a: 'x", "f:1:6: not YAML: found unexpected end of stream"),
        ("a: [1, 2\n", "f:2:1: not YAML: did not find expected"),
        ("a: *x", 'f:1:4: unknown alias "*x"'),
        ("a: &a [*a]", 'f:1:8: unknown alias "*a"'),
        ("a: 1\n---\nb: 2", "f:2:1: a second document"),
        ("", "f: the file is empty"),
        ("# only this", "f: the file is empty"),
        ("? [1]\n: 2", "f:1:3: a key that is not text"),
        ("ok: 1\na: \x00", "f:2:4: a control character"),
        ("a: !!python/object:os.system {}", ""),
    ],
)
def test_what_stops_the_reading(text, said):
    if said:
        assert stop_of(text).startswith(said)
    else:
        assert read(text, "f")[1]


# Depth is bounded, so that a hostile file costs a message and not the process.
def test_nesting_is_bounded():
    assert value_of("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert "nested too deeply" in stop_of("[" * 100_000)


# Aliases are followed, but what they stand for counts: nine lines cannot become a billion values.
def test_alias_bombs_are_refused():
    assert value_of("a: &x {b: 1}\nc: *x") == {"a": {"b": 1}, "c": {"b": 1}}
    rows = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for above, name in zip("abcdefgh", "bcdefghi", strict=True):
        rows.append(f"{name}: &{name} [{', '.join(['*' + above] * 9)}]")
    assert "too many values" in stop_of("\n".join(rows))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    """No text at all makes the reader raise anything but its own refusal."""
    with contextlib.suppress(Unreadable):
        read(text, "f")


# A number of hundreds of thousands of digits stops the reading, as arithmetic on it would not end.
def test_a_number_of_too_many_digits():
    with pytest.raises(Unreadable, match="too many digits"):
        read("maximum: " + "9" * 900_000, "x.yaml")
