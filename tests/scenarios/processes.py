"""A running ``trunkline`` as its user starts it: a child process that can be asked, stopped and killed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
LONGEST_SECONDS = 100.0
_LOOK_SECONDS = 0.05


class Running:
    """One ``trunkline run`` with ``words``: its door's ``address`` and its webhooks' URLs by source."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        self.log = folder / f"run{''.join(words)}.log"
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "trunkline", "run", *words, "--project", str(folder), "--json"]
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=ENVIRONMENT
            )
        self.address = ""
        self.webhooks: dict[str, str] = {}

    def listening(self) -> Running:
        """Return once it said what it listens to."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"it ended before it listened:\n{self.log.read_text()}"
        started = json.loads(line)
        self.address, self.webhooks = started["address"], started["webhooks"]
        return self

    def kill(self) -> None:
        """End it as a power failure of the process would: no handler runs."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        self.process.terminate()
        self.process.communicate(timeout=60)
        return self.process.returncode


@contextlib.contextmanager
def running(folder: Path, role: str = "", port: int | None = None) -> Iterator[Running]:
    """Run a project, or one role, while the block runs; at its end it is stopped, or killed if it hangs.

    Delivery has a door only where it is given a ``port``; all else listens on a free one.
    """
    where = ["--port", str(port or 0)] if role != "delivery" or port is not None else []
    run = Running(folder, *(["--role", role] if role else []), *where)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.kill()


def ask(folder: Path, *arguments: str) -> Any:
    """Run a command with ``--json`` and return the document it prints."""
    [document] = ask_list(folder, *arguments)
    return document


def ask_list(folder: Path, *arguments: str) -> list[Any]:
    """Run a command with ``--json`` and return the documents it prints, one a line."""
    command = [sys.executable, "-m", "trunkline", *arguments, "--json", "--project", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def refused(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command with ``--json`` and return its exit code and the message of its error, if it has one."""
    command = [sys.executable, "-m", "trunkline", *arguments, "--json", "--project", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=60, check=False)
    printed = done.stdout.splitlines()
    answer = json.loads(printed[0]) if printed else {}
    return done.returncode, answer.get("error", {}).get("message", "")


def until(happened: Callable[[], bool], what: str) -> None:
    """Return once ``happened()``; a story about processes has to look again, it cannot be told."""
    give_up = time.monotonic() + LONGEST_SECONDS
    while not happened():
        assert time.monotonic() < give_up, f"it did not come to this in {LONGEST_SECONDS:g} s: {what}"
        time.sleep(_LOOK_SECONDS)


def delivered(folder: Path) -> bool:
    """Tell whether every flow has settled all of its stream."""
    status = ask(folder, "status")
    return all(flow["lag"] == 0 and flow["waiting"] == flow["held"] == 0 for flow in status["flows"])
