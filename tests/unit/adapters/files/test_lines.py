"""From chunks to physical lines."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from trunkline.adapters.files.content import CutOff
from trunkline.adapters.files.lines import NUL, Rules, blocks, examine, is_utf8

RULES = Rules("till.csv", "digest:", 100, "utf-8")


def in_pieces(data, size):
    return iter([data[at : at + size] for at in range(0, len(data), size)])


def lines_of(chunks, limit=1_000):
    return [line for block in blocks(chunks, limit) for line in block.lines]


@given(st.lists(st.binary().filter(lambda line: not {10, 13} & set(line))), st.integers(1, 20))
def test_lines_are_the_same_however_the_chunks_fall(lines, size):
    """Lines come whole and numbered from 1, with or without a last line feed."""
    for end in (b"\n", b""):
        data = b"\n".join(lines) + end
        expected = data.split(b"\n")
        if not expected[-1]:
            expected.pop()
        seen = list(blocks(in_pieces(data, size), 10_000))
        assert [line for block in seen for line in block.lines] == expected
        numbers = [block.first + index for block in seen for index in range(len(block.lines))]
        assert numbers == list(range(1, len(expected) + 1))
        assert [block.last for block in seen] == [False] * (len(seen) - 1) + [True]


def test_line_ends_may_be_mixed():
    """A carriage return before a line feed belongs to the line end; both kinds may stand in one file."""
    assert [line.rstrip(b"\r") for line in lines_of(iter([b"a\r\nb\nc"]))] == [b"a", b"b", b"c"]


def test_carriage_returns_alone_end_lines_where_there_is_nothing_else():
    """An export of an old Macintosh program has carriage returns only."""
    assert lines_of(iter([b"a\rb\r", b"c"])) == [b"a", b"b", b"c"]


def test_a_huge_line_is_held_only_as_far_as_the_limit():
    """Of a line of 100 MB only its start is held, and the next line comes whole."""
    chunks = (b"x" * 262_144 for _ in range(400))
    tracemalloc.start()
    try:
        lines = lines_of((chunk for part in (chunks, [b"\nnext\n"]) for chunk in part), limit=1_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert lines == [b"x" * 1_000_001, b"next"]
    assert peak < 5_000_000


def test_a_cut_file_ends_in_what_was_left_of_a_line():
    """Where a file was cut off, the last block says so and its last line is no whole one."""

    def cut(data):
        yield data
        raise CutOff("cut")

    [*_, last] = blocks(cut(b"a\nb\nc,1"), 100)
    assert (last.cut, last.lines, last.first) == (True, [b"c,1"], 3)
    [*_, last] = blocks(cut(b"a\n"), 100)
    assert (last.cut, last.lines, last.first) == (True, [b""], 2)


def test_what_is_wrong_is_said_of_its_line_only():
    """A line too long, a NUL byte and a wrong byte each blame their line; the text keeps its count."""
    lines = [b"fine", b"x" * 101, b"a\0b", b"M\xe4rz", "März".encode()]
    text, wrong = examine(lines, RULES)
    assert sorted(wrong) == [1, 2, 3]
    assert "100" in wrong[1]
    assert wrong[2] == NUL
    assert "utf-8" in wrong[3]
    assert text.split("\n")[::4] == ["fine", "März"]
    assert len(text.split("\n")) == len(lines)


@given(st.binary())
def test_utf8_is_what_decodes(raw):
    """Bytes are text exactly when they decode strictly."""
    assert is_utf8(raw) == (raw.decode("utf-8", "ignore").encode() == raw)
