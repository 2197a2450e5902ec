"""What an integration needs, as a value."""

from __future__ import annotations

import pytest

from trunkline.app.advice.question import Question, told


# Whoever wants an answer, or agreement at once, waits.
def test_who_waits():
    assert not Question().waits
    assert Question(answer=True).waits
    assert Question(consistency="immediate").waits


# Seconds are written as project files write them.
@pytest.mark.parametrize(
    ("seconds", "text"),
    [(86_400, "1d"), (7_200, "2h"), (90, "90s"), (120, "2m"), (0.5, "500ms"), (2.5, "2.5s")],
)
def test_told(seconds, text):
    assert told(seconds) == text
