"""Plain and extreme numbers and texts for what a schema says of them: candidates, which the caller checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from trunkline.contracts.compat import facts as of
from trunkline.contracts.compat.sides import Facts
from trunkline.contracts.matching import texts as matching

LONGEST = 2_000
"""The longest text that is made."""

_FORMATS = {
    "date": ("2026-01-05", "2024-02-29", "0001-01-01", "9999-12-31"),
    "date-time": ("2026-01-05T09:30:00Z", "2024-02-29T23:59:59.999999+02:00"),
    "time": ("09:30:00Z", "23:59:59.999Z"),
    "duration": ("P1D", "PT0S"),
    "email": ("name@example.com", "a@example.org"),
    "idn-email": ("name@example.com", "zoë@example.com"),
    "uuid": ("01890a5d-ac96-774b-bcce-b302099a8057",),
    "uri": ("https://example.com/", "urn:example:1"),
    "uri-reference": ("/a", "https://example.com/"),
    "iri": ("https://example.com/", "https://example.com/é"),
    "iri-reference": ("/a", "/é"),
    "uri-template": ("/a/{b}",),
    "hostname": ("example.com",),
    "idn-hostname": ("example.com",),
    "ipv4": ("192.0.2.1",),
    "ipv6": ("2001:db8::1",),
    "json-pointer": ("/a", ""),
    "relative-json-pointer": ("0/a",),
    "regex": ("^a$",),
}
"""Made-up texts by format, the plainest first: with names and addresses that RFC 2606, 5737 and 3849 keep."""
_LONG: dict[str, Callable[[int], str]] = {
    "date-time": lambda most: f"2026-01-05T09:30:00.{'0' * most}Z",
    "time": lambda most: f"09:30:00.{'0' * most}Z",
    "email": lambda most: f"{'a' * min(most, 64)}@{('b' * 40 + '.') * (most // 40)}example.com",
    "uri": lambda most: f"https://example.com/{'a' * most}",
    "uri-reference": lambda most: f"/{'a' * most}",
    "json-pointer": lambda most: f"/{'a' * most}",
}
"""By format, how to make a text of it that is longer than a bound; an address cannot be of any length."""
_UNICODE = ("é", "日本", "😀", "a\u0301", " ", "\u202e", "0", "null")
_LETTERS = ("yyyy", "uuuu", "yy", "MM", "dd", "HH", "hh", "mm", "ss", "X" * 3, "XX", "X", "'")
_MOMENTS = (
    ("2026", "2026", "26", "01", "05", "09", "09", "30", "00", "Z", "Z", "Z", ""),
    ("2027", "2027", "27", "12", "31", "23", "11", "59", "59", "Z", "Z", "Z", ""),
)
_FRACTION = re.compile("S+")
_BETWEEN = re.compile(r" (?:from|after|to|before) (\S+(?: \d\S*)?)")
_SPAN = 10**15


def numbers(facts: Facts, *, whole: bool) -> list[Any]:
    """Return numbers at and around the bounds, and plain ones."""
    step = of.bound(tuple(fact for fact in facts if "multipleOf" in fact), "multipleOf")
    unit = _exact(step or 1)
    edges = [_exact(fact[key]) for fact in facts for key in _LIMITS if key in fact]
    exact = [Decimal(0), Decimal(1), unit, -unit]
    exact += [_multiple(edge, unit) + unit * by for edge in edges for by in (0, 1, -1)]
    exact += [] if whole else [edge + by for edge in edges for by in (Decimal("0.01"), Decimal("-0.01"))]
    exact += [Decimal(_SPAN), -Decimal(_SPAN)]
    exact += [] if whole else [Decimal("0.5"), Decimal("0.1"), Decimal("-12345678901234.56")]
    values = (int(one) if one == one.to_integral_value() else one for one in exact)
    return [one for one in dict.fromkeys(values) if not whole or isinstance(one, int)]


def texts(facts: Facts) -> list[str]:
    """Return texts of the formats, patterns and lengths that are asked for, and unusual ones."""
    least = int(of.bound(facts, "minLength") or 0)
    most = of.bound(facts, "maxLength")
    found = list(shaped(facts))
    lengths = [max(least, 1), least, *([] if most is None else [int(most)]), least + 1]
    found += ["a" * length for length in lengths if length <= LONGEST]
    found += [text.ljust(least, "a") for text in _UNICODE if least <= LONGEST]
    return list(dict.fromkeys(found))


def shaped(facts: Facts) -> Iterator[str]:
    """Yield texts of the patterns and formats that are asked for, short ones first; none where none is."""
    for fact in facts:
        yield from matching(fact["pattern"]) if "pattern" in fact else ()
    for fact in facts:
        yield from _formatted(fact.get("format", ""))


def beyond(wanted: dict[str, Any], facts: Facts) -> list[Any]:
    """Return values just past what one bound, pattern or format asks, some of them of the facts' formats."""
    found: list[Any] = []
    if "maxLength" in wanted and wanted["maxLength"] <= LONGEST:
        most = int(wanted["maxLength"])
        found += [_LONG[fact["format"]](most) for fact in facts if fact.get("format") in _LONG]
    for key in _LIMITS:
        if key in wanted:
            limit = _exact(wanted[key])
            found += [limit + by for by in (0, 1, -1, Decimal("0.01"), Decimal("-0.01"), Decimal("0.5"))]
    for key in ("minLength", "maxLength"):
        if key in wanted and wanted[key] <= LONGEST:
            found += ["a" * max(0, int(wanted[key]) + by) for by in (1, -1)]
    if "multipleOf" in wanted:
        step = _exact(wanted["multipleOf"])
        found += [step / 2, step + step / 10, Decimal(1), Decimal("0.1"), Decimal("0.01"), Decimal("0.001")]
    if "pattern" in wanted or "format" in wanted:
        found += ["", "-", "a", "A", "0", "é", "a b"]
    return [int(one) if isinstance(one, Decimal) and one == one.to_integral_value() else one for one in found]


def _formatted(name: str) -> Iterator[str]:
    """Yield texts of a format; of one made for contracts by the letters and moments in its name."""
    yield from _FORMATS.get(name, ())
    if " as " in name:
        yield from _BETWEEN.findall(name)
        label = re.split(r" (?:from|after|to|before) |, ", name.partition(" as ")[2])[0]
        for moment in _MOMENTS:
            text = re.sub(r" with an offset or Z$", "", label)
            for letters, part in zip(_LETTERS, moment, strict=True):
                text = text.replace(letters, part)
            text = _FRACTION.sub(lambda run: "0" * len(run[0]), text)
            yield from (text, f"{text}Z")


def _multiple(edge: Decimal, unit: Decimal) -> Decimal:
    try:
        return edge // unit * unit
    except ArithmeticError:
        return edge


def _exact(number: Any) -> Decimal:
    return Decimal(str(number))


_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
