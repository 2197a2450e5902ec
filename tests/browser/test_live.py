"""Pages that refresh themselves, filters as somebody types, keys."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect
from tests.control_room import order, publish


def arrive(site, *numbers):
    """Have orders arrive."""
    now = site.backbone.machine.clock.now()
    site.run(publish(site.backbone, "order", [order(n, now) for n in numbers]))


# What arrives is on the page a moment later, while what somebody types stays.
def test_refresh(look, site):
    shown = look("/flows")
    expect(shown.locator("#live-state")).to_have_text("Live")
    cell = shown.locator("#flow-orders-to-stock td[data-label=Behind]")
    before = int(cell.inner_text())
    shown.get_by_label("Filter by words").press_sequentially("stock")
    arrive(site, *range(1_000, 1_007))
    expect(cell).to_have_text(str(before + 7))
    expect(shown.get_by_label("Filter by words")).to_have_value("stock")
    expect(shown.get_by_label("Filter by words")).to_be_focused()


# A paused page stands still until it goes on.
def test_pause(look, site):
    shown = look("/flows")
    expect(shown.locator("#live-state")).to_have_text("Live")
    cell = shown.locator("#flow-orders-to-stock td[data-label=Behind]")
    before = cell.inner_text()
    shown.keyboard.press("p")
    expect(shown.locator("#live-state")).to_have_text("Paused")
    arrive(site, *range(2_000, 2_003))
    assert cell.inner_text() == before
    shown.get_by_role("button", name="Go on").click()
    expect(cell).to_have_text(str(int(before) + 3))


# A door that does not answer is told of, and found again.
def test_reconnecting(look, site):
    shown = look("/")
    expect(shown.locator("#live-state")).to_have_text("Live")
    shown.context.route("**/control/live?**", lambda route: route.abort())
    shown.get_by_role("button", name="Pause").click()
    shown.get_by_role("button", name="Go on").click()
    expect(shown.locator("#live-state")).to_have_text("Reconnecting…")
    shown.context.unroute("**/control/live?**")
    expect(shown.locator("#live-state")).to_have_text("Live")
    look.complaints[:] = [one for one in look.complaints if "ERR_FAILED" not in one]


# A filter applies as somebody types, and is in the address, which shows the same again.
def test_filter(look):
    shown = look("/flows")
    shown.keyboard.press("/")
    shown.keyboard.type("sales")
    expect(shown.get_by_role("row")).to_have_count(2)
    assert re.search(r"/flows\?q=sales", shown.url)
    shown.reload()
    expect(shown.get_by_role("row")).to_have_count(2)
    shown.get_by_role("link", name="Clear").click()
    expect(shown.get_by_role("row")).to_have_count(4)


# A head of a column orders by it, and says so.
def test_sort(look):
    shown = look("/flows")
    shown.get_by_role("link", name="Flow", exact=True).click()
    head = shown.get_by_role("columnheader", name="Flow")
    expect(head).to_have_attribute("aria-sort", "ascending")
    shown.get_by_role("link", name="Flow", exact=True).click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(shown.get_by_role("rowheader").first).to_contain_text("sales-to-stock")


# Keys go where the mouse would, and a list says which.
def test_keys(look):
    shown = look("/")
    shown.keyboard.press("?")
    expect(shown.get_by_role("dialog")).to_contain_text("filter this page")
    shown.keyboard.press("Escape")
    shown.keyboard.press("g")
    shown.keyboard.press("f")
    expect(shown.get_by_role("heading", level=1)).to_have_text("Flows")


# What a page shows is there as a file.
def test_export(look):
    shown = look("/flows?q=sales")
    with shown.expect_download() as download:
        shown.get_by_role("link", name="JSON").click()
    [flow] = json.loads(download.value.path().read_text("utf-8"))["data"]
    assert flow["flow"] == "sales-to-stock"
