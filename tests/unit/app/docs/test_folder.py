"""Files into folders."""

from __future__ import annotations

import pytest

from trunkline.app.docs.folder import LIST, replace_site, write_files
from trunkline.kernel.errors import TrunklineError


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# Exports are written beside what is there, and a file that says the same already is not written again.
def test_write(tmp_path):
    (tmp_path / "mine").write_text("x")
    write_files(tmp_path, {"a/b.md": b"1"})
    (tmp_path / "a/b.md").chmod(0o400)
    before = (tmp_path / "a/b.md").stat().st_mtime_ns
    write_files(tmp_path, {"a/b.md": b"1"})
    assert (tmp_path / "a/b.md").stat().st_mtime_ns == before
    assert files_in(tmp_path) == ["a/b.md", "mine"]


# A site takes the place of the one before it, and leaves alone what was put there by others since.
def test_replace(tmp_path):
    site = tmp_path / "site"
    replace_site(site, {"a.html": b"1", "contracts/b.html": b"2"})
    (site / "CNAME").write_text("docs.example.com")
    replace_site(site, {"a.html": b"3"})
    assert files_in(site) == [LIST, "CNAME", "a.html"]
    assert (site / "a.html").read_bytes() == b"3"


# A folder that holds something else is not touched; an empty one is taken.
def test_something_else(tmp_path):
    (tmp_path / "mine").write_text("x")
    with pytest.raises(TrunklineError, match="holds something else"):
        replace_site(tmp_path, {"a.html": b"1"})
    assert files_in(tmp_path) == ["mine"]
    (tmp_path / "empty").mkdir()
    replace_site(tmp_path / "empty", {"a.html": b"1"})
    assert (tmp_path / "empty/a.html").exists()


# A list that names files outside of the folder has nothing removed there.
def test_outside(tmp_path):
    (tmp_path / "mine").write_text("x")
    site = tmp_path / "site"
    replace_site(site, {"a.html": b"1"})
    (site / LIST).write_text('{"files": ["../mine", "a.html"]}')
    replace_site(site, {"b.html": b"1"})
    assert (tmp_path / "mine").exists()
    assert not (site / "a.html").exists()


# What cannot be written is said with its reason.
def test_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(TrunklineError, match="cannot be written"):
        write_files(tmp_path / "file", {"a": b"1"})
