"""Trace context is read and written as the W3C standard says, and our spans follow from what is stored."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.kernel.tracing import (
    STATE_CHARACTERS,
    Context,
    arrival_span,
    attempt_span,
    headers,
    is_sampled,
    received,
    replay_parent,
    replayed_as,
    span_of,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
NOWHERE = Context()


def hexadecimal(digits):
    return st.integers(1, 16**digits - 1).map(lambda number: f"{number:0{digits}x}")


TRACES, SPANS = hexadecimal(32), hexadecimal(16)
FLAGS = st.integers(0, 255).map(lambda number: f"{number:02x}")
VERSIONS = st.integers(1, 254).map(lambda number: f"{number:02x}")
KEY = st.from_regex(r"[a-z0-9][a-z0-9_\-*/]{0,20}", fullmatch=True)
VALUE = st.from_regex(r"[!-+\--<>-~]{1,40}", fullmatch=True)
MEMBERS = st.dictionaries(KEY, VALUE, max_size=32).map(lambda given: [f"{k}={v}" for k, v in given.items()])


# What another sends is read to its trace and span; of its flags those are kept that the standard knows.
@given(TRACES, SPANS, FLAGS)
def test_a_traceparent_is_read(trace, span, flags):
    known = int(flags, 16) & 0b11
    assert received(f"00-{trace}-{span}-{flags}") == Context(trace, f"{span}-{known:02x}")


# Of a later version the four fields are read that we know, with or without more behind them.
@given(VERSIONS, TRACES, SPANS, FLAGS, st.sampled_from(["", "-", "-what-comes-later", "-01"]))
def test_a_later_version_is_read_as_far_as_it_is_known(version, trace, span, flags, more):
    found = received(f"{version}-{trace}-{span}-{flags}{more}")
    assert (found.correlation, span_of(found.parent)) == (trace, span)


# A later version with more behind the flags that no dash parts from them is not valid.
@given(VERSIONS, TRACES, SPANS, FLAGS)
def test_what_follows_without_a_dash_is_refused(version, trace, span, flags):
    assert received(f"{version}-{trace}-{span}-{flags}.more") == NOWHERE


# Forms that are not valid are as no header: the event begins a trace.
@pytest.mark.parametrize(
    "header",
    [
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN.upper()}-01",
        f"0A-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0A",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01-",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-",
        f"0-{TRACE}-{SPAN}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}0-{SPAN}-01",
        f"00-{TRACE}-{SPAN[1:]}-01",
        f"00-{TRACE}-{SPAN}0-01",
        f"00_{TRACE}_{SPAN}_01",
        f"00-{TRACE}-{SPAN}-01\n",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f"00-{TRACE[:-1]}\u0661-{SPAN}-01",
        "",
        "00",
    ],
)
def test_what_is_not_valid_is_as_if_it_had_not_come(header):
    assert received(header) == NOWHERE


# No text whatever raises, and what is read of one is a trace and a span that may be passed on.
@given(st.text(max_size=80) | st.from_regex(r"[0-9a-fA-F]{0,3}-[0-9a-fA-F]{31,33}-[0-9a-fA-F]{15,17}-.{0,4}"))
def test_any_text_is_read_or_left(header):
    found = received(header, header)
    assert found == NOWHERE or received(headers(found.correlation, found.parent, SPAN)["traceparent"])


# State that is valid is passed on as it came, in its order, without empty members and the space around them.
@given(MEMBERS, st.sampled_from([",", ", ", " ,\t", ",,", ", ,"]))
def test_valid_state_is_passed_on(members, between):
    state = ",".join(members)
    found = received(f"00-{TRACE}-{SPAN}-01", between.join(members))
    sent = headers(found.correlation, found.parent, "a" * 16)
    if state and len(state) <= STATE_CHARACTERS:
        assert sent == {"traceparent": f"00-{TRACE}-{'a' * 16}-01", "tracestate": state}
    assert len(sent.get("tracestate", "")) <= STATE_CHARACTERS
    assert set(sent.get("tracestate", "").split(",")) <= {*members, ""}


# State with one fault in it is none; the trace itself is not lost with it.
@pytest.mark.parametrize(
    "state",
    [
        *(
            "Foo=1",
            "foo",
            "foo=",
            "foo=1,foo=2",
            "foo =1",
            "foo=a=b",
            "foo=\u00e9",
            "@x=1",
            "a@1=2",
            "foo=\x00",
        ),
        *(",".join(f"k{n}=1" for n in range(33)), f"foo={'x' * 257}", f"{'k' * 257}=1"),
    ],
)
def test_state_with_a_fault_is_dropped(state):
    assert received(f"00-{TRACE}-{SPAN}-01", state) == Context(TRACE, f"{SPAN}-01")


# State beyond the bound loses its long members first, then its last.
def test_state_is_bounded():
    long, short = f"long={'x' * 200}", [f"k{n:02d}={'y' * 40}" for n in range(12)]
    found = received(f"00-{TRACE}-{SPAN}-01", ",".join([long, *short]))
    assert found.parent == f"{SPAN}-01;{','.join(short[:11])}"


# Whether the sender records its trace is what it said; where it said nothing, who we tell may.
def test_who_records():
    assert is_sampled(received(f"00-{TRACE}-{SPAN}-03").parent)
    assert not is_sampled(received(f"00-{TRACE}-{SPAN}-02").parent)
    assert is_sampled("")


# The spans of an event differ from each other and are the same for whoever asks again.
@given(TRACES, st.text(max_size=8), st.integers(0, 99), st.integers(1, 9))
def test_spans_follow_from_what_is_stored(trace, one, other, attempt):
    spans = [
        arrival_span(trace, one, other),
        attempt_span(trace, one, attempt),
        attempt_span(trace, one, attempt + 1),
    ]
    assert len(set(spans)) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", span) and set(span) != {"0"} for span in spans)
    assert spans[0] == arrival_span(trace, one, other)


# A replay is a trace of its own that leads back to the first, and names it in the state it passes on.
@given(TRACES, st.uuids().map(str))
def test_a_replay_is_linked_and_not_merged(trace, replay):
    linked = replayed_as(trace, replay)
    assert linked == trace or re.fullmatch("[0-9a-f]{32}", linked)
    assert replayed_as(linked, replay) == trace
    sent = headers(linked, replay_parent(trace), SPAN)
    assert sent == {"traceparent": f"00-{linked}-{SPAN}-01", "tracestate": f"trunkline={trace}"}
    assert received(sent["traceparent"], sent["tracestate"]).correlation == linked
