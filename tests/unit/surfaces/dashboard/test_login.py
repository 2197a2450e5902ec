"""The page of the log-in."""

from __future__ import annotations

from tests.documented import HARM

from trunkline.surfaces.dashboard.login import login_page


# It says what was wrong, as text, and goes on nowhere but to a page of ours.
def test_page():
    page = login_page("https://evil.example/", HARM).decode()
    assert 'value="/control/"' in page
    assert 'role="alert"' in page
    assert "<script>" not in page
    assert 'role="alert"' not in login_page().decode()
