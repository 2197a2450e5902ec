"""The administrator's token as its user meets it: on a terminal, in a journal, and at the door."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest
from tests.scenarios.processes import ENVIRONMENT, ask, ask_list, running

from trunkline.app.init import init

TOKEN = re.compile(rb"tl_[A-Za-z0-9_-]{43}")


@pytest.fixture
def folder(tmp_path):
    return init(tmp_path / "shop").folder


def first_words(folder):
    """Run the project on a terminal until it has told what runs; return what it printed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "trunkline", "run", "--port", "0", "--project", str(folder)]
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    os.close(theirs)
    printed = b""
    try:
        while b"from offset" not in printed:
            printed += os.read(ours, 65_536)
        process.terminate()
        process.wait(timeout=60)
        while piece := _rest(ours):
            printed += piece
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return printed


def _rest(terminal):
    try:
        return os.read(terminal, 65_536)
    except OSError:  # nobody has the other end any more
        return b""


# On a terminal the first start shows the token, once; what is kept does not hold it.
def test_on_a_terminal(folder):
    [token] = TOKEN.findall(first_words(folder))
    assert TOKEN.findall(first_words(folder)) == []
    kept = [path.read_bytes() for path in (folder / "state").iterdir() if path.is_file()]
    assert not any(token in content for content in kept)
    assert (folder / "state/keyring.json").stat().st_mode & 0o777 == 0o600


# Where output is kept no token is made; the command makes it while the project runs, and it counts at once.
def test_in_a_journal(folder):
    with running(folder) as run:
        run.listening()
        assert ask(folder, "token", "show") == {"tokens": [], "sessions": 0}
        token = ask(folder, "token", "rotate")["token"]
        [entry] = [one for one in ask_list(folder, "audit", "list") if one["what"] == "rotate-token"]
        assert (entry["outcome"], token in str(entry)) == ("done", False)
        assert run.stop() == 0
    assert b"token-rotated" in run.log.read_bytes()
    assert token.encode() not in run.log.read_bytes()
