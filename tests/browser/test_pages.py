"""Every page, in a browser: nothing runs that was stored, a screen reader finds its way, it fits a phone."""

from __future__ import annotations

import re

import pytest
from tests.control_room import order, publish

from trunkline.app.registering import Who, register
from trunkline.intake.quarantine import Query
from trunkline.surfaces.dashboard.pages import PAGES

EXAMPLES = {
    "flow": "orders-to-shop",
    "offset": "3",
    "alert": "01-late",
    "replay": "07-again",
    "contract": "order",
}
"""What stands for the names in a page's address."""

LOOKS = [(1280, "light"), (390, "light"), (1280, "dark"), (390, "dark")]
READ = [(1280, "light"), (390, "dark")]
"""Where axe reads: both layouts, and both sets of colours."""


def address(page, site):
    path = page.path.replace("{id}", site.run(site.backbone.quarantine.list(Query()))[0].id)
    for name, value in EXAMPLES.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, f"say in EXAMPLES what the names of {page.path} may be"
    return path


def serious(page):
    """Return what axe finds that keeps people out."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (one["id"], one["help"], [node["html"] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(look, shot, site, page):
    shown = look(address(page, site))
    assert shown.locator("h1").count() == 1
    assert shown.locator("main script, main iframe, img[onerror]").count() == 0
    look_at(shown, shot, page.name)


STATES = {
    "trace-of-one": "/trace?id=B-0003",
    "replay-planned": "/replays/plan?flow=orders-to-stock&from=5&to=9",
    "replay-refused": "/replays/plan?flow=orders-to-stock&rate=5",
    "silence-form": "/act/silence-alerts?flow=orders-to-shop&rule=flow-late",
    "silence-any-form": "/act/silence-alerts",
    "duplicates-of-one": "/duplicates?stream=order%401",
    "start-form": "/act/start-replay?flow=sales-to-stock&all=yes",
}
"""Pages in a state that has more to show than their address alone."""


@pytest.mark.parametrize("name", STATES)
def test_state(look, shot, name):
    shown = look(STATES[name])
    assert shown.locator("main script, main iframe, img[onerror]").count() == 0
    look_at(shown, shot, name)


# A contract's page tells of its versions and of who is on them.
def test_registered(look, shot, site):
    clock = site.backbone.machine.clock
    site.run(register(site.backbone.project.folder, ["order", "sale"], Who("ann", "as it is"), clock))
    site.run(publish(site.backbone, "order", [order(30, clock.now())]))
    look_at(look("/contracts/order"), shot, "contract-registered")


# Somebody on duty takes an alert from the list by keyboard, in a dialog, without leaving the page before.
def test_taking_an_alert(look, site):
    shown = look("/alerts")
    shown.get_by_role("link", name="Acknowledge orders-to-shop").press("Enter")
    dialog = shown.get_by_role("dialog")
    dialog.get_by_label("Why?").fill("mine")
    dialog.get_by_role("button", name="Acknowledge").press("Enter")
    shown.wait_for_url("**/alerts/01-late")
    assert "duty has it" in shown.locator("#told").inner_text()


def test_login(look, shot):
    shown = look("/login")
    assert shown.get_by_label("Admin token").evaluate("one => one === document.activeElement")
    look_at(shown, shot, "login")


LEFT = re.compile(r"<Macro|Undefined|\bNone\b|\bnan\b|:\d\d\.\d{4,}|\d\.\d{3,} %")
"""What a template leaves behind where it says something that is not there, or as a program would."""

TOLD = """
() => {
  const main = document.querySelector("body").cloneNode(true);
  main.querySelectorAll("pre, script").forEach((one) => one.remove());
  return main.textContent;
}
"""
EMPTY = """
[...document.querySelectorAll("main td, main th")].filter((one) =>
  !one.textContent.trim() && one.dataset.label !== "Do").map((one) => one.outerHTML)
"""


WIDE = """
[...document.querySelectorAll("main li > time")].filter((one) => {
  const text = document.createRange(); text.selectNodeContents(one);
  return one.previousSibling?.textContent.trim() &&
    one.getBoundingClientRect().width > text.getBoundingClientRect().width + 1;
}).map((one) => one.outerHTML)
"""
"""Times within a sentence that take more room than their words, and leave a gap behind."""


def look_at(shown, shot, name):
    """Look at a page in two widths, light and dark: it fits, says something, and nobody is kept out."""
    assert not LEFT.search(shown.evaluate(TOLD)), LEFT.search(shown.evaluate(TOLD))
    assert shown.evaluate(EMPTY) == []
    for width, colours in LOOKS:
        shown.set_viewport_size({"width": width, "height": 900})
        shown.emulate_media(color_scheme=colours)
        shot(shown, f"{name}-{width}-{colours}")
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        assert shown.evaluate(WIDE) == []
        if (width, colours) in READ:
            assert not serious(shown)


# Without script every page is there whole, and its links and forms work.
def test_without_script(look):
    shown = look("/flows", java_script_enabled=False)
    assert shown.get_by_role("row").count() == 4
    shown.get_by_label("Filter by words").fill("stock")
    shown.get_by_role("button", name="Apply").click()
    assert shown.url.endswith("/control/flows?q=stock&health=&target=&sort=health")
    assert shown.get_by_role("row").count() == 3
    shown.get_by_role("button", name="Colours").click()
    assert shown.locator("html").get_attribute("data-theme") == "light"


# Who comes by keyboard alone gets past the navigation with one key.
def test_skip_link(look):
    shown = look("/flows")
    shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    assert shown.evaluate("document.activeElement.id") == "main"
