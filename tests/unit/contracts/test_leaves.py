"""Single values: what each type and option accepts and refuses."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract_files import contract_of, faults_in, odcs, prop

D = Decimal


def accepts(property_, value):
    return contract_of(property_ | {"required": True}).check({"x": value}) == ()


# Types and their options, at both sides of the border.
@pytest.mark.parametrize(
    ("property_", "good", "bad"),
    [
        (prop("x", "string"), ["", "a", "ü"], [1, None, True, [], {}]),
        (prop("x", "string", minLength=2, maxLength=3), ["ab", "äöü"], ["a", "abcd"]),
        (prop("x", "string", pattern="^A[0-9]+$"), ["A1"], ["A", "xA1", "A1\n", "A\u0661"]),
        (prop("x", "string", primaryKey=True), ["a"], [""]),
        (prop("x", "integer"), [0, -(10**30), D("5.0")], ["1", D("1.5"), True]),
        (prop("x", "integer", minimum=1, maximum=3), [1, 3], [0, 4]),
        (prop("x", "integer", format="u8"), [0, 255], [-1, 256]),
        (prop("x", "integer", format="i64"), [2**63 - 1, -(2**63)], [2**63, -(2**63) - 1]),
        (prop("x", "integer", format="i8", minimum=-5), [-5, 127], [-6, 128]),
        (prop("x", "number"), [1, D("0.1"), D("1e300")], ["0.1", None, False]),
        (prop("x", "number", format="f32"), [D("0.1"), D("1e300")], ["0.1"]),
        (prop("x", "number", exclusiveMinimum=0, exclusiveMaximum=1), [D("0.001")], [0, 1, D("1.000")]),
        (prop("x", "number", multipleOf=0.01), [D("0.07"), 4, D("19.990")], [D("0.075"), D("19.999")]),
        (prop("x", "boolean"), [True, False], [0, 1, "true"]),
        (prop("x", "date"), ["2024-02-29"], ["2026-02-29", "1.1.2026", 20260101]),
        (prop("x", "timestamp"), ["2026-03-01T10:15:00Z"], ["2026-03-01 10:15:00", "2026-03-01T10:15:00"]),
        (prop("x", "time"), ["10:15:00", "10:15:00Z"], ["25:00:00", "10:15"]),
        (prop("x", "date", format="dd.MM.yyyy"), ["28.02.2026"], ["2026-02-28", "30.02.2026"]),
        (prop("x", "date", minimum="2020-01-01"), ["2020-01-01"], ["2019-12-31"]),
        (prop("x", "date", exclusiveMaximum="2020-01-01"), ["2019-12-31"], ["2020-01-01"]),
        (
            prop("x", "timestamp", exclusiveMinimum="2026-01-01T00:00:00Z", maximum="2026-01-01T01:00:00Z"),
            ["2026-01-01T00:00:00.000001Z", "2026-01-01T03:00:00+02:00"],
            ["2026-01-01T00:00:00Z", "2026-01-01T02:00:01+01:00"],
        ),
        (prop("x", "timestamp", timezone=False), ["2026-03-01 10:15:00"], ["2026-03-01T10:15:00Z"]),
    ],
)
def test_values(property_, good, bad):
    for value in good:
        assert accepts(property_, value), value
    for value in bad:
        assert not accepts(property_, value), value


# Formats of texts are checked; they are annotations by default in JSON Schema.
@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("email", "ada@example.com", "ada"),
        ("uuid", "0190b0e0-0000-7000-8000-000000000001", "0190"),
        ("uri", "https://example.com/x", "x y"),
        ("hostname", "a.example.com", "-a"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "::1", "::g"),
        ("date-time", "2026-03-01T10:15:00Z", "2026-03-01"),
        ("duration", "PT5M", "5m"),
    ],
)
def test_text_formats(name, good, bad):
    assert accepts(prop("x", "string", format=name), good)
    assert not accepts(prop("x", "string", format=name), bad)


def test_a_format_nobody_checks_is_a_note():
    """The standard allows any word; only a near miss of a checked one is a mistake."""
    assert accepts(prop("x", "string", format="password"), "x")
    (fault,) = faults_in(odcs([prop("x", "string", format="emial")]))
    assert fault.endswith('unknown format "emial"; expected a format that is checked; did you mean "email"?')


@given(st.decimals(min_value=-99999, max_value=99999, allow_nan=False, places=4))
def test_decimal_digits_are_held_exactly(value):
    """decimal(7,2) accepts exactly the values with five digits before the point and two after."""
    fits = value == value.quantize(D("0.01")) and abs(value) < 10**5
    contract = _SEVEN_TWO
    assert (contract.check({"x": value}) == ()) is fits


_SEVEN_TWO = contract_of(prop("x", "number", physicalType="decimal(7,2)"))


def test_digits_and_stated_bounds_hold_together():
    """A physical type's digits do not loosen what the logical type options say."""
    contract = contract_of(prop("x", "number", physicalType="decimal(5,2)", multipleOf=0.05, minimum=0))
    assert contract.check({"x": D("999.95")}) == ()
    for value in (D("0.01"), D("0.001"), D("-0.05"), D("1000.00")):
        assert contract.check({"x": value}), value


# A pattern that a linear-time engine cannot run is refused with its place, so no text can stall intake.
@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a)b", "(?<!a)b", "(", "a{1000}{1000}{1000}"])
def test_patterns_that_are_refused(pattern):
    (fault,) = faults_in(odcs([prop("x", "string", pattern=pattern)]))
    assert fault.split(" ", 1)[0] == "14:18:"
    assert "the pattern cannot be used; expected a regular expression without back-references" in fault


def test_a_pattern_that_stalls_other_engines_answers():
    """Nested repetition, the classic trap, is decided over a long text like any other pattern."""
    contract = contract_of(prop("x", "string", pattern="^(a+)+$"))
    assert contract.check({"x": "a" * 50_000 + "!"})


# Bounds with nothing between them are a mistake in the contract, told at the upper one.
@pytest.mark.parametrize(
    "property_",
    [
        prop("x", "string", minLength=3, maxLength=2),
        prop("x", "integer", minimum=3, maximum=2),
        prop("x", "number", exclusiveMinimum=2, maximum=2),
        prop("x", "number", minimum=2, exclusiveMaximum=2),
        prop("x", "array", minItems=3, maxItems=2),
        prop("x", "object", minProperties=3, maxProperties=2),
    ],
)
def test_contradictory_bounds(property_):
    (fault,) = faults_in(odcs([property_]))
    assert "leaves nothing above" in fault


# What a contract says about moments must itself be readable.
@pytest.mark.parametrize(
    ("property_", "said"),
    [
        (prop("x", "date", format="yyyy-MMM-dd"), 'the letters "MMM" are not understood'),
        (
            prop("x", "date", minimum="1.1.2020"),
            "minimum is not in the field's own format; expected yyyy-MM-dd",
        ),
        (prop("x", "timestamp", defaultTimezone="Mars/Olympus"), 'unknown time zone "Mars/Olympus"'),
    ],
)
def test_moments_that_are_refused(property_, said):
    (fault,) = faults_in(odcs([property_]))
    assert said in fault
