"""What the exit codes of the command line mean; ``docs/reference/exit-codes.md`` says the same.

A script decides by the code alone; the message is for a person.
"""

from __future__ import annotations

from enum import IntEnum

from trunkline.kernel.errors import (
    BusyError,
    GateError,
    GuaranteeError,
    ProjectError,
    RefusedError,
    SecretUnavailable,
    StoreError,
    TrunklineError,
    UsageError,
)


class Exit(IntEnum):
    """Every code ``trunkline`` ends with."""

    OK = 0
    """It is done and nothing is wrong."""

    FOUND = 1
    """It is done and found something: faults, a damaged page, a refused record, a change that breaks."""

    USAGE = 2
    """The command line itself is wrong, or names what is not there: nothing was done."""

    PROJECT = 3
    """The project is missing or does not pass ``trunkline check``: nothing was done."""

    STORE = 4
    """The store cannot be used: in use by another process, full, damaged, from a newer release."""

    SECRET = 5
    """A secret or the log's key has no value, or its file can be read by others."""

    FAILED = 6
    """It could not be done for another reason that the message names."""

    BUG = 70
    """Trunkline itself is at fault; the traceback that is printed belongs in a report."""

    INTERRUPTED = 130
    """Interrupted from the keyboard."""


_BY_ERROR: tuple[tuple[type[TrunklineError], Exit], ...] = (
    (ProjectError, Exit.PROJECT),
    (GuaranteeError, Exit.PROJECT),
    (GateError, Exit.PROJECT),
    (UsageError, Exit.USAGE),
    (StoreError, Exit.STORE),
    (BusyError, Exit.STORE),
    (SecretUnavailable, Exit.SECRET),
    (RefusedError, Exit.FOUND),
)


def exit_of(error: TrunklineError) -> Exit:
    """Return the code that stands for an error."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), Exit.FAILED)
