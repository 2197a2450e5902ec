"""Contracts over HTTP in a running ``trunkline``, beside the command line on the same folder."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from tests.scenarios.processes import ask, ask_list, running

from trunkline.app.comparing import comparison
from trunkline.app.init import init
from trunkline.kernel.json import encode

ORDER = "contracts/order.odcs.yaml"


@pytest.fixture
def folder(tmp_path):
    folder = init(tmp_path / "shop").folder
    main = folder / "trunkline.yaml"
    listen = "listen: {registry: {writers: {ci: secret://registry/ci}}}"
    main.write_text(main.read_text().replace("listen: {host: 127.0.0.1, port: 8080}", listen))
    with (folder / "state" / "secrets.yaml").open("a") as file:
        file.write("registry: {ci: s3cret}\n")
    return folder


def send(run, path, body=None, bearer="s3cret"):
    """Return the status and the document that a request is answered with."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{run.address}/api/v1{path}", data)
    if bearer:
        request.add_header("authorization", f"Bearer {bearer}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


# What HTTP registers the command line knows, and the other way round, also after the process was killed.
def test_beside_the_command_line(folder):
    text = (folder / ORDER).read_text()
    with running(folder) as run:
        run.listening()
        status, told = send(run, "/contracts", {"contracts": ["order"], "why": "as agreed"})
        assert (status, told["contracts"][0]["outcome"]) == (200, "new")
        assert ask(folder, "contract", "show", "order")["version"]["author"] == "ci"
        (folder / ORDER).write_text(text.replace("version: 1.0.0", "version: 1.0.1"))
        ask(folder, "contract", "register", "order", "--why", "a patch", "--by", "ann")
        _, told = send(run, "/contracts/order", bearer="")
        assert [(one["version"], one["author"]) for one in told["versions"]] == [
            ("1.0.1", "ann"),
            ("1.0.0", "ci"),
        ]
        run.kill()
    with running(folder) as run:
        run.listening()
        retired = send(run, "/contracts/order/versions/1.0.0/retire", {"why": "nobody", "now": True})
        assert (retired[0], retired[1]["state"]) == (200, "retired")
        assert send(run, "/contracts", {"contracts": ["order"], "why": "no"}, bearer="")[0] == 401
        assert run.stop() == 0
    assert {one["version"]: one["state"] for one in ask_list(folder, "contract", "list")} == {
        "1.0.1": "active",
        "1.0.0": "retired",
    }


# A verdict over HTTP is the one of the command line.
def test_a_verdict(folder):
    old, new = ({"properties": {"a": {"maximum": most}}} for most in (5, 4))
    (folder / "old.json").write_text(json.dumps(old))
    (folder / "new.json").write_text(json.dumps(new))
    old_file, new_file = str(folder / "old.json"), str(folder / "new.json")
    with running(folder) as run:
        run.listening()
        question = {"old": {"text": json.dumps(old)}, "new": {"text": json.dumps(new)}, "mode": "full"}
        _, told = send(run, "/contracts/diff", question, bearer="")
        assert (told["effect"], send(run, "/openapi.json", bearer="")[0]) == ("breaking", 200)
    found = comparison(None, old_file, new_file, "full", "practical")
    assert json.loads(encode(found)) == {**told, "old": "old.json", "new": "new.json"}
