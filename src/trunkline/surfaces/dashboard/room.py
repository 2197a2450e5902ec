"""The ASGI application of the control room: who asks, for which page, in which form.

A request goes who -> where -> load -> render. Pages come whole, or as the fragment that a page which is
shown already takes over; the same address gives JSON and CSV. What changes something is posted, with the
token of the session, and answered by the page to go on at.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec.structs import replace

from trunkline.app.backbone import Backbone
from trunkline.intake.problem import WebhookAnswer
from trunkline.kernel import json
from trunkline.kernel.errors import BusyError, TrunklineError, UsageError
from trunkline.kernel.signals import Signal, Stopping
from trunkline.surfaces.access import Readers, admits
from trunkline.surfaces.body import Bodies, TooLarge, TooSlow
from trunkline.surfaces.dashboard import answers, exports
from trunkline.surfaces.dashboard.forms import Asking, Form, Mistaken, done
from trunkline.surfaces.dashboard.live import Streams
from trunkline.surfaces.dashboard.login import login_page
from trunkline.surfaces.dashboard.memory import Memory
from trunkline.surfaces.dashboard.page import GROUPS, ROOM, Asked, NotThere, Page, View
from trunkline.surfaces.dashboard.pages import FORMS, PAGES
from trunkline.surfaces.dashboard.render import STATIC, rendered, static
from trunkline.surfaces.dashboard.sights import Sights
from trunkline.surfaces.docs.mount import DOCS
from trunkline.surfaces.door import Receive, Scope, Send, send_answer
from trunkline.surfaces.identity import Doorkeeper, Session
from trunkline.surfaces.login import CSRF_FIELD, LogIn, Welcome
from trunkline.surfaces.names import name_in
from trunkline.surfaces.rest.problems import problem

LOGIN = f"{ROOM}/login"
"""Where a browser logs in."""
LOGOUT = f"{ROOM}/logout"
"""Where it logs out again."""
LIVE = f"{ROOM}/live"
"""Where a page that is looked at hears of changes."""
ACT = f"{ROOM}/act/"
"""Below it is a form for each act."""

NOT_SENT = (
    "You are not logged in any more, so nothing was changed. To keep what you typed, log in on another tab "
    "and reload this page: it is sent again. Whoever logs in here comes back to the form, empty."
)
"""What somebody is told who sends a form when the session is over."""

_NAMES = frozenset(page.name for page in PAGES)
_FORMS = {form.name: form for form in FORMS}
_ROUTES = [(re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", ROOM + page.path)), page) for page in PAGES]


class Told(TrunklineError):
    """A request that is answered with a sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Request(msgspec.Struct, frozen=True):
    """A request as it came, and who sent it; ``cookies`` are those of its browser.

    ``docs`` is where the documentation is for who sent it, empty where it is not served.
    """

    method: str
    path: str
    query: Mapping[str, str]
    cookies: Mapping[str, str]
    session: Session
    secure: bool
    docs: str


class Sent(msgspec.Struct, frozen=True):
    """A form to be filled in, and what was ``typed`` into it, where it was sent before.

    ``told`` is what came of it, or would. ``problem`` is why it is refused, ``field`` the one to mend; empty
    where it is none that a person fills in.
    """

    asking: Asking
    typed: Mapping[str, str] = {}
    told: tuple[str, ...] = ()
    problem: str = ""
    field: str = ""
    status: int = 200


