"""A contract as a Markdown page."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.documented import HARM, demo, harmful

from trunkline.app.docs.join import joined
from trunkline.app.docs.markdown import file_name, markdown, text
from trunkline.app.docs.model import Release
from trunkline.contracts.compat.difference import Change, Difference

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def tokens_of(source):
    for token in MARKDOWN.parse(source):
        yield token
        yield from token.children or ()


def shown(source):
    return [token.content for token in tokens_of(source) if token.type == "text"]


# A page has the fields with what is asked of them, who publishes and consumes, and an example record.
def test_page(tmp_path):
    docs = joined(demo(tmp_path / "demo"))
    page = next(one for one in docs.contracts if one.contract.name == "order")
    source = markdown(page)
    for line in (
        "# order",
        '| sku | string | yes |  | matches ^ART-\\[0-9\\]\\{4\\}\\$ | "ART-0000" |',
        "| shop/order | webhook | /hooks/shop/orders |",
        "| orders-to-shop | shop.confirmation | 30s | at-least-once |",
        '    "email": "name@example.com"',
    ):
        assert line in source.splitlines()
    assert file_name(page.contract) == "order@1.md"


# Changes between registered versions stand with who made them and why.
def test_changes(tmp_path):
    change = Change(
        pointer="/gift",
        kind="property-added",
        detail="a new field",
        backward="compatible",
        forward="compatible",
    )
    release = Release("1.1.0", "2026-01-01", "ada", "gifts", "active", Difference("practical", (change,)))
    docs = joined(
        demo(tmp_path / "demo"), {"order@1": [release, Release("1.0.0", "2025-01-01", "bob", "first")]}
    )
    source = markdown(next(one for one in docs.contracts if one.contract.name == "order"))
    assert "### 1.1.0, 2026-01-01" in source
    assert "| /gift | property-added | a new field | compatible | compatible |" in source
    assert "bob: first" in source


# Texts of a contract stay texts: no HTML, no link, no image, no code comes of them.
def test_harm(tmp_path):
    page = joined(harmful(tmp_path / "p")).contracts[0]
    kinds = {token.type for token in tokens_of(markdown(page))}
    assert kinds.isdisjoint({"html_block", "html_inline", "link_open", "image", "code_inline", "code_block"})
    assert HARM in shown(markdown(page))


# Any text at all is shown letter by letter, in a paragraph and in a cell, but for its spaces.
@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1))
@pytest.mark.parametrize("form", ["{}", "# {}", "| a |\n| --- |\n| {} |"])
def test_any_text(form, written):
    assert "".join(shown(form.format(text(written)))).removeprefix("a" if "|" in form else "") == written
