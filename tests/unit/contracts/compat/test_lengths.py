"""What is told of the lengths of texts holds for every text that a validator takes."""

from __future__ import annotations

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.contracts.compat.compare import compare
from trunkline.contracts.compat.lengths import of_pattern, within

ENDLESS = float("inf")


def validator(schema):
    return jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, pattern_options=jsonschema_rs.RegexOptions()
    )


# The lengths of a pattern from end to end are those of its parts, one after the other.
@pytest.mark.parametrize(
    ("pattern", "lengths"),
    [
        ("^[A-Z]{3}[0-9]{4,10}$", (7, 13)),
        (r"^\d+\.\d{2}$", (4, ENDLESS)),
        ("^a?b*$", (0, ENDLESS)),
        ("^x{2,}$", (2, ENDLESS)),
        (r"^[^\s]-.$", (3, 3)),
        ("^$", (0, 0)),
        ("[A-Z]{3}", (0, ENDLESS)),
        ("^a|b$", (0, ENDLESS)),
        ("^(ab){2}$", (0, ENDLESS)),
        (r"^a\$", (0, ENDLESS)),
        (r"^\p{L}{2}$", (0, ENDLESS)),
        ("^[[:alpha:]]$", (0, ENDLESS)),
        ("^a{2}{3}$", (0, ENDLESS)),
    ],
)
def test_patterns(pattern, lengths):
    assert of_pattern(pattern) == lengths


_parts = st.sampled_from(
    ["a", "é", ".", r"\d", r"\w", r"\.", "[a-z]", "[^a]", r"[\d-]", "(", "|", "[", "$", "^"]
)
_counts = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "{2,}", "??", "{0}"])


# A text that matches a pattern is as long as is told of it.
@given(
    st.lists(st.tuples(_parts, _counts), max_size=5),
    st.lists(st.text("aé5.- z(|[$^", max_size=12), min_size=8),
)
def test_what_matches_is_as_long(parts, candidates):
    pattern = f"^{''.join(part + count for part, count in parts)}$"
    try:
        judge = validator({"pattern": pattern})
    except jsonschema_rs.ValidationError:
        return
    least, most = of_pattern(pattern)
    assert all(least <= len(text) <= most for text in candidates if judge.is_valid(text))


# A text of a format is as long as is told of it, the shortest and the longest that there are among them.
@pytest.mark.parametrize(
    ("name", "bounds", "texts"),
    [
        ("date", {"minLength": 10, "maxLength": 10}, ["2026-01-05", "0001-01-01", "9999-12-31"]),
        ("date-time", {"minLength": 20}, ["2026-01-05T09:30:00Z", f"2026-01-05T09:30:00.{'0' * 300}Z"]),
        ("time", {"minLength": 9}, ["09:30:00Z", "09:30:00.1+02:00"]),
        ("uuid", {"minLength": 36, "maxLength": 36}, ["01890a5d-ac96-774b-bcce-b302099a8057"]),
        ("ipv4", {"minLength": 7, "maxLength": 15}, ["1.1.1.1", "255.255.255.255"]),
        ("email", {"minLength": 3}, ["a@b", "name@example.com"]),
    ],
)
def test_formats(name, bounds, texts):
    facts = ({"type": "string", "format": name},)
    assert all(within(facts, keyword, limit) for keyword, limit in bounds.items())
    assert not within(facts, "minLength", bounds["minLength"] + 1)
    judge = validator({**facts[0], **bounds})
    assert all(judge.is_valid(text) for text in texts)
    assert any(len(text) == bounds["minLength"] for text in texts)


# A bound beside a format or a pattern is judged: what is always within it is compatible, else a text shows.
@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ({"format": "date"}, {"maxLength": 10}, "compatible"),
        ({"format": "date"}, {"maxLength": 9}, "breaking"),
        ({"format": "date-time"}, {"maxLength": 72}, "breaking"),
        ({"format": "email"}, {"minLength": 1, "maxLength": 89}, "breaking"),
        ({"pattern": "^[A-Z]{3}[0-9]{4,10}$"}, {"minLength": 1, "maxLength": 115}, "compatible"),
        ({"pattern": "^[A-Z]{3}[0-9]{4,10}$"}, {"maxLength": 12}, "breaking"),
    ],
)
def test_bounds_beside_them(old, new, effect):
    record = [{"type": "object", "properties": {"a": {"type": "string", **one}}} for one in (old, new)]
    assert compare(*record).effect("backward") == effect
