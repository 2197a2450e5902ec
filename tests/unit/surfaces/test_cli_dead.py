"""``trunkline dead``: a person lists, reads, retries or discards what could not be delivered."""

from __future__ import annotations

import json

import pytest

from trunkline.surfaces.cli import answering

FLOW = "orders-to-warehouse"


@pytest.fixture
def dead(trunkline, orders, bury):
    """Publish three orders of which two are dead letters."""
    trunkline("publish", "order", "--file", orders(3))
    bury([0, 2], cursor=3)

    def run(*words):
        return trunkline("dead", *words)

    return run


# A list names each with its reason, for a person and for a program.
def test_list(dead):
    assert "the shop refused it" in dead("list")[1]
    found = [json.loads(line) for line in dead("list", "--json")[1].splitlines()]
    assert [(one["flow"], one["offset"], one["attempts"]) for one in found] == [(FLOW, 0, 3), (FLOW, 2, 3)]
    assert len(dead("list", "--limit", "1", "--json")[1].splitlines()) == 1


# A list that is cut off says so, and an empty one that it is.
def test_a_cut_off_and_an_empty_list(dead):
    assert "raise --limit" in dead("list", "--limit", "2")[2]
    assert dead("list")[2] == ""
    assert dead("list", "--kind", "timeout")[1:] == ("", "No dead letters.\n")


# A flow that nothing has is refused by every command that takes one, rather than said to be healthy.
@pytest.mark.parametrize(
    "words",
    [
        ("list", "--flow", "orders-to-warehous"),
        ("groups", "--flow", "orders-to-warehous"),
        ("show", "orders-to-warehous", "0"),
        ("retry", "orders-to-warehous", "--all"),
        ("retry", "orders-to-warehous", "--all", "--dry-run"),
        ("edit", "orders-to-warehous", "0", "--set", "a=1"),
        ("edit", "orders-to-warehous", "0", "--set", "a=1", "--dry-run"),
        ("discard", "orders-to-warehous", "--all", "--why", "old"),
    ],
)
def test_an_unknown_flow(dead, words):
    code, out, err = dead(*words)
    assert (code, out) == (2, "")
    assert err == f'trunkline: there is no flow "orders-to-warehous"; did you mean "{FLOW}"?\n'


# One is shown with its record, masked unless asked otherwise, and every attempt.
def test_show(dead):
    code, out, _ = dead("show", FLOW, "0")
    assert code == 0
    assert "http-422: the shop refused it" in out
    assert "ada@example.com" not in out
    assert "ada@example.com" in dead("show", FLOW, "0", "--reveal")[1]
    code, _, err = dead("show", FLOW, "1")
    assert code == 6
    assert "dead list" in err


# What failed alike is one group, with the letters of it to be chosen by.
def test_groups(dead):
    [group] = [json.loads(line) for line in dead("groups", "--json")[1].splitlines()]
    assert (group["kind"], group["cause"], group["letters"], group["example"]) == (
        "http-422",
        "the shop refused it",
        2,
        0,
    )
    assert "the shop refused it" in dead("groups", "--flow", FLOW)[1]
    assert dead("groups", "--kind", "timeout")[2] == "No dead letters.\n"
    assert len(dead("list", "--cause", group["cause"], "--json")[1].splitlines()) == 2


# A list goes on after its last line, and is narrowed by what a letter carries.
def test_pages_and_filters(dead):
    assert f"--after {FLOW}/0" in dead("list", "--limit", "1")[2]
    rest = dead("list", "--after", f"{FLOW}/0", "--json")[1].splitlines()
    assert [json.loads(line)["offset"] for line in rest] == [2]
    assert dead("list", "--text", "timeout")[2] == "No dead letters.\n"
    assert len(dead("list", "--key", "1002", "--since", "2026-01-01", "--json")[1].splitlines()) == 1
    assert dead("list", "--after", "here")[0] == 2
    assert "is no time" in dead("list", "--since", "yesterday")[2]


# Some or all are delivered again; what is no dead letter is told and ends it with 1.
def test_retry(dead):
    code, out, err = dead("retry", FLOW, "0", "1")
    assert (code, out) == (1, "1 dead letter answered.\n")
    assert "offset 1" in err
    assert dead("retry", FLOW, "--all")[:2] == (0, "1 dead letter answered.\n")
    assert dead("list", "--json")[1] == ""


# Nothing chosen is a mistake, never all; a dry run counts what would be answered and answers nothing.
def test_retry_in_bulk(dead):
    code, _, err = dead("retry", FLOW)
    assert (code, "--all" in err) == (2, True)
    code, out, _ = dead("retry", FLOW, "--kind", "http-422", "--dry-run")
    assert (code, out.splitlines()[-1]) == (0, "2 dead letters would be answered; nothing was done.")
    assert json.loads(dead("retry", FLOW, "--all", "--dry-run", "--json")[1])["would_answer"] == 2
    assert dead("retry", FLOW, "--kind", "http-422", "--limit", "1")[1] == "1 dead letter answered.\n"
    assert [json.loads(line)["offset"] for line in dead("list", "--json")[1].splitlines()] == [2]
    assert dead("retry", FLOW, "--kind", "timeout")[0] == 1


