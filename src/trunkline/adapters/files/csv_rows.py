"""CSV (RFC 4180): rows of named cells, with the physical line each begins on.

The quotes of a damaged line can swallow the good lines after it: where a record of several lines turns
out not to be one, only its first line is refused and reading goes on with the next.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from trunkline.adapters.files.content import UnreadableFile
from trunkline.adapters.files.lines import CUT_OFF, Block, Rules, examine
from trunkline.adapters.files.settings import FileSettings
from trunkline.connectors.source import Arrival

if TYPE_CHECKING:
    from _csv import Reader  # the type has no public name

DELIMITERS = (",", ";", "\t", "|")
_FAULTS = {
    "unexpected end": "a cell is opened with a quote that is never closed",
    "field larger": "a cell is longer than 131072 characters",
    "new-line": "a carriage return stands in a cell without quotes",
}
_STRAY = "a quote closes a cell and is followed by neither a delimiter nor a line end"


Row: TypeAlias = tuple[int, bytes, list[str], str]
"""One record: the line it begins on, its bytes, its cells, and why it cannot be read."""


class Columns:
    """The names of a file's columns; one without a name must have empty cells, and is left out."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.nameless = [index for index, name in enumerate(names) if not name]

    def named(self, cells: list[str]) -> tuple[dict[str, str] | None, str]:
        """Return the cells by their column's name, or None and why they do not fit the columns."""
        if len(cells) != len(self.names):
            return None, f"the row has {len(cells)} cells, the header has {len(self.names)}"
        fields = dict(zip(self.names, cells, strict=True))
        if self.nameless:
            if any(cells[index] for index in self.nameless):
                return None, "the row has a value in a column that the header gives no name"
            del fields[""]
        return fields, ""


def csv_rows(blocks: Iterator[Block], rules: Rules, settings: FileSettings) -> Iterator[Arrival]:
    """Yield an arrival for every row below the header.

    Raises ``UnreadableFile`` where the header cannot be read: then no row has a meaning.
    """
    first = next(blocks)
    delimiter = settings.delimiter or sniffed(first, settings)
    rows = records(itertools.chain([first], blocks), rules, (delimiter, settings.quote))
    columns = Columns(settings.header) if settings.header is not True else None
    file, prefix = rules.file, rules.identity
    for number, raw, cells, reason in rows:
        fields, fault = None, reason
        if columns is None and reason != CUT_OFF:
            columns = _header(number, cells, reason)
            continue
        if columns is not None and not reason:
            fields, fault = columns.named(cells)
        identity = f"{prefix}{number}" if prefix else ""
        yield Arrival(raw, f"{file} line {number}", identity, fields, fault=fault)


def sniffed(block: Block, settings: FileSettings) -> str:
    """Return the delimiter that parts the first line into most cells (or into those ``header`` names)."""
    line = next((line.decode("utf-8", "replace") for line in block.lines if line.strip()), "")
    bare = "".join(line.split(settings.quote)[::2])
    counts = {delimiter: bare.count(delimiter) for delimiter in DELIMITERS}
    if settings.header is not True:
        wanted = len(settings.header) - 1
        return next((mark for mark, count in counts.items() if count == wanted), DELIMITERS[0])
    return max(DELIMITERS, key=counts.__getitem__)


def _header(number: int, cells: list[str], reason: str) -> Columns:
    names = [cell.strip() for cell in cells]
    named = [name for name in names if name]
    if reason:
        raise UnreadableFile(f"its header, line {number}, cannot be read: {reason}")
    if not named:
        raise UnreadableFile(f"its header, line {number}, names no column")
    if len(set(named)) != len(named):
        twice = [index + 1 for index, name in enumerate(names) if name and names.count(name) > 1]
        raise UnreadableFile(
            f"its header, line {number}, gives columns {twice} the same name; state `header`"
        )
    return Columns(names)


def records(blocks: Iterator[Block], rules: Rules, marks: tuple[str, str]) -> Iterator[Row]:
    """Yield every record that is not a blank line; ``marks`` are delimiter and quote.

    Lines of a record that a block leaves open are read again with the next block.
    """
    rest: list[bytes] = []
    for block in blocks:
        whole = block.lines[:-1] if block.cut else block.lines
        joined = Block(block.first - len(rest), rest + whole, last=block.last and not block.cut)
        closed = yield from _closed(joined, rules, marks)
        rest = joined.lines[closed:]
        if block.cut:
            yield joined.first + closed, b"\n".join([*rest, block.lines[-1]]), [], CUT_OFF


def _closed(block: Block, rules: Rules, marks: tuple[str, str]) -> Generator[Row, None, int]:
    """Yield the block's records and return how many of its lines they are."""
    text, wrong = examine(block.lines, rules)
    lines, count = block.lines, len(block.lines)
    texts = list(io.StringIO(text + "\n", newline="\n")) if lines else []
    start = base = 0
    reader = _reader(texts, marks)
    while True:
        try:
            for cells in reader:
                end = base + reader.line_num
                fault = _first(wrong, start, end) if wrong else ""
                if cells or fault:
                    raw = lines[start] if end - start == 1 else b"\n".join(lines[start:end])
                    yield block.first + start, raw.rstrip(b"\r"), cells, fault
                start = end
        except csv.Error as error:
            end = base + reader.line_num
            if end == count and not block.last and _size(lines[start:]) <= rules.line_bytes:
                return start
            fault = _first(wrong, start, start + 1) or _plain(error)
            yield block.first + start, lines[start].rstrip(b"\r"), [], fault
            if end - start > 1:
                base = start + 1
                reader = _reader(itertools.islice(texts, base, None), marks)
            start += 1
        else:
            return start


def _reader(texts: Iterator[str] | list[str], marks: tuple[str, str]) -> Reader:
    return csv.reader(texts, delimiter=marks[0], quotechar=marks[1], strict=True)


def _first(wrong: dict[int, str], start: int, end: int) -> str:
    return next((wrong[index] for index in range(start, end) if index in wrong), "")


def _size(lines: list[bytes]) -> int:
    return sum(map(len, lines)) + len(lines)


def _plain(error: csv.Error) -> str:
    """Say an error of the csv module in words for the owner of the file."""
    return next((text for start, text in _FAULTS.items() if str(error).startswith(start)), _STRAY)
