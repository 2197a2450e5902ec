"""init writes a project that works, keeps its secrets to its owner, and overwrites nothing."""

from __future__ import annotations

import pytest

from trunkline.app.init import init
from trunkline.kernel.errors import TrunklineError


# Key and secrets are for their owner only, each project's are its own, and state is not versioned.
def test_private_files(tmp_path):
    one, two = init(tmp_path / "one"), init(tmp_path / "two")
    for file in ("state/trunkline.key", "state/secrets.yaml"):
        assert (one.folder / file).stat().st_mode & 0o777 == 0o600
        assert (one.folder / file).read_bytes() != (two.folder / file).read_bytes()
    assert "state/" in (one.folder / ".gitignore").read_text()


# Where one file is there already nothing is written at all.
def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "trunkline.yaml").write_text("mine")
    with pytest.raises(TrunklineError, match=r"trunkline\.yaml.*nothing was written"):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["trunkline.yaml"]


# The project is named after its folder, whatever that is called.
@pytest.mark.parametrize(("folder", "name"), [("My Shop!", "my-shop"), ("..x", "x"), ("__", "project")])
def test_the_name(tmp_path, folder, name):
    assert init(tmp_path / folder).project == name


# A place that cannot be written is an error that names it.
def test_an_unwritable_place(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TrunklineError, match="cannot be written"):
        init(tmp_path / "file" / "below")
