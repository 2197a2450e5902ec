"""CSV rows: what was written comes back, and what is damaged is blamed without taking others along."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.adapters.files.content import UnreadableFile
from trunkline.adapters.files.csv_rows import csv_rows
from trunkline.adapters.files.lines import Rules, blocks
from trunkline.adapters.files.settings import FileSettings

CELL = st.text(
    st.sampled_from("a,;|\t\"\n\r' é") | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=12,
)


def read(data, size=1_000_000, limit=1_000, **settings):
    chosen = FileSettings(folder=".", **settings)
    rules = Rules("till.csv", "digest:", limit, chosen.encoding)
    chunks = iter([data[at : at + size] for at in range(0, len(data), size)])
    return list(csv_rows(blocks(chunks, limit), rules, chosen))


def summary(arrivals):
    """Show each row by its line and its cells, or its fault."""
    return [
        (int(arrival.place.split()[-1]), arrival.fault or list(arrival.fields.values()))
        for arrival in arrivals
    ]


@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3)),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 30),
)
def test_any_cells_come_back_with_their_line_numbers(rows, delimiter, line_end, size):
    """Whatever text the cells hold, it comes back exactly, and each row has its physical line and bytes."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerow("abc")
    starts, raws = [], []
    for row in rows:
        before = out.getvalue()
        starts.append(before.count("\n") + 1)
        writer.writerow(row)
        raws.append(out.getvalue()[len(before) : -len(line_end)].encode())
    arrivals = read(out.getvalue().encode(), size, limit=10_000)
    assert [arrival.fault for arrival in arrivals] == [""] * len(rows)
    assert [arrival.fields for arrival in arrivals] == [dict(zip("abc", row, strict=True)) for row in rows]
    assert [arrival.place for arrival in arrivals] == [f"till.csv line {start}" for start in starts]
    assert [arrival.identity for arrival in arrivals] == [f"digest:{start}" for start in starts]
    assert [arrival.raw for arrival in arrivals] == raws


@given(st.binary(), st.integers(1, 30))
def test_any_bytes_are_rows_or_faults_or_unreadable(data, size):
    """No bytes make the reader fail in a way of its own, and every line is accounted for in order."""
    try:
        numbers = [int(arrival.place.split()[-1]) for arrival in read(data, size, limit=20)]
    except UnreadableFile:
        return
    assert numbers == sorted(set(numbers))


@given(st.lists(CELL, min_size=1, max_size=20), st.integers(1, 30))
def test_how_the_chunks_fall_changes_nothing(lines, size):
    """Damaged or not, a file gives the same arrivals in one chunk as in many."""
    data = b"a,b\n" + "\n".join(lines).encode()
    assert read(data, size, limit=10_000) == read(data, limit=10_000)


def test_ragged_rows_are_refused_alone():
    """A row with a cell too few or too many is a fault that counts them; its neighbours come."""
    assert summary(read(b"a,b\n1,2\n3\n4,5,6\n7,8")) == [
        (2, ["1", "2"]),
        (3, "the row has 1 cells, the header has 2"),
        (4, "the row has 3 cells, the header has 2"),
        (5, ["7", "8"]),
    ]


def test_an_open_quote_does_not_swallow_the_lines_after_it():
    """A quote that is never closed costs its own line, not the rest of the file."""
    for size in (5, 1_000):
        arrivals = read(b'a,b\n1,2\n3,"4\n5,6\n7,8\n', size)
        assert [bool(arrival.fault) for arrival in arrivals] == [False, True, False, False]
        assert arrivals[1].raw == b'3,"4'
        assert [line for line, _ in summary(arrivals)] == [2, 3, 4, 5]


def test_an_open_quote_is_given_up_at_the_bound_of_a_record():
    """Behind an open quote, no more is held than a record may have."""
    data = b'a,b\n1,"2\n' + b"3,4\n" * 500
    arrivals = read(data, 64, limit=100)
    assert len(arrivals) == 501
    assert [arrival.place for arrival in arrivals if arrival.fault] == ["till.csv line 2"]


