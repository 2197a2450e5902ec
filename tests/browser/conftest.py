"""A browser, and a control room to look at; skipped where the machine has no Chromium."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.browser.site import Site
from tests.control_room import ALERTS, count, day, fill, match, occupy

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Return a project with something of everything."""
    project = match(day(tmp_path_factory.mktemp("site") / "day", ALERTS))
    with Site(project, fill, occupy, count) as opened:
        yield opened


@pytest.fixture(scope="module")
def chromium():
    """Open the browser for one module: its driver keeps an event loop here, and no other may run."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium):
    """Open an address, in a width and colours; nothing may be complained of in the console meanwhile."""
    contexts, complaints = [], []

    def opened(url, width=1280, colours="light", **options):
        size = {"width": width, "height": 900}
        context = chromium.new_context(viewport=size, color_scheme=colours, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda one: complaints.append(one.text) if one.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        page.goto(url)
        return page

    opened.complaints = complaints
    yield opened
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def look(browse, site):
    """Open a page of the control room; see ``browse``."""

    def opened(path="/", *args, **options):
        return browse(f"{site.url}/control{path}", *args, base_url=site.url, **options)

    opened.complaints = browse.complaints
    return opened


@pytest.fixture(scope="session")
def shot():
    """Keep a screenshot of a page."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def take(page, name):
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    return take
