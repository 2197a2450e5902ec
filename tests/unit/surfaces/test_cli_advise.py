"""``trunkline advise`` takes options, a flow's files, or answers, and says what fits and what does not."""

from __future__ import annotations

import json
import sys

import pytest

from trunkline.surfaces.cli import advise as command


# Options alone need no project file to be read; what fits is said first, with what was ruled out.
def test_options(trunkline):
    code, out, _ = trunkline("advise", "--freshness", "60s", "--source-can", "webhook,poll")
    assert (code, out.splitlines()[0]) == (0, "Webhook: the source posts each change as it happens.")
    assert "better-exists" in out


# Where nothing fits it ends with 1; JSON has the question and the advice.
def test_nothing_fits(trunkline):
    code, out, _ = trunkline("advise", "--freshness", "60s", "--source-can", "file", "--json")
    found = json.loads(out)
    assert (code, found["advice"]["pattern"], found["question"]["freshness_seconds"]) == (1, None, 60.0)


# A flow's files are the question; an option comes before them.
def test_a_flow(trunkline):
    assert trunkline("advise", "orders-to-warehouse")[1].startswith("Webhook:")
    code, out, _ = trunkline("advise", "orders-to-warehouse", "--source-can", "cdc", "--json")
    question = json.loads(out)["question"]
    assert (code, question["source_can"], question["freshness_seconds"]) == (0, ["cdc"], 5.0)
    assert "did you mean" in trunkline("advise", "orders-to-warehose")[2]


# What has no connector in this release is said honestly.
def test_no_connector(trunkline):
    out = trunkline("advise", "--source-can", "cdc,poll")[1]
    assert "This release has connectors for request, webhook and files, and none of them fits." in out


# A value that makes no sense is told with its option.
@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--freshness", "soon", "is not a duration"),
        ("--source-can", "webhok", 'did you mean "webhook"?'),
        ("--burst", "many", "is no number of records"),
        ("--consistency", "strict", "one of eventual, immediate"),
        ("--may-be-down", "both", "one of source, target"),
    ],
)
def test_values(trunkline, option, value, words):
    code, _, err = trunkline("advise", option, value)
    assert code == 2
    assert option in err
    assert words in err


# The flow is written and told; without its ends it is asked for them.
def test_writing(trunkline, folder):
    words = ["advise", "--source-can", "webhook", "--freshness", "1m", "--write", "flows/again.yaml"]
    assert "--from STREAM and --to SYSTEM.NAME" in trunkline(*words)[2]
    code, out, _ = trunkline(*words, "--from", "order", "--to", "warehouse.orders", "--target-can", "table")
    assert (code, "Wrote flows/again.yaml: a draft." in out) == (0, True)
    assert trunkline("check")[0] == 0


# Without options, a flow or a terminal there is nobody to ask.
def test_nobody_to_ask(trunkline):
    code, _, err = trunkline("advise")
    assert (code, "say what is needed" in err) == (2, True)


# On a terminal each question is asked, again where the answer makes no sense; nothing said is the default.
def test_questions(trunkline, monkeypatch):
    said = iter(["", "webhok", "webhook", "table", "maybe", "no", "", "", "", "", "neither", "", ""])
    asked = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or next(said))
    found = command._asked()
    assert len(asked) == 13
    assert (found["source_can"], found["answer"], found["freshness"], found["ordered"]) == (
        "webhook",
        False,
        "60s",
        True,
    )
