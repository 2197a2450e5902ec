"""Where secrets stand today: environment variables and one YAML file of mode 0600.

The composition root chains both in front of every connector; see ``docs/reference/secrets.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from trunkline.adapters.keyfile.private import NotPrivate, read_private
from trunkline.kernel.errors import SecretUnavailable
from trunkline.vault.secret import Reference, Secret

_TO_UNDERSCORE = str.maketrans(".-", "__")


def variable_of(reference: Reference) -> str:
    """Return the environment variable of a secret: ``TRUNKLINE_SECRET_SHOP_API_TOKEN``."""
    return f"TRUNKLINE_SECRET_{reference.system}_{reference.name}".translate(_TO_UNDERSCORE).upper()


class EnvironmentSecrets:
    """Secrets in environment variables; an empty one counts as not set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def find(self, reference: Reference) -> Secret | None:
        """Return the variable's value, or None where it is not set."""
        text = self._environ.get(variable_of(reference), "")
        return Secret(text) if text else None

    def written(self) -> int | None:
        """Return None: an environment does not know when it was made."""
        return None

    def where(self, reference: Reference) -> str:
        """Name the variable."""
        return f"the environment variable {variable_of(reference)}"


class FileSecrets:
    """Secrets in a YAML file, ``system: {name: value}``, that only its owner may read.

    It is read anew for every question, so a changed file counts at the next start without more ado.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, reference: Reference) -> Secret | None:
        """Return the value under ``system`` and ``name``; None where the file or the entry is missing."""
        names = self._entries().get(reference.system)
        if names is None:
            return None
        if not isinstance(names, dict):
            raise SecretUnavailable(f'{self.path}: "{reference.system}" must hold names, each with a value')
        value = names.get(reference.name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise SecretUnavailable(f"{self.path}: the value of {reference} is not text; put it in quotes")
        return Secret(value)

    def written(self) -> int | None:
        """Return when the file was last written, in microseconds; None where there is none to be seen."""
        try:
            return self.path.stat().st_mtime_ns // 1_000
        except OSError:
            return None

    def where(self, reference: Reference) -> str:
        """Name the file and the entry."""
        return f"{reference.system}: {{{reference.name}: ...}} in {self.path}"

    def _entries(self) -> dict[str, Any]:
        try:
            content = yaml.safe_load(read_private(self.path))
        except FileNotFoundError:
            return {}
        except NotPrivate as error:
            raise SecretUnavailable(str(error)) from None
        except OSError as error:
            raise SecretUnavailable(f"{self.path} cannot be read: {error.strerror}") from None
        except yaml.YAMLError as error:
            raise SecretUnavailable(f"{self.path}{_line_of(error)} is not YAML") from None
        if content is None:
            return {}
        if not isinstance(content, dict):
            raise SecretUnavailable(f"{self.path} must hold systems, each with names and values")
        return content


def _line_of(error: yaml.YAMLError) -> str:
    """Return the line alone: PyYAML's own message quotes the text around it, which is a secret."""
    mark = getattr(error, "problem_mark", None)
    return f":{mark.line + 1}" if mark else ""
