"""What a sender gets for what it sends: every status, every identity, every corner of JSON."""

from __future__ import annotations

import base64
import gzip
import hmac
import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trunkline.intake.quarantine import MemoryQuarantine, QuarantineLimits, Query
from trunkline.intake.signatures import SCHEMES, Verifier
from trunkline.intake.webhook import Webhook, WebhookRequest, WebhookSettings
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import BusyError, StoreError, StoreFull
from trunkline.kernel.signals import Accepted
from trunkline.testkit.clock import START
from trunkline.vault.secret import Secret

JSON = {b"content-type": b"application/json"}
TRACE = "0af7651916cd43dd8448eb211c80319c"
GOOD = b'{"id":"s1","amount":1.50,"key":"k1"}'


def webhook(scene, intake=None, verifier=None, **changes) -> Webhook:
    chosen = WebhookSettings(**{"path": "/hooks/shop", "verify": "none", **changes})
    return Webhook(chosen, verifier, intake or scene.intake, scene.around)


async def post(hook, body=GOOD, headers=None, method="POST"):
    """Send a request and return status, headers and decoded body, checking what every answer has."""
    answer = await hook.handle(WebhookRequest(method, {**JSON, **(headers or {})}, body))
    sent = dict(answer.headers)
    assert int(sent[b"content-length"]) == len(answer.body)
    document = json.loads(answer.body)
    if answer.status >= 400:
        assert sent[b"content-type"] == b"application/problem+json"
        assert {"type", "title", "status", "detail", "instance"} <= set(document)
        assert document["status"] == answer.status
    return answer.status, sent, document


# One document is stored and answered 202 with its receipt; the same again is a duplicate and 202 too.
async def test_one_document(scene):
    hook = webhook(scene)
    status, _, document = await post(
        hook, headers={b"traceparent": f"00-{TRACE}-b7ad6b7169203331-01".encode()}
    )
    assert (status, document) == (
        202,
        {"receipts": [{"status": "accepted", "id": "k1", "offset": 0, "correlation": TRACE}]},
    )
    status, _, document = await post(hook)
    assert (status, document["receipts"][0]["status"], document["receipts"][0]["offset"]) == (
        202,
        "duplicate",
        0,
    )
    [event] = await scene.stored()
    assert (event.correlation, event.data) == (TRACE, GOOD)


# A batch is stored in order with a receipt each; the bad ones are refused and quarantined with their place.
@pytest.mark.parametrize("media", [b"application/json", b"application/x-ndjson"])
async def test_mixed_batch(scene, media):
    rows = [GOOD, b'{"id":5}', b'{"id":"s2","amount":1,"key":"k2"}']
    body = b"\n".join(rows) if media.endswith(b"ndjson") else b"[" + b",".join(rows) + b"]"
    status, _, document = await post(webhook(scene), body, {b"content-type": media})
    assert status == 202
    assert [r["status"] for r in document["receipts"]] == ["accepted", "refused", "accepted"]
    assert any("/id" in reason for reason in document["receipts"][1]["reasons"])
    [entry] = await scene.quarantine.list(Query())
    assert entry.place == "/hooks/shop record 2"


# When every record is against the contract the answer is 422 with pointers, and all is in quarantine.
async def test_all_against_the_contract(scene):
    status, _, document = await post(webhook(scene), b'{"id":"s1","amount":"x","key":"k"}')
    assert (status, [e["pointer"] for e in document["errors"]]) == (422, ["#/amount"])
    assert document["receipts"][0]["status"] == "refused"
    assert document["instance"].endswith(document["receipts"][0]["correlation"])
    status, _, document = await post(webhook(scene), b'[{"id":"s1","amount":"x","key":"k"},{"broken":1}]')
    assert status == 422
    assert {"#/0/amount", "#/1/id"} <= {e["pointer"] for e in document["errors"]}
    assert len(await scene.quarantine.list(Query())) == 3
    assert await scene.stored() == []


