"""The tutorial runs as it stands: every command in order, with the output that it shows."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest
from tests.docs import shell

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial" / "first-project.md").read_text("utf-8")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


# A reader who pastes every block sees what the page shows. The page's two ports may be in use here.
@pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "curl", "sqlite3"))),
    reason="the tutorial needs bash, curl and sqlite3",
)
def test_every_command_in_order(tmp_path):
    page = PAGE.replace("8080", free_port()).replace("9090", free_port())
    install, *blocks = shell.steps(page)
    assert install[0].startswith("make install\n")
    assert len(blocks) > 20
    with shell.Shell(tmp_path) as bash:
        for block, shown in blocks:
            bash.follow(block, shown)


# The comparison itself can fail: another word, a missing line, a line too many.
@pytest.mark.parametrize(
    ("shown", "printed", "fitting"),
    [
        ("a  b\n", "a b", True),
        ("at 2026-01-01T00:00:00Z\n", "at 2027-02-03T04:05:06.7Z\n", True),
        ("a ... c\n", "a b c\n", True),
        ("...\nlast\n", "one\ntwo\nlast\n", True),
        ("first\n...\n", "first\n", True),
        ("a\n", "b\n", False),
        ("a\n", "a\nb\n", False),
        ("a\nb\n", "a\n", False),
        ("1.5\n", "125\n", False),
    ],
)
def test_the_comparison(shown, printed, fitting):
    assert shell.fits(shown, printed) is fitting
