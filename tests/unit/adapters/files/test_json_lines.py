"""JSON Lines: a record a line, blank lines apart."""

import json

from hypothesis import given
from hypothesis import strategies as st

from trunkline.adapters.files.json_lines import json_lines
from trunkline.adapters.files.lines import CUT_OFF, Rules, blocks

RULES = Rules("till.jsonl", "digest:", 1_000, "utf-8")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)


def read(data, size=1_000_000, rules=RULES):
    chunks = iter([data[at : at + size] for at in range(0, len(data), size)])
    return list(json_lines(blocks(chunks, rules.line_bytes), rules))


@given(st.lists(JSON), st.integers(1, 64))
def test_what_was_written_comes_back(values, size):
    """Any JSON value a line comes back byte for byte, with the number of its line."""
    lines = [json.dumps(value, ensure_ascii=False).encode() for value in values]
    rules = Rules("till.jsonl", "digest:", 1_000_000, "utf-8")
    arrivals = read(b"\n".join(lines), size, rules)
    assert [arrival.raw for arrival in arrivals] == lines
    assert [arrival.identity for arrival in arrivals] == [f"digest:{n}" for n in range(1, len(lines) + 1)]
    assert not any(arrival.fault for arrival in arrivals)


def test_blank_lines_count_but_are_no_records():
    """A blank line is passed over; the lines after it keep their numbers."""
    arrivals = read(b'{"a":1}\r\n\r\n  \n {"a":2} \n')
    assert [(arrival.raw, arrival.place) for arrival in arrivals] == [
        (b'{"a":1}', "till.jsonl line 1"),
        (b'{"a":2}', "till.jsonl line 4"),
    ]


def test_wrong_lines_are_faults_between_good_ones():
    """A wrong byte, a NUL byte and a line too long blame their line; the raw bytes are kept."""
    arrivals = read(b'{"a":1}\n{"a":"\xe9"}\n{"a":2}\n\0\n"' + b"x" * 2_000 + b'"\n{"a":3}')
    assert [bool(arrival.fault) for arrival in arrivals] == [False, True, False, True, True, False]
    assert arrivals[1].raw == b'{"a":"\xe9"}'
    assert len(arrivals[4].raw) <= 1_001


def test_equal_lines_are_different_records():
    """Two equal lines of a file are both real: their identities differ."""
    first, second = read(b"{}\n{}\n")
    assert first.raw == second.raw
    assert first.identity != second.identity


def test_without_a_prefix_the_contract_gives_the_identity():
    """Where the contract names the identity, the line has none of its own."""
    assert [arrival.identity for arrival in read(b"{}\n", rules=Rules("a", "", 100, "utf-8"))] == [""]


def test_an_empty_file_has_no_records():
    """Nothing, or white space only, is no record and no fault."""
    assert read(b"") == read(b"\n\n \r\n") == []


def test_a_cut_line_is_never_taken_for_a_whole_one(arrivals_of):
    """The line a gzip file was cut in is a fault, even where it happens to be JSON."""
    import gzip

    packed = gzip.compress(b'{"a":1}\n1234567', 0)
    arrivals = arrivals_of("a.jsonl.gz", packed[:-12])
    assert [arrival.raw for arrival in arrivals] == [b'{"a":1}', b"123"]
    assert [arrival.fault for arrival in arrivals] == ["", CUT_OFF]
