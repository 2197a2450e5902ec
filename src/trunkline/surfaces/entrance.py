"""The way into the control room and out of it: the two forms that are answered for who is not known yet."""

from __future__ import annotations

from trunkline.intake.problem import WebhookAnswer
from trunkline.kernel.errors import TrunklineError
from trunkline.surfaces.body import Bodies
from trunkline.surfaces.dashboard import answers
from trunkline.surfaces.dashboard.login import login_page
from trunkline.surfaces.dashboard.page import ROOM
from trunkline.surfaces.door import Application, Receive, Scope, Send, send_answer
from trunkline.surfaces.login import LogIn, Refusal
from trunkline.surfaces.rest.problems import answer_of

IN, OUT = f"{ROOM}/login", f"{ROOM}/logout"
"""Where the forms are sent to."""


class Entrance:
    """The application in front of the control room: takes its two forms, and leaves it all else."""

    def __init__(self, room: Application, log_in: LogIn) -> None:
        self._room, self._log_in, self._bodies = room, log_in, Bodies(most=65_536)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        taken = {IN: self._in, OUT: self._out}.get(scope["path"])
        if scope["method"] != "POST" or taken is None:
            await self._room(scope, receive, send)
            return
        try:
            form = answers.fields(await self._bodies.read(receive))
            answer = await taken(form, dict(scope["headers"]), (scope.get("client") or ("unknown",))[0])
        except TrunklineError as error:
            answer = answer_of(error)
        await send_answer(answer, send)

    async def _in(self, form: dict[str, str], headers: dict[bytes, bytes], peer: str) -> WebhookAnswer:
        found = await self._log_in.post(form, headers, peer)
        there = form.get("next", "")
        if not isinstance(found, Refusal):
            return answers.see(answers.own(there), found.cookie)
        page = answers.page(found.status, login_page(there, f"{found.detail[0].upper()}{found.detail[1:]}."))
        if not found.retry_after_seconds:
            return page
        later = (b"retry-after", b"%d" % found.retry_after_seconds)
        return WebhookAnswer(page.status, [*page.headers, later], page.body)

    async def _out(self, form: dict[str, str], headers: dict[bytes, bytes], peer: str) -> WebhookAnswer:
        cookies = await self._log_in.leave(form, headers, peer)
        return answers.see(IN, *(cookies or ()))
