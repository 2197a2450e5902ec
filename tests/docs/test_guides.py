"""The guides for every day run as they stand, on a project to which happened what they are for."""

from __future__ import annotations

import json
import shutil

import pytest
from tests.docs import shell
from tests.docs.blocks import ROOT

from trunkline.app.init import init

ENTRY = "01a206cd-70ef-7952-b284-0ee646a71cfc"
"""The id of the entry on the page, in whose place each entry of the test stands."""

PUBLISH = """printf '%s' '{order}' | trunkline publish order"""
DELIVER = """trunkline run --port 0 > run.log 2>&1 &
RUN=$!
until trunkline status --json | grep -q '"lag":0,'; do :; done
kill $RUN
wait $RUN"""
REFUSE = DELIVER.replace("trunkline status --json | grep -q '\"lag\":0,'", "grep -q 'another event' run.log")

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "sqlite3"))), reason="the guides need bash and sqlite3"
)


def order(number, status="placed"):
    return json.dumps(
        {
            "event_id": f"e{number}",
            "order_id": str(number),
            "revision": 1,
            "changed_at": "2026-01-05T09:30:00Z",
            "status": status,
            "total": 5,
            "lines": [{"sku": "MUG", "quantity": 1, "price": 5}],
        }
    )


def blocks(page):
    return [block for block, _ in shell.steps((ROOT / "docs" / "how-to" / page).read_text("utf-8"))]


@pytest.fixture
def bash(tmp_path):
    init(tmp_path / "shop")
    with shell.Shell(tmp_path / "shop") as opened:
        yield opened


def done(bash, block):
    """Run a block that has to succeed and return what it printed."""
    printed, code = bash.paste(block)
    assert code == 0, f"{block}\n{printed}"
    return printed


def published(bash, *orders):
    for one in orders:
        bash.paste(PUBLISH.format(order=one))


def rows(bash):
    return done(bash, 'sqlite3 state/warehouse.db "SELECT order_id FROM orders ORDER BY 1"').split()


# A backup taken as the guide says opens elsewhere; after a restore the flow waits for the guide's commands.
def test_back_up_and_restore(bash, tmp_path):
    backup, compact, check, set_back = blocks("back-up-and-restore.md")
    published(bash, order(1), order(2))
    done(bash, DELIVER)
    done(bash, backup)
    done(bash, compact)
    assert "2 pages, 0 damaged." in done(bash, check)
    published(bash, order(3), order(4))
    done(bash, DELIVER)
    done(bash, "rm -f state/trunkline.db*; cp state/compact.db state/trunkline.db")
    published(bash, order(5), order(6))
    done(bash, REFUSE)
    assert rows(bash) == ["1", "2", "3", "4"]
    assert " 2    2 " in done(bash, set_back)
    done(bash, DELIVER)
    assert rows(bash) == ["1", "2", "3", "4", "5", "6"]


# What retention lets go can be trimmed by hand, and the file be rewritten.
def test_trim_the_log(bash):
    published(bash, order(1))
    done(bash, DELIVER)
    for block in blocks("trim-the-log.md"):
        printed = done(bash, block)
    assert "0 damaged" in printed


# One entry passes a mended contract, one is mended itself, one is given up.
def test_work_through_quarantine(bash):
    listed, shown, released, mended, discarded = blocks("work-through-quarantine.md")
    published(bash, order(1, "lost"), order(2, "odd"), order(3, "test"))
    entries = [json.loads(line)["id"] for line in done(bash, "trunkline quarantine list --json").splitlines()]
    third, second, first = entries
    done(bash, listed)
    assert "does not match pattern" in done(bash, shown.replace(ENTRY, first))
    done(bash, "sed -i 's/|cancelled/|cancelled|lost/' contracts/order.odcs.yaml")
    assert f"{first}: released" in done(bash, released.replace(ENTRY, first))
    edit = "sed -i 's/odd/placed/' state/mended.json\ntrunkline quarantine release"
    mended = mended.replace("trunkline quarantine release", edit)
    assert f"{second}: released" in done(bash, mended.replace(ENTRY, second))
    assert f"{third}: discarded" in done(bash, discarded.replace(ENTRY, third))
    assert done(bash, "trunkline events order --json").count('"stream":"order@1"') == 2


# A target is taken out of service, gets nothing over a restart, and everything once it is reset.
def test_when_a_target_is_down(bash):
    seen, isolated, reset = blocks("when-a-target-is-down.md")
    published(bash, order(1))
    done(bash, DELIVER)
    assert "closed" in done(bash, seen)
    assert "warehouse.orders is isolated." in done(bash, isolated)
    published(bash, order(2))
    bash.paste("trunkline run --port 0 > run.log 2>&1 &\nRUN=$!")
    bash.follow("trunkline target list --json | grep -c isolated", "1\n")
    assert "stock count until noon" in done(bash, seen)
    assert rows(bash) == ["1"]
    assert "warehouse.orders is closed." in done(bash, reset)
    bash.follow('sqlite3 state/warehouse.db "SELECT order_id FROM orders ORDER BY 1"', "1\n2\n")


# A dead letter is shown, delivered after its cause is mended, or given up.
def test_work_through_dead_letters(bash):
    shown, retried, all_retried, discarded, given_up = blocks("work-through-dead-letters.md")
    published(bash, order(1))
    done(bash, DELIVER)
    refuse = "CREATE TRIGGER t BEFORE INSERT ON orders BEGIN SELECT raise(ABORT, 'no'); END"
    done(bash, f'sqlite3 state/warehouse.db "{refuse}"')
    published(bash, order(2), order(3), order(4), order(5))
    done(bash, DELIVER)
    assert "a trigger of the table refused it" in done(bash, shown)
    done(bash, discarded.replace(" 3 ", " 1 "))
    assert "the order was deleted in the shop" in done(bash, given_up)
    done(bash, 'sqlite3 state/warehouse.db "DROP TRIGGER t"')
    assert "1 dead letter answered." in done(bash, retried)
    assert "2 dead letters answered." in done(bash, all_retried)
    bash.paste("trunkline run --port 0 > run.log 2>&1 &\nRUN=$!")
    bash.follow('sqlite3 state/warehouse.db "SELECT order_id FROM orders ORDER BY 1"', "1\n3\n4\n5\n")
