"""Refusals are RFC 9457 problem details."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from trunkline.connectors.source import Receipt
from trunkline.intake.problem import DOCS, SLUGS, Error, answer_json, answer_problem, problem

REFERENCE = Path(__file__).parents[3] / "docs/reference/webhooks.md"


# A problem has the members of the RFC, its own media type, and a length.
def test_members():
    found = problem(422, "Against the contract", "mend it", "a" * 32)
    found = msgspec.structs.replace(
        found, errors=[Error("#/id", "is required")], receipts=[Receipt("refused")]
    )
    answer = answer_problem(found, [(b"retry-after", b"5")])
    headers = dict(answer.headers)
    assert answer.status == 422
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"content-length"] == b"%d" % len(answer.body)
    assert headers[b"retry-after"] == b"5"
    assert json.loads(answer.body) == {
        "type": f"{DOCS}#contract",
        "title": "Against the contract",
        "status": 422,
        "detail": "mend it",
        "instance": "urn:trunkline:trace:" + "a" * 32,
        "errors": [{"pointer": "#/id", "detail": "is required"}],
        "receipts": [{"status": "refused"}],
    }


# What is good is plain JSON.
def test_json():
    answer = answer_json(202, b"{}")
    assert (answer.status, dict(answer.headers)[b"content-type"]) == (202, b"application/json")


# Every problem's type leads to a section of the reference that says what to do.
@pytest.mark.parametrize("slug", sorted(set(SLUGS.values())))
def test_every_type_is_explained(slug):
    assert f'<a id="{slug}"></a>' in REFERENCE.read_text("utf-8")
