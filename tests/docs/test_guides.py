"""The guides for every day run as they stand, on a project to which happened what they are for."""

from __future__ import annotations

import json
import re
import shutil
import socket
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from tests.docs import shell
from tests.docs.blocks import ROOT, blocks_of

from trunkline.app.init import init

ENTRY = "01a206cd-70ef-7952-b284-0ee646a71cfc"
"""The id of the entry on the page, in whose place each entry of the test stands."""

REPLAY = "01a20800-06c3-774c-92f5-a782174c9a70"
"""The id of the replay on the page, in whose place that of the test stands."""

PUBLISH = """printf '%s' '{order}' | trunkline publish order"""
DELIVER = """trunkline run --port 0 > run.log 2>&1 &
RUN=$!
until trunkline status --json | grep -q '"lag":0,'; do :; done
kill $RUN
wait $RUN"""
REFUSE = DELIVER.replace("trunkline status --json | grep -q '\"lag\":0,'", "grep -q 'another event' run.log")

SEND = """trunkline run --port 0 > run.log 2>&1 &
RUN=$!
until grep -q POST run.log; do :; done
curl -sS -i -H 'Authorization: Bearer guess' -H 'Content-Type: application/json' \\
  -d @examples/order.json $(sed -n 's/.*POST //p' run.log) > answer
for n in 1 2 3 4 5 6 7 8 9; do trunkline status --json | grep -q '"cursor":1,' && break; done
kill $RUN
wait $RUN"""

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "sqlite3", "curl"))), reason="the guides need bash, sqlite3 and curl"
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


# Two processes started as the guide says carry what one does, and each stops clean.
def test_use_two_cores(bash):
    intake, delivery = map(str.strip, blocks("use-two-cores.md"))
    done(
        bash,
        f"{intake} --port 0 > intake.log 2>&1 &\nINTAKE=$!\n{delivery} > delivery.log 2>&1 &\nDELIVERY=$!",
    )
    published(bash, order(1), order(2))
    done(bash, """until trunkline status --json | grep -q '"cursor":2,'; do :; done""")
    done(bash, "kill $INTAKE $DELIVERY; wait $INTAKE && wait $DELIVERY")
    assert rows(bash) == ["1", "2"]


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


# Rules are listed as the guide shows, its settings have no fault, and what is asked of stored alerts answers.
def test_get_alerted(bash, tmp_path):
    page = ROOT / "docs" / "how-to" / "get-alerted.md"
    (rules, shown), (stats, counts) = shell.steps(page.read_text("utf-8"))
    bash.follow(rules, shown)
    main = tmp_path / "shop" / "trunkline.yaml"
    whole = yaml.safe_load(main.read_text("utf-8"))
    for block in blocks_of(page):
        if block.file == "trunkline.yaml":
            given = yaml.safe_load(block.text)["alerts"]
            main.write_text(yaml.safe_dump(whole | {"alerts": given}), "utf-8")
            done(bash, "trunkline check")
            whole["alerts"] = whole.get("alerts", {}) | given
    main.write_text(yaml.safe_dump(whole), "utf-8")
    assert "dead_letters > 10" in done(bash, "trunkline alerts rules")
    published(bash, order(1))
    done(bash, DELIVER)
    assert shell.fits(counts, done(bash, stats))


