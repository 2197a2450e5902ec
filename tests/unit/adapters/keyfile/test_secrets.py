"""Secrets from the environment and from a file that only its owner can read; no message repeats one."""

from __future__ import annotations

import os

import pytest

from trunkline.adapters.keyfile.secrets import EnvironmentSecrets, FileSecrets, variable_of
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


# A place says where a person would put the secret, without holding it.
def test_where_a_secret_would_stand(tmp_path):
    assert variable_of(TOKEN) in EnvironmentSecrets({}).where(TOKEN)
    assert FileSecrets(tmp_path / "secrets.yaml").where(TOKEN).startswith("shop.eu: {api-token: ...}")


# A file knows when it was last written, an environment does not, nor does a file that is not there.
def test_written(secrets_file, tmp_path):
    place = secrets_file("shop.eu: {}")
    os.utime(place.path, ns=(0, 5_000_000))
    assert place.written() == 5_000
    assert FileSecrets(tmp_path / "none.yaml").written() is None
    assert EnvironmentSecrets({}).written() is None
