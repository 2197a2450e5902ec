"""Secrets and the log's key from the environment and from files that only their owner can read."""

from __future__ import annotations

import base64

import pytest

from trunkline.adapters.keyfile.key import load_key, make_key
from trunkline.adapters.keyfile.private import NotPrivate, read_private, write_private
from trunkline.adapters.keyfile.secrets import EnvironmentSecrets, FileSecrets
from trunkline.kernel.errors import SecretUnavailable
from trunkline.vault.secret import parse_reference

TOKEN = parse_reference("secret://shop.eu/api-token")


@pytest.fixture
def secrets_file(tmp_path):
    path = tmp_path / "secrets.yaml"

    def write(text, mode=0o600):
        path.write_text(text)
        path.chmod(mode)
        return FileSecrets(path)

    return write


# A reference becomes an upper-case variable, dots and dashes as underscores; an empty one is not set.
def test_environment_names():
    place = EnvironmentSecrets({"TRUNKLINE_SECRET_SHOP_EU_API_TOKEN": "s3", "TRUNKLINE_SECRET_A_B": ""})
    assert place.find(TOKEN).reveal() == "s3"
    assert place.find(parse_reference("secret://a/b")) is None


# A value stands under its system and name; what is missing is None, a missing file as well.
def test_file_values(secrets_file, tmp_path):
    place = secrets_file("shop.eu:\n  api-token: s3\nother: {}\n")
    assert place.find(TOKEN).reveal() == "s3"
    assert place.find(parse_reference("secret://other/x")) is None
    assert place.find(parse_reference("secret://none/x")) is None
    assert FileSecrets(tmp_path / "none.yaml").find(TOKEN) is None


# A file that others can read is refused with the command that mends it.
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666])
def test_an_open_file_is_refused(secrets_file, mode):
    place = secrets_file("shop.eu: {api-token: s3}\n", mode)
    with pytest.raises(SecretUnavailable, match=r"chmod 600 .*secrets\.yaml"):
        place.find(TOKEN)


# Whatever is wrong in the file, no message repeats any of its text: it is all secret.
@pytest.mark.parametrize(
    "text",
    [
        "shop.eu: {api-token: hunter2",
        "shop.eu: hunter2",
        "- hunter2",
        "shop.eu: {api-token: [hunter2]}",
        "hunter2: \t%@\n",
        "shop.eu: {api-token: 4711}",
    ],
)
def test_faults_do_not_repeat_the_file(secrets_file, text):
    with pytest.raises(SecretUnavailable) as caught:
        secrets_file(text).find(TOKEN)
    assert "hunter2" not in str(caught.value)
    assert "4711" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


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