class Stock(BaseHTTPRequestHandler):
    """The warehouse of the guide: it reserves what it is asked for, and counts."""

    disable_nagle_algorithm = True

    def do_PUT(self):
        record = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(self.path)
        body = json.dumps({"quantity": record["pieces"], "place": {"shelf": "A7"}}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def stock():
    with ThreadingHTTPServer(("127.0.0.1", 0), Stock) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


# The files of the guide are a project whose question is answered, repeated, and found again.
def test_ask_and_answer(bash, stock, tmp_path):
    page = ROOT / "docs" / "how-to" / "ask-and-answer.md"
    for block in blocks_of(page):
        if block.file:
            url = f"http://127.0.0.1:{stock.server_port}"
            (tmp_path / "shop" / block.file).write_text(block.text.replace("https://stock.example.com", url))
    (check, _), (asked, told), (traced, shown) = shell.steps(re.sub(r"(?m)^   ", "", page.read_text("utf-8")))
    done(bash, check)
    bash.paste("trunkline run --port 0 > run.log 2>&1 &\nRUN=$!")
    bash.follow("grep -c Listening run.log", "1\n")
    address = re.search(r"http://[\d.:]+\d", done(bash, "cat run.log"))[0]
    asked = asked.replace("http://127.0.0.1:8080", address)
    assert shell.fits(told, done(bash, asked))
    assert "idempotency-replayed: true" in done(bash, asked)
    assert shell.fits(shown, done(bash, traced))
    assert stock.asked == ["/baskets/b-1/MUG"]


# What retention lets go can be trimmed by hand, and the file be rewritten.
def test_trim_the_log(bash):
    published(bash, order(1))
    done(bash, DELIVER)
    for block in blocks("trim-the-log.md"):
        printed = done(bash, block)
    assert "0 damaged" in printed


# One entry passes a mended contract, one goes in with a value set, one is mended as a whole, one is given up.
def test_work_through_quarantine(bash):
    listed, shown, released, alike, mended, discarded = blocks("work-through-quarantine.md")
    published(bash, order(1, "lost"), order(2, "odd"), order(3, "gone"), order(4, "test"))
    entries = [json.loads(line)["id"] for line in done(bash, "trunkline quarantine list --json").splitlines()]
    fourth, third, second, first = entries
    assert "/status" in done(bash, listed)
    assert "does not match pattern" in done(bash, shown.replace(ENTRY, first))
    done(bash, "sed -i 's/|cancelled/|cancelled|lost/' contracts/order.odcs.yaml")
    assert f"{first}: released" in done(bash, released.replace(ENTRY, first))
    printed = done(bash, alike)
    assert "3 entries would be released; nothing was done." in printed
    assert f"{second}: released" in printed
    edit = "sed -i 's/gone/placed/' state/mended.json\ntrunkline quarantine release"
    mended = mended.replace("trunkline quarantine release", edit)
    assert f"{third}: released" in done(bash, mended.replace(ENTRY, third))
    assert f"{fourth}: discarded" in done(bash, discarded.replace(ENTRY, fourth))
    assert done(bash, "trunkline events order --json").count('"stream":"order@1"') == 3


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


# A dead letter is shown, delivered after its cause is mended, mended itself, or given up, and all is audited.
def test_work_through_dead_letters(bash):
    found, shown, retried, all_retried, edited, discarded, given_up, superseded, audited = blocks(
        "work-through-dead-letters.md"
    )
    published(bash, order(1))
    done(bash, DELIVER)
    refuse = "CREATE TRIGGER t BEFORE INSERT ON orders BEGIN SELECT raise(ABORT, 'no'); END"
    done(bash, f'sqlite3 state/warehouse.db "{refuse}"')
    published(bash, order(2), order(3), order(4), order(5, "paid"), order(6), order(7))
    done(bash, DELIVER)
    assert "a trigger of the table refused it" in done(bash, found)
    assert "a trigger of the table refused it" in done(bash, shown)
    done(bash, discarded.replace(" 3 ", " 1 "))
    assert "the order was deleted in the shop" in done(bash, given_up)
    done(bash, 'sqlite3 state/warehouse.db "DROP TRIGGER t"')
    assert "1 dead letter answered." in done(bash, retried)
    printed = done(bash, edited)
    assert printed.count('status: "paid" -> "placed"') == 2
    assert "1 dead letter edited." in printed
    printed = done(bash, all_retried)
    assert "3 dead letters would be answered; nothing was done." in printed
    assert "3 dead letters answered." in printed
    bash.paste("trunkline run --port 0 > run.log 2>&1 &\nRUN=$!")
    rows = 'sqlite3 state/warehouse.db "SELECT order_id, status FROM orders ORDER BY 1"'
    bash.follow(rows, "".join(f"{n}|placed\n" for n in (1, 3, 4, 5, 6, 7)))
    assert done(bash, audited).count("-letters") == 4
    assert "No superseded events." in done(bash, superseded)


# Rows that were lost come back by a replay that is planned, watched, paused, resumed; another is cancelled.
def test_replay_events(bash):
    planned, started, seen, paused, cancelled = blocks("replay-events.md")
    published(bash, *map(order, range(1, 6)))
    done(bash, DELIVER)
    done(bash, "sqlite3 state/warehouse.db 'DELETE FROM orders WHERE order_id IN (2, 3)'")
    assert "3 events of order@1 would go to warehouse.orders" in done(bash, planned)
    assert "is running: 3 events" in done(bash, started)
    replay = json.loads(done(bash, "trunkline replay list --json"))["id"]
    assert "rows were lost in the warehouse" in done(bash, seen.replace(REPLAY, replay))
    printed = done(bash, paused.replace(REPLAY, replay))
    assert "is paused" in printed
    assert "is running" in printed
    bash.paste("trunkline run --port 0 > run.log 2>&1 &\nRUN=$!")
    bash.follow("""trunkline status --json | grep -c '"replays":\\[\\]'""", "1\n")
    assert rows(bash) == ["1", "2", "3", "4", "5"]
    done(bash, started.replace("--rate 100", "--rate 0.1"))
    again = json.loads(done(bash, "trunkline replay list --json").splitlines()[0])["id"]
    assert "is cancelled" in done(bash, cancelled.replace(REPLAY, again))


def add_second_version(folder, page):
    """Do to the files what the guide says of them: the cast, the source's stream, the new flow."""
    cast, source, flow = [one for one in blocks_of(page) if one.language == "yaml"]
    contract, system = folder / "contracts/order-2.odcs.yaml", folder / "systems/shop.yaml"
    place = cast.text.partition("\n")[0] + "\n"
    said = place + textwrap.indent(cast.text.removeprefix(place), "    ")
    contract.write_text(contract.read_text("utf-8").replace(place, said, 1), "utf-8")
    assert "stream: order@2, as: order@1, via: webhook" in source.text
    moved = system.read_text("utf-8").replace("- stream: order\n", "- stream: order@2\n    as: order@1\n")
    system.write_text(moved, "utf-8")
    (folder / flow.file).write_text(flow.text, "utf-8")


# A new version runs beside the old one as the guide says: who is on that is told, and it comes to its end.
def test_change_a_contract(bash, tmp_path):
    guide = ROOT / "docs" / "how-to" / "change-a-contract.md"
    steps = shell.steps(guide.read_text("utf-8"))
    (begin, registered), (new, refused), (copy, _), (second, _), (check, _), *steps = steps
    (deprecate, told), (again, noted), (users, listed), (retire, _), (look, _) = steps
    assert shell.fits(registered, done(bash, begin))
    done(
        bash,
        "cp contracts/order.odcs.yaml order.bak\n"
        "sed -i 's/version: 1.0.0/version: 1.1.0/' contracts/order.odcs.yaml",
    )
    assert "order 1.1.0: registered" in done(bash, new)
    done(bash, "sed -i 's/{minimum: 1}$/{minimum: 5}/' contracts/order.odcs.yaml")
    printed, code = bash.paste(new.splitlines()[1])
    assert code == 1
    assert shell.fits(refused, printed.split("1 of 1")[0])
    done(bash, "mv order.bak contracts/order.odcs.yaml")
    done(bash, copy)
    add_second_version(tmp_path / "shop", guide)
    assert "order 2.0.0: registered" in done(bash, second)
    assert "No faults." in done(bash, check)
    assert shell.fits(told, done(bash, deprecate))
    assert shell.fits(noted, done(bash, again))
    done(bash, "export TRUNKLINE_SECRET_SHOP_WEBHOOK=guess")
    done(bash, SEND)
    answer = done(bash, "cat answer")
    assert "HTTP/1.1 202" in answer
    assert "sunset: Tue, 31 Dec 2999 00:00:00 GMT" in answer
    assert shell.fits(listed, done(bash, users))
    printed, code = bash.paste(retire.strip() + " --now")
    assert code == 6
    assert "in use by source shop/order" in printed
    done(bash, "sed -i 's/version: 1.0.0/version: 1.1.0/' contracts/order.odcs.yaml")
    assert "order@1.0.0 is retired." in done(bash, retire.strip() + " --now")
    assert "the last till has moved" in done(bash, look)


# A client that is set up as the guide says writes and reads a record through the running project's registry.
def test_use_kafka_clients(bash, tmp_path):
    page = ROOT / "docs" / "how-to" / "use-kafka-clients.md"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    for block in blocks_of(page):
        if block.file:
            (tmp_path / "shop" / block.file).write_text(block.text.replace("8080", port))
    (serve, _), (run, printed) = shell.steps(page.read_text("utf-8"))
    told = done(bash, serve.replace("8080", port))
    assert '"subject":"payments-value","version":1' in told
    assert "register" in told.splitlines()[-1]
    assert "ci" in told
    assert shell.fits(printed, done(bash, run))
