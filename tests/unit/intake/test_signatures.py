"""Senders prove who they are, by the rules each of them publishes."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from trunkline.intake.signatures import SCHEMES, Verifier, build
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import RefusedError, SecretUnavailable
from trunkline.testkit.clock import START
from trunkline.vault.secret import Secret

WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = START
SECONDS = START // SECOND
BODY = b'{"total":12.50}'


class Vault:
    """Secrets by reference, as a project's are."""

    def __init__(self, **texts):
        self.texts = texts

    def get(self, reference):
        name = reference.rpartition("/")[2]
        if name not in self.texts:
            raise SecretUnavailable(reference)
        return Secret(self.texts[name])


def mac(key: bytes, text: bytes, algorithm: str = "sha256") -> bytes:
    """Compute an HMAC the long way of RFC 2104, without the function under test."""
    block = hashlib.new(algorithm).block_size
    key = key.ljust(block, b"\0")
    inner = hashlib.new(algorithm, bytes(k ^ 0x36 for k in key) + text).digest()
    return hashlib.new(algorithm, bytes(k ^ 0x5C for k in key) + inner).digest()


def refusal(verifier, headers, body=BODY, now=NOW) -> str:
    with pytest.raises(RefusedError) as caught:
        verifier.check(headers, body, now)
    assert caught.value.status == 401
    return caught.value.detail


def signed(scheme: str, key: str = "key", body: bytes = BODY, at: int = SECONDS) -> dict[bytes, bytes]:
    """Sign as the sender's own documentation says."""
    if scheme == "github":
        return {b"x-hub-signature-256": b"sha256=" + mac(key.encode(), body).hex().encode()}
    if scheme == "stripe":
        proof = mac(key.encode(), b"%d.%b" % (at, body)).hex().encode()
        return {b"stripe-signature": b"t=%d,v1=%b,v0=6ffbb59b2300aae63f272406069a9788" % (at, proof)}
    if scheme == "shopify":
        return {b"x-shopify-hmac-sha256": base64.b64encode(mac(key.encode(), body))}
    if scheme == "slack":
        proof = mac(key.encode(), b"v0:%d:%b" % (at, body)).hex().encode()
        return {b"x-slack-signature": b"v0=" + proof, b"x-slack-request-timestamp": b"%d" % at}
    raw = base64.b64decode(key.removeprefix("whsec_"))
    proof = base64.b64encode(mac(raw, b"msg_1.%d.%b" % (at, body)))
    return {b"webhook-id": b"msg_1", b"webhook-timestamp": b"%d" % at, b"webhook-signature": b"v1," + proof}


def key_of(scheme: str) -> str:
    return WHSEC if scheme == "standard_webhooks" else "key"


HMAC_SCHEMES = ["standard_webhooks", "github", "stripe", "shopify", "slack"]
TIMED = ["standard_webhooks", "stripe", "slack"]


# What each sender signs by its own rules is taken; one other byte of body or key is not.
@pytest.mark.parametrize("scheme", HMAC_SCHEMES)
def test_published_rules(scheme):
    verifier = Verifier(SCHEMES[scheme], [Secret(key_of(scheme))], 300)
    headers = signed(scheme, key_of(scheme))
    verifier.check(headers, BODY, NOW)
    assert "nothing in" in refusal(verifier, headers, BODY + b" ")
    other = Verifier(SCHEMES[scheme], [Secret("whsec_AAAA")], 300)
    assert "nothing in" in refusal(other, headers)


# GitHub's documentation publishes this secret, payload and signature.
def test_github_published_vector():
    verifier = Verifier(SCHEMES["github"], [Secret("It's a Secret to Everybody")], 300)
    proof = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    verifier.check({b"x-hub-signature-256": proof}, b"Hello, World!", NOW)


# Slack's documentation publishes this secret, request and signature.
def test_slack_published_vector():
    verifier = Verifier(SCHEMES["slack"], [Secret("8f742231b10e8888abcd99yyyzzz85a5")], 300)
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        b"x-slack-request-timestamp": b"1531420618",
        b"x-slack-signature": b"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    verifier.check(headers, body, 1531420618 * SECOND)


