"""One act a line: how a journal is written, and how a line that was changed, lost or moved is found.

A line is a JSON object. Its first member ``digest`` is the SHA-256 of the rest of the line, its second
``before`` the digest of the line before it, so that every line vouches for all above it. Times are RFC 3339,
for whoever reads the difference in a pull request. ``docs/reference/registry.md`` lists every member.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import NoReturn

import msgspec

from trunkline.contracts.compat.difference import Mode
from trunkline.contracts.registry.version import (
    Access,
    ActName,
    Content,
    Entry,
    Kind,
    Reference,
    Settings,
)
from trunkline.kernel.errors import ProjectError
from trunkline.kernel.faults import Fault, Place

_HEAD, _TAIL = b'{"digest":"', b'",'
_DIGEST_BYTES = 64
_REST = len(_HEAD) + _DIGEST_BYTES + len(_TAIL)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_MEND = "take the file as it was from version control; a registered version never changes"


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    before: str
    subject: str
    number: int
    act: ActName
    version: str
    at: dt.datetime
    by: str
    why: str = ""
    draft: bool = False
    sunset: dt.datetime | None = None
    compatibility: Mode | None = None
    access: Access | None = None
    kind: Kind | None = None
    id: int = 0
    content: str = ""
    references: tuple[Reference, ...] = ()
    text: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Line).decode


class Journal(msgspec.Struct, frozen=True):
    """What a journal holds: its acts, the digest of its last line, and how many bytes its whole lines take.

    ``needs_end`` tells that the last of them lacks its line feed; what follows them was torn by a crash.
    """

    entries: tuple[Entry, ...]
    head: str
    whole_bytes: int
    needs_end: bool


def line_of(subject: str, entry: Entry, before: str) -> bytes:
    """Return an act as a line, with its line feed."""
    said, settings = entry.content, entry.settings or Settings()
    line = _Line(
        before=before,
        subject=subject,
        number=entry.number,
        act=entry.act,
        version=entry.version,
        at=_moment(entry.at),
        by=entry.by,
        why=entry.why,
        draft=entry.draft,
        sunset=None if entry.sunset is None else _moment(entry.sunset),
        compatibility=settings.compatibility,
        access=settings.access,
        kind=said.kind if said else None,
        id=said.id if said else 0,
        content=said.digest if said else "",
        references=said.references if said else (),
        text=said.text if said else "",
    )
    rest = _encode(line)[1:]
    return b"".join([_HEAD, _sha(rest), _TAIL, rest, b"\n"])


def journal_of(data: bytes, subject: str, file: str) -> Journal:
    """Read a journal; raises ``ProjectError`` naming the first line that is not what was written.

    A last line without its end is taken where it is whole; else it was never told as done, and is left out.
    """
    entries: list[Entry] = []
    before, start = "", 0
    while start < len(data):
        end = data.find(b"\n", start)
        is_torn = end < 0
        text = data[start:] if is_torn else data[start:end].removesuffix(b"\r")  # as some editors save it
        if is_torn and not _is_whole(text) and not _is_json(text):
            break
        line = _checked(text, subject, Place(file, len(entries) + 1, 1), before, len(entries) + 1)
        entries.append(_entry_of(line))
        before = text[len(_HEAD) : len(_HEAD) + _DIGEST_BYTES].decode("ascii")
        start = len(data) if is_torn else end + 1
    needs_end = bool(entries) and not data[:start].endswith(b"\n")
    return Journal(tuple(entries), before, start, needs_end)


def subject_of_line(data: bytes) -> str:
    """Return whose journal begins with a line; nothing where it does not say, as one that a crash tore."""
    try:
        return _decode(b"{" + data[_REST:]).subject
    except msgspec.MsgspecError:
        return ""


def refuse(place: Place, problem: str, expected: str = "") -> NoReturn:
    """Raise for a line that is not what was written, saying what to do."""
    raise ProjectError([Fault(place, problem, expected, _MEND)])


def _checked(text: bytes, subject: str, place: Place, before: str, number: int) -> _Line:
    if not _is_whole(text):
        refuse(place, "the line was changed after it was written", "a line that its digest is of")
    try:
        line = _decode(b"{" + text[_REST:])
    except msgspec.MsgspecError as error:
        refuse(place, f"the line cannot be read: {error}", "a line that this release or an older one wrote")
    if line.subject != subject:
        refuse(place, f'the line is of "{line.subject}"', f"the journal of {subject}")
    if line.number != number:
        refuse(place, f"the line is number {line.number}", f"number {number}: lines are missing or moved")
    if line.before != before:
        refuse(place, "the line before is not the one that this line follows", "the line that was there")
    return line


def _is_whole(text: bytes) -> bool:
    head = text[:_REST]
    digest = head[len(_HEAD) : -len(_TAIL)]
    return head.startswith(_HEAD) and head.endswith(_TAIL) and digest == _sha(text[_REST:])


def _is_json(text: bytes) -> bool:
    """Tell a line that was changed and lost its end from one that a crash tore: no part of a line is JSON."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _sha(rest: bytes) -> bytes:
    return hashlib.sha256(rest).hexdigest().encode("ascii")


def _entry_of(line: _Line) -> Entry:
    content = line.kind and Content(
        kind=line.kind,
        text=line.text,
        digest=line.content,
        id=line.id,
        references=line.references,
    )
    return Entry(
        number=line.number,
        act=line.act,
        version=line.version,
        at=_instant(line.at),
        by=line.by,
        why=line.why,
        draft=line.draft,
        sunset=None if line.sunset is None else _instant(line.sunset),
        content=content,
        settings=Settings(line.compatibility, line.access) if line.act == "configure" else None,
    )


def _moment(instant: int) -> dt.datetime:
    return _EPOCH + instant * _MICROSECOND


def _instant(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
