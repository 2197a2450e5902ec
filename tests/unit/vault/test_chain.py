"""The chain asks each place in turn and says where it looked."""

from __future__ import annotations

import os

import pytest

from trunkline.adapters.keyfile.secrets import EnvironmentSecrets, FileSecrets
from trunkline.kernel.errors import SecretUnavailable
from trunkline.vault.chain import ChainedSecrets


# The first place that has the secret answers, so the environment wins over the file.
def test_the_first_place_wins():
    first = EnvironmentSecrets({"TRUNKLINE_SECRET_SHOP_API_TOKEN": "one"})
    second = EnvironmentSecrets(
        {"TRUNKLINE_SECRET_SHOP_API_TOKEN": "two", "TRUNKLINE_SECRET_SHOP_B": "three"}
    )
    chain = ChainedSecrets([first, second])
    assert chain.get("secret://shop/api-token").reveal() == "one"
    assert chain.get("secret://shop/b").reveal() == "three"


# A secret that is nowhere is an error that names it and every place it could be put in.
def test_a_missing_secret_names_every_place(tmp_path):
    chain = ChainedSecrets([EnvironmentSecrets({}), FileSecrets(tmp_path / "secrets.yaml")])
    with pytest.raises(SecretUnavailable) as caught:
        chain.get("secret://shop/api-token")
    message = str(caught.value)
    assert "secret://shop/api-token" in message
    assert "TRUNKLINE_SECRET_SHOP_API_TOKEN" in message
    assert "secrets.yaml" in message


# What is no reference may be a literal credential: the error does not repeat it.
def test_a_literal_in_place_of_a_reference_is_not_repeated():
    with pytest.raises(SecretUnavailable) as caught:
        ChainedSecrets([]).get("hunter2")
    assert "hunter2" not in str(caught.value)


# A chain tells of a secret what its own place knows, and of itself what was written last.
def test_when_it_was_written(tmp_path):
    path = tmp_path / "secrets.yaml"
    path.write_text("shop: {b: two}")
    path.chmod(0o600)
    os.utime(path, ns=(0, 7_000_000))
    environment = EnvironmentSecrets({"TRUNKLINE_SECRET_SHOP_A": "one"})
    chain = ChainedSecrets([environment, FileSecrets(path)])
    assert [chain.found(f"secret://shop/{name}").written for name in "ab"] == [None, 7_000]
    assert (chain.written(), ChainedSecrets([environment]).written()) == (7_000, None)
