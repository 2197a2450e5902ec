"""The REST surface of Confluent's Schema Registry, so that Kafka's clients and serializers work unchanged.

A bare ASGI application, which the door mounts under ``/registry``. Paths, bodies, media types and error
codes are that registry's; ``docs/how-to/use-kafka-clients.md`` lists every route. What may be done is
decided by ``contracts/schemas``, off the event loop. Nothing is ever removed: a deletion retires.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final, TypeAlias, get_args
from urllib.parse import parse_qsl

import msgspec

from trunkline.contracts.compat.difference import Mode
from trunkline.contracts.registry.version import EVERY, Access, Reference, Version
from trunkline.contracts.schemas import subjects as rules
from trunkline.contracts.schemas.reading import SchemaKind, SchemaText, schema_of
from trunkline.contracts.schemas.subjects import Subjects
from trunkline.kernel.errors import BusyError, TrunklineError
from trunkline.surfaces import access
from trunkline.surfaces.body import Bodies, TooLarge, TooSlow
from trunkline.surfaces.door import Receive, Scope, Send
from trunkline.surfaces.names import name_in
from trunkline.surfaces.workers import Workers

MEDIA_TYPE: Final = b"application/vnd.schemaregistry.v1+json"
_KINDS: Final[dict[str, SchemaKind]] = {"AVRO": "avro", "JSON": "json"}
_TYPES: Final[dict[SchemaKind, str]] = {kind: name for name, kind in _KINDS.items()}
_MODES: Final = get_args(Mode)
_ACCESSES: Final = get_args(Access)
_REFUSALS: Final[dict[type[TrunklineError], tuple[int, int]]] = {
    rules.NoSuchSubject: (404, 40401),
    rules.NoSuchVersion: (404, 40402),
    rules.NoSuchSchema: (404, 40403),
    rules.NotASchema: (422, 42201),
    rules.Referred: (422, 42206),
    rules.NotHere: (422, 42205),
    rules.Incompatible: (409, 409),
    BusyError: (503, 50002),
    TooLarge: (413, 413),
    TooSlow: (408, 408),
}


class _Refused(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class _Submitted(msgspec.Struct, rename="camel"):
    """The body of a registration, a look-up or a check; what else clients send is passed over.

    Metadata and rules are not: who relies on a rule to encrypt a field has to know that none is kept.
    """

    schema: str
    schema_type: str | None = None
    references: list[Reference] | None = None
    metadata: Any = None
    rule_set: Any = None


class _Level(msgspec.Struct, rename="camel"):
    compatibility: str
    compatibility_group: Any = None
    default_metadata: Any = None
    override_metadata: Any = None
    default_rule_set: Any = None
    override_rule_set: Any = None


class _Mode(msgspec.Struct):
    mode: str


class _Asked(msgspec.Struct):
    """A request: the parts of its path, its query and body, and who sends it."""

    parts: tuple[str, ...]
    query: dict[str, str]
    body: bytes
    author: str

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() == "true"

    def read(self, kind: Any) -> Any:
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            raise _Refused(
                422 if isinstance(error, msgspec.ValidationError) else 400, 422, str(error)
            ) from None


Route: TypeAlias = Callable[[_Asked], Coroutine[Any, Any, Any]]


class SchemaRegistry:
    """The ASGI application. ``prefix`` is the path it is mounted under, without a slash at its end."""

    def __init__(self, subjects: Subjects, who: access.Access, workers: Workers, prefix: str = "") -> None:
        self._subjects, self._who, self._workers, self._prefix = subjects, who, workers, prefix
        self._bodies = Bodies()
        by_path: dict[str, dict[str, Route]] = {
            "": {"GET": self._root},
            "/contexts": {"GET": self._contexts},
            "/schemas/types": {"GET": self._types},
            "/schemas/ids/:": {"GET": self._by_id},
            "/schemas/ids/:/schema": {"GET": self._text_by_id},
            "/schemas/ids/:/versions": {"GET": self._versions_by_id},
            "/schemas/ids/:/subjects": {"GET": self._subjects_by_id},
            "/subjects": {"GET": self._names},
            "/subjects/:": {"POST": self._look_up, "DELETE": self._delete},
            "/subjects/:/versions": {"GET": self._numbers, "POST": self._register},
            "/subjects/:/versions/:": {"GET": self._version, "DELETE": self._delete_version},
            "/subjects/:/versions/:/schema": {"GET": self._text},
            "/subjects/:/versions/:/referencedby": {"GET": self._referenced_by},
            "/compatibility/subjects/:/versions": {"POST": self._check_all},
            "/compatibility/subjects/:/versions/:": {"POST": self._check_one},
            "/config": {"GET": self._level, "PUT": self._set_level},
            "/config/:": {"GET": self._level, "PUT": self._set_level, "DELETE": self._unset_level},
            "/mode": {"GET": self._mode, "PUT": self._set_mode},
            "/mode/:": {"GET": self._mode, "PUT": self._set_mode, "DELETE": self._unset_mode},
        }
        self._writing: frozenset[Route] = frozenset(
            {
                self._register,
                self._delete,
                self._delete_version,
                self._set_level,
                self._unset_level,
                self._set_mode,
                self._unset_mode,
            }
        )
        self._routes = {re.compile(path.replace(":", "([^/]+)")): routes for path, routes in by_path.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            status, answer = 200, await self._answer(scope, receive)
        except _Refused as refused:
            status, answer = refused.status, {"error_code": refused.code, "message": str(refused)}
        except access.Denied as denied:
            status = denied.status
            answer = {
                "error_code": status * 100 + 1,
                "message": f"User cannot access the resource: {denied}.",
            }
        except TrunklineError as error:
            status, code = _REFUSALS.get(type(error), (500, 50001))
            answer = {"error_code": code, "message": str(error)}
        headers = [(b"content-type", MEDIA_TYPE)]
        if status == 401:  # noqa: PLR2004  unauthorized
            headers.append((b"www-authenticate", b'Basic realm="schema registry"'))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        body = answer.encode() if isinstance(answer, _Text) else msgspec.json.encode(answer)
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> Any:
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
        route, parts = self._route(scope["method"], path.removeprefix(self._prefix).rstrip("/"))
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        headers = dict(scope["headers"])
        author = self._who.writer(headers) if route in self._writing else self._who.reader(headers)
        body = await self._bodies.read(receive)
        return await self._workers.run(partial(route, _Asked(parts, query, body, author)))

    def _route(self, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
        for pattern, routes in self._routes.items():
            if (found := pattern.fullmatch(path)) is not None:
                if method not in routes:
                    raise _Refused(405, 405, "HTTP 405 Method Not Allowed")
                try:
                    return routes[method], tuple(map(name_in, found.groups()))
                except ValueError as error:
                    raise _Refused(
                        422, 42208, f"The specified subject is not a valid subject: {error}"
                    ) from None
        raise _Refused(404, 404, "HTTP 404 Not Found")

    async def _root(self, _asked: _Asked) -> Any:
        return {}

    async def _types(self, _asked: _Asked) -> Any:
        return list(_KINDS)

    async def _contexts(self, _asked: _Asked) -> Any:
        return ["."]

    async def _by_id(self, asked: _Asked) -> Any:
        return _told(schema_of((await self._holding(asked))[0]))

    async def _text_by_id(self, asked: _Asked) -> Any:
        return _Text(schema_of((await self._holding(asked))[0]).text)

    async def _versions_by_id(self, asked: _Asked) -> Any:
        found = await self._holding(asked)
        return [
            {"subject": one.subject, "version": one.number}
            for one in found
            if not one.retired or asked.flag("deleted")
        ]

    async def _subjects_by_id(self, asked: _Asked) -> Any:
        return list(dict.fromkeys(one["subject"] for one in await self._versions_by_id(asked)))

    async def _holding(self, asked: _Asked) -> Any:
        if not re.fullmatch("[0-9]{1,10}", asked.parts[0]):
            raise _Refused(404, 404, "HTTP 404 Not Found")
        return await self._subjects.holding(int(asked.parts[0]))

    async def _names(self, asked: _Asked) -> Any:
        prefix = asked.query.get("subjectPrefix", "")
        names = await self._subjects.names(retired=asked.flag("deleted"))
        return [name for name in names if name.startswith(prefix)]

    async def _numbers(self, asked: _Asked) -> Any:
        found = await self._subjects.versions(asked.parts[0], retired=asked.flag("deleted"))
        return [one.number for one in found]

    async def _version(self, asked: _Asked) -> Any:
        return _told_version(await self._one(asked))

    async def _text(self, asked: _Asked) -> Any:
        return _Text(schema_of(await self._one(asked)).text)

    async def _referenced_by(self, asked: _Asked) -> Any:
        return list(
            dict.fromkeys(one.content.id for one in await self._subjects.users(await self._one(asked)))
        )

    async def _one(self, asked: _Asked) -> Version:
        number = _number(asked.parts[1])
        return await self._subjects.version(asked.parts[0], number, retired=asked.flag("deleted"))

    async def _submitted(self, asked: _Asked) -> SchemaText:
        given: _Submitted = asked.read(_Submitted)
        _require_none("metadata or rules", given.metadata, given.rule_set)
        kind = _KINDS.get(given.schema_type or "AVRO")
        if kind is None:
            raise _Refused(
                422, 42201, f"Invalid schema: no schemas of type {given.schema_type} are kept here"
            )
        return await self._subjects.read(kind, given.schema, given.references or [])

    async def _register(self, asked: _Asked) -> Any:
        schema = await self._submitted(asked)
        return _told_version(await self._subjects.register(asked.parts[0], schema, asked.author))

    async def _look_up(self, asked: _Asked) -> Any:
        await self._subjects.versions(asked.parts[0], retired=asked.flag("deleted"))
        schema = await self._submitted(asked)
        return _told_version(
            await self._subjects.look_up(asked.parts[0], schema, retired=asked.flag("deleted"))
        )

    async def _delete(self, asked: _Asked) -> Any:
        _only_soft(asked)
        found = await self._subjects.versions(asked.parts[0])
        for one in reversed(found):
            await self._subjects.retire(one.subject, one.number, asked.author)
        return [one.number for one in found]

    async def _delete_version(self, asked: _Asked) -> Any:
        _only_soft(asked)
        number = _number(asked.parts[1])
        return (await self._subjects.retire(asked.parts[0], number, asked.author)).number

    async def _check_all(self, asked: _Asked) -> Any:
        return await self._checked(asked, await self._subjects.in_use(asked.parts[0]))

    async def _check_one(self, asked: _Asked) -> Any:
        number = _number(asked.parts[1])
        if number < 0:
            return await self._checked(asked, (await self._subjects.in_use(asked.parts[0]))[-1:])
        return await self._checked(asked, [await self._subjects.version(asked.parts[0], number)])

    async def _checked(self, asked: _Asked, versions: Sequence[Version]) -> Any:
        schema, settings = await self._submitted(asked), await self._subjects.settings(asked.parts[0])
        breaks = await self._subjects.breaks(schema, versions, settings.compatibility)
        told = {"messages": breaks} if asked.flag("verbose") else {}
        return {"is_compatible": not breaks} | told

    async def _level(self, asked: _Asked) -> Any:
        return {"compatibilityLevel": (await self._setting(asked, "compatibility", 40408)).upper()}

    async def _mode(self, asked: _Asked) -> Any:
        return {"mode": (await self._setting(asked, "access", 40409)).upper()}

    async def _setting(self, asked: _Asked, name: str, missing: int) -> str:
        """Return what holds, or, for a subject that is not asked to default, what was set for it itself."""
        if not asked.parts or asked.flag("defaultToGlobal"):
            return str(getattr(await self._subjects.settings(_subject(asked)), name))
        value = getattr(await self._subjects.own_settings(_subject(asked)), name)
        if value is None:
            what = "compatibility" if name == "compatibility" else "mode"
            message = f"Subject '{asked.parts[0]}' does not have subject-level {what} configured"
            raise _Refused(404, missing, message)
        return str(value)

    async def _set_level(self, asked: _Asked) -> Any:
        level: _Level = asked.read(_Level)
        others = msgspec.structs.astuple(level)[1:]
        _require_none("groups, metadata or rules", *others)
        mode = next((mode for mode in _MODES if mode.upper() == level.compatibility), None)
        if mode is None:
            names = ", ".join(mode.upper() for mode in _MODES)
            raise _Refused(422, 42203, f"Invalid compatibility level. Valid values are {names}")
        await self._subjects.set_compatibility(_subject(asked), mode, asked.author)
        return {"compatibility": level.compatibility}

    async def _unset_level(self, asked: _Asked) -> Any:
        told = await self._level(asked)
        await self._subjects.set_compatibility(_subject(asked), None, asked.author)
        return told

    async def _set_mode(self, asked: _Asked) -> Any:
        given: _Mode = asked.read(_Mode)
        if given.mode == "IMPORT":
            why = "an id is made of the content here, so none can be brought along: register the schemas"
            raise _Refused(422, 42205, f"Mode IMPORT is not there: {why}")
        mode = next((mode for mode in _ACCESSES if mode.upper() == given.mode), None)
        if mode is None:
            raise _Refused(422, 42204, "Invalid mode. Valid values are READWRITE, READONLY")
        await self._subjects.set_access(_subject(asked), mode, asked.author)
        return {"mode": given.mode}

    async def _unset_mode(self, asked: _Asked) -> Any:
        told = await self._mode(asked)
        await self._subjects.set_access(_subject(asked), None, asked.author)
        return told


class _Text(str):
    """A text that is the answer as it stands, not a JSON string."""

    __slots__ = ()


def _told(schema: SchemaText) -> dict[str, Any]:
    """Return a schema as clients read it; Avro is the type that is not named."""
    told: dict[str, Any] = {"schema": schema.text}
    if schema.kind != "avro":
        told["schemaType"] = _TYPES[schema.kind]
    if schema.references:
        told["references"] = schema.references
    return told


def _told_version(version: Version) -> dict[str, Any]:
    told = {"subject": version.subject, "version": version.number, "id": version.content.id}
    return told | _told(schema_of(version))


def _subject(asked: _Asked) -> str:
    return asked.parts[0] if asked.parts else EVERY


def _number(text: str) -> int:
    if text in ("latest", "-1"):
        return -1
    if text.isascii() and text.isdigit() and 0 < int(text[:11]) < 1 << 31:
        return int(text)
    message = (
        f"The specified version '{text}' is not a valid version id. Allowed values are between [1, 2^31-1]"
    )
    raise _Refused(422, 42202, f'{message} and the string "latest"')


def _require_none(what: str, *given: Any) -> None:
    if any(given):
        raise _Refused(422, 42205, f"No {what} are kept here: leave them out")


def _only_soft(asked: _Asked) -> None:
    if asked.flag("permanent"):
        raise _Refused(422, 42205, "What was registered is kept for ever: leave out 'permanent' to retire it")
