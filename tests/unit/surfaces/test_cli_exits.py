"""Every error has a code that a script can decide by."""

from __future__ import annotations

import pytest

from trunkline.kernel import errors
from trunkline.surfaces.cli.exits import Exit, exit_of


# The code is that of the error's own kind, or of what it is a kind of.
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ProjectError([]), Exit.PROJECT),
        (errors.GuaranteeError("x"), Exit.PROJECT),
        (errors.UsageError("x"), Exit.USAGE),
        (errors.StoreFull("x"), Exit.STORE),
        (errors.BusyError("x", 1), Exit.STORE),
        (errors.SecretUnavailable("x"), Exit.SECRET),
        (errors.RefusedError(400, "x", "y"), Exit.FOUND),
        (errors.Final("x", "y"), Exit.FAILED),
        (errors.TrunklineError("x"), Exit.FAILED),
    ],
)
def test_codes(error, code):
    assert exit_of(error) is code


# No two outcomes share a code.
def test_codes_are_distinct():
    assert len({int(code) for code in Exit}) == len(Exit.__members__)
