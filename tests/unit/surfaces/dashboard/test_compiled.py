"""Compiled templates are kept like modules are, and nothing depends on it."""

from __future__ import annotations

import sys

import pytest
from jinja2 import Environment, FileSystemLoader

from trunkline.surfaces.dashboard.compiled import Compiled


@pytest.fixture
def templates(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (tmp_path / "page.html").write_text("so {{ what }}")
    return tmp_path


def shown(templates):
    """Return the page as a process that begins shows it."""
    made = Environment(
        loader=FileSystemLoader(templates), autoescape=True, bytecode_cache=Compiled(templates)
    )
    return made.get_template("page.html").render(what="it is")


def kept(templates):
    return {path.name: path.read_bytes() for path in (templates / "__pycache__").glob("*")}


def test_a_template_is_compiled_once_and_again_when_it_changed(templates, monkeypatch):
    assert shown(templates) == "so it is"
    first = kept(templates)
    assert len(first) == 1
    with monkeypatch.context() as patch:
        patch.setattr(Environment, "compile", lambda *_: pytest.fail("compiled again"))
        assert shown(templates) == "so it is"
    (templates / "page.html").write_text("now {{ what }}")
    assert shown(templates) == "now it is"
    assert kept(templates) != first
    assert kept(templates).keys() == first.keys()


def test_what_is_no_code_is_compiled_again(templates):
    shown(templates)
    [path] = (templates / "__pycache__").iterdir()
    path.write_bytes(b"torn")
    assert shown(templates) == "so it is"
    assert path.read_bytes() != b"torn"


def test_pages_are_shown_where_nothing_can_be_written(templates):
    (templates / "__pycache__").write_text("in the way")
    assert shown(templates) == "so it is"


def test_nothing_is_written_where_python_may_not(templates, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert shown(templates) == "so it is"
    assert not kept(templates)


def test_it_is_kept_where_python_keeps_its_own(templates, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "elsewhere"))
    shown(templates)
    assert not kept(templates)
    assert len([path for path in (tmp_path / "elsewhere").rglob("*") if path.is_file()]) == 1
