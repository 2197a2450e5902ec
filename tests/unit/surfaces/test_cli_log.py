"""``trunkline log`` tells what is stored, whether it can be read, and makes room."""

from __future__ import annotations

import json

import apsw


# The extent of each stream is told.
def test_info(trunkline, orders):
    trunkline("publish", "order", "--file", orders(3))
    [info] = json.loads(trunkline("log", "info", "--json")[1])
    assert (info["stream"], info["first"], info["next"], info["pages"]) == ("order@1", 0, 3, 1)
    assert "order@1" in trunkline("log", "info")[1]


# Pages that open are counted; one that was altered is named and ends it with 1.
def test_verify(trunkline, orders, folder):
    trunkline("publish", "order", "--file", orders(3))
    assert trunkline("log", "verify")[:2] == (0, "1 page, 0 damaged.\n")
    connection = apsw.Connection(str(folder / "state/trunkline.db"))
    connection.execute("UPDATE page_body SET sealed = zeroblob(length(sealed))")
    connection.close()
    code, out, _ = trunkline("log", "verify", "order@1")
    assert code == 1
    assert "order@1 offsets 0 to 2" in out


# A stream that is not there is told, rather than found to be whole.
def test_verify_an_unknown_stream(trunkline, orders):
    trunkline("publish", "order", "--file", orders(1))
    code, _, err = trunkline("log", "verify", "ordr")
    assert code == 2
    assert 'did you mean "order"' in err


# Trimming tells what went from each stream, and that there is nothing to do where there is not.
def test_trim(trunkline, orders, folder):
    trunkline("publish", "order", "--file", orders(1))
    assert trunkline("log", "trim")[:2] == (0, "order@1: 0 events removed\n")
    main = folder / "trunkline.yaml"
    main.write_text(main.read_text().replace("{days: 90}", "{}"))
    assert "sets no retention" in trunkline("log", "trim")[1]
