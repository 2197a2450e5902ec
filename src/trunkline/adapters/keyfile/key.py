"""The key that seals the log: 32 bytes from ``TRUNKLINE_KEY`` or from a file of mode 0600.

``trunkline init`` makes the file; whoever loses it loses the log, so it belongs in the same vault as
the backups' passwords.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from pathlib import Path

from trunkline.adapters.keyfile.private import NotPrivate, read_private, write_private
from trunkline.kernel.errors import SecretUnavailable
from trunkline.vault.secret import Secret

VARIABLE = "TRUNKLINE_KEY"
KEY_BYTES = 32


def load_key(environ: Mapping[str, str], path: Path) -> Secret:
    """Return the log's key as 64 hexadecimal digits, from the environment first.

    Raises ``SecretUnavailable`` where there is none or it is not 32 bytes in hexadecimal or base64.
    """
    text = environ.get(VARIABLE, "")
    if text:
        return _key_of(text, f"the environment variable {VARIABLE}")
    try:
        return _key_of(read_private(path).decode("ascii", "replace"), str(path))
    except FileNotFoundError:
        raise SecretUnavailable(
            f"the log has no key: put that of this project in {path} (mode 600) or in {VARIABLE}"
        ) from None
    except NotPrivate as error:
        raise SecretUnavailable(str(error)) from None
    except OSError as error:
        raise SecretUnavailable(f"{path} cannot be read: {error.strerror}") from None


def make_key(path: Path) -> None:
    """Write a new random key; raises ``FileExistsError`` where there is one."""
    write_private(path, secrets.token_hex(KEY_BYTES).encode() + b"\n")


def _key_of(text: str, where: str) -> Secret:
    for decode in (bytes.fromhex, _from_base64):
        try:
            key = decode(text.strip())
        except (ValueError, binascii.Error):
            continue
        if len(key) == KEY_BYTES:
            return Secret(key.hex())
    raise SecretUnavailable(f"{where} does not hold a key: 32 bytes as 64 hexadecimal digits or as base64")


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
