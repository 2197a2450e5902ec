"""The pages: that they hold together, that they are still, and that no text of a project does harm."""

from __future__ import annotations

import itertools
import json
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.documented import HARM, SECRET, demo, harmful

from trunkline.app.docs.join import joined
from trunkline.app.docs.model import ProjectDocs, Release
from trunkline.app.init import init
from trunkline.app.project import Project
from trunkline.contracts.compat.difference import Change, Difference
from trunkline.surfaces.docs.mount import TYPES
from trunkline.surfaces.docs.site import Site

VOID = {"meta", "link", "input", "wbr"}
SHAPES = {"path", "rect"}


class Page(HTMLParser):
    """What a page is made of: its tags with their attributes, its texts, and whether all tags are closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self._open = [], [], []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in SHAPES
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]

    @property
    def ids(self):
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]


def started(folder):
    return Project.load(init(folder).folder)


def registered():
    change = Change(pointer="/gift", kind="added", detail=HARM, backward="compatible", forward="breaking")
    latest = Release("1.1.0", "2026-01-02", HARM, HARM, "active", Difference("practical", (change,)))
    return {"order@1": [latest, Release("1.0.0", "2026-01-01", "ada", "")]}


@pytest.fixture(params=[demo, started, harmful])
def pages(request, tmp_path):
    site = Site(joined(request.param(tmp_path / "p"), registered()))
    files = site.files()
    return {path: Page(content.decode()) for path, content in files.items() if path.endswith(".html")}


# A page loads nothing but our own style and script, and has neither in itself: the policy it states holds.
def test_policy(pages):
    for page in pages.values():
        assert [one.get("src") for one in page.all("script")] in ([], ["search.js"])
        assert page.all("style") == []
        for tag, attributes in page.tags:
            assert not [name for name in attributes if name == "style" or name.startswith("on")], tag
            assert tag not in ("img", "iframe", "object", "embed", "base")
        [policy] = [one for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
        assert policy["content"].startswith("default-src 'self'")


# Every link leads to a file of the site and to a place that is in it, and no page names a place twice.
def test_links(pages):
    site_files = {"style.css", "search.js", "asyncapi.json"}
    for path, page in pages.items():
        assert len(page.ids) == len(set(page.ids))
        for tag, attributes in page.tags:
            address = attributes.get("href") or attributes.get("src")
            if address is None:
                continue
            assert not urlsplit(address).scheme, tag
            to, place = urldefrag(urljoin(path, address))
            if to in pages:
                assert not place or place in pages[to].ids, address
            else:
                assert to in site_files or to.endswith((".schema.json", ".md"))


# A page can be read by ear and by keyboard: a language, landmarks, one first heading, headed tables, labels.
def test_accessible(pages):
    for page in pages.values():
        assert page.all("html") == [{"lang": "en"}]
        assert [len(page.all(name)) for name in ("main", "header", "nav", "footer", "h1")] == [1] * 5
        assert page.all("a")[0]["href"] == "#main"
        levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3")]
        assert all(deeper - level <= 1 for level, deeper in itertools.pairwise(levels))
        assert all("scope" in one for one in page.all("th"))
        assert all("aria-labelledby" in one or "class" in one for one in page.all("table"))
        for named in (one["aria-labelledby"] for _, one in page.tags if "aria-labelledby" in one):
            assert set(named.split()) <= set(page.ids)
        assert all(one.get("id") == "words" for one in page.all("input"))


# Texts of a project that look like markup are shown as what they are, wherever a person may write one.
def test_harm(tmp_path):
    site = Site(joined(harmful(tmp_path / "p"), registered()), date=HARM)
    shown = Page(site.page("contracts/order@1.html").decode()).texts
    assert len([text for text in shown if HARM in text]) >= 15
    for path in ("index", "systems", "flows", "personal", "topology"):
        page = Page(site.page(f"{path}.html").decode())
        assert [text for text in page.texts if HARM in text]
        assert not any("alert" in str(attributes.get("href")) for attributes in page.all("a"))
    texts = Page(site.page("flows.html").decode()).texts
    assert "'<script>alert(4)</script>' & order_id" in texts


# No example of a personal field is in any file of a site.
def test_no_personal_example(tmp_path):
    files = Site(joined(harmful(tmp_path / "p"))).files()
    assert [path for path, content in files.items() if SECRET.encode() in content] == []


FIELDS = st.fixed_dictionaries(
    {
        "logicalType": st.sampled_from(["string", "integer", "date", "object", "array"]),
        "classification": st.sampled_from(["personal", "confidential", "pii"]),
        "examples": st.just([SECRET, [SECRET], {"a": SECRET}]),
        "required": st.booleans(),
    }
)


# Whatever kind of field is personal, and wherever it stands, its examples are in no file.
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FIELDS, min_size=1, max_size=4))
def test_no_personal_example_of_any_kind(tmp_path, fields):
    folder = tmp_path / "p"
    if not folder.exists():
        init(folder)
        (folder / "flows/orders-to-warehouse.yaml").unlink()
    named = [{"name": f"f{number}", **field} for number, field in enumerate(fields)]
    outer = {"name": "outer", "logicalType": "object", "examples": [{"f0": SECRET}], "properties": named}
    contract = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "order", "version": "1.0.0"}
    text = json.dumps(contract | {"schema": [{"name": "order", "properties": [*named, outer]}]})
    (folder / "contracts/order.odcs.yaml").write_text(text, "utf-8")
    files = Site(joined(Project.load(folder))).files()
    assert SECRET.encode() not in b"".join(files.values())


# The same project gives the same bytes and no date; a date that is given stands on every page.
def test_still(tmp_path):
    docs = joined(demo(tmp_path / "demo"))
    first = Site(docs).files()
    assert Site(docs).files() == first
    dated = Site(docs, "2026-11-23").files()
    assert all(b"2026-11-23" in content for path, content in dated.items() if path.endswith(".html"))
    assert not any(b"2026" in content for content in first.values())


# A contract's page has its fields, who publishes and consumes it, and its versions with what changed.
def test_contract(tmp_path):
    site = Site(joined(demo(tmp_path / "demo"), registered()))
    page = Page(site.page("contracts/order@1.html").decode())
    for text in ("customer.", "email", "decimal(12,2), required, internal", "entity key", "name@example.com"):
        assert text in page.texts
    links = {one.get("href") for one in page.all("a")}
    assert {"../systems.html#system-shop", "../flows.html#flow-orders-to-stock"} <= links
    assert {"/gift", "compatible", "breaking"} <= set(page.texts)


# A contract that names no owner shows who answers for its data in its systems, and its duties stand with it.
def test_owners_and_duties(tmp_path):
    site = Site(joined(demo(tmp_path / "demo")))
    shown = {
        path: "".join(Page(site.page(path).decode()).texts)
        for path in ("index.html", "contracts/order@1.html", "contracts/stock@1.html", "personal.html")
    }
    assert "not named" not in shown["index.html"]
    assert "E-commerce" in shown["contracts/order@1.html"]
    assert "Logistics" in shown["contracts/stock@1.html"]
    assert "90 d" in shown["contracts/order@1.html"]
    assert "contract" in shown["personal.html"]
    assert "10 y" in shown["personal.html"]
    for path in ("contracts/order@1.md", "contracts/stock@1.md"):
        assert b"| Owner |" in site.page(path)


# What becomes of an event that cannot be delivered is told in words.
def test_when_dead(tmp_path):
    page = Page(Site(joined(demo(tmp_path / "demo"))).page("flows.html").decode())
    assert "then it is a dead letter, and later events of its key wait" in "".join(page.texts)


# On a narrow screen the cells of a row stand under each other: each says of which column it is.
def test_narrow(pages):
    assert all(cell.get("data-label") for page in pages.values() for cell in page.all("td"))


# A version that is registered is not told as a working copy; one that is not is.
def test_versions(tmp_path):
    project = demo(tmp_path / "demo")
    working = "".join(Page(Site(joined(project)).page("contracts/order@1.html").decode()).texts)
    assert "The working copy: what this page describes." in working
    releases = {"order@1": [Release("1.0.0", "2026-01-01", "ada", "")]}
    same = "".join(Page(Site(joined(project, releases)).page("contracts/order@1.html").decode()).texts)
    assert "working copy" not in same


# A project without anything has pages that say so.
def test_empty():
    site = Site(ProjectDocs("p", "P", "127.0.0.1:80", (), (), (), ()))
    texts = {
        path: "".join(Page(site.page(path).decode()).texts) for path in site.paths if path.endswith("html")
    }
    assert "There is no contract yet." in texts["index.html"]
    assert "No contract has a personal field." in texts["personal.html"]


# What is no file of the site is none, whatever it looks like; every file has a type it is served as.
def test_paths(tmp_path):
    site = Site(joined(demo(tmp_path / "demo")))
    for path in ("", "nothing.html", "../trunkline.yaml", "templates/base.html.j2", "contracts/"):
        assert site.page(path) is None
    assert {path.rpartition(".")[2] for path in site.paths} == set(TYPES)


# The one script is small and makes no markup of texts.
def test_script(tmp_path):
    script = Site(joined(demo(tmp_path / "demo"))).page("search.js").decode()
    assert len(script.splitlines()) < 100
    assert "innerHTML" not in script


# A contract is found by its fields, owner, source and flows, in lower case.
def test_searched(tmp_path):
    page = Page(Site(joined(demo(tmp_path / "demo"))).page("index.html").decode())
    words = {
        one["data-search"].split()[0]: one["data-search"] for one in page.all("tr") if "data-search" in one
    }
    assert "customer.email" in words["order@1"]
    assert "orders-to-stock" in words["order@1"]
    assert "till/sale" in words["sale@1"]
