"""Every route of ``/api/v1`` as data: who may, what is sent and answered, and the use-case behind it.

The application dispatches by these and the OpenAPI document is made of them, so that neither can have one
more. Bodies and answers are structs; a use-case runs off the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from trunkline.app.comparing import Comparison, judged, registered
from trunkline.app.registering import (
    Detail,
    Registered,
    VersionView,
    register,
    register_text,
    show,
    step,
    versions,
)
from trunkline.app.versions import registry_of
from trunkline.contracts.compat.difference import Policy
from trunkline.contracts.compat.documents import Loaded, schema_in
from trunkline.contracts.registry.acts import NotRegistered, Who
from trunkline.contracts.registry.rules import Step
from trunkline.contracts.registry.semantic import semver
from trunkline.contracts.registry.version import ActName
from trunkline.kernel.clock import Clock, from_rfc3339
from trunkline.kernel.errors import TrunklineError, UsageError

Why: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=1, max_length=10_000, description="for whoever asks later; it is kept")
]


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of everything that is sent: an unknown member is refused."""


class Registration(_Body, frozen=True):
    """Contracts to register: a text of the Open Data Contract Standard, or the project's by name or file."""

    why: Why
    text: str = ""
    contracts: list[str] = []
    dry_run: bool = False

    def __post_init__(self) -> None:
        if bool(self.text) == bool(self.contracts):
            raise ValueError("give text or contracts, one of the two")


class Grounds(_Body, frozen=True):
    """Why a step is taken."""

    why: Why


class Deprecation(_Body, frozen=True):
    """Until when a version may be used, RFC 3339, and why."""

    why: Why
    sunset: str


class Retirement(_Body, frozen=True):
    """Why a version ends; ``now`` before its sunset."""

    why: Why
    now: bool = False


class Given(_Body, frozen=True):
    """A version to compare: a registered one, ``order@1.2.0``, or a text.

    A text is a contract or a JSON Schema, in JSON or YAML, or an Avro schema where ``kind`` says so.
    """

    ref: str = ""
    text: str = ""
    kind: Literal["schema", "avro"] = "schema"

    def __post_init__(self) -> None:
        if bool(self.text) == bool(self.ref):
            raise ValueError("give ref or text, one of the two")


class Question(_Body, frozen=True):
    """Two versions to compare, and by what."""

    old: Given
    new: Given
    mode: Literal["backward", "forward", "full"] = "full"
    policy: Policy = "practical"


class Versions(msgspec.Struct, frozen=True):
    """Registered versions, the highest of each subject first."""

    versions: list[VersionView]


class Registrations(msgspec.Struct, frozen=True):
    """What came of each contract; where one is refused, none is registered."""

    contracts: list[Registered]


class Refused(TrunklineError):
    """What was to be registered is against the rules; ``contracts`` say by what."""

    def __init__(self, contracts: list[Registered]) -> None:
        refused = [one for one in contracts if one.outcome == "refused"]
        told = "; ".join(
            f"{one.contract} {one.version}: {reason}" for one in refused for reason in one.reasons
        )
        super().__init__(f"nothing was registered: {told}")
        self.contracts = contracts


class Asked(msgspec.Struct, frozen=True):
    """A request: the project's folder, the parts of its path, its body as a struct, and who sends it."""

    folder: Path
    clock: Clock
    parts: Mapping[str, str]
    body: Any = None
    author: str = ""

    @property
    def who(self) -> Who:
        """Who acts, and why."""
        return Who(self.author, self.body.why)


class Route(msgspec.Struct, frozen=True):
    """A method of a path; ``does`` says what for, ``body`` and ``answer`` are structs."""

    method: Literal["GET", "POST"]
    path: str
    does: str
    handle: Callable[[Asked], Coroutine[Any, Any, Any]]
    answer: type[msgspec.Struct]
    body: type[msgspec.Struct] | None = None
    writes: bool = False


async def _list(asked: Asked) -> Versions:
    return Versions(await versions(asked.folder))


async def _list_one(asked: Asked) -> Versions:
    name = asked.parts["name"]
    found = await versions(asked.folder, [name])
    if not found:
        raise NotRegistered(f'no version of "{name}" is registered')
    return Versions(found)


async def _show(asked: Asked) -> Detail:
    return await show(asked.folder, await _ref(asked), with_text=True)


async def _compare(asked: Asked) -> Comparison:
    question: Question = asked.body
    old, new = await _loaded(asked, question.old, "old"), await _loaded(asked, question.new, "new")
    return judged(old, new, question.mode, question.policy)


async def _loaded(asked: Asked, given: Given, name: str) -> Loaded:
    if given.ref:
        return await registered(asked.folder, given.ref)
    return schema_in(given.text.encode(), name, avro=given.kind == "avro")


async def _register(asked: Asked) -> Registrations:
    body: Registration = asked.body
    if body.text:
        found = await register_text(asked.folder, body.text, asked.who, asked.clock, dry_run=body.dry_run)
    else:
        found = await register(asked.folder, body.contracts, asked.who, asked.clock, dry_run=body.dry_run)
    if any(one.outcome == "refused" for one in found):
        raise Refused(found)
    return Registrations(found)


async def _activate(asked: Asked) -> VersionView:
    return await _take(asked, "activate")


async def _deprecate(asked: Asked) -> VersionView:
    try:
        sunset = from_rfc3339(asked.body.sunset)
    except ValueError:
        raise UsageError("the sunset is no time: write 2027-06-30 or 2027-06-30T18:00:00Z") from None
    return await _take(asked, "deprecate", sunset=sunset)


async def _retire(asked: Asked) -> VersionView:
    return await _take(asked, "retire", at_once=asked.body.now)


async def _take(asked: Asked, act: ActName, **more: Any) -> VersionView:
    return await step(asked.folder, Step(act, await _ref(asked), **more), asked.who, asked.clock)


async def _ref(asked: Asked) -> str:
    """Return the version that the path names, as the use-cases take it."""
    name, version = asked.parts["name"], asked.parts["version"]
    if version != "latest":
        try:
            return f"{name}@{semver(version)}"
        except ValueError as error:
            raise UsageError(str(error)) from None
    latest = (await registry_of(asked.folder).subject(name)).latest
    if latest is None:
        raise NotRegistered(f'no version of "{name}" is registered')
    return latest.ref


_VERSION = "/contracts/{name}/versions/{version}"

ROUTES = (
    Route("GET", "/contracts", "List all registered versions", _list, Versions),
    Route("GET", "/contracts/{name}", "List the versions of a subject", _list_one, Versions),
    Route("GET", _VERSION, "Show a version, or the latest, with its acts and its text", _show, Detail),
    Route("POST", "/contracts", "Register contracts", _register, Registrations, Registration, writes=True),
    Route("POST", "/contracts/diff", "Compare two versions", _compare, Comparison, Question),
    Route(
        "POST", f"{_VERSION}/activate", "Put a draft into use", _activate, VersionView, Grounds, writes=True
    ),
    Route(
        "POST", f"{_VERSION}/deprecate", "Say when it ends", _deprecate, VersionView, Deprecation, writes=True
    ),
    Route("POST", f"{_VERSION}/retire", "End it for good", _retire, VersionView, Retirement, writes=True),
)
"""Every route, below ``/api/v1``."""
