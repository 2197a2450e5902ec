"""Answering in bulk: shown by group, a page an act, each thing once, and repeatable after a break."""

from __future__ import annotations

import json

import pytest

from trunkline.surfaces.cli import answering


@pytest.fixture
def quarantine(trunkline, orders):
    """Refuse three orders for their status."""
    trunkline("publish", "order", "--file", orders(3, status="lost"))

    def run(*words):
        return trunkline("quarantine", *words)

    return run


def ids(listed):
    return [json.loads(line)["id"] for line in listed.splitlines()]


# Refused arrivals are grouped by what was wrong with them.
def test_groups(quarantine):
    [group] = [json.loads(line) for line in quarantine("groups", "--json")[1].splitlines()]
    assert (group["rule"], group["pointer"], group["entries"]) == ("pattern", "/status", 3)
    assert "/status" in quarantine("groups")[1]
    assert quarantine("groups", "--kind", "json")[2] == "Nothing is in quarantine.\n"


# A page of a list says how to go on, and goes on there.
def test_pages(quarantine):
    newest, *older = ids(quarantine("list", "--json")[1])
    assert f"--before {newest}" in quarantine("list", "--limit", "1")[2]
    assert ids(quarantine("list", "--before", newest, "--json")[1]) == older


# A dry run counts, nothing chosen is a mistake, and a limit holds.
def test_in_bulk(quarantine):
    assert "--all" in quarantine("discard", "--why", "test")[2]
    out = quarantine("discard", "--rule", "pattern", "--why", "test", "--dry-run")[1]
    assert out.splitlines()[-1] == "3 entries would be answered; nothing was done."
    assert quarantine("discard", "--all", "--limit", "1", "--why", "test")[0] == 0
    assert len(ids(quarantine("list", "--json")[1])) == 2


# A dry run of a release tells of each what would come of it, and changes nothing.
def test_release_tried(quarantine, monkeypatch):
    monkeypatch.setattr(answering, "PAGE", 2)
    code, out, err = quarantine("release", "--all", "--dry-run")
    assert (code, out.count(": still refused"), "/status" in err) == (1, 3, True)
    assert out.splitlines()[-1] == "0 entries would be released, 3 not; nothing was done."
    mended = ("release", "--all", "--set", "status=placed", "--dry-run")
    code, out, _ = quarantine(*mended, "--limit", "1")
    assert (code, out.count(": would be released")) == (0, 1)
    assert out.splitlines()[-1] == "1 entry would be released; nothing was done."
    lines = [json.loads(line) for line in quarantine(*mended, "--json")[1].splitlines()]
    assert [one["fate"] for one in lines] == ["released"] * 3
    assert len(ids(quarantine("list", "--json")[1])) == 3
    assert quarantine("release", "no-such-entry", "--dry-run")[0] == 1


# With --count it is done for as many as the dry run told, and else for none.
def test_count(quarantine, monkeypatch):
    monkeypatch.setattr(answering, "PAGE", 2)
    code, _, err = quarantine("discard", "--all", "--count", "2", "--why", "test")
    assert (code, "3 are found now, not 2" in err) == (6, True)
    assert len(ids(quarantine("list", "--json")[1])) == 3
    assert quarantine("discard", "--all", "--count", "3", "--why", "test")[0] == 0
    assert quarantine("list", "--json")[1] == ""


# Arrivals mended alike go in as they came, page by page; a page that was answered is not found again.
def test_released_in_bulk(quarantine, trunkline, monkeypatch):
    monkeypatch.setattr(answering, "PAGE", 2)
    code, out, _ = quarantine("release", "--text", "/status", "--set", "status=placed", "--why", "typo")
    assert (code, out.count(": released")) == (0, 3)
    events = [json.loads(line) for line in trunkline("events", "order", "--json")[1].splitlines()]
    assert [one["id"] for one in events] == ["e0", "e1", "e2"]
    assert quarantine("release", "--all")[0] == 1


# What is still refused is told with the reason, and one that is not there by its id.
def test_still_refused(quarantine):
    first = ids(quarantine("list", "--json")[1])[0]
    code, out, err = quarantine("release", first, "nobody")
    assert (code, out) == (1, f"{first}: still refused\n")
    assert "/status" in err
    assert 'there is no quarantined arrival nobody: see "trunkline quarantine list"' in err


# One that has ended is told apart from one that never was.
def test_ended_already(quarantine):
    first = ids(quarantine("list", "--json")[1])[0]
    quarantine("discard", first, "--why", "test data")
    assert quarantine("release", first) == (1, "", f"{first}: discarded already\n")


# A source or a stream that nothing has is refused, rather than said to have nothing in quarantine.
@pytest.mark.parametrize("words", [("list",), ("groups",), ("release",), ("discard", "--why", "old")])
def test_unknown_names(quarantine, words):
    code, out, err = quarantine(*words, "--source", "publish/order@2")
    assert (code, out, 'did you mean "publish/order@1"?' in err) == (2, "", True)
    code, out, err = quarantine(*words, "--stream", "ordr")
    assert (code, out, 'did you mean "order"?' in err) == (2, "", True)


# A stream is named as everywhere: its major version may be left out where there is one.
def test_a_stream_without_its_version(quarantine):
    assert len(ids(quarantine("list", "--stream", "order", "--json")[1])) == len(
        ids(quarantine("list", "--stream", "order@1", "--json")[1])
    )


# Who ended an entry, and why, is shown with it.
def test_shown_after_its_end(quarantine):
    first = ids(quarantine("list", "--json")[1])[0]
    quarantine("discard", first, "--why", "test data", "--by", "eve")
    assert "discarded by eve: test data" in quarantine("show", first)[1]
