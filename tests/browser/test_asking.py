"""Forms that change something: they ask in a dialog, keep what was typed, and work without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.test_pages import look_at
from tests.control_room import PERSON, publish, sale, tried

from trunkline.app.letters import MOST_AT_A_TIME
from trunkline.delivery.ledger import Case, Range, Record
from trunkline.surfaces.dashboard import forms


@pytest.fixture
def many(site, monkeypatch):
    """Have one more letter die than an act answers, with no patience for a second act; return how many."""
    monkeypatch.setattr(forms, "PATIENCE_SECONDS", 0.0)
    site.run(die(site.backbone, MOST_AT_A_TIME + 1))
    return MOST_AT_A_TIME + 1


async def die(backbone, count):
    now, offsets = backbone.machine.clock.now(), range(100, 100 + count)
    cases = [Case(one, "", "dead", holds=False, attempts=1, at=now, tries=tried(now)) for one in offsets]
    await publish(backbone, "sale", [sale(one, now) for one in range(100, 200 + count)])
    settled = Range(0, 99, now, now, 1, 100)
    await backbone.ledger.record(Record("sales-to-stock", now, 100 + count, settled, cases, stream="sale@1"))


# What is refused stays in the dialog with what was typed, the cursor in the field to mend; then it goes.
def test_refused_in_dialog(look, shot):
    shown = look("/alerts")
    opener = shown.locator("a[href*='act/silence-alerts']").first
    opener.press("Enter")
    dialog = shown.get_by_role("dialog", name="Silence alerts?")
    expect(dialog.get_by_role("textbox").first).to_be_focused()
    dialog.get_by_label("For how long").fill("soon")
    dialog.get_by_label("Why?").fill("the shop moves")
    dialog.get_by_label("Why?").press("Tab")
    shown.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("is no time")
    lasts = dialog.get_by_label("For how long")
    expect(lasts).to_be_focused()
    expect(lasts).to_have_value("soon")
    expect(dialog.get_by_label("Why?")).to_have_value("the shop moves")
    look.complaints[:] = [one for one in look.complaints if "422" not in one]
    look_at(shown, shot, "refused-in-dialog")
    shown.keyboard.press("Escape")
    expect(opener).to_be_focused()


# Without script the form is a page, refused or not, and leads back.
@pytest.mark.parametrize("lasts", ["soon", "4h"])
def test_without_script(look, shot, lasts):
    shown = look("/act/silence-alerts?source=nowhere", java_script_enabled=False)
    shown.get_by_label("For how long").fill(lasts)
    shown.get_by_label("Why?").fill("the shop moves")
    shown.get_by_role("button", name="Silence").click()
    if lasts == "4h":
        expect(shown.locator("#told")).to_contain_text("Silence until")
    else:
        expect(shown.get_by_role("alert")).to_contain_text("is no time")
        expect(shown.get_by_label("Why?")).to_have_value("the shop moves")
        look.complaints[:] = [one for one in look.complaints if "422" not in one]
        shot(shown, "refused-without-script")


# A form that is sent when the session is over leads to the log-in; reloaded with one it has what was typed.
def test_session_is_over(look, shot):
    shown = look("/act/silence-alerts?source=nowhere", java_script_enabled=False)
    shown.get_by_label("For how long").fill("soon")
    shown.get_by_label("Why?").fill("the shop moves")
    shown.context.add_cookies([{"name": "who", "value": "nobody", "url": shown.url}])
    shown.get_by_role("button", name="Silence").click()
    expect(shown.get_by_role("alert")).to_contain_text("nothing was changed")
    look.complaints[:] = [one for one in look.complaints if "401" not in one]
    shot(shown, "session-is-over-1280")
    shown.set_viewport_size({"width": 390, "height": 900})
    shot(shown, "session-is-over-390")
    shown.context.clear_cookies()
    shown.reload()
    look.complaints[:] = [one for one in look.complaints if "422" not in one]
    expect(shown.get_by_label("Why?")).to_have_value("the shop moves")


# A form for many goes on by itself where there is script, shows how far it is, and ends where it said.
def test_going_on(look, shot, site, many):
    shown = look("/dead/letters?flow=sales-to-stock")
    shown.get_by_role("link", name="Retry all").press("Enter")
    dialog = shown.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text(f"Retry {many:,} dead letters?")
    shot(shown, "retry-many")
    dialog.get_by_label("Why?").fill("the schedule is mended")
    dialog.get_by_role("button", name="Retry 1,001").click()
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    shot(shown, "retry-many-goes-on")
    shown.wait_for_url("**/control/dead")
    expect(shown.locator("#told")).to_contain_text("1 letter wait")
    cases = site.run(site.backbone.ledger.cases("sales-to-stock", range(100, 100 + many)))
    assert {case.state for case in cases} == {"waiting"}


# Somebody tries a mend in the dialog, sees what would come of it, and what was typed stays.
def test_trying(look, shot):
    shown = look("/dead/orders-to-shop/3")
    shown.get_by_role("link", name="Mend").press("Enter")
    dialog = shown.get_by_role("dialog", name="Mend 1 dead letter?")
    dialog.get_by_label("Field").fill("sku")
    dialog.get_by_label("New value").fill("ART-1002")
    dialog.get_by_role("button", name="Try it first").click()
    expect(dialog.get_by_role("status")).to_contain_text("1 of 1 letter would be mended.")
    expect(dialog.get_by_label("New value")).to_have_value("ART-1002")
    look_at(shown, shot, "tried-in-dialog")


# An event's personal data is on a page of its own, once: going back hides it.
def test_revealing(look, shot):
    shown = look("/trace?id=B-0007")
    shown.get_by_role("link", name="Show personal data").press("Enter")
    dialog = shown.get_by_role("dialog")
    dialog.get_by_label("Why?").fill("the customer called")
    shot(shown, "reveal-event")
    dialog.get_by_role("button", name="Show personal data").press("Enter")
    expect(shown.get_by_text(PERSON)).to_be_visible()
    look_at(shown, shot, "revealed-event")
    shown.get_by_role("link", name="Back, and hide it").click()
    expect(shown.get_by_role("heading", level=1)).to_have_text("Trace")
    assert PERSON not in shown.content()
