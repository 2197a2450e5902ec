"""A private file can be read by its owner only, and is never written over."""

from __future__ import annotations

import os

import pytest

from trunkline.adapters.keyfile.private import NotPrivate, read_private, replace_private, write_private


# A private file is made with mode 0600, whatever the umask, and never written over.
def test_private_files(tmp_path):
    path = tmp_path / "key"
    write_private(path, b"one")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_private(path, b"two")
    assert read_private(path) == b"one"
    path.chmod(0o644)
    with pytest.raises(NotPrivate):
        read_private(path)


# Another user's file is refused with the command that mends it, however closed it is.
def test_another_users_file(tmp_path, monkeypatch):
    path = tmp_path / "key"
    write_private(path, b"one")
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(NotPrivate, match="chown"):
        read_private(path)


# What is not there is told apart from what may not be read.
def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_private(tmp_path / "none")


# A new file survives a power cut with its name: the folder is synced too. Who loses the key loses the log.
def test_a_new_file_is_durable_with_its_name(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    write_private(tmp_path / "key", b"k")
    assert synced == [(tmp_path / "key").stat().st_ino, tmp_path.stat().st_ino]


# What is put in the place of a file is whole and as private, also where an attempt before it was cut off.
def test_replacing(tmp_path):
    path = tmp_path / "keyring"
    (tmp_path / ".keyring.new").write_bytes(b"half")
    replace_private(path, b"one")
    replace_private(path, b"two")
    assert (read_private(path), path.stat().st_mode & 0o777) == (b"two", 0o600)
    assert [one.name for one in tmp_path.iterdir()] == ["keyring"]
