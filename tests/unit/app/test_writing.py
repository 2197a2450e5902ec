"""A project written from package data has its files filled in and keeps its secrets to its owner."""

from __future__ import annotations

import pytest

from trunkline.app.writing import KEY_FILE, SECRETS_FILE, texts_of, write_project


@pytest.fixture
def data(tmp_path):
    """Make a folder as package data has it."""
    (tmp_path / "data" / "flows").mkdir(parents=True)
    (tmp_path / "data" / "gitignore").write_text("state/\n")
    (tmp_path / "data" / "flows" / "a.yaml").write_text("flow: $name\nmap: {n: $$sum(x)}\n")
    return tmp_path / "data"


# Every file below is there by its path, filled in, and under its own name.
def test_texts(data):
    assert texts_of(data, name="shop") == {
        ".gitignore": "state/\n",
        "flows/a.yaml": "flow: shop\nmap: {n: $sum(x)}\n",
    }


# A name that nothing fills in is a mistake of ours, not a text to write.
def test_a_name_without_a_value(data):
    with pytest.raises(KeyError):
        texts_of(data)


# Files, key and secrets are written, the last two for their owner only and never over others.
def test_write(data, tmp_path):
    folder = tmp_path / "shop"
    write_project(folder, texts_of(data, name="shop"), b"shop: {}\n")
    assert (folder / "flows" / "a.yaml").read_text().startswith("flow: shop\n")
    assert (folder / SECRETS_FILE).read_bytes() == b"shop: {}\n"
    for file in (KEY_FILE, SECRETS_FILE):
        assert (folder / file).stat().st_mode & 0o777 == 0o600
    assert (folder / "state").stat().st_mode & 0o777 == 0o700
    with pytest.raises(FileExistsError):
        write_project(folder, {}, b"")
