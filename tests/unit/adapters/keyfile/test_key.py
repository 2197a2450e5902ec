"""The log's key: 32 bytes from the environment or a private file, never repeated in a message."""

from __future__ import annotations

import base64

import pytest

from trunkline.adapters.keyfile.key import load_key, make_key
from trunkline.kernel.errors import SecretUnavailable


# The key comes from the environment first, as hexadecimal or base64, else from the file that init makes.
def test_the_key_and_its_forms(tmp_path):
    path = tmp_path / "trunkline.key"
    raw = bytes(range(32))
    for text in (
        raw.hex(),
        raw.hex().upper(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    ):
        assert load_key({"TRUNKLINE_KEY": text}, path).reveal() == raw.hex()
    make_key(path)
    made = load_key({}, path).reveal()
    assert len(bytes.fromhex(made)) == 32
    assert load_key({"TRUNKLINE_KEY": raw.hex()}, path).reveal() != made
    assert str(path) not in repr(load_key({}, path))


# A key that is missing, short, or readable by others is refused with what to do, and not repeated.
def test_a_bad_key_is_refused(tmp_path):
    path = tmp_path / "trunkline.key"
    with pytest.raises(SecretUnavailable, match="the log has no key"):
        load_key({}, path)
    with pytest.raises(SecretUnavailable, match="64 hexadecimal digits") as caught:
        load_key({"TRUNKLINE_KEY": "abcdef"}, path)
    assert "abcdef" not in str(caught.value)
    make_key(path)
    path.chmod(0o640)
    with pytest.raises(SecretUnavailable, match="chmod 600"):
        load_key({}, path)
