"""What a request to ``/api/v1`` that fails is answered with: problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from trunkline.app.registering import Registered
from trunkline.app.versions import FOLDER
from trunkline.contracts.registry.acts import NotRegistered
from trunkline.intake.problem import Error, WebhookAnswer
from trunkline.intake.problem import Problem as Told
from trunkline.kernel import json
from trunkline.kernel.errors import BusyError, ProjectError, StoreError, StoreFull, TrunklineError, UsageError
from trunkline.kernel.faults import Fault
from trunkline.surfaces.access import Denied
from trunkline.surfaces.body import TooLarge, TooSlow
from trunkline.surfaces.rest.routes import Refused

RULES = "https://github.com/trunkline/trunkline/blob/main/docs/reference/registry.md#rules"
"""The type of a problem that a rule of the registry is; all others have none but their status."""

_STATUSES: tuple[tuple[type[TrunklineError], int], ...] = (
    (NotRegistered, 404),
    (UsageError, 422),
    (ProjectError, 422),
    (TooLarge, 413),
    (TooSlow, 408),
    (BusyError, 503),
    (StoreFull, 507),
    (StoreError, 500),
    (TrunklineError, 409),
)


class Problem(Told, frozen=True, omit_defaults=True, kw_only=True):
    """A problem as the door tells it, with what came of each contract that was to be registered."""

    contracts: Sequence[Registered] = ()


def problem(status: int, detail: str) -> Problem:
    """Describe a problem that its status says all about."""
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)


def problem_of(error: TrunklineError) -> Problem:
    """Describe an error that a request met."""
    if isinstance(error, Denied):
        return problem(error.status, str(error))
    if isinstance(error, Refused):
        told = problem(409, str(error))
        return msgspec.structs.replace(told, type=RULES, contracts=error.contracts)
    status = next(status for kind, status in _STATUSES if isinstance(error, kind))
    told = problem(status, str(error))
    if isinstance(error, ProjectError):
        is_ours = any(fault.place.file.startswith(f"{FOLDER}/") for fault in error.faults)
        told = problem(500, str(error)) if is_ours else told
        return msgspec.structs.replace(told, errors=[_error(fault) for fault in error.faults])
    return msgspec.structs.replace(told, type=RULES) if status == HTTPStatus.CONFLICT else told


def answer_of(error: TrunklineError, *, reads: bool = False) -> WebhookAnswer:
    """Answer with what is wrong; what cannot be read for a reason of no class of its own is not there."""
    told = problem(404, str(error)) if reads and type(error) is TrunklineError else problem_of(error)
    body = json.encode(told)
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
    return WebhookAnswer(told.status, [*headers, *hints(error)], body)


def hints(error: TrunklineError) -> list[tuple[bytes, bytes]]:
    """Return the headers that go with an error: how to say who one is, when to come back."""
    if getattr(error, "status", None) == HTTPStatus.UNAUTHORIZED:
        return [(b"www-authenticate", b'Basic realm="trunkline", Bearer')]
    if isinstance(error, BusyError):
        return [(b"retry-after", b"%d" % max(1, round(error.retry_after_seconds)))]
    return []


def _error(fault: Fault) -> Error:
    place = fault.place
    return Error(
        detail=fault.problem,
        file=place.file,
        line=place.line,
        column=place.column,
        expected=fault.expected,
        hint=fault.hint,
    )
