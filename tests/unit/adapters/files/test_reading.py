"""One file, from its bytes on the disk to batches."""

import gzip
import json
import os
import threading

import pytest

from trunkline.adapters.files import reading
from trunkline.adapters.files.content import FileChanged, Stamp, UnreadableFile
from trunkline.adapters.files.lines import CUT_OFF
from trunkline.adapters.files.settings import FileSettings

FILES = {
    "a.jsonl": b'{"a":"1","b":"x y"}\n{"a":"2","b":"z"}\n{"a":"3","b":""}\n',
    "a.csv": b'a,b\n1,"x\ny"\n2,z\n3,\n',
    "a.json": b'[{"a":"1","b":"x y"},\n{"a":"2"},{"a":"3"}]\n',
}


@pytest.mark.parametrize("name", FILES)
def test_a_packed_file_is_the_file_it_holds(name, arrivals_of):
    """Packed or not, a file gives the same records with the same identities."""
    plain = arrivals_of(name, FILES[name])
    packed = arrivals_of(name + ".gz", gzip.compress(FILES[name]))
    assert [(one.raw, one.identity, one.fields) for one in packed] == [
        (one.raw, one.identity, one.fields) for one in plain
    ]


@pytest.mark.parametrize("name", FILES)
def test_a_gzip_file_cut_at_any_byte_gives_a_prefix_and_one_fault(name, arrivals_of):
    """Wherever it was cut: whole records from the start, then one fault that says so."""
    whole = [arrival.raw for arrival in arrivals_of(name, FILES[name])]
    packed = gzip.compress(FILES[name], 0)
    for size in range(len(packed)):
        *rows, last = arrivals_of(name + ".gz", packed[:size])
        assert last.fault == CUT_OFF, size
        assert not any(row.fault for row in rows)
        assert [row.raw for row in rows] == whole[: len(rows)]
    assert [row.raw for row in rows] == whole


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32-be", "cp1252", "utf-8-sig"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_encoding_is_the_same_records(name, encoding, arrivals_of):
    """Every format comes in every encoding; what intake gets is UTF-8."""
    plain = arrivals_of(name, FILES[name])
    other = arrivals_of(name, FILES[name].decode().encode(encoding), encoding=encoding)
    assert [(one.raw, one.place, one.fields) for one in other] == [
        (one.raw, one.place, one.fields) for one in plain
    ]


def test_a_wrong_byte_in_another_encoding_costs_its_line(arrivals_of):
    """In UTF-16, half of a pair costs its own line."""
    data = "a\nok\n".encode("utf-16-le") + b"\x00\xd8" + "\nok\n".encode("utf-16-le")
    arrivals = arrivals_of("a.csv", data, encoding="utf-16-le")
    assert [bool(arrival.fault) for arrival in arrivals] == [False, True, False]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.CSV", "csv"),
        ("a.tsv.gz", "csv"),
        ("a.2.ndjson", "jsonl"),
        ("a.jsonl.GZ", "jsonl"),
        ("a.json", "json"),
    ],
)
def test_the_name_says_the_format(name, kind):
    """The last part of the name decides, in either case, before .gz where it is packed."""
    assert reading.format_of(name, FileSettings(folder=".")) == kind


def test_a_name_that_says_nothing_needs_the_setting():
    """What is neither named nor stated is not guessed."""
    with pytest.raises(UnreadableFile, match="state `format`"):
        reading.format_of("till.dat", FileSettings(folder="."))
    assert reading.format_of("till.dat", FileSettings(folder=".", format="csv")) == "csv"


def test_a_changed_file_never_says_that_it_is_finished(tmp_path):
    """A file that changes after its last row was read is not called done."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n" * 4)
    settings = FileSettings(folder=".", batch_rows=2)
    with pytest.raises(FileChanged):
        list(reading.read(path, Stamp(0, 0, 0, 0), settings, threading.Event()))
    steps = reading.read(path, Stamp.of(path.stat()), settings, threading.Event())
    assert [(len(batch), last) for batch, last in steps] == [(2, False), (2, True)]


def test_batches_end_by_rows_or_by_bytes():
    """Large records make small batches, so that memory is bounded; the last is marked."""
    large = reading.Arrival(b"x" * (reading.BATCH_BYTES // 2))
    assert [len(batch) for batch in reading.batched([large] * 5, 1_000)] == [2, 2, 1]
    small = reading.Arrival(b"x")
    assert [len(batch) for batch in reading.batched([small] * 5, 2)] == [2, 2, 1]
    assert list(reading.marked_last([])) == [([], True)]
    assert list(reading.marked_last([[small], [large]])) == [([small], False), ([large], True)]


def test_names_of_any_bytes_can_be_shown():
    """A file name that is not text, or holds control characters, is shown without them."""
    name = os.fsdecode(b"t\xffill\n.csv")
    assert reading.printable(name) == "t\ufffdill\ufffd.csv"
    assert json.dumps(reading.printable(name)).encode()
    assert reading.printable("Größe 1.csv") == "Größe 1.csv"


def test_the_contract_may_give_the_identity(arrivals_of):
    """With ``identity: contract`` no record has one of its own, in any format."""
    for name, data in FILES.items():
        assert {arrival.identity for arrival in arrivals_of(name, data, identity="contract")} == {""}
