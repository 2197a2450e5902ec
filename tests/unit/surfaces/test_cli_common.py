"""A command finds its project where it is told to look, or here and upwards, or says that none is."""

from __future__ import annotations

import pytest

from trunkline.kernel.errors import ProjectError
from trunkline.surfaces.cli.common import Common, find_project


# Without --project it is this folder, or the nearest above it.
def test_upwards_from_here(folder, monkeypatch):
    inner = folder / "contracts"
    for here in (folder, inner):
        monkeypatch.chdir(here)
        assert Common().folder == folder


# A folder that is named is taken as it is: nothing above it counts.
def test_a_named_folder(folder):
    assert find_project(folder) == folder
    with pytest.raises(ProjectError, match="trunkline init"):
        find_project(folder / "contracts")


# Where there is none, the message says how to make one.
def test_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProjectError, match="there is no project here"):
        find_project(None)
