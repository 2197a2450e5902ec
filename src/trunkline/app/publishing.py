"""Records from a file or standard input into acts of publishing, in batches, with their numbers exact.

A JSON document is one record, an array one a member, and anything else JSON Lines. Only the cut between
records is found here; each record goes on as the bytes it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from trunkline.app.acts import Publish
from trunkline.kernel.errors import TrunklineError, UsageError

BATCH_RECORDS = 1_000
LARGEST_DOCUMENT = 256 * 1_048_576
"""A JSON document or array is read whole, up to this many bytes; JSON Lines have no bound."""

_one = msgspec.json.Decoder(msgspec.Raw)
_many = msgspec.json.Decoder(list[msgspec.Raw])


def acts(stream: str, file: BinaryIO, name: str, *, by_line: bool) -> Iterator[tuple[Publish, int]]:
    """Yield acts of up to a thousand records, each with the bytes of input it stands for.

    ``by_line`` makes a record's identity from the file's content and its position, so the same file again
    has no effect; otherwise the contract's field gives it.
    """
    digest = _digest(file) if by_line else ""
    batch: list[bytes] = []
    places: list[str] = []
    size = 0
    for number, (record, length) in enumerate(_records(file), 1):
        batch.append(record)
        places.append(f"{name} record {number}")
        size += length
        if len(batch) == BATCH_RECORDS:
            yield _act(stream, batch, places, digest, number), size
            batch, places, size = [], [], 0
    if batch:
        yield _act(stream, batch, places, digest, number), size


def _act(stream: str, batch: list[bytes], places: list[str], digest: str, last: int) -> Publish:
    first = last - len(batch) + 1
    identities = [f"{digest}:{number}" for number in range(first, last + 1)] if digest else []
    return Publish(stream, batch, identities, places)


def _digest(file: BinaryIO) -> str:
    if not file.seekable():
        raise UsageError("--identity line needs a file: the same input again must be known as the same")
    digest = hashlib.blake2b(digest_size=16)
    while block := file.read(1_048_576):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()


def _records(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    first = file.readline(LARGEST_DOCUMENT + 1)
    while first and not first.strip():
        first = file.readline(LARGEST_DOCUMENT + 1)
    if first.lstrip()[:1] == b"{" and _is_whole(first):
        yield from _lines(first, file)
        return
    document = first + file.read(LARGEST_DOCUMENT + 1 - len(first))
    if len(document) > LARGEST_DOCUMENT:
        raise TrunklineError(
            f"a JSON document has at most {LARGEST_DOCUMENT:,} bytes: use JSON Lines for more"
        )
    yield from _members(document)


def _lines(first: bytes, file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    yield first.strip(), len(first)
    for line in file:
        if line.strip():
            yield line.strip(), len(line)


def _members(document: bytes) -> Iterator[tuple[bytes, int]]:
    """Cut a document into its records; one that cannot be cut goes on whole, and intake says why not."""
    text = document.strip()
    if text[:1] == b"[":
        try:
            members = [bytes(member) for member in _many.decode(text)]
        except msgspec.DecodeError as error:
            raise TrunklineError(f"the input is not JSON: {error}") from None
        yield from ((member, len(member)) for member in members)
    elif text.partition(b"\n")[0].rstrip()[-1:] == b"}" and not _is_whole(text):
        yield from ((line.strip(), len(line)) for line in text.split(b"\n") if line.strip())
    elif text:
        yield text, len(text)


def _is_whole(text: bytes) -> bool:
    try:
        _one.decode(text)
    except msgspec.DecodeError:
        return False
    return True
