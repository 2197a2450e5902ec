"""What the control room says over HTTP, and what browsers tell it: headers, cookies, fields of forms."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote

from trunkline.intake.problem import Headers, WebhookAnswer
from trunkline.surfaces.dashboard.page import ROOM

FIELDS = 200
"""How many fields a form or a URL may have."""

TOLD = "trunkline_told"
"""The cookie that carries what came of an act to the next page."""
THEME = "trunkline_theme"
"""The cookie that keeps whether pages are light or dark."""
THEMES = ("auto", "light", "dark")

_TOLD_CHARACTERS = 500
_YEAR_SECONDS = 31_536_000

SECURITY: Headers = [
    (
        b"content-security-policy",
        b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
"""On every answer: nothing is run or shown that is not ours, nowhere else."""


def page(status: int, body: bytes, kind: str = "text/html; charset=utf-8") -> WebhookAnswer:
    """Answer with what nobody may keep: it is about data."""
    return _answer(status, [(b"content-type", kind.encode()), (b"cache-control", b"no-store")], body)


def file(name: str, kind: str, body: bytes) -> WebhookAnswer:
    """Answer with what a page shows, as a file to save."""
    answer = page(200, body, kind)
    saved = (b"content-disposition", f'attachment; filename="{name}"'.encode())
    return WebhookAnswer(answer.status, [*answer.headers, saved], answer.body)


def asset(body: bytes, kind: str) -> WebhookAnswer:
    """Answer with a static file; its address changes with it, so it may be kept."""
    kept = b"public, max-age=%d, immutable" % _YEAR_SECONDS
    return _answer(200, [(b"content-type", kind.encode()), (b"cache-control", kept)], body)


def see(where: str, *cookies: bytes) -> WebhookAnswer:
    """Answer that it goes on at another address of ours."""
    headers = [(b"location", where.encode("ascii", "replace")), (b"cache-control", b"no-store")]
    return _answer(303, [*headers, *((b"set-cookie", one) for one in cookies)])


def went(where: str, *cookies: bytes) -> WebhookAnswer:
    """Answer a script that it goes on at another address of ours: it cannot see where ``see`` leads."""
    return WebhookAnswer(200, see(where, *cookies).headers, b"")


def bodiless(answer: WebhookAnswer) -> WebhookAnswer:
    """Return an answer to HEAD: its headers alone."""
    return WebhookAnswer(answer.status, answer.headers, b"")


def with_cookie(answer: WebhookAnswer, value: bytes) -> WebhookAnswer:
    """Return an answer that sets a cookie as well."""
    return WebhookAnswer(answer.status, [*answer.headers, (b"set-cookie", value)], answer.body)


def _answer(status: int, headers: Headers, body: bytes = b"") -> WebhookAnswer:
    return WebhookAnswer(status, [*headers, (b"content-length", b"%d" % len(body)), *SECURITY], body)


def told(text: str, *, secure: bool) -> bytes:
    """Return the cookie that has the next page tell ``text``; an empty one removes it."""
    return cookie(TOLD, text[:_TOLD_CHARACTERS], 60 if text else 0, secure=secure)


def cookie(name: str, value: str, seconds: int = _YEAR_SECONDS, *, secure: bool) -> bytes:
    """Return a cookie that no script reads and no other site sends."""
    text = f"{name}={quote(value)}; Path={ROOM}; Max-Age={seconds}; HttpOnly; SameSite=Strict"
    return (f"{text}; Secure" if secure else text).encode()


def cookies(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """Return the cookies that a browser sent."""
    pairs = (one.partition("=") for one in headers.get(b"cookie", b"").decode("latin-1").split(";"))
    return {name.strip(): unquote(value.strip(), errors="replace") for name, _, value in pairs}


def fields(text: bytes) -> dict[str, str]:
    """Return the fields of a form or a query: of a repeated one the last, of too many none."""
    try:
        pairs = parse_qsl(
            text.decode("latin-1"), keep_blank_values=True, errors="replace", max_num_fields=FIELDS
        )
    except ValueError:
        return {}
    return {name: value.replace("\0", "") for name, value in pairs}


def own(path: str) -> str:
    """Return an address to go on at, if it is one of ours; the first page otherwise."""
    inside = path.startswith(f"{ROOM}/") and "\\" not in path and "//" not in path.partition("?")[0]
    return path if inside and path.isascii() and path.isprintable() else f"{ROOM}/"