class Room:
    """The application of a running project; ``docs`` says who may read the documentation beside it."""

    def __init__(
        self, backbone: Backbone, keeper: Doorkeeper, log_in: LogIn, docs: Readers = "nobody"
    ) -> None:
        self._backbone, self._keeper, self._log_in, self._docs = backbone, keeper, log_in, docs
        self._sights = Sights(backbone)
        self._streams = Streams(backbone.machine.clock)
        self._fragments = Memory()  # what changed, made once for all who look and may do the same
        self._bodies = Bodies()
        self._rendering = asyncio.Semaphore(1)
        backbone.machine.signals.listen(self._note)

    def _note(self, signal: Signal) -> None:
        if isinstance(signal, Stopping):
            self.close()

    def close(self) -> None:
        """End what goes on for as long as somebody looks."""
        self._streams.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
        if path.startswith(f"{ROOM}/static/"):
            await send_answer(_asset(path.rpartition("/")[2]), send)
            return
        headers = dict(scope["headers"])
        query = scope.get("query_string", b"")
        if path in (LOGIN, LOGOUT):
            await send_answer(await self._visited(scope, path, headers, receive), send)
            return
        session = self._keeper.session(headers)
        if session is None or "read" not in session.principal.may:
            await send_answer(_who_are_you(scope, path), send)
            return
        request = Request(
            scope["method"],
            path,
            answers.fields(query),
            answers.cookies(headers),
            session,
            scope.get("scheme") == "https",
            DOCS if admits(self._docs, headers) else "",
        )
        try:
            if path == LIVE:
                await self._live(request, receive, send)
                return
            answer = await self._answer(request, receive)
        except TrunklineError as error:
            status = _status(error)
            words = {"title": HTTPStatus(status).phrase, "text": str(error)}
            answer = await self._html(request, "told", words, status)
        await send_answer(answer if scope["method"] != "HEAD" else answers.bodiless(answer), send)

    async def _visited(
        self, scope: Scope, path: str, headers: Mapping[bytes, bytes], receive: Receive
    ) -> WebhookAnswer:
        """Show the log-in, let somebody in, or out."""
        if scope["method"] != "POST":
            there = answers.fields(scope.get("query_string", b"")).get("next", "")
            return answers.page(200, login_page(there)) if path == LOGIN else answers.see(f"{ROOM}/")
        try:
            form = answers.fields(await self._bodies.read(receive))
        except TrunklineError as error:
            return answers.page(_status(error), login_page("", str(error)))
        peer = (scope.get("client") or ("",))[0]
        if path == LOGOUT:
            cookies = await self._log_in.leave(form, headers, peer)
            return answers.see(f"{ROOM}/" if cookies is None else LOGIN, *(cookies or ()))
        came = await self._log_in.post(form, headers, peer)
        there = answers.own(form.get("next", ""))
        if isinstance(came, Welcome):
            return answers.see(there, came.cookie)
        return answers.page(came.status, login_page(there, came.detail))

    async def _answer(self, request: Request, receive: Receive) -> WebhookAnswer:
        if request.method == "POST":
            return await self._posted(request, receive)
        if request.method not in ("GET", "HEAD"):
            raise Told(405, "pages are asked for with GET, forms are sent with POST")
        if request.path == ROOM:
            return answers.see(f"{ROOM}/")
        if request.path.startswith(ACT):
            return await self._asking(request)
        return await self._shown(request)

    async def _shown(self, request: Request) -> WebhookAnswer:
        """Show a page, or give what it shows as a file."""
        page, parts = _route(request.path)
        asked = self._asked(request, parts)
        view = await page.load(asked)
        at = view.at or self._backbone.machine.clock.now()
        if "format" in request.query:
            return _export(page, view, at, request.query["format"])
        values = {"page": page, "view": view, "asked": asked, "at": at, "seen": _digest(view)}
        if "fragment" in request.query:
            name, state = f"{_may(request)} {request.docs} {asked.url()}", (values["seen"], at)
            work = partial(self._rendered, request, page.name, values)
            return answers.page(200, await self._fragments.of(name, state, work))
        answer = await self._html(request, page.name, values)
        if answers.TOLD in request.cookies:
            return answers.with_cookie(answer, answers.told("", secure=request.secure))
        return answer

    async def _html(
        self, request: Request, template: str, values: Mapping[str, Any], status: int = 200
    ) -> WebhookAnswer:
        return answers.page(status, await self._rendered(request, template, values))

    async def _rendered(self, request: Request, template: str, values: Mapping[str, Any]) -> bytes:
        theme = request.cookies.get(answers.THEME, "")
        shell = {
            "layout": "fragment.html.j2" if "fragment" in request.query else "base.html.j2",
            "known": _NAMES,
            "groups": [(group, [one for one in PAGES if one.group == group]) for group in GROUPS],
            "project": self._backbone.project.settings,
            "session": request.session,
            "here": request.path,
            "docs": request.docs,
            "told": request.cookies.get(answers.TOLD, ""),
            "theme": theme if theme in answers.THEMES else answers.THEMES[0],
            "themes": answers.THEMES,
            "now": self._backbone.machine.clock.now(),
            "page": None,
            "view": None,
        }
        async with self._rendering:  # one at a time, so that pages take nothing from what arrives
            return await asyncio.to_thread(rendered, template, {**shell, **values})

    async def _live(self, request: Request, receive: Receive, send: Send) -> None:
        """Tell a page of changes for as long as somebody looks at it."""
        where = answers.own(request.query.get("page", ""))
        path, _, query = where.partition("?")
        page, parts = _route(path)
        if not page.every_seconds:
            raise Told(404, "this page stands still")
        if self._streams.full:
            raise Told(503, "too many look at a time: this page stands still")
        shown = replace(request, path=path, query=answers.fields(query.encode()))

        async def look() -> str:
            return _digest(await page.load(self._asked(shown, parts)))

        seen = request.query.get("seen", "")
        await self._streams.serve(f"{_may(request)} {where}", seen, look, page.every_seconds, receive, send)

    async def _asking(self, request: Request) -> WebhookAnswer:
        """Say what a form will do and to how many, and ask why."""
        form = _form(request)
        return await self._ask(request, form, Sent(await form.asks(self._asked(request, {}))))

    async def _ask(self, request: Request, form: Form, sent: Sent) -> WebhookAnswer:
        return await self._html(
            request, "asking", {"form": form, "sent": sent, "asking": sent.asking}, sent.status
        )

    async def _posted(self, request: Request, receive: Receive) -> WebhookAnswer:
        """Take what was sent by a form of ours; a refused one comes back with what was typed."""
        fields = answers.fields(await self._bodies.read(receive))
        genuine = request.session.sent(fields.pop(CSRF_FIELD, ""))
        back = answers.own(fields.pop("back", ""))
        old = Told(403, "this form is too old: look through it, and send it once more")
        if request.path == f"{ROOM}/theme" and genuine:
            chosen = answers.cookie(answers.THEME, fields.get("theme", ""), secure=request.secure)
            return answers.see(back, chosen)
        if not request.path.startswith(ACT):
            raise Told(404, "there is no such form") if genuine else old
        form = _form(request)
        asked = self._asked(replace(request, query=fields), {})
        try:
            if not genuine:
                raise old
            return await self._done(request, form, asked, back)
        except TrunklineError as error:
            asking = await form.asks(asked)  # it raises where what it is about is gone
            return await self._ask(request, form, _refused(asking, fields, error))

    async def _done(self, request: Request, form: Form, asked: Asked, back: str) -> WebhookAnswer:
        if form.tries is not None and asked.value("try"):
            would = tuple(await form.tries(asked))
            return await self._ask(request, form, Sent(await form.asks(asked), asked.query, would))
        came = await done(form, asked, request.session.principal.name)
        if form.shows is not None:
            revealed = await form.shows(asked)
            why = asked.value("why").strip()
            return await self._html(request, "revealed", {"revealed": revealed, "why": why})
        if came.left is not None:
            sent = Sent(await form.asks(came.left), came.left.query, (came.text,), problem=came.problem)
            return await self._ask(request, form, sent)
        told = answers.told(came.text, secure=request.secure)
        there = came.at or back
        return answers.went(there, told) if "fragment" in request.query else answers.see(there, told)

    def _asked(self, request: Request, parts: Mapping[str, str]) -> Asked:
        may = request.session.principal.may
        return Asked(self._backbone, self._sights, request.path, parts, request.query, may)