# The same refused request again does not fill the quarantine.
async def test_refused_again_is_counted(scene):
    for _ in range(3):
        assert (await post(webhook(scene), b'{"id":5}', {b"webhook-id": b"m"}))[0] == 422
    [entry] = await scene.quarantine.list(Query())
    assert entry.count == 3


# Corner cases of RFC 8259 and beyond: 2xx or 4xx, never 5xx, and what is unreadable is kept nowhere.
CORNERS = {
    "repeated name, last counts": (b'{"id":"a","id":"s1","amount":1,"key":"k"}', 202),
    "whitespace around": (b" \t\r\n" + GOOD + b"\n ", 202),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, 202),
    "huge exponent": (b'{"id":"s","amount":1e400000,"key":"k"}', 400),
    "tiny exponent": (b'{"id":"s","amount":1e-400000,"key":"k"}', 400),
    "exponent beyond any int": (b'{"id":"s","amount":1e' + b"9" * 50 + b',"key":"k"}', 400),
    "long fraction": (b'{"id":"s","amount":0.' + b"1" * 900 + b',"key":"k"}', 202),
    "longer fraction": (b'{"id":"s","amount":0.' + b"1" * 5000 + b',"key":"k"}', 400),
    "integer beyond 64 bits": (b'{"id":"s","amount":' + b"9" * 100 + b',"key":"k"}', 202),
    "integer of 10,000 digits": (b'{"id":"s","amount":' + b"9" * 10_000 + b',"key":"k"}', 400),
    "minus zero": (b'{"id":"s","amount":-0,"key":"k"}', 202),
    "minus zero with exponent": (b'{"id":"s","amount":-0.0E+1,"key":"k"}', 202),
    "lone high surrogate": (b'{"id":"\\ud800","amount":1,"key":"k"}', 400),
    "lone low surrogate": (b'{"id":"\\udc00","amount":1,"key":"k"}', 400),
    "surrogates reversed": (b'{"id":"\\udc00\\ud800","amount":1,"key":"k"}', 400),
    "surrogate pair": (b'{"id":"\\ud83d\\ude00","amount":1,"key":"k"}', 202),
    "surrogate in UTF-8": (b'{"id":"\xed\xa0\x80","amount":1,"key":"k"}', 400),
    "overlong UTF-8": (b'{"id":"\xc0\xaf","amount":1,"key":"k"}', 400),
    "escaped NUL": (b'{"id":"\\u0000","amount":1,"key":"k"}', 202),
    "raw control character": (b'{"id":"\x01","amount":1,"key":"k"}', 400),
    "NaN": (b'{"id":"s","amount":NaN,"key":"k"}', 400),
    "Infinity": (b'{"id":"s","amount":-Infinity,"key":"k"}', 400),
    "UTF-16": (GOOD.decode().encode("utf-16"), 400),
    "UTF-32": (GOOD.decode().encode("utf-32"), 400),
    "empty": (b"", 400),
    "only spaces": (b"  \n", 400),
    "only a byte order mark": (b"\xef\xbb\xbf", 400),
    "truncated": (GOOD[:-1], 400),
    "truncated in a string": (GOOD[:5], 400),
    "trailing comma": (b'{"id":"s",}', 400),
    "comment": (b"/* x */" + GOOD, 400),
    "single quotes": (b"{'id':'s'}", 400),
    "leading zero": (b'{"id":"s","amount":01,"key":"k"}', 400),
    "leading plus": (b'{"id":"s","amount":+1,"key":"k"}', 400),
    "two documents": (GOOD + GOOD, 400),
    "a scalar": (b"5", 422),
    "null": (b"null", 422),
    "a text": (b'"x"', 422),
    "an empty object": (b"{}", 422),
    "an empty array": (b"[]", 202),
    "array of scalars": (b"[1,null]", 422),
    "array never closed": (b"[" + GOOD, 400),
    "array in an array": (b"[[]]", 422),
    "deep array": (b"[" * 200_000, 400),
    "deep and closed": (b"[" * 500 + b"]" * 500, 400),
    "deep object": (b'{"a":' * 100 + b"1" + b"}" * 100, 400),
    "very deep object": (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, 400),
    "empty key": (b'{"":1,"id":"s","amount":1,"key":"k"}', 202),
    "record too large": (b'{"id":"' + b"x" * 300_000 + b'"}', 413),
    "form": (b"id=s1&amount=1", 400),
}


