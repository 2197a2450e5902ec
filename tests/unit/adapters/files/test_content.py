"""Opening, unpacking, digesting and re-coding a file."""

import errno
import gzip
import os
import threading
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trunkline.adapters.files.content import (
    CHUNK_BYTES,
    Content,
    CutOff,
    FileChanged,
    Stamp,
    Stopped,
    UnreadableFile,
    utf8,
)


def opened(path, stop=None):
    return Content(path, Stamp.of(os.lstat(path)), stop or threading.Event())


def unpacked(path):
    with opened(path) as content:
        return b"".join(content.chunks())


def test_the_digest_is_of_what_is_inside(tmp_path):
    """The same export, plain or packed at any level, is the same file."""
    data = b"a,b\n1,2\n" * 50_000
    (tmp_path / "plain.csv").write_bytes(data)
    (tmp_path / "quick.csv.gz").write_bytes(gzip.compress(data, 1))
    (tmp_path / "small.csv.GZ").write_bytes(gzip.compress(data, 9))
    digests = set()
    for path in tmp_path.iterdir():
        with opened(path) as content:
            digests.add(content.digest())
            assert b"".join(content.chunks()) == data
    assert len(digests) == 1
    assert len(digests.pop()) == 32


def test_gzip_members_and_padding_are_one_file(tmp_path):
    """Several gzip members after each other, and zero bytes at the end, are one file."""
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"") + gzip.compress(b"two\n") + b"\0" * 512)
    assert unpacked(path) == b"one\ntwo\n"


def test_a_small_file_that_unpacks_to_much_comes_in_chunks(tmp_path):
    """What is packed a thousandfold is still held a chunk at a time."""
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"\n" * 50_000_000))
    with opened(path) as content:
        sizes = [len(chunk) for chunk in content.chunks()]
    assert sum(sizes) == 50_000_000
    assert max(sizes) <= CHUNK_BYTES


def test_a_cut_gzip_file_gives_all_that_is_there(tmp_path):
    """Cut anywhere, a gzip file gives a prefix, then says that it was cut; its digest stands."""
    whole = os.urandom(3_000)
    packed = gzip.compress(whole)
    path = tmp_path / "a.gz"
    for size in [*range(0, len(packed), 97), len(packed) - 1]:
        path.write_bytes(packed[:size])
        seen = []
        with opened(path) as content:
            assert content.digest()
            with pytest.raises(CutOff):
                seen.extend(content.chunks())
        assert whole.startswith(b"".join(seen))
    assert b"".join(seen) == whole


@pytest.mark.parametrize(
    "data",
    [b"plain text", gzip.compress(b"x") + b"more", zlib.compress(b"not gzip")],
    ids=["text", "after", "zlib"],
)
def test_what_is_not_gzip_is_unreadable(tmp_path, data):
    """A file named .gz that is not gzip, or has something else behind it, cannot be read."""
    path = tmp_path / "a.gz"
    path.write_bytes(data)
    with opened(path) as content, pytest.raises(UnreadableFile, match="not gzip"):
        content.digest()


def test_a_flipped_bit_in_a_gzip_file_is_found_before_any_row_is_taken(tmp_path):
    """A gzip file whose checksum does not fit is refused in the digest pass, whatever rows it has."""
    packed = bytearray(gzip.compress(os.urandom(5_000), 0))
    packed[2_500] ^= 1
    path = tmp_path / "a.gz"
    path.write_bytes(packed)
    with opened(path) as content, pytest.raises(UnreadableFile, match="damaged"):
        content.digest()


def test_a_file_that_grows_while_it_is_read_is_given_up(tmp_path):
    """What was read after the file had changed is never handed on."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * (CHUNK_BYTES + 1))
    with opened(path) as content:
        chunks = content.chunks()
        assert len(next(chunks)) == CHUNK_BYTES
        with path.open("ab") as more:
            more.write(b"more")
        with pytest.raises(FileChanged):
            next(chunks)


def test_a_file_that_is_not_what_was_seen_is_not_opened(tmp_path):
    """Gone, replaced by a link to elsewhere or by a pipe: none of it is read."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n")
    stamp = Stamp.of(path.stat())
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(FileChanged):
        Content(path, stamp, threading.Event())
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        Content(path, stamp, threading.Event())
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(FileChanged):
        Content(path, stamp, threading.Event())


def test_a_file_without_permission_is_unreadable(tmp_path, monkeypatch):
    """A file that may not be read is a matter for a person."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n")

    def refuses(*_):  # what the system answers to anybody but root
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuses)
    with pytest.raises(UnreadableFile, match="permission"):
        opened(path)


def test_reading_stops_when_it_is_told_to(tmp_path):
    """A source that closes does not wait for the end of a large file."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * (CHUNK_BYTES * 3))
    stop = threading.Event()
    with opened(path, stop) as content:
        chunks = content.chunks()
        next(chunks)
        stop.set()
        with pytest.raises(Stopped):
            next(chunks)


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def in_pieces(data, size):
    return iter([data[at : at + size] for at in range(0, len(data), size)])


@given(
    TEXT,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be", "gb18030"]),
    st.integers(1, 9),
)
@example("\x000", "utf-16", 1)
def test_any_text_in_any_encoding_becomes_utf8(text, encoding, size):
    """What was written in an encoding comes out as UTF-8 without a mark, however the chunks fall."""
    data = text.encode(encoding)
    if not encoding.endswith("be") and not text.startswith("\ufeff"):
        assert b"".join(utf8(in_pieces(data, size), encoding)).decode() == text


@pytest.mark.parametrize("written", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_goes_before_the_setting(written):
    """An export with a byte order mark is read by it, without a setting."""
    assert b"".join(utf8(iter(["Größe €\n".encode(written)]), "utf-8")).decode() == "Größe €\n"


def test_utf16_without_a_mark_is_little_endian():
    """Windows writes its "Unicode" so, sometimes without a mark."""
    assert b"".join(utf8(iter(["hé\n".encode("utf-16-le")]), "utf-16")).decode() == "hé\n"


def test_bytes_an_encoding_does_not_know_are_not_hidden():
    """A wrong byte of another encoding becomes a byte that is wrong in UTF-8 too, in its line only."""
    lines = b"".join(utf8(iter([b"ok\n\x81 wrong\nok\n"]), "cp1252")).split(b"\n")
    assert lines[0] == lines[2] == b"ok"
    with pytest.raises(UnicodeDecodeError):
        lines[1].decode()


def test_utf8_passes_byte_for_byte():
    """Wrong bytes of UTF-8 stay as they came: they are what the sender has to see."""
    assert b"".join(utf8(iter([b"\xff\xfe"[:1], b"a\xe9b"]), "utf-8")) == b"\xffa\xe9b"
