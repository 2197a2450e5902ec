"""Forms that change something: they ask in a dialog, keep what was typed, and work without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.test_pages import look_at


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
