"""Asking a running instance from afar: the same questions and acts as at home, through its API.

The command line asks by this where it is given ``--remote``. It is told by the same structs and errors, so
that what it prints is the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
import msgspec

from trunkline.adapters.keyfile.private import NotPrivate, read_private
from trunkline.app.act import Act
from trunkline.app.questions import Question, pages, reveals
from trunkline.kernel import json
from trunkline.kernel.errors import BusyError, SecretUnavailable, TrunklineError, UsageError
from trunkline.kernel.release import RELEASE
from trunkline.surfaces.access import is_loopback
from trunkline.surfaces.rest import wire
from trunkline.surfaces.rest.cursor import cursor_of
from trunkline.surfaces.rest.operations import BY_KIND, Operation
from trunkline.surfaces.rest.problems import Problem
from trunkline.vault.secret import Secret

TOKEN, TOKEN_FILE = "TRUNKLINE_TOKEN", "TRUNKLINE_TOKEN_FILE"
VERSION_HEADER = "trunkline-version"
SECONDS = 60.0
"""How long an answer may take."""


class NotReached(TrunklineError):
    """No instance answers there, or none that this command understands."""


def token_of(environ: Mapping[str, str]) -> Secret:
    """Return the token to come with, from the environment or a file; raises ``SecretUnavailable``."""
    if environ.get(TOKEN):
        return Secret(environ[TOKEN])
    path = environ.get(TOKEN_FILE)
    if not path:
        raise SecretUnavailable(f"put the instance's token in {TOKEN}, or a file with it in {TOKEN_FILE}")
    try:
        return Secret(read_private(Path(path)).decode("latin-1").strip())
    except NotPrivate as error:
        raise SecretUnavailable(str(error)) from None
    except OSError as error:
        raise SecretUnavailable(f"{path} cannot be read: {error.strerror}") from None


class Remote:
    """An instance at a URL."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, f"{url.rstrip('/')}/api/v1"

    async def ask(self, question: Question, why: str = "") -> Any:
        """Return the answer to a question, a list whole; raises as ``app.questions.answer`` does.

        ``why`` personal data is asked for, where it is, is told with the question.
        """
        ask = partial(self._page, why=why)
        if not question.places:
            return await ask(question)
        return [one async for page in pages(ask, question) for one in page]

    async def _page(self, question: Question, why: str) -> Any:
        operation = BY_KIND[type(question)]
        asked: Any = getattr(question, operation.inner) if operation.inner else question
        sent = wire.write(asked, operation.left_out)
        if operation.method == "POST":
            return await self._sent(operation, asked, body=sent)
        query = [*_pairs(sent)]
        if reveals(question):
            query.append(("why", why))
        if operation.pages:
            query.append(("cursor", cursor_of(question)))
        return await self._sent(operation, asked, query=query)

    async def do(self, act: Act) -> Any:
        """Have an act done, and return what it returns; who does it is told by the token."""
        operation = BY_KIND.get(type(act))
        if operation is None:
            raise UsageError("this is done where the project is, and not from afar")
        if operation.method == "GET":
            return await self._sent(operation, act)
        return await self._sent(operation, act, body=wire.write(act, operation.left_out))

    async def _sent(
        self,
        operation: Operation,
        value: msgspec.Struct,
        query: list[tuple[str, str]] | None = None,
        body: dict[str, Any] | None = None,
    ) -> Any:
        path = operation.path
        for name in operation.parts:
            path = path.replace(f"{{{name}}}", quote(str(getattr(value, name)), safe=""))
        url = f"{self._url}{path}{f'?{urlencode(query)}' if query else ''}"
        data = None if body is None else msgspec.json.encode(body)
        try:
            async with self._session.request(
                operation.method, _url(url), data=data, allow_redirects=False
            ) as answer:
                return _read(operation, answer.status, answer.headers, await answer.read())
        except aiohttp.ClientConnectorCertificateError as error:
            raise NotReached(
                f"the certificate of {self._url} is not trusted: {error.certificate_error}"
            ) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotReached(f"{self._url} is not reached: {str(error) or type(error).__name__}") from None


@contextlib.asynccontextmanager
async def reached(url: str, environ: Mapping[str, str]) -> AsyncIterator[Remote]:
    """Give the instance at a URL; raises ``UsageError`` for a URL that would show the token on its way."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f'"{url}" is no address of an instance: write https://trunkline.example.com')
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise UsageError(f"{url} would show the token to everybody on the way: write https://")
    token = token_of(environ)
    headers = {
        "authorization": f"Bearer {token.reveal()}",
        "content-type": "application/json",
        "user-agent": f"trunkline/{RELEASE}",
    }
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        yield Remote(session, url)


def _url(text: str) -> Any:
    from yarl import URL  # noqa: PLC0415  aiohttp's own

    return URL(text, encoded=True)


def _pairs(sent: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a query holds: of several values each, of labels each as NAME=PATTERN."""
    found = []
    for name, value in sent.items():
        if isinstance(value, (list, tuple)):
            found += [(name, _text(one)) for one in value]
        elif isinstance(value, Mapping):
            found += [(name, f"{key}={one}") for key, one in value.items()]
        else:
            found.append((name, _text(value)))
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _read(operation: Operation, status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """Return what was answered as at home; raises the error that it tells of."""
    theirs = headers.get(VERSION_HEADER, "")
    if status == HTTPStatus.OK and operation.result is None:
        return None
    try:
        if status != HTTPStatus.OK:
            raise _error(status, msgspec.json.decode(body, type=Problem).detail)
        told = msgspec.convert(json.decode(body), operation.answer, strict=False)
    except (ValueError, msgspec.ValidationError):
        other = f": it is version {theirs}, this is {RELEASE}" if theirs not in ("", RELEASE) else ""
        raise NotReached(f"what answers there ({status}) is not understood{other}") from None
    return told.items if operation.lists else told  # type: ignore[attr-defined]  # a list has them


def _error(status: int, detail: str) -> TrunklineError:
    if status == HTTPStatus.UNAUTHORIZED:
        return SecretUnavailable(f"the token is not that of the instance ({detail})")
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return UsageError(detail)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return BusyError(detail, 1.0)
    return TrunklineError(detail)
