"""From chunks to physical lines, in bounded memory, with what is wrong about each.

CSV and JSON Lines both read these blocks. A line ends at a line feed, with or without a carriage
return before it; in a file whose start holds carriage returns only, at those.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from trunkline.adapters.files.content import CutOff

CUT_OFF = "the gzip file is cut off here: the lines before were taken; ask for the file again"
TOO_LONG = "the line is longer than line_bytes ({limit}); only its start is kept here"
NUL = "the line holds a NUL byte, which is in no text"
WRONG_BYTE = "the line is not {encoding} text; state the file's encoding if it has another"


class Rules(msgspec.Struct, frozen=True):
    """What every format needs to know: how long a record may be, what its text should be, how it is named.

    ``identity`` is the prefix of each record's idempotency key, empty where the contract gives it.
    """

    file: str
    identity: str
    line_bytes: int
    encoding: str


class Block(msgspec.Struct):
    """Whole lines without their line feeds; ``first`` is the number of the first, counted from 1.

    ``last`` marks the end of the file. Where the file was cut off there, the last line is what was left
    of one, perhaps nothing.
    """

    first: int
    lines: list[bytes]
    last: bool = False
    cut: bool = False


def blocks(chunks: Iterator[bytes], limit: int) -> Iterator[Block]:
    """Split chunks into blocks of lines; of a line longer than ``limit`` bytes ``limit + 1`` stay."""
    first, rest, cut = 1, b"", False
    try:
        for chunk in _with_line_feeds(chunks):
            lines = chunk.split(b"\n")
            lines[0] = rest + lines[0]
            rest = lines.pop()[: limit + 1]
            if max(map(len, lines), default=0) > limit:
                lines = [line[: limit + 1] for line in lines]
            if lines:
                yield Block(first, lines)
                first += len(lines)
    except CutOff:
        cut = True
    yield Block(first, [rest] if rest or cut else [], last=True, cut=cut)


def _with_line_feeds(chunks: Iterator[bytes]) -> Iterator[bytes]:
    old_mac: bool | None = None
    for chunk in chunks:
        if old_mac is None and chunk:
            old_mac = b"\n" not in chunk and b"\r" in chunk[:-1]
        yield chunk.replace(b"\r", b"\n") if old_mac else chunk


def examine(lines: list[bytes], rules: Rules) -> tuple[str, dict[int, str]]:
    """Return the lines' text and, by index, what is wrong with those that cannot be read.

    The text has as many lines as ``lines``; of a line too long it has nothing, of wrong bytes a mark.
    """
    limit = rules.line_bytes
    wrong: dict[int, str] = {}
    if max(map(len, lines), default=0) > limit:
        wrong = {i: TOO_LONG.format(limit=limit) for i, line in enumerate(lines) if len(line) > limit}
        lines = [b"" if i in wrong else line for i, line in enumerate(lines)]
    joined = b"\n".join(lines)
    if b"\0" in joined:
        wrong |= {i: NUL for i, line in enumerate(lines) if b"\0" in line}
    try:
        return joined.decode(), wrong
    except UnicodeDecodeError:
        fault = WRONG_BYTE.format(encoding=rules.encoding)
        wrong |= {i: fault for i, line in enumerate(lines) if not is_utf8(line)}
        return joined.decode("utf-8", "replace"), wrong


def is_utf8(raw: bytes) -> bool:
    """Tell whether ``raw`` is UTF-8 text (RFC 3629)."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
