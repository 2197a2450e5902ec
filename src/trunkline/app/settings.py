"""The words that all files of a project share: what a name is, and what every struct of settings is."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

Name: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        max_length=64,
        description="a name: lower-case letters, digits, - and _, such as stock-level",
    ),
]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base of everything a user writes: an unknown key is a fault, never ignored."""