def test_two_damaged_lines_do_not_make_one_record():
    """Where the open quotes of two lines seem to pair up, each line is still judged by itself."""
    arrivals = read(b'a,b\n1,"x\n2,y\n3,"z"w\n4,v\n')
    assert [(line, isinstance(what, str)) for line, what in summary(arrivals)] == [
        (2, True),
        (3, False),
        (4, True),
        (5, False),
    ]


def test_a_text_after_a_closing_quote_is_a_fault():
    """RFC 4180 knows no text behind a closing quote: guessing what was meant would change data."""
    [(line, fault)] = summary(read(b'a,b\n"5" disk,1\n'))
    assert line == 2
    assert "quote" in fault


@pytest.mark.parametrize("bad", [b"\0", b"M\xe4rz", b"x" * 2_000])
def test_a_line_that_cannot_be_read_is_refused_alone(bad):
    """A NUL byte, a wrong byte or a huge cell costs its own line."""
    arrivals = read(b"a,b\n1,2\n3," + bad + b"\n5,6\n")
    assert [bool(arrival.fault) for arrival in arrivals] == [False, True, False]


def test_a_cell_beyond_the_parsers_bound_is_refused_alone():
    """A cell of more than 131,072 characters is a fault of its line, even in a line of allowed length."""
    arrivals = read(b"a,b\n1,2\n3," + b"x" * 140_000 + b"\n5,6\n", limit=1_000_000)
    assert ["131072" in arrival.fault for arrival in arrivals] == [False, True, False]


def test_blank_lines_and_mixed_line_ends_keep_the_count():
    """Blank lines are no rows; LF, CRLF and a missing last line end may stand in one file."""
    assert summary(read(b"\r\na,b\r\n\n1,2\n3,4\r\n\r\n5,6")) == [
        (4, ["1", "2"]),
        (5, ["3", "4"]),
        (7, ["5", "6"]),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter):
    """The mark that parts the header outside of quotes is the delimiter, whatever else the cells hold."""
    header = delimiter.join(['"a,b;c|d\te"', "x", "y"])
    [arrival] = read(f"{header}\n1{delimiter}2{delimiter}3\n".encode())
    assert arrival.fields == {"a,b;c|d\te": "1", "x": "2", "y": "3"}


def test_delimiter_and_quote_may_be_stated():
    """Stated marks go before what the header looks like."""
    [arrival] = read(b"a,b:c\n'1:2':3\n", delimiter=":", quote="'")
    assert arrival.fields == {"a,b": "1:2", "c": "3"}


def test_names_may_be_stated_for_a_file_without_a_header():
    """Where the names are stated, the first line is a row; the delimiter is the one that fits them."""
    assert summary(read(b"1.5;2\n3;4\n", header=["a", "b"])) == [(1, ["1.5", "2"]), (2, ["3", "4"])]


def test_a_column_without_a_name_must_be_empty():
    """The empty column of a trailing delimiter is left out; a value in it is a fault, not lost."""
    arrivals = read(b"a,b,\n1,2,\n3,4,x\n")
    assert arrivals[0].fields == {"a": "1", "b": "2"}
    assert "no name" in arrivals[1].fault


def test_header_names_lose_the_spaces_around_them():
    """Spaces around names come from people; those in cells are data."""
    assert read(b" a ,b\n 1 ,2\n")[0].fields == {"a": " 1 ", "b": "2"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a,b,a\n", "columns [1, 3]"),
        (b",\n1,2\n", "names no column"),
        (b'a,"b\n1,2\n', "never closed"),
        (b"a\xe9,b\n", "utf-8"),
    ],
)
def test_without_a_header_nothing_has_a_meaning(data, said):
    """Repeated or missing names, or a header that cannot be read, make the file unreadable."""
    with pytest.raises(UnreadableFile) as caught:
        read(data)
    assert said in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"a,b", b"a,b\r\n"])
def test_an_empty_file_and_a_header_alone_have_no_rows(data):
    """No rows is no fault."""
    assert read(data) == []


def test_faults_never_repeat_a_value():
    """Reasons are read by people who may not see the data."""
    data = b'a,b\nSECRET\n"SECRET"SECRET,1\nSECRET\0,1\n1,"SECRET\n'
    assert not [arrival.fault for arrival in read(data) if "SECRET" in arrival.fault]
