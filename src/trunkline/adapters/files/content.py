"""The bytes of one file: opened safely, unpacked, digested and turned into UTF-8, a chunk at a time.

The reader calls this twice for a file: once for its digest, which names every row, and once for its
rows. Every chunk that leaves here was read while the file was still what it was when it was opened.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import stat
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from trunkline.kernel.errors import TrunklineError

CHUNK_BYTES = 262_144
_GZIP = 31  # zlib's name for "with a gzip header and trailer", RFC 1952
_DIGEST_DIGITS = 32
_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LONGEST_MARK = 4
_UNMARKED = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}


class UnreadableFile(TrunklineError):
    """A file that cannot be read at all; the message says why and what to do."""


class CutOff(TrunklineError):
    """A gzip file ends before its end; what came before is what was written."""


class FileChanged(TrunklineError):
    """A file is no longer what it was when it was opened: it is read again later, from its start."""


class Stopped(TrunklineError):
    """Reading was given up because the source closes."""


class Stamp(msgspec.Struct, frozen=True):
    """What tells that a file is still the same, without reading it."""

    device: int
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """Take the stamp of what ``stat`` answered."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


class Content:
    """One opened regular file; a context manager.

    Raises ``UnreadableFile`` where it may not be opened, ``FileChanged`` where it is not what ``stamp``
    says (gone, replaced by a link, grown), ``OSError`` where the disk fails.
    """

    def __init__(self, path: Path, stamp: Stamp, stop: threading.Event) -> None:
        self._stamp = stamp
        self._stop = stop
        self._zipped = path.name.lower().endswith(".gz")
        try:
            self._file = os.fdopen(os.open(path, _FLAGS), "rb", buffering=0)
        except PermissionError:
            raise UnreadableFile("it may not be read: give this process the permission to") from None
        except FileNotFoundError:
            raise FileChanged("it is gone") from None
        try:
            self._check()
        except TrunklineError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def digest(self) -> str:
        """Return the first 32 hexadecimal digits of the SHA-256 of the unpacked bytes.

        Raises ``UnreadableFile`` where a gzip file is damaged: its checksum vouches for no row of it.
        """
        sha = hashlib.sha256()
        try:
            for chunk in self.chunks():
                sha.update(chunk)
        except CutOff:
            pass
        return sha.hexdigest()[:_DIGEST_DIGITS]

    def chunks(self) -> Iterator[bytes]:
        """Yield the unpacked bytes from the start; raises ``CutOff`` after the last of a cut gzip file."""
        self._file.seek(0)
        return _unpacked(self._stored()) if self._zipped else self._stored()

    def _stored(self) -> Iterator[bytes]:
        while True:
            chunk = self._file.read(CHUNK_BYTES)
            self._check()
            if not chunk:
                return
            yield chunk

    def _check(self) -> None:
        if self._stop.is_set():
            raise Stopped("the source closes")
        status = os.fstat(self._file.fileno())
        if not stat.S_ISREG(status.st_mode) or Stamp.of(status) != self._stamp:
            raise FileChanged("it changed while it was read")


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack gzip (RFC 1952): any number of members, zero bytes as padding after one."""
    member = zlib.decompressobj(wbits=_GZIP)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if member.eof:
                    rest = rest.lstrip(b"\0")
                    if not rest:
                        break
                    member = zlib.decompressobj(wbits=_GZIP)
                data = member.decompress(rest, CHUNK_BYTES)
                rest = member.unused_data if member.eof else member.unconsumed_tail
                if data:
                    yield data
        if left := member.flush():
            yield left
    except zlib.error:
        raise UnreadableFile(
            "it is not gzip, or it was damaged on its way: nothing of it was taken; ask for it again"
        ) from None
    if not member.eof:
        raise CutOff("the gzip file ends too early")


def utf8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Turn text of ``encoding`` into UTF-8 without its byte order mark.

    UTF-8 passes byte for byte. Of any other encoding, bytes that it does not know become bytes that are
    not UTF-8 either, so that the line they stand in is found out.
    """
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _LONGEST_MARK:
            break
    codec = codecs.lookup(encoding).name
    codec, mark = _marked(head, codec) if codec.startswith("utf") else (codec, 0)
    if codec == "utf-8":
        yield head[mark:]
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(codec)("trunkline.wrong-bytes")
    yield decoder.decode(head[mark:]).encode("utf-8", "surrogatepass")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def _marked(head: bytes, codec: str) -> tuple[str, int]:
    """Return the encoding that ``head`` shows and the length of the mark that shows it.

    What is said to be UTF-16 is no UTF-32, whose mark is that of UTF-16 before a text that begins with NUL.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if head.startswith(mark) and not (codec.startswith("utf-16") and name.startswith("utf-32")):
            return name, len(mark)
    return _UNMARKED.get(codec, codec), 0


def _mark_wrong_bytes(error: UnicodeError) -> tuple[str, int]:
    # a lone surrogate is in no text, and its encoding is not UTF-8
    if isinstance(error, UnicodeDecodeError):
        return "\udcff", error.end
    raise error


codecs.register_error("trunkline.wrong-bytes", _mark_wrong_bytes)
