"""Records are cut from whatever text holds them, byte for byte, and named by where they stood."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.app import publishing
from trunkline.kernel.errors import TrunklineError

RECORDS = st.lists(
    st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=9)), max_size=4),
    max_size=30,
)


def cut(text, *, by_line=False):
    return list(publishing.acts("order", io.BytesIO(text), "a.json", by_line=by_line))


def records(text):
    return [record for act, _ in cut(text) for record in act.records]


# The same records come out of lines, an array and an indented array, in their order.
@given(RECORDS)
def test_every_form_gives_the_same_records(several):
    lines = "\n".join(map(json.dumps, several)).encode()
    for text in (lines, json.dumps(several).encode(), json.dumps(several, indent=2).encode()):
        assert [json.loads(record) for record in records(text)] == several


# A record's bytes are not touched: a number keeps the digits it came with.
@pytest.mark.parametrize("text", [b'{"n": 1.10}', b'[{"n": 1.10}]', b'\n\n{"n": 1.10}\n\n{"n": 1.10}\n'])
def test_numbers_stay_as_they_are(text):
    assert set(records(text)) == {b'{"n": 1.10}'}


# One document over many lines is one record; nothing is none.
def test_one_document():
    document = b'{\n  "a": 1\n}\n'
    assert records(document) == [document.strip()]
    assert records(b"") == records(b" \n") == []


# A line that is broken goes on as it is: intake refuses that one and says why.
def test_a_broken_line_is_one_record():
    assert records(b'{"a":1}\n{"b":\n{"c":3}') == [b'{"a":1}', b'{"b":', b'{"c":3}']
    assert records(b'{"b":}\n{"c":3}') == [b'{"b":}', b'{"c":3}']


# Many records go in batches whose sizes sum up to the input, and whose places count on.
def test_batches(monkeypatch):
    monkeypatch.setattr(publishing, "BATCH_RECORDS", 2)
    text = b'{"n":1}\n{"n":2}\n{"n":3}\n'
    acts = cut(text, by_line=True)
    assert [len(act.records) for act, _ in acts] == [2, 1]
    assert sum(size for _, size in acts) == len(text)
    assert [place for act, _ in acts for place in act.places] == [f"a.json record {n}" for n in (1, 2, 3)]
    assert [one.rpartition(":")[2] for act, _ in acts for one in act.identities] == ["1", "2", "3"]


# By line, the same content has the same identities and other content has others.
def test_identities_by_line():
    [[one, _]], [[same, _]], [[other, _]] = (cut(text, by_line=True) for text in (b"{}", b"{}", b"{} "))
    assert one.identities == same.identities != other.identities


# What is no JSON document, is too large, or cannot be read twice is refused with what to do.
def test_refusals(monkeypatch):
    with pytest.raises(TrunklineError, match="not JSON"):
        cut(b"[1, 2")
    monkeypatch.setattr(publishing, "LARGEST_DOCUMENT", 10)
    with pytest.raises(TrunklineError, match="JSON Lines"):
        cut(b"[" + b"1," * 20 + b"1]")
    pipe = io.BytesIO(b"{}")
    pipe.seekable = lambda: False
    with pytest.raises(TrunklineError, match="needs a file"):
        list(publishing.acts("order", pipe, "standard input", by_line=True))
