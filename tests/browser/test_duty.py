"""A person on duty, at a running ``trunkline run``: told by an alert, finds the letter, has it delivered.

The desk refuses orders until it is mended. Once with nothing but the keyboard, once with no script.
"""

from __future__ import annotations

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from playwright.sync_api import expect
from tests.documented import HARM
from tests.scenarios.processes import ask, running
from tests.scenarios.test_alerts import DESK, FLOW

from trunkline.app.init import init

ALERTS = """
alerts:
  every: 1s
  without: [dead-letters]
  rules:
    - {name: letters, when: dead_letters > 0, keep: 0s}
"""

SOON = 30_000
"""How long something may take that a process does by itself, in milliseconds: the machine may be busy."""


class Refusing(BaseHTTPRequestHandler):
    """The desk: it refuses what comes with a text that wants to do harm, until it is mended."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        said = b"" if self.server.mended else HARM.encode()
        self.send_response(204 if self.server.mended else 422)
        if said:
            self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
        if self.server.mended:
            self.server.took.set()

    def log_message(self, *_):
        pass


class Duty:
    """A project that runs, the desk it delivers to, and the token of its administrator."""

    def __init__(self, folder, run, desk):
        self._folder, self._run, self.desk = folder, run, desk
        self.token = ask(folder, "token", "rotate")["token"]
        self.room = f"{run.address}/control"

    def order(self, number):
        """Have the shop send an order, which is taken in."""
        record = json.loads((self._folder / "examples/order.json").read_bytes())
        record |= {"event_id": number, "order_id": number}
        secret = yaml.safe_load((self._folder / "state/secrets.yaml").read_text())["shop"]["webhook"]
        connection = http.client.HTTPConnection(*self._run.address.removeprefix("http://").split(":"))
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        path = self._run.webhooks["shop/order"].partition(self._run.address)[2]
        connection.request("POST", path, json.dumps(record), headers)
        assert connection.getresponse().status == 202
        connection.close()


@pytest.fixture(scope="module")
def duty(tmp_path_factory):
    folder = init(tmp_path_factory.mktemp("duty") / "shop").folder
    desk = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    desk.took = threading.Event()
    (folder / "systems/desk.yaml").write_text(DESK % desk.server_port)
    (folder / "flows/orders-to-desk.yaml").write_text(FLOW)
    main = folder / "trunkline.yaml"
    main.write_text(main.read_text() + ALERTS)
    threading.Thread(target=desk.serve_forever, daemon=True).start()
    with running(folder) as run:
        yield Duty(folder, run.listening(), desk)
        assert run.stop() == 0
    desk.shutdown()
    desk.server_close()


FOCUSED = "(document.activeElement.textContent || '').trim().replace(/\\s+/g, ' ')"


def go(page, name):
    """Go with the tab key to what has a name, and press enter."""
    passed = []
    for _ in range(100):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED)[:60])
        if passed[-1].startswith(name):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"the tab key does not reach {name} on {page.url}, only {passed}")


def shown(page, title):
    """Return when a page is there."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def answer(page, why):
    """Say why in the dialog that has opened, from the field that has the focus on, and send it."""
    field = page.get_by_role("dialog").get_by_label("Why?")
    expect(field).to_be_visible()
    assert page.evaluate("document.getElementById('dialog').contains(document.activeElement)")
    while not field.evaluate("one => one === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.type(why)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


# By keyboard alone somebody logs in, is told of a dead letter without asking, takes the alert, follows it to
# the letter, thinks better of it once, retries it when the desk is mended, and sees that all is well.
def test_by_keyboard(browse, duty):
    duty.desk.mended = False
    page = browse(f"{duty.room}/alerts")
    assert page.url.endswith("/control/login?next=%2Fcontrol%2Falerts")
    page.keyboard.type("tl_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    browse.complaints.clear()  # the console tells the refusal, which was wanted
    page.keyboard.type(duty.token)
    page.keyboard.press("Enter")
    shown(page, "Alerts")

    duty.order("K-1")
    expect(page.get_by_role("link", name="dead_letters is 1").first).to_be_visible(timeout=SOON)
    go(page, "flow orders-to-desk")
    expect(page.locator("#alert")).to_contain_text("nobody has it")
    go(page, "Acknowledge")
    answer(page, "I look")
    expect(page.locator("#alert")).to_contain_text("admin has it")

    go(page, "orders-to-desk")
    shown(page, "orders-to-desk")
    go(page, "look at them")
    shown(page, "Letters")
    go(page, "orders-to-desk")
    expect(page.locator("#letter")).to_contain_text("Dead: http-422")
    duty.desk.mended = True
    go(page, "Retry")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    expect(page.get_by_role("link", name="Retry")).to_be_focused()
    page.keyboard.press("Enter")
    answer(page, "the desk is mended")
    expect(page.locator("#told")).to_be_visible()

    page.keyboard.press("g")
    page.keyboard.press("a")
    shown(page, "Alerts")
    expect(page.locator("#answer")).to_contain_text("Nothing", timeout=SOON)
    assert duty.desk.took.wait(SOON / 1_000)  # it looks for answers within seconds
    go(page, "Log out")
    expect(page.get_by_label("Admin token")).to_be_focused()
    page.goto(f"{duty.room}/")
    assert "/control/login" in page.url


# With no script the same person does the same by links and forms, each a page of its own.
def test_without_script(browse, duty):
    duty.desk.mended = False
    page = browse(f"{duty.room}/dead", java_script_enabled=False)
    page.get_by_label("Admin token").fill(duty.token)
    page.get_by_role("button", name="Log in").click()
    duty.order("S-1")
    cause = page.get_by_role("link", name="http-422")
    again(page, cause)
    page.get_by_role("link", name="Alerts").click()
    alert = page.get_by_role("link", name="dead_letters is 1").first
    again(page, alert)
    alert.click()
    page.get_by_role("link", name="Acknowledge").click()
    page.get_by_label("Why?").fill("I look, without script")
    page.get_by_role("button", name="Acknowledge").click()
    assert "admin has it" in page.locator("#alert").inner_text()

    page.get_by_role("link", name="Dead letters").click()
    page.get_by_role("link", name="http-422").click()
    page.get_by_role("link", name="orders-to-desk").click()
    duty.desk.mended = True
    page.get_by_role("link", name="Retry").click()
    page.get_by_label("Why?").fill("the desk is mended")
    page.get_by_role("button", name="Retry").click()
    assert page.locator("#told").is_visible()
    page.get_by_role("link", name="Dead letters").first.click()
    again(page, page.get_by_text("No event waits for a person"))
    page.get_by_role("link", name="Alerts").click()
    again(page, page.get_by_text("Nothing is wrong that a rule looks for"))
    page.get_by_role("link", name="Audit").click()
    assert page.get_by_role("cell", name="the desk is mended").first.is_visible()
    page.get_by_role("button", name="Log out").click()
    assert page.get_by_label("Admin token").is_visible()


def again(page, awaited):
    """Load a page until something is on it, as somebody without script does."""
    for _ in range(40):
        if awaited.is_visible():
            return
        page.wait_for_timeout(500)
        page.reload()
    pytest.fail(f"{awaited} did not come to {page.url}:\n{page.locator('main').inner_text()}")
