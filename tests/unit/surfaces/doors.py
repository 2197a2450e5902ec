"""An open door with an endpoint behind it, for the tests of the door and of its connections."""

from __future__ import annotations

import asyncio
import json

from trunkline.intake.problem import WebhookAnswer, answer_json

HALF_A_HEAD = b"POST /hooks/a HTTP/1.1\r\nhost:"
WHOLE = b"POST /hooks/a HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"


class Echo:
    """An endpoint that answers with what it got; while ``gate`` is closed it answers nobody."""

    body_bytes = 100_000

    def __init__(self):
        self.handled = 0
        self.turns = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()

    async def handle_all(self, requests):
        self.turns.append(len(requests))
        return [await self.handle(request) for request in requests]

    async def handle(self, request):
        self.handled += 1
        self.entered.set()
        await self.gate.wait()
        sent = request.headers.get(b"x-a", b"").decode()
        return answer_json(
            202, json.dumps({"method": request.method, "bytes": len(request.body), "x": sent}).encode()
        )

    def too_large(self):
        return WebhookAnswer(413, [(b"content-length", b"0")], b"")

    def too_slow(self):
        return WebhookAnswer(408, [(b"content-length", b"0")], b"")


async def status_of(session) -> int:
    async with session.post("/hooks/a", data=b"{}") as answer:
        return answer.status


async def sent(listening, what: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    writer.write(what)
    await writer.drain()
    return reader, writer


async def status(application, path, headers):
    """Ask an ASGI application for a path; return the status of what it answers."""
    sent = []

    async def send(message):
        sent.append(message)

    await application({"method": "GET", "path": path, "headers": [*headers.items()]}, None, send)
    return sent[0]["status"]
