"""``trunkline contract``: versions are registered, listed, shown and brought to their end."""

from __future__ import annotations

import getpass
import json

ORDER = "contracts/order.odcs.yaml"
WHY = ("--why", "as agreed")


def change(folder, old, new):
    path = folder / ORDER
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


# What is registered is told, listed and shown, with who did it and why.
def test_register_and_look(trunkline):
    assert "Nothing is registered" in trunkline("contract", "list")[2]
    code, out, _ = trunkline("contract", "register", "--all", *WHY)
    assert (code, out) == (0, "order 1.0.0: registered\nwarehouse-order 1.0.0: registered\n")
    assert "registered already" in trunkline("contract", "register", "order", *WHY)[1]
    assert "as agreed" in trunkline("contract", "list", "order")[1]
    shown = trunkline("contract", "show", "order")[1]
    assert "order@1.0.0 is active." in shown
    assert getpass.getuser() in shown
    [first, _] = map(json.loads, trunkline("contract", "list", "--json")[1].splitlines())
    assert (first["subject"], first["state"], first["reason"]) == ("order", "active", "as agreed")


# The text comes back as it was registered.
def test_text(trunkline, folder):
    trunkline("contract", "register", "order", *WHY, "--by", "ann")
    text = (folder / ORDER).read_text("utf-8")
    change(folder, "version: 1.0.0", "version: 1.1.0")
    assert trunkline("contract", "show", "order@1", "--text")[1] == text
    shown = json.loads(trunkline("contract", "show", "order", "--text", "--json")[1])
    assert (shown["text"], shown["version"]["author"]) == (text, "ann")


# A refusal names every reason, the smallest version that would do and what to do, and ends with 1.
def test_a_refusal(trunkline, folder):
    trunkline("contract", "register", "--all", *WHY)
    change(folder, "{minimum: 1}\n      - name: changed_at", "{minimum: 5}\n      - name: changed_at")
    code, out, _ = trunkline("contract", "register", "--all", *WHY)
    assert code == 1
    assert "1.0.0 is registered with another text" in out
    assert "make it version 2.0.0 or a higher one, which begins a stream of its own, order@2" in out
    assert out.endswith("1 of 2 refused; nothing was registered.\n")
    answers = map(json.loads, trunkline("contract", "register", "--all", *WHY, "--json")[1].splitlines())
    assert [one["outcome"] for one in answers] == ["refused", "known"]


# A dry run says what could be, needs no reason and keeps nothing.
def test_a_dry_run(trunkline, folder):
    assert trunkline("contract", "register", "order", "--dry-run")[1] == "order 1.0.0: could be registered\n"
    assert not (folder / "registry").exists()


# Without a choice or a reason nothing is done.
def test_what_it_needs(trunkline):
    for words in (("--all",), WHY, ("order", "--all", *WHY)):
        code, out, err = trunkline("contract", "register", *words)
        assert (code, out) == (2, "")
        assert "nothing was done" in err
    assert trunkline("contract", "retire", "order@1")[0] == 2


# A version goes from active to deprecated, back, and is not retired while it is in use.
def test_steps(trunkline):
    trunkline("contract", "register", "--all", *WHY)
    steps = ("order@1.0.0", *WHY)
    assert trunkline("contract", "deprecate", *steps, "--sunset", "2999-01-01")[:2] == (
        0,
        "order@1.0.0 is deprecated until 2999-01-01T00:00:00Z.\n",
    )
    assert "note: contracts/order.odcs.yaml:7:10: order@1.0.0 is deprecated" in trunkline("check")[1]
    assert trunkline("contract", "activate", *steps)[1] == "order@1.0.0 is active.\n"
    code, _, err = trunkline("contract", "retire", *steps, "--now")
    assert code == 6
    assert "in use by source shop/order" in err
    assert "is no time" in trunkline("contract", "deprecate", *steps, "--sunset", "soon")[2]
    state = json.loads(trunkline("contract", "deprecate", *steps, "--sunset", "2999-01-01", "--json")[1])
    assert state["sunset"] == "2999-01-01T00:00:00Z"
