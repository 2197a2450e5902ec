"""The words for who asks and what they may do."""

from __future__ import annotations

from typing import get_args

from trunkline.surfaces.identity import ALL, Permission


# Whoever may do everything has each permission there is.
def test_all_permissions():
    assert frozenset(get_args(Permission)) == ALL
