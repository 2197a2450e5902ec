"""JSON (RFC 8259): a file that is one record, or one array of records, of any size.

An array is not decoded but taken apart at its commas, in bounded memory; intake decodes each record.
So a record that is not JSON is refused alone, as long as its brackets and quotes pair up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trunkline.adapters.files.content import CutOff
from trunkline.adapters.files.lines import CUT_OFF, WRONG_BYTE, Rules, is_utf8
from trunkline.connectors.source import Arrival

TOO_LONG = "the record is longer than line_bytes ({limit}); only its start is kept here"
NOTHING = "there is no record between two commas, or a comma before the closing bracket"
OPEN = "the file ends before the array is closed: it may be incomplete"
AFTER = "something follows the closing bracket of the array; it was not read"

_SPACE = b" \t\r\n"
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_LEVELS = 4


def _brackets(levels: int) -> bytes:
    """Return a pattern for an object or array with no more than ``levels`` of them inside each other."""
    inner = _STRING if levels == 1 else rb"(?:" + _STRING + rb"|" + _brackets(levels - 1) + rb")"
    return rb'[\[{][^"{}\[\]]*+(?:' + inner + rb'[^"{}\[\]]*+)*+[\]}]'


# most records are one token: taking them apart would cost five times as much
_TOKEN = re.compile(_brackets(_LEVELS) + rb'|"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[\[\]{},]', re.DOTALL)
_REST_OF_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+("?)', re.DOTALL)


def json_records(chunks: Iterator[bytes], rules: Rules) -> Iterator[Arrival]:
    """Yield an arrival for every record of the file; a file of white space has none."""
    splitter = _Splitter(rules)
    cut = False
    try:
        for chunk in chunks:
            yield from splitter.feed(chunk)
    except CutOff:
        cut = True
    yield from splitter.end(cut=cut)


class _Splitter:
    """Where in the file we are, and what of the present record was seen."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._array: bool | None = None  # None before the first character
        self._depth = 0
        self._in_string = False
        self._backslash = b""  # one that ended a chunk: what it escapes comes next
        self._raw = b""
        self._before = b""  # the character that ended the record before: [ or ,
        self._line = 1
        self._line_feeds = 0
        self._count = 0

    def feed(self, chunk: bytes) -> Iterator[Arrival]:
        """Take the next bytes and yield the records that end in them."""
        chunk = self._backslash + chunk
        self._backslash = b""
        if self._array is None:
            chunk = self._open(chunk)
        if self._array and self._depth:
            yield from self._scan(chunk)
        else:
            self._keep(chunk)

    def end(self, *, cut: bool) -> Iterator[Arrival]:
        """Yield what the end of the file leaves: the one record, or a fault."""
        self._keep(self._backslash)
        left = self._raw.strip(_SPACE)
        if cut:
            yield self._arrival(CUT_OFF)
        elif self._array and self._depth:
            yield self._arrival(OPEN)
        elif self._array and left:
            yield self._arrival(AFTER)
        elif left:
            yield self._arrival()

    def _open(self, chunk: bytes) -> bytes:
        """Find the first character and go into the array if it is one."""
        body = chunk.lstrip(_SPACE)
        self._line += chunk[: len(chunk) - len(body)].count(b"\n")
        if not body:
            return b""
        self._array = body.startswith(b"[")
        self._depth = int(self._array)
        self._before = b"["
        return body[1:] if self._array else body

    def _scan(self, chunk: bytes) -> Iterator[Arrival]:
        begin = at = 0
        if self._in_string:
            at = self._rest_of_string(chunk)
            if self._in_string:
                return
        for token in _TOKEN.finditer(chunk, at):
            mark = chunk[token.start() : token.start() + 1]
            if mark == b'"' and not token[1]:
                self._in_string = True
                self._hold(chunk, begin, token.end())
                return
            if self._ends_record(mark, token.end() - token.start()):
                yield from self._record(chunk[begin : token.start()], mark)
                begin = token.end()
                if not self._depth:
                    break
        self._keep(chunk[begin:])

    def _ends_record(self, mark: bytes, length: int) -> bool:
        """Follow the nesting; tell whether this token ends a record of the array."""
        if mark == b",":
            return self._depth == 1
        if length > 1 or (mark == b"}" and self._depth == 1):
            return False  # a string, a whole object, or a bracket that closes nothing
        self._depth += 1 if mark in b"[{" else -1
        return not self._depth

    def _rest_of_string(self, chunk: bytes) -> int:
        """Read on in a string that an earlier chunk began; return where it ends."""
        rest = _REST_OF_STRING.match(chunk)
        assert rest is not None, "it matches nothing, too"
        self._in_string = not rest[1]
        if self._in_string:
            self._hold(chunk, 0, rest.end())
        return rest.end()

    def _hold(self, chunk: bytes, begin: int, end: int) -> None:
        self._keep(chunk[begin:end])
        self._backslash = chunk[end:]

    def _keep(self, part: bytes) -> None:
        self._line_feeds += part.count(b"\n")
        self._raw = (self._raw + part)[: self._rules.line_bytes + 1]

    def _record(self, part: bytes, mark: bytes) -> Iterator[Arrival]:
        """End a record at ``mark``; an empty array has none."""
        self._keep(part)
        if self._raw.strip(_SPACE):
            yield self._arrival()
        elif mark == b"," or self._before == b",":
            yield self._arrival(NOTHING)
        self._raw, self._before = b"", mark
        self._line += self._line_feeds
        self._line_feeds = 0

    def _arrival(self, fault: str = "") -> Arrival:
        self._count += 1
        raw = self._raw.strip(_SPACE)
        rules = self._rules
        if not fault and len(self._raw) > rules.line_bytes:
            fault = TOO_LONG.format(limit=rules.line_bytes)
        elif not fault and not is_utf8(raw):
            fault = WRONG_BYTE.format(encoding=rules.encoding).replace("line", "record", 1)
        lead = len(self._raw) - len(self._raw.lstrip(_SPACE))
        line = self._line + self._raw[:lead].count(b"\n")
        identity = f"{rules.identity}{self._count}" if rules.identity else ""
        return Arrival(raw, f"{rules.file} record {self._count} (line {line})", identity, fault=fault)
