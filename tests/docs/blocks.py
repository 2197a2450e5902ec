"""The code blocks of the pages: what stands in README and docs, by language and by the file it is."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE
)
_NAMED = re.compile(r"\A# (\S+\.\w+)\n")


class Block(msgspec.Struct, frozen=True):
    """A fenced block: where it stands, its language, its text without indent, and the file it names."""

    page: str
    line: int
    language: str
    text: str

    @property
    def file(self) -> str:
        """The path in a first line such as ``# systems/shop.yaml``, or nothing."""
        named = _NAMED.match(self.text)
        return named[1] if named else ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """Return every fenced block of a page."""
    text = page.read_text("utf-8")
    return [
        Block(
            str(page.relative_to(ROOT)),
            text.count("\n", 0, found.start()) + 1,
            found["language"],
            textwrap.dedent(found["text"]),
        )
        for found in _FENCE.finditer(text)
    ]


def all_blocks(language: str) -> list[Block]:
    """Return the blocks of one language of all pages."""
    return [block for page in PAGES for block in blocks_of(page) if block.language == language]
