"""Reads bytes as a file of a name would be read, without or with a disk."""

from __future__ import annotations

import threading

import pytest

from trunkline.adapters.files.content import Stamp
from trunkline.adapters.files.reading import read
from trunkline.adapters.files.settings import FileSettings


@pytest.fixture
def arrivals_of(tmp_path):
    """Return the arrivals of a file with this name and these bytes."""

    def arrivals(name, data, **settings):
        path = tmp_path / name
        path.write_bytes(data)
        steps = read(path, Stamp.of(path.stat()), FileSettings(folder=".", **settings), threading.Event())
        return [arrival for batch, _ in steps for arrival in batch]

    return arrivals
