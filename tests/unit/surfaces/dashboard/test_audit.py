"""The audit in the control room: who did what, chosen by who, what, words and time."""

from __future__ import annotations

import json

import pytest

from trunkline.app.acts import PauseFlow, ResumeFlow, StartReplay, perform
from trunkline.delivery.replay.port import Selection
from trunkline.kernel.errors import TrunklineError


@pytest.fixture
async def acted(backbone):
    """Have two people do three things, one of which fails."""
    await perform(backbone, PauseFlow("orders-to-stock", "ada", "a <move>"))
    await perform(backbone, ResumeFlow("orders-to-stock", "bob", "moved"))
    with pytest.raises(TrunklineError):
        await perform(backbone, StartReplay("orders-to-shop", Selection(first=900), "ada", "lost"))


# Words, who, what and time each leave fewer; the newest come first.
@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("", ["start-replay", "resume-flow", "pause-flow"]),
        ("&by=ada", ["start-replay", "pause-flow"]),
        ("&what=pause-flow", ["pause-flow"]),
        ("&q=moved", ["resume-flow"]),
        ("&since=2999-01-01T00:00", []),
        ("&until=2999-01-01T00:00&before=3", ["resume-flow", "pause-flow"]),
    ],
)
async def test_choice(get, acted, query, left):
    shown = json.loads((await get(f"/control/audit?format=json{query}")).text)["data"]
    assert [one["what"] for one in shown] == left


# Nothing is told on top of the page to somebody who did nothing.
async def test_nothing_told(get, acted):
    assert 'class="told"' not in (await get("/control/audit")).text


# Each act tells who, about what, why and what came of it, as text.
async def test_line(get, acted):
    text = (await get("/control/audit")).text
    for told in ("orders-to-stock", "a &lt;move&gt;", "there is nothing to replay", "Failed", "by=ada"):
        assert told in text
    assert (await get("/control/audit?format=csv")).text.count("\n") == 4


# An empty audit says what it is for; a time that is none is told.
async def test_nothing(get):
    assert "trunkline audit list" in (await get("/control/audit")).text
    assert (await get("/control/audit?since=soon")).status == 422
