"""A secret shows itself to nobody: every way a value usually leaks is tried."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import traceback

import msgspec
import orjson
import pytest
import structlog
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

from trunkline.vault.secret import Secret, parse_reference

TEXT = "sk-never-to-be-seen"


class Holder(msgspec.Struct):
    token: Secret


# Printing, formatting and every kind of interpolation give stars.
def test_it_cannot_be_printed_or_formatted():
    secret = Secret(TEXT)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r:>40}", format(secret, "s")]
    assert not any(TEXT in text for text in shown)


# Holders, containers and errors that carry a secret show stars as well.
def test_it_is_not_in_the_repr_of_what_holds_it():
    secret = Secret(TEXT)
    shown = [
        repr(Holder(secret)),
        repr({"a": [secret]}),
        pretty_repr(Holder(secret)),
        str(ValueError(secret)),
    ]
    assert not any(TEXT in text for text in shown)


# Logging and structlog, as JSON and on a console, write stars.
def test_it_cannot_be_logged():
    secret = Secret(TEXT)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    record = logging.LogRecord("test", logging.INFO, "", 0, "token %s %r", (secret, secret), None)
    handler.emit(record)
    for renderer in (structlog.processors.JSONRenderer(), structlog.dev.ConsoleRenderer(colors=False)):
        logger = structlog.wrap_logger(structlog.PrintLogger(stream), processors=[renderer])
        logger.info("using", token=secret, nested={"token": secret})
    assert stream.getvalue().count("***") >= 4
    assert TEXT not in stream.getvalue()


# Pickling and copying are refused, and the state that pickling would take is not handed out.
@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy, lambda one: one.__getstate__()])
def test_it_cannot_be_pickled_or_copied(take):
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        take(Secret(TEXT))


# No encoder takes it; a fallback to text gives stars.
def test_it_cannot_be_encoded():
    secret = Secret(TEXT)
    for encode in (
        json.dumps,
        orjson.dumps,
        msgspec.json.encode,
        msgspec.msgpack.encode,
        msgspec.to_builtins,
    ):
        with pytest.raises(TypeError):
            encode(secret)
    assert TEXT not in json.dumps({"token": secret}, default=str)
    assert TEXT.encode() not in orjson.dumps({"token": secret}, default=repr)


def _fail(message):
    raise RuntimeError(message)


# A traceback that prints local variables, as rich can, prints stars.
def test_it_is_not_in_a_traceback_with_locals():
    token = Secret("-".join(["sk", *["never", "to", "be", "seen"]]))
    holder = Holder(token)
    try:
        _fail(f"sending with {token} of {holder}")
    except RuntimeError as error:
        out = io.StringIO()
        Console(file=out, width=200).print(
            Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True)
        )
        plain = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "token" in out.getvalue()
    assert "sk-never-to-be-seen" not in out.getvalue() + plain


# Secrets compare by value, cannot be hashed, and give their text only on request.
def test_it_compares_and_reveals():
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != Secret("other")
    assert Secret(TEXT) != TEXT
    assert Secret(TEXT).reveal() == TEXT
    with pytest.raises(TypeError):
        hash(Secret(TEXT))


# What is no reference is refused without being repeated: it may be the credential itself.
@pytest.mark.parametrize("text", ["hunter2", "secret://shop", "secret://Shop/token", "https://a/b", ""])
def test_a_wrong_reference_is_not_repeated(text):
    with pytest.raises(ValueError, match="secret://system/name") as caught:
        parse_reference(text)
    assert not text or text not in str(caught.value)
