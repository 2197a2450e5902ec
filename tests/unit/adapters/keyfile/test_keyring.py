"""The file of who may come in is private, whole at every moment, and read anew when it is another one."""

from __future__ import annotations

import pytest

from trunkline.adapters.keyfile.keyring import KeyringFile
from trunkline.kernel.errors import SecretUnavailable
from trunkline.vault.keyring import Keyring, new_token


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keyring.json"


# Without a file nobody is known.
def test_missing(path):
    assert KeyringFile(path).read() == Keyring()


# What one changes another sees at the next look, also when the file goes away.
def test_two_readers(path):
    one, other = KeyringFile(path), KeyringFile(path)
    token = new_token()
    one.change(lambda keyring: keyring.rotated(token, "ann", 1))
    assert other.read().token(token, 2)
    one.change(lambda keyring: keyring.rotated(new_token(), "ann", 2))
    assert other.read().token(token, 3) is None
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    assert other.read() == Keyring()


# A file that others may read, or that is damaged, opens the door to nobody and is named.
@pytest.mark.parametrize(("mode", "content", "said"), [(0o644, b"{}", "chmod 600"), (0o600, b"{", "damaged")])
def test_unusable(path, mode, content, said):
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(SecretUnavailable, match=said):
        KeyringFile(path).read()


# A folder that cannot be written to is named.
def test_unwritable(tmp_path):
    with pytest.raises(SecretUnavailable, match="cannot be written"):
        KeyringFile(tmp_path / "none" / "keyring.json").change(lambda keyring: keyring)