def _route(path: str) -> tuple[Page, dict[str, str]]:
    for pattern, page in _ROUTES:
        if match := pattern.fullmatch(path):
            try:
                return page, {name: name_in(part) for name, part in match.groupdict().items()}
            except ValueError as error:
                raise Told(404, str(error)) from None
    raise Told(404, "there is no such page: see the list of pages beside this, or look for a misspelling")


def _form(request: Request) -> Form:
    form, who = _FORMS.get(request.path.removeprefix(ACT)), request.session.principal
    if form is not None and form.may in who.may:
        return form
    if form is None and "act" in who.may:
        raise Told(404, "there is no such form")
    reveals = form is not None and form.may == "reveal"
    raise Told(403, f"{who.name} may {'not see personal data' if reveals else 'look, and change nothing'}")


def _refused(asking: Asking, typed: Mapping[str, str], error: TrunklineError) -> Sent:
    field = error.field if isinstance(error, Mistaken) else ""
    typable = {"why", *(one.name for one in asking.inputs)}
    beside = field if field in typable else ""
    return Sent(asking, typed, problem=str(error), field=beside, status=_status(error))


def _export(page: Page, view: View, at: int, wanted: str) -> WebhookAnswer:
    if wanted == "json":
        shown = view.data if view.rows is None else view.rows
        return answers.file(f"{page.name}.json", "application/json", exports.as_json(view.title, at, shown))
    lists = {f"{name}.csv": rows for name, rows in view.lists.items()}
    if view.rows is not None:
        lists["csv"] = view.rows
    if wanted in lists:
        kind = "text/csv; charset=utf-8"
        return answers.file(f"{page.name}.{wanted}", kind, exports.as_csv(lists[wanted]))
    if wanted in view.reports:
        return answers.file(
            f"{page.name}.{wanted}", "text/markdown; charset=utf-8", view.reports[wanted].encode()
        )
    given = ["json", *lists, *view.reports]
    raise Told(404, f"this page is given as {' or '.join(f'format={one}' for one in given)}")


