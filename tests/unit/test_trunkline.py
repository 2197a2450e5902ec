"""The package's front: what it offers comes when it is asked for, and nothing else is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

import trunkline
from trunkline.surfaces.api import open_project


# ``trunkline.open`` is the Python way in.
def test_open():
    assert trunkline.open is open_project


# Importing the package imports none of its rooms.
def test_importing_costs_nothing():
    code = "import sys, trunkline; print([name for name in sys.modules if name.startswith('trunkline.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# A name that is not there is missing as in every module.
def test_an_unknown_name():
    with pytest.raises(AttributeError, match="clsoe"):
        _ = trunkline.clsoe
