"""``trunkline demo`` plays a day and tells it; its end says whether every article came out right."""

from __future__ import annotations

import json

import msgspec
import pytest

from trunkline.app.demo import play
from trunkline.surfaces import cli

FLOW = {"flow": "f", "delivered": 9, "retried": 2, "dead": 1, "p50_seconds": 0.1, "p99_seconds": 0.2}


@pytest.fixture
def demo(capsys, monkeypatch, tmp_path):
    """Run the command on a day that was played before: playing one has tests of its own."""

    def run(*words, right=3):
        shop = play.SourceStory(source="shop/order", accepted=9, duplicates=1, refused={"signature": 2})
        story = play.Story(
            folder=tmp_path,
            seconds=1.5,
            sources=[shop],
            flows=[msgspec.convert(FLOW, play.FlowStory)],
            articles=3,
            articles_right=right,
            confirmed=8,
            answers={200: 8, 503: 2},
            dead={"http-422": 1},
        )

        async def played(*_given):
            return story

        monkeypatch.setattr(play, "play", played)
        with pytest.raises(SystemExit) as end:
            cli.main(["demo", *words, str(tmp_path)])
        return end.value.code, capsys.readouterr().out

    return run


# A day is told in words, with what to look at next.
def test_a_day(demo, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/trunkline")
    code, out = demo()
    assert code == 0
    assert "3 of 3 articles are exactly what was sold" in out
    assert "answered 401" in out
    assert "trunkline dead list --project" in out


# Where the shell would not find the program, the next commands are given with its path.
def test_a_program_that_is_not_on_the_path(demo, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("sys.argv", [".venv/bin/trunkline"])
    _, out = demo()
    assert "  .venv/bin/trunkline dead list --project" in out


# A day whose sums are not right ends with 1, and JSON says as much as text.
def test_a_wrong_day(demo):
    code, out = demo("--json", right=2)
    assert (code, json.loads(out)["articles_right"]) == (1, 2)