# The Standard Webhooks specification publishes this secret, message and signature.
def test_standard_webhooks_published_vector():
    verifier = Verifier(SCHEMES["standard_webhooks"], [Secret(WHSEC)], 300)
    headers = {
        b"webhook-id": b"msg_p5jXN8AQM9LWM0D4loKWxJek",
        b"webhook-timestamp": b"1614265330",
        b"webhook-signature": b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    verifier.check(headers, b'{"test": 2432232314}', 1614265330 * SECOND)


# The reference library signs what we take, and takes what we take.
@given(body=st.text(max_size=200), name=st.text("abc_123", min_size=1, max_size=20))
def test_interoperates_with_the_reference_library(body, name):
    now = dt.datetime.fromtimestamp(SECONDS, tz=dt.UTC)
    proof = standardwebhooks.Webhook(WHSEC).sign(name, now, body)
    headers = {
        b"webhook-id": name.encode(),
        b"webhook-timestamp": b"%d" % SECONDS,
        b"webhook-signature": proof.encode(),
    }
    Verifier(SCHEMES["standard_webhooks"], [Secret(WHSEC)], 300).check(headers, body.encode(), NOW)


# A signed time counts for five minutes, before and after, and not a second more.
@pytest.mark.parametrize("scheme", TIMED)
@pytest.mark.parametrize(("off", "taken"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_tolerance_both_ways(scheme, off, taken):
    verifier = Verifier(SCHEMES[scheme], [Secret(key_of(scheme))], 300)
    headers = signed(scheme, key_of(scheme), at=SECONDS + off)
    if taken:
        verifier.check(headers, BODY, NOW)
    else:
        assert "300 seconds" in refusal(verifier, headers)


# A time that is no number is refused, whatever it is.
@pytest.mark.parametrize("time", [b"", b"x", b"-1", b"1e9", b"9" * 5000, "²".encode(), b"1767225600.5"])
def test_odd_times(time):
    verifier = Verifier(SCHEMES["standard_webhooks"], [Secret(WHSEC)], 300)
    headers = {**signed("standard_webhooks", WHSEC), b"webhook-timestamp": time}
    assert "no timestamp" in refusal(verifier, headers)


# While a secret is rotated both the old and the new one count; several signatures in a header too.
def test_rotation():
    both = Verifier(SCHEMES["github"], [Secret("new"), Secret("old")], 300)
    both.check(signed("github", "old"), BODY, NOW)
    both.check(signed("github", "new"), BODY, NOW)
    refusal(both, signed("github", "older"))
    headers = signed("standard_webhooks", WHSEC)
    proofs = b"v1,AAAA v1a,BBBB " + headers[b"webhook-signature"]
    Verifier(SCHEMES["standard_webhooks"], [Secret(WHSEC)], 300).check(
        {**headers, b"webhook-signature": proofs}, BODY, NOW
    )


# A header that is missing or holds another scheme's version proves nothing, and its name is said.
@pytest.mark.parametrize("scheme", HMAC_SCHEMES)
def test_missing_or_other_proof(scheme):
    verifier = Verifier(SCHEMES[scheme], [Secret(key_of(scheme))], 300)
    header = SCHEMES[scheme].header
    headers = signed(scheme, key_of(scheme))
    assert header.decode().title() in refusal(verifier, {})
    refusal(verifier, {**headers, header: b""})
    refusal(verifier, {**headers, header: b"v9=" + headers[header]})


# Bearer and basic carry the secret itself, compared whole; the scheme's word is in any case of letters.
def test_bearer_and_basic():
    bearer = Verifier(SCHEMES["bearer"], [Secret("tok")], 300)
    bearer.check({b"authorization": b"bearer tok"}, BODY, NOW)
    refusal(bearer, {b"authorization": b"Bearer to"})
    refusal(bearer, {b"authorization": b"Basic tok"})
    basic = Verifier(SCHEMES["basic"], [Secret("ann:pass:word")], 300)
    basic.check({b"authorization": b"Basic " + base64.b64encode(b"ann:pass:word")}, BODY, NOW)
    refusal(basic, {b"authorization": b"Basic " + base64.b64encode(b"ann:pass")})


# A scheme of one's own is told by settings: header, prefix, encoding, hash, and what is signed.
def test_own_hmac():
    options = {
        "secret": ["secret://erp/old", "secret://erp/hook"],
        "header": "X-Erp-Sig",
        "prefix": "s=",
        "encoding": "base64",
        "algorithm": "sha512",
        "signed": "100%:{timestamp}:{id}:{body}",
        "timestamp_header": "X-Erp-Time",
        "id_header": "X-Erp-Id",
        "tolerance_seconds": 10,
    }
    verifier = build({"hmac": options}, Vault(hook="key", old="before"))
    proof = mac(b"key", b"100%%:%d:7:%b" % (SECONDS, BODY), "sha512")
    headers = {
        b"x-erp-sig": b"s=" + base64.b64encode(proof),
        b"x-erp-time": b"%d" % SECONDS,
        b"x-erp-id": b"7",
    }
    verifier.check(headers, BODY, NOW)
    refusal(verifier, {**headers, b"x-erp-id": b"8"})
    assert "10 seconds" in refusal(verifier, headers, now=NOW + 11 * SECOND)


# One reference, a list of them, and the long form all say the same; none means none.
@pytest.mark.parametrize(
    "given_as",
    ["secret://erp/hook", ["secret://erp/hook"], {"secret": "secret://erp/hook", "tolerance_seconds": 300}],
)
def test_settings_forms(given_as):
    build({"github": given_as}, Vault(hook="key")).check(signed("github"), BODY, NOW)
    assert build("none", Vault()) is None


# Settings that make no sense are refused in words, never repeating what might be a credential.
@pytest.mark.parametrize(
    ("verify", "message"),
    [
        ("github", "needs one of"),
        ({}, "needs one of"),
        ({"github": "secret://erp/hook", "slack": "secret://erp/hook"}, "needs one of"),
        ({"githup": "secret://erp/hook"}, 'did you mean "github"'),
        ({"github": "hunter2"}, "by reference only"),
        ({"github": []}, "by reference only"),
        ({"github": {"secret": "secret://erp/hook", "headers": "X"}}, "unknown field"),
        ({"github": {"secret": "secret://erp/hook", "header": "X"}}, "only for hmac"),
        ({"hmac": "secret://erp/hook"}, "hmac needs header"),
        ({"hmac": {"secret": "secret://erp/hook", "header": "X", "signed": "{id}"}}, "needs {body}"),
        ({"hmac": {"secret": "secret://erp/hook", "header": "X", "signed": "{body}{x}"}}, "needs {body}"),
        ({"hmac": {"secret": "secret://erp/hook", "header": "X", "signed": "{body"}}, "expected '}'"),
        ({"hmac": {"secret": "secret://erp/hook", "header": "X", "signed": "{id}{body}"}}, "need each other"),
        ({"standard_webhooks": "secret://erp/hook"}, "not base64"),
        ({"github": "secret://erp/empty"}, "secret is empty"),
    ],
)
def test_settings_that_make_no_sense(verify, message):
    with pytest.raises(ValueError, match=message) as caught:
        build(verify, Vault(hook="not base64!", empty=""))
    assert "hunter2" not in str(caught.value)


# A reference that resolves to nothing is told as such.
def test_missing_secret():
    with pytest.raises(SecretUnavailable):
        build({"github": "secret://erp/nothing"}, Vault())


# Whatever bytes the headers hold, the answer is yes or 401.
@given(
    proof=st.binary(max_size=60),
    time=st.binary(max_size=20),
    name=st.binary(max_size=20),
    body=st.binary(max_size=60),
)
def test_any_bytes_are_refused(proof, time, name, body):
    for scheme in HMAC_SCHEMES:
        verifier = Verifier(SCHEMES[scheme], [Secret(key_of(scheme))], 300)
        headers = {
            SCHEMES[scheme].header: proof,
            b"webhook-timestamp": time,
            b"x-slack-request-timestamp": time,
            b"webhook-id": name,
        }
        refusal(verifier, headers, body)
