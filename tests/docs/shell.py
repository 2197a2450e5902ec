"""Runs the shell blocks of a page as their reader would: pasted in order, into one shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

SECONDS = 60.0
LOOKING = ("sqlite3", "trunkline status", "trunkline trace", "trunkline dead list", "cat ", "grep ")
"""What changes nothing, and so may be repeated until what is under way has come to rest."""

VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<hex>"),
    (re.compile(r"[ \t]+"), " "),
)

ANY_LINES = r"(?:.*\n)*?"

_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def steps(page: str) -> list[tuple[str, str]]:
    """Return each shell block of a page with the output that is shown after it, or nothing."""
    found: list[tuple[str, str]] = []
    for language, text in _BLOCK.findall(page):
        if language == "sh":
            found.append((text, ""))
        else:
            found[-1] = (found[-1][0], text)
    return found


def fits(shown: str, printed: str) -> bool:
    """Tell whether output is as shown, but for times, ids and widths; ``...`` stands for anything."""
    lines = (ANY_LINES if line == "..." else _of_line(line) for line in _plain(shown).splitlines())
    return re.fullmatch("".join(lines), _plain(printed) + "\n") is not None


def _of_line(line: str) -> str:
    return ".*?".join(map(re.escape, line.split("..."))) + r"\n"


def _plain(text: str) -> str:
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return "\n".join(line.strip() for line in text.strip().splitlines())


class Shell:
    """One bash in a folder of its own, with ``trunkline`` and the tests' Python on its path."""

    def __init__(self, folder: Path) -> None:
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        for name, words in (("trunkline", " -m trunkline"), ("python3", "")):
            command = bin_folder / name
            command.write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
            command.chmod(0o755)
        source = Path(__file__).parents[2] / "src"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRUNKLINE_")}
        self._process = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env=kept | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "PYTHONPATH": str(source)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self.paste("kill $(jobs -p) 2> /dev/null; wait")
            self._process.stdin.close()

    def paste(self, block: str) -> tuple[str, int]:
        """Run a block to its end; returns what it printed, errors too, and its last exit code."""
        self._process.stdin.write(f"{block}\nprintf '\\n--end of block-- %d\\n' $?\n".encode())
        self._process.stdin.flush()
        printed = ""
        for line in self._process.stdout:
            if line.startswith(b"--end of block-- "):
                return printed.strip(), int(line.split()[-1])
            printed += line.decode()
        raise AssertionError(f"the shell ended: {printed}")

    def follow(self, block: str, shown: str) -> None:
        """Run a block and hold what it prints against what is shown; look again until it comes to rest."""
        last = time.monotonic() + SECONDS
        while True:
            printed, code = self.paste(block)
            if fits(shown, printed) if shown else code == 0:
                return
            if not block.startswith(LOOKING) or time.monotonic() > last:
                raise AssertionError(f"{block}\nshown:\n{shown}\nprinted ({code}):\n{printed}")
