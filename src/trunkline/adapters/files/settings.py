"""What a user says about a watched folder; validation and the reference page come from this struct."""

from __future__ import annotations

import codecs
from typing import Annotated, Literal

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]

_MIXED_UP = ("\n", "\r", "\0", "")


class FileSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A folder that another system drops files into.

    Raises ``ValueError`` (as ``msgspec.ValidationError`` where it is decoded) for an encoding nobody
    knows, a delimiter or quote that is not one character, repeated header names, or a folder name that
    is a path.
    """

    folder: str
    """The watched folder, within the project folder or absolute; made at the start where it is missing."""

    via: Literal["files"] = "files"
    """The kind of source."""

    pattern: str = "*"
    """Which names are taken, such as ``till-*.csv.gz`` (``*``, ``?``, ``[...]``); all others stay."""

    ignore: list[str] = msgspec.field(
        default_factory=lambda: [".*", "*~", "*.tmp", "*.part", "*.partial", "*.filepart", "*.crdownload"]
    )
    """Names of files that are still being written; they are left alone until they are renamed."""

    format: Literal["auto", "csv", "jsonl", "json"] = "auto"
    """What the files hold; ``auto`` goes by the name: .csv .tsv .jsonl .ndjson .json, each also with .gz."""

    encoding: str = "utf-8"
    """The files' character encoding, by any name Python knows; a byte order mark of Unicode goes first."""

    delimiter: str = ""
    """What parts the cells of a CSV line; without it the header line decides among comma, ; tab and |."""

    quote: str = '"'
    """What encloses a CSV cell that holds a delimiter, a line end or itself (doubled)."""

    header: Literal[True] | list[str] = True
    """``true`` where the first line of a CSV file names its columns; the names where no line does."""

    identity: Literal["line", "contract"] = "line"
    """What makes a record a repetition: the same file and line, or the contract's idempotency key."""

    settled_seconds: Seconds = 2.0
    """For how long a file must not have changed before it is read."""

    poll_seconds: Annotated[float, msgspec.Meta(gt=0)] = 5.0
    """How often the folder is looked at where the file system does not tell of changes (network shares)."""

    done: str = "done"
    """The folder within the watched one that files go to once their last row is durable."""

    failed: str = "failed"
    """The folder within the watched one that files go to that cannot be read at all."""

    batch_rows: Positive = 1_000
    """The most records handed over together."""

    line_bytes: Positive = 1_048_576
    """The longest line, CSV row or JSON record; a longer one is refused and the rest goes on."""

    def __post_init__(self) -> None:
        _check_encoding(self.encoding)
        for name, mark in (("delimiter", self.delimiter or ","), ("quote", self.quote)):
            if len(mark) != 1 or mark in _MIXED_UP:
                raise ValueError(f"{name}: expected one character, and no line end")
        if (self.delimiter or ",") == self.quote:
            raise ValueError("delimiter and quote: expected two different characters")
        if self.header is not True:
            _check_names(self.header)
        for folder in (self.done, self.failed):
            if folder in {"", ".", ".."} or "/" in folder or "\\" in folder:
                raise ValueError("done and failed: expected the name of a folder, not a path")
        if self.done == self.failed:
            raise ValueError("done and failed: expected two different folders")


def _check_encoding(encoding: str) -> None:
    try:
        "\n".encode(encoding)
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError):
        raise ValueError(
            f'encoding: expected a name that Python knows, such as utf-8, cp1252 or utf-16, not "{encoding}"'
        ) from None


def _check_names(names: list[str]) -> None:
    if not names or not all(names) or len(set(names)) != len(names):
        raise ValueError("header: expected true, or the names of all columns, each once and none empty")
