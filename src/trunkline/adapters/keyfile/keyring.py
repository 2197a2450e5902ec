"""The file of who may come in: ``state/keyring.json``, mode 0600, prints of tokens and sessions.

One process changes it at a time, that which has the role ``intake``; a token that is made anew is known at
the next request, whoever made it, as the file is looked at each time and read when it is another one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from trunkline.adapters.keyfile.private import NotPrivate, read_private, replace_private
from trunkline.kernel.errors import SecretUnavailable
from trunkline.vault.keyring import Keyring

_ONE_AT_A_TIME = threading.Lock()


class KeyringFile:
    """A keyring in a file; one that is missing is empty, and lets nobody in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._keyring = Keyring()

    def read(self) -> Keyring:
        """Return the keyring; raises ``SecretUnavailable`` where others may read it or it is damaged."""
        try:
            status = self.path.stat()
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
            if seen != self._seen:
                self._keyring = msgspec.json.decode(read_private(self.path), type=Keyring)
                self._seen = seen
        except FileNotFoundError:
            self._keyring, self._seen = Keyring(), None
        except NotPrivate as error:
            raise SecretUnavailable(str(error)) from None
        except OSError as error:
            raise SecretUnavailable(f"{self.path} cannot be read: {error.strerror}") from None
        except msgspec.DecodeError:
            raise SecretUnavailable(
                f'{self.path} is damaged: remove it, and make a token with "trunkline token rotate"'
            ) from None
        return self._keyring

    def change(self, how: Callable[[Keyring], Keyring]) -> Keyring:
        """Put the keyring that ``how`` makes of this one in its place, durably, and return it."""
        with _ONE_AT_A_TIME:
            changed = how(self.read())
            try:
                replace_private(self.path, msgspec.json.encode(changed))
            except OSError as error:
                raise SecretUnavailable(f"{self.path} cannot be written: {error.strerror}") from None
        return changed