# More letters than one act answers are answered page by page, each of them once.
def test_retry_of_many(dead, monkeypatch):
    monkeypatch.setattr(answering, "PAGE", 1)
    answered = dead("discard", FLOW, "--all", "--why", "old", "--json")[1]
    assert [json.loads(line)["offset"] for line in answered.splitlines()] == [0, 2]


# An edit prints what differs, masked, and what was refused and why; with --retry it is delivered.
def test_edit(dead, tmp_path):
    code, out, _ = dead("edit", FLOW, "0", "--set", "status=paid", "--set", "email=bob@example.com")
    assert code == 0
    assert '  status: "placed" -> "paid"\n  email: "***" -> "***"\n1 dead letter edited.\n' in out
    assert "bob" not in dead("show", FLOW, "0")[1]
    shown = json.loads(dead("show", FLOW, "0", "--json")[1])
    assert (shown["edited"]["status"], shown["answers"][0]["changed"]) == ("paid", ["status", "email"])
    assert "edited; the shop refused it" in dead("list")[1]
    file = tmp_path / "new.json"
    file.write_text(json.dumps(shown["event"]["data"] | {"email": "a@example.com", "order_id": "9"}))
    code, _, err = dead("edit", FLOW, "0", "--file", str(file))
    assert (code, "another entity" in err) == (1, True)
    assert dead("edit", FLOW, "--all", "--set", "status=sent", "--retry", "--by", "eve")[0] == 0
    assert dead("list", "--state", "waiting", "--json")[1].count('"edited":true') == 2


# A dry run of an edit prints what it would come to, and a file is for one letter only.
def test_edit_by_mistake(dead, tmp_path):
    code, out, _ = dead("edit", FLOW, "--all", "--set", "status=paid", "--dry-run")
    assert (code, "2 dead letters would be edited" in out) == (0, True)
    assert "edited" not in dead("list")[1]
    assert dead("edit", FLOW, "--all", "--file", str(tmp_path / "none.json"))[0] == 2
    assert "cannot be read" in dead("edit", FLOW, "0", "--file", str(tmp_path / "none.json"))[2]
    assert "PATH=VALUE" in dead("edit", FLOW, "0", "--set", "status")[2]
    assert dead("edit", FLOW, "0", "7", "--set", "status=paid")[0] == 1


# A misspelt field is told before it is put in, for a person and for a program.
def test_a_misspelt_field(dead):
    code, out, err = dead("edit", FLOW, "0", "--set", "stauts=paid", "--dry-run")
    assert (code, "1 dead letter would be edited" in out) == (0, True)
    assert f'{FLOW} offset 0: order@1.0.0 has no field "stauts"; did you mean "status"?' in err
    [edited] = dead("edit", FLOW, "0", "--set", "stauts=paid", "--json")[1].splitlines()
    assert 'did you mean "status"?' in json.loads(edited)["notes"][0]


# Giving one up needs a reason, and every place that shows the event afterwards tells it.
def test_discard(dead, trunkline):
    assert dead("discard", FLOW, "0")[0] == 2
    assert dead("discard", FLOW, "0", "--why", "deleted in the shop", "--by", "eve")[0] == 0
    fate = json.loads(trunkline("trace", "e0", "--json")[1])["events"][0]["fates"][0]
    assert (fate["state"], fate["reason"]) == ("discarded", "deleted in the shop")
    assert "by eve  deleted in the shop" in trunkline("trace", "e0")[1].splitlines()[-1]
    letter = json.loads(dead("show", FLOW, "0", "--json")[1])["letter"]
    assert (letter["state"], letter["reason"], letter["detail"]) == (
        "discarded",
        "deleted in the shop",
        "the shop refused it",
    )
    assert "discarded by eve: deleted in the shop" in dead("show", FLOW, "0")[1]


# What was given up is a list of its own, with the reasons; the other holds what waits for a person.
def test_list_discarded(dead):
    assert dead("list", "--state", "discarded")[1:] == ("", "No discarded events.\n")
    dead("discard", FLOW, "0", "--reason", "deleted in the shop")
    [given_up] = [json.loads(line) for line in dead("list", "--state", "discarded", "--json")[1].splitlines()]
    assert (given_up["offset"], given_up["state"], given_up["reason"]) == (
        0,
        "discarded",
        "deleted in the shop",
    )
    assert "deleted in the shop" in dead("list", "--state", "discarded")[1]
    assert [json.loads(line)["offset"] for line in dead("list", "--json")[1].splitlines()] == [2]


# With nothing to answer it says so by its code.
def test_nothing_to_answer(trunkline, orders):
    trunkline("publish", "order", "--file", orders(1))
    assert trunkline("dead", "retry", FLOW, "--all")[0] == 1
