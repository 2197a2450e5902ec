"""What is known of the age of secrets is in a file of our own, which nobody else may read."""

from __future__ import annotations

import pytest

from trunkline.adapters.keyfile.ages import AgesFile
from trunkline.kernel.errors import SecretUnavailable
from trunkline.vault.age import KnownValue

SEVERAL = {"secret://shop/webhook": KnownValue("a0", 10), "secret://crm/key": KnownValue("b1", 20)}


@pytest.fixture
def file(tmp_path):
    return AgesFile(tmp_path / "secret-ages.json")


# What was written is read again, from a file that only its owner may read; without one nothing is known.
def test_written_and_read(file):
    assert file.read() == {}
    file.write(SEVERAL)
    assert file.read() == SEVERAL
    assert file.path.stat().st_mode & 0o777 == 0o600


# A file that others may read, or that is damaged, is refused with what to do.
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.chmod(0o644), "chmod 600"),
        (lambda path: path.write_text("{"), "remove it"),
        (lambda path: (path.unlink(), path.mkdir()), "cannot be read"),
    ],
)
def test_refused(file, spoil, says):
    file.write(SEVERAL)
    spoil(file.path)
    with pytest.raises(SecretUnavailable, match=says):
        file.read()


# Where it cannot be written that is said.
def test_no_place(tmp_path):
    with pytest.raises(SecretUnavailable, match="cannot be written"):
        AgesFile(tmp_path / "none" / "file.json").write(SEVERAL)