def _asset(name: str) -> WebhookAnswer:
    if name not in STATIC:
        return answers.page(404, b"there is no such file", "text/plain")
    return answers.asset(static(name), STATIC[name])


def _who_are_you(scope: Scope, path: str) -> WebhookAnswer:
    """Lead a person to the log-in, who sent a form as well, and refuse a program."""
    query = scope.get("query_string", b"").decode("latin-1")
    asks = answers.fields(query.encode("latin-1"))
    sends, headers = scope["method"] not in ("GET", "HEAD"), dict(scope["headers"])
    program = path == LIVE or asks.keys() & {"fragment", "format"}
    if sends and not program and b"text/html" in headers.get(b"accept", b""):
        came = urlsplit(headers.get(b"referer", b"").decode("latin-1"))
        return answers.page(401, login_page(f"{came.path}?{came.query}", NOT_SENT))
    if sends or program:
        told = json.encode(problem(401, "log in first: nothing was changed"))
        return answers.page(401, told, "application/problem+json")
    there = answers.own(f"{path}?{query}" if query else path)
    return answers.see(f"{LOGIN}?{urlencode({'next': there})}")


def _status(error: TrunklineError) -> int:
    if isinstance(error, Told):
        return error.status
    if isinstance(error, TooLarge):
        return 413
    if isinstance(error, (BusyError, TooSlow)):
        return 503
    if isinstance(error, NotThere):
        return 404
    return 422 if isinstance(error, UsageError) else 409


def _may(request: Request) -> str:
    """Return what who asks may do, as a name: who may do the same is shown the same."""
    return ",".join(sorted(request.session.principal.may))


def _digest(view: View) -> str:
    """Return what a page's data is known by."""
    return hashlib.blake2b(json.encode([view.title, view.data]), digest_size=12).hexdigest()