@pytest.mark.parametrize("name", CORNERS)
async def test_corners_of_json(scene, name):
    body, expected = CORNERS[name]
    status, _, _ = await post(webhook(scene), body)
    assert status == expected
    if status in (400, 413):
        assert await scene.quarantine.list(Query()) == []


# Whatever bytes arrive with whatever headers, the answer is 2xx or 4xx.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(
    body=st.binary(max_size=200) | st.text(max_size=100).map(str.encode),
    media=st.sampled_from(
        [
            b"application/json",
            b"application/x-ndjson",
            b"application/cloudevents+json",
            b"application/cloudevents-batch+json",
        ]
    ),
    extra=st.dictionaries(
        st.sampled_from(
            [
                b"content-encoding",
                b"idempotency-key",
                b"traceparent",
                b"ce-specversion",
                b"ce-id",
                b"ce-source",
                b"ce-type",
                b"ce-time",
            ]
        ),
        st.binary(max_size=30) | st.sampled_from([b"gzip", b"1.0"]),
    ),
)
async def test_any_bytes(scene, body, media, extra):
    status, _, _ = await post(webhook(scene), body, {b"content-type": media, **extra})
    assert 200 <= status < 500


# The sender's mistakes in the request itself each have their status, and a signal with its class.
@pytest.mark.parametrize(
    ("request_parts", "status", "reason"),
    [
        ({"method": "GET"}, 405, "method"),
        ({"method": "OPTIONS"}, 405, "method"),
        ({"headers": {b"content-type": b"text/csv"}}, 415, "media-type"),
        ({"headers": {b"content-encoding": b"br"}}, 415, "media-type"),
        ({"body": b"{"}, 400, "malformed"),
        ({"body": b"[1,2,3,4]"}, 413, "size"),
        (
            {"body": gzip.compress(b" " * 200_000), "headers": {b"content-encoding": b"gzip"}},
            413,
            "size",
        ),
        ({"body": b'{"id":"s","amount":1,"key":""}'}, 400, "malformed"),
    ],
)
async def test_requests_at_fault(scene, request_parts, status, reason):
    hook = webhook(scene, batch_events=3, body_bytes=100_000)
    answered, headers, _ = await post(hook, **request_parts)
    assert answered == status
    assert [(one.source, one.events, one.reason) for one in scene.emitted] == [("shop/sales", 1, reason)]
    assert headers.get(b"allow") == (b"POST" if status == 405 else None)


