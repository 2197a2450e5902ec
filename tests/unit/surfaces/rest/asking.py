"""Asks the application as a server would, and holds each answer against the OpenAPI document."""

from __future__ import annotations

import json
import re

import jsonschema_rs

from trunkline.surfaces.access import Access
from trunkline.surfaces.rest.application import ContractsApi
from trunkline.surfaces.workers import Workers
from trunkline.testkit.clock import ManualClock
from trunkline.vault.secret import Secret

ANN = [(b"authorization", b"Bearer s3cret")]
WHY = {"why": "as agreed"}


class Client:
    """One writer, ann; everybody else is closed out."""

    def __init__(self, folder, **more):
        who = Access("nobody", {"ann": Secret("s3cret")}, "listen.registry")
        workers = Workers(**more)
        self.app = ContractsApi(folder, ManualClock(), who, workers, "/api/v1")
        self.headers = {}

    async def __call__(self, method, path, body=None, headers=ANN):
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        pieces = [raw[at : at + 65_536] for at in range(0, len(raw), 65_536)] or [b""]
        scope = {"type": "http", "method": method, "path": f"/api/v1{path}", "headers": list(headers)}
        scope |= {"raw_path": f"/api/v1{path}".encode(), "query_string": b""}
        sent = []

        async def receive():
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        status, told = sent[0]["status"], json.loads(sent[1]["body"])
        self.headers = dict(sent[0]["headers"])
        if path != "/openapi.json":
            self.hold(method, path, status, told)
        return status, told

    def hold(self, method, path, status, told):
        """Hold an answer against what the document says of its route."""
        document = json.loads(self.app._document)
        kind, name = ("problem+json", "Problem") if status != 200 else ("json", None)
        assert self.headers[b"content-type"] == f"application/{kind}".encode()
        for template, operations in document["paths"].items():
            if name is None and re.fullmatch(re.sub("{[a-z]+}", "[^/]+", template), path):
                operation = operations.get(method.lower())
                if operation:
                    content = operation["responses"]["200"]["content"]["application/json"]
                    name = content["schema"]["$ref"].rpartition("/")[2]
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema_rs.validate(schema, told)
