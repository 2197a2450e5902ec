"""The file of what is known of the age of secrets: ``state/secret-ages.json``, mode 0600, keyed prints.

The process that looks for alerts writes it, where a value is new or another one; whoever asks reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from trunkline.adapters.keyfile.private import NotPrivate, read_private, replace_private
from trunkline.kernel.errors import SecretUnavailable
from trunkline.vault.age import KnownValue


class AgesFile:
    """What is known of secrets, by their references, in a file; nothing where there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, KnownValue]:
        """Return what is known; raises ``SecretUnavailable`` where the file is not ours alone or damaged."""
        try:
            return msgspec.json.decode(read_private(self.path), type=dict[str, KnownValue])
        except FileNotFoundError:
            return {}
        except NotPrivate as error:
            raise SecretUnavailable(str(error)) from None
        except OSError as error:
            raise SecretUnavailable(f"{self.path} cannot be read: {error.strerror}") from None
        except msgspec.DecodeError:
            raise SecretUnavailable(f"{self.path} is damaged: remove it, and ages count anew") from None

    def write(self, several: Mapping[str, KnownValue]) -> None:
        """Put what is known in place, durably; raises ``SecretUnavailable`` where that cannot be."""
        try:
            replace_private(self.path, msgspec.json.encode(several, order="sorted"))
        except OSError as error:
            raise SecretUnavailable(f"{self.path} cannot be written: {error.strerror}") from None