# A request without a right signature is 401 with a challenge, and nothing of it is kept.
async def test_signature(scene):
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    verifier = Verifier(SCHEMES["standard_webhooks"], [Secret(secret)], 300)
    hook = webhook(scene, verifier=verifier)
    text = b"m1.%d.%b" % (START // SECOND, GOOD)
    proof = hmac.digest(base64.b64decode(secret[6:]), text, "sha256")
    headers = {
        b"webhook-id": b"m1",
        b"webhook-timestamp": b"%d" % (START // SECOND),
        b"webhook-signature": b"v1," + base64.b64encode(proof),
    }
    status, sent, _ = await post(hook, b"{}", headers)
    assert (status, sent[b"www-authenticate"]) == (401, b'Signature realm="webhook"')
    assert await scene.quarantine.list(Query()) == []
    assert [(one.source, one.events, one.reason) for one in scene.emitted] == [("shop/sales", 1, "signature")]
    status, _, document = await post(hook, GOOD, headers)
    assert (status, document["receipts"][0]["id"]) == (202, "m1")


SALE = {"id": "s1", "amount": 1, "key": "k1"}
EVENT = {"specversion": "1.0", "id": "42", "source": "/shops/1", "type": "t", "data": SALE}
CE = {b"ce-specversion": b"1.0", b"ce-id": b"7", b"ce-source": b"s", b"ce-type": b"t"}
STRUCTURED = {b"content-type": b"application/cloudevents+json"}
KEY = {b"idempotency-key": b'"abc-1"'}


# Identity by precedence: CloudEvents id, webhook-id, Idempotency-Key, delivery headers, the contract's field.
@pytest.mark.parametrize(
    ("headers", "body", "identity"),
    [
        ({}, GOOD, "k1"),
        (KEY, GOOD, "abc-1"),
        ({b"idempotency-key": b"plain"}, GOOD, "plain"),
        ({b"idempotency-key": rb'"a\"b\\c"'}, GOOD, 'a"b\\c'),
        ({b"idempotency-key": b""}, GOOD, "k1"),
        ({**KEY, b"webhook-id": b"m1"}, GOOD, "m1"),
        ({b"x-github-delivery": b"d1"}, GOOD, "d1"),
        ({b"x-shopify-webhook-id": b"w1", b"x-shopify-event-id": b"e1"}, GOOD, "e1"),
        ({**STRUCTURED, **KEY, b"webhook-id": b"m1"}, json.dumps(EVENT).encode(), "/shops/1 42"),
        ({**CE, **KEY}, GOOD, "s 7"),
        ({**CE, b"webhook-id": b"m1"}, GOOD, "m1"),
        (KEY, b"[" + GOOD + b"]", "abc-1/0"),
    ],
)
async def test_identity_precedence(scene, headers, body, identity):
    status, _, document = await post(webhook(scene), body, headers)
    assert (status, document["receipts"][0]["id"]) == (202, identity)


# The settings can name the one place where the identity is.
@pytest.mark.parametrize(
    ("identity", "headers", "expected"),
    [
        ("contract", {b"webhook-id": b"m1"}, (202, "k1")),
        ("X-Order-Event", {b"webhook-id": b"m1", b"x-order-event": b"o1"}, (202, "o1")),
        ("X-Order-Event", {b"webhook-id": b"m1"}, (400, None)),
    ],
)
async def test_identity_by_settings(scene, identity, headers, expected):
    status, _, document = await post(webhook(scene, identity=identity), GOOD, headers)
    receipts = document.get("receipts", [{}])
    assert (status, receipts[0].get("id")) == expected


# A batch under one header key numbers its records, so that a repeated request is all duplicates.
async def test_batch_under_one_key(scene):
    hook = webhook(scene)
    body = b"[" + GOOD + b"," + GOOD + b"]"
    _, _, first = await post(hook, body, KEY)
    _, _, second = await post(hook, body, KEY)
    assert [(r["id"], r["status"]) for r in first["receipts"]] == [
        ("abc-1/0", "accepted"),
        ("abc-1/1", "accepted"),
    ]
    assert [r["status"] for r in second["receipts"]] == ["duplicate", "duplicate"]
    assert scene.emitted[-1] == Accepted("shop/sales", "sale@1", 0, 2)


# A CloudEvent's own trace goes before that of the request.
async def test_correlation_of_a_cloudevent(scene):
    own = {**EVENT, "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    headers = {**STRUCTURED, b"traceparent": b"00-" + b"b" * 32 + b"-" + b"c" * 16 + b"-01"}
    _, _, document = await post(webhook(scene), json.dumps(own).encode(), headers)
    assert document["receipts"][0]["correlation"] == TRACE


class Failing:
    """A log that cannot store."""

    def __init__(self, error):
        self._error = error

    async def append(self, stream, events):
        raise self._error


# What is our trouble and not the sender's says when to come back, and gives nothing of ours away.
@pytest.mark.parametrize(
    ("error", "status", "after"),
    [
        (BusyError("too much is waiting", 1.2), 503, b"2"),
        (StoreFull("the disk is full"), 507, b"30"),
        (StoreError("SQLite refused: /var/lib/x"), 503, b"30"),
    ],
)
async def test_our_trouble(scene, error, status, after):
    answered, headers, document = await post(webhook(scene, intake=scene.build(log=Failing(error))))
    assert (answered, headers[b"retry-after"]) == (status, after)
    assert "/var/lib" not in document["detail"]


# Of requests that came together none suffers for another one: a full quarantine asks that one to come back.
async def test_together(scene):
    hook = webhook(scene, intake=scene.build(quarantine=MemoryQuarantine(QuarantineLimits(entries=0))))
    requests = [WebhookRequest("POST", JSON, body) for body in (GOOD, b"{}", b"nonsense", GOOD)]
    answers = await hook.handle_all(requests)
    assert [answer.status for answer in answers] == [202, 503, 400, 202]
    assert dict(answers[1].headers)[b"retry-after"] == b"60"
    receipts = [json.loads(answer.body)["receipts"][0] for answer in (answers[0], answers[3])]
    assert [receipt["status"] for receipt in receipts] == ["accepted", "duplicate"]
    assert len(await scene.stored()) == 1


# A sender above its rate is told when to come back, nothing of it is kept, and then it is taken.
async def test_above_the_rate(scene):
    hook = webhook(scene, requests_per_second=0.4, burst=2)
    bodies = [b'{"id":"s%d","amount":1,"key":"k%d"}' % (n, n) for n in range(3)]
    assert [(await post(hook, body))[0] for body in bodies[:2]] == [202, 202]
    scene.emitted.clear()
    status, headers, document = await post(hook, bodies[2])
    assert (status, headers[b"retry-after"], document["type"].partition("#")[2]) == (429, b"3", "rate")
    assert await scene.quarantine.list(Query()) == []
    assert [event.id for event in await scene.stored()] == ["k0", "k1"]
    assert [(one.source, one.events, one.reason) for one in scene.emitted] == [("shop/sales", 1, "rate")]
    scene.clock.advance(3)
    assert (await post(hook, bodies[2]))[0] == 202


# What does not prove itself uses nothing of the sender's rate, and a wrong method neither.
async def test_strangers_use_up_no_rate(scene):
    verifier = Verifier(SCHEMES["bearer"], [Secret("right")], 300)
    hook = webhook(scene, verifier=verifier, requests_per_second=1)
    assert [(await post(hook, headers={b"authorization": b"Bearer wrong"}))[0] for _ in range(3)] == [401] * 3
    assert (await post(hook, method="PUT"))[0] == 405
    good = {b"authorization": b"Bearer right"}
    assert [(await post(hook, headers=good))[0] for _ in range(2)] == [202, 429]


# A body beyond the limit is answered without being read.
def test_too_large(scene):
    assert webhook(scene).too_large().status == 413


# Settings are strict: an unknown key, a path without a slash, a limit of nothing, or silence about verify.
@pytest.mark.parametrize(
    "entry",
    [
        {"path": "/a", "verify": "none", "pth": 1},
        {"path": "a", "verify": "none"},
        {"path": "/a"},
        {"path": "/a", "verify": "no"},
        {"path": "/a", "verify": "none", "body_bytes": 0},
        {"path": "/a", "verify": "none", "requests_per_second": 0},
        {"path": "/a", "verify": "none", "requests_per_second": float("inf")},
        {"path": "/a", "verify": "none", "requests_per_second": float("nan")},
        {"path": "/a", "verify": "none", "requests_per_second": 1, "burst": 0},
        {"path": "/a", "verify": "none", "burst": 5},
    ],
)
def test_settings_are_strict(entry):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(entry, WebhookSettings)
