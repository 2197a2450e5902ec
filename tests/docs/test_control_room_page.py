"""The pages of the control room and their reference are one."""

from __future__ import annotations

import re

from tests.docs.blocks import ROOT

from trunkline.app.verdicts import WORST_FIRST
from trunkline.surfaces.dashboard.pages import FORMS, PAGES
from trunkline.surfaces.dashboard.render import LABELS

PAGE = (ROOT / "docs" / "reference" / "control-room.md").read_text("utf-8")
GUIDE = (ROOT / "docs" / "how-to" / "use-the-control-room.md").read_text("utf-8")


def rows(text, head):
    part = text.split(f"\n## {head}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| ([^|]+) \| (.+) \|$", part, re.MULTILINE)[2:]


# Every page has its row, in the order of the navigation, with what it shows.
def test_every_page_is_listed():
    expected = [(f"`/control{page.path}`", page.does) for page in PAGES]
    assert rows(PAGE, "Pages") == expected


# Every state of a flow is explained, the worst first, by the name that pages give it.
def test_every_state_is_explained():
    assert [name for name, _ in rows(GUIDE, "Find one flow among hundreds")] == [
        LABELS[one] for one in WORST_FIRST
    ]


# Every form has its row.
def test_every_form_is_listed():
    assert rows(PAGE, "Forms") == [(f"`/control/act/{form.name}`", form.does) for form in FORMS]
