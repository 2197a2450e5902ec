"""``trunkline contract``: what records may look like, what really comes, and the life of every version."""

from trunkline.surfaces.cli.contract.diff import diff_
from trunkline.surfaces.cli.contract.drift import drift_
from trunkline.surfaces.cli.contract.test import run_tests as test_
from trunkline.surfaces.cli.contract.users import users_
from trunkline.surfaces.cli.contract.versions import (
    activate_,
    deprecate_,
    list_,
    register_,
    retire_,
    show_,
)

__all__ = [
    "activate_",
    "deprecate_",
    "diff_",
    "drift_",
    "list_",
    "register_",
    "retire_",
    "show_",
    "test_",
    "users_",
]
