"""The steps of an attempt, each on its own."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.delivery.small import STREAM, as_it_is, event, flow_of

from trunkline.connectors.target import Item
from trunkline.delivery.attempt import Entry, Mapper, announce, guard, held, judge, load, record, send
from trunkline.delivery.ledger import Case
from trunkline.delivery.retry import RetryPolicy
from trunkline.eventlog.port import Page
from trunkline.kernel.clock import SECOND
from trunkline.kernel.errors import Deferred, Final, Retryable, Superseded
from trunkline.kernel.outcome import Dead, Delivered, Dropped, RetryAt
from trunkline.kernel.signals import AttemptFailed, DeadLettered
from trunkline.kernel.tracing import replay_parent, replayed_as
from trunkline.testkit.targets import MemoryService, Place, Trouble

NOW = 5_000_000


def entry(number=0, subject="a", data=None, case=None):
    return Entry(number, subject, event(number, subject, data), case)


def waiting(attempts=1, **changes):
    return Case(offset=0, key="a", state="waiting", holds=True, attempts=attempts, since=NOW - 9, **changes)


# load: every event of a page becomes an entry with its own offset and key.
def test_load_gives_each_event_its_offset_and_key():
    entries = load(Page(STREAM, 7, [event(0, "a"), event(1)]))
    assert [(one.offset, one.key) for one in entries] == [(7, "a"), (8, "")]


# guard: only events whose own key is blocked stay back, and an event without a key never does.
def test_guard_keeps_back_events_of_blocked_keys_only():
    assert guard(entry(3, "a"), {"a"}) == Case(
        offset=3, key="a", state="held", holds=True, time=entry(3, "a").event.time
    )
    assert guard(entry(3, "b"), {"a"}) is None
    assert guard(entry(3, ""), {"a", ""}) is None


# guard: a case that stays back stays the case it was.
def test_guard_leaves_a_known_case_as_it_is():
    case = waiting(3)
    assert guard(entry(case=case), {"a"}) is case


# An event without a key that stays back waits for itself and holds nobody.
def test_without_a_key_nothing_is_held():
    assert (held(entry(subject="")).state, held(entry(subject="")).holds) == ("waiting", False)


# map: the record reaches the mapping with exact numbers, and the item says which attempt it is.
def test_map_makes_an_item_with_exact_numbers():
    item = Mapper(flow_of())(entry(4, "a", b'{"price": 0.10}', waiting(2)), NOW)
    assert isinstance(item, Item)
    assert (item.offset, item.subject, item.attempt) == (4, "a", 3)
    assert str(item.record["price"]) == "0.10"
    assert isinstance(item.record["price"], Decimal)


# map: an item carries the trace of its event; in a replay a trace of its own, which names that of the event.
def test_map_carries_the_trace():
    one = event(1)
    sent = replace(one, correlation="a" * 32, parent="b7ad6b7169203331-00;rojo=1")
    live = Mapper(flow_of())(Entry(1, "a", sent), NOW)
    assert (live.correlation, live.parent) == (sent.correlation, sent.parent)
    again = Mapper(flow_of(replay="r1"))(Entry(1, "a", sent), NOW)
    assert replayed_as(again.correlation, "r1") == sent.correlation != again.correlation
    assert again.parent == replay_parent(sent.correlation)


# map: what the mapping yields nothing for is dropped by rule.
def test_map_drops_what_the_mapping_yields_nothing_for():
    assert Mapper(flow_of(mapping=lambda r, e: None))(entry(), NOW) == Dropped(NOW, "mapping")


# map: an error of the mapping makes a dead letter whose reason repeats nothing of the record.
@pytest.mark.parametrize("data", [b'{"name": "Ada Lovelace"}', b'{"name": '])
def test_an_error_of_the_mapping_is_final_and_tells_no_value(data):
    def mapping(record, event):
        raise ValueError(f"cannot use {record}")

    outcome = Mapper(flow_of(mapping=mapping))(entry(data=data), NOW)
    assert isinstance(outcome, Dead)
    assert outcome.kind == "mapping"
    assert "Ada" not in outcome.detail
    assert "raised" in outcome.detail


# map: what the mapping language says is wrong is told as it says it.
def test_an_error_of_the_mapping_language_is_told():
    def mapping(record, event):
        raise Final("mapping", "no field named sku")

    assert Mapper(flow_of(mapping=mapping))(entry(), NOW) == Dead(1, NOW, "mapping", "no field named sku")


# map: an event that the log no longer holds becomes a dead letter, not an endless retry.
def test_a_trimmed_event_is_a_dead_letter():
    outcome = Mapper(flow_of())(Entry(0, "a", None, waiting(1)), NOW)
    assert (type(outcome), outcome.kind, outcome.attempt) == (Dead, "trimmed", 2)


# The idempotency key of an effect is the same for ever; this one must not change between releases.
def test_the_idempotency_key_is_pinned():
    key = Mapper(flow_of()).idempotency_key(event(1))
    assert key == Mapper(flow_of(policy=RetryPolicy(attempts=2))).idempotency_key(event(1, "other", b"{}"))
    assert key == "tl_3724893e3a816b44852ce0aa2f37299a"


# No two events, streams or flows share an idempotency key, however their names are cut.
@given(*[st.tuples(st.text(max_size=3), st.text(max_size=3), st.text(max_size=3), st.text(max_size=3))] * 2)
def test_idempotency_keys_are_distinct(one, other):
    def key(parts):
        flow = flow_of(name=parts[0], stream=parts[1], mapping=as_it_is)
        changed = msgspec.structs.replace(event(0), source=parts[2], id=parts[3])
        return Mapper(flow).idempotency_key(changed)

    assert (key(one) == key(other)) == (one == other)


def item():
    return Mapper(flow_of())(entry(), NOW)


# send: a target's own bug is not the sender's end: a single item is blamed, a batch is nobody's fault.
async def test_a_targets_bug_becomes_an_error_of_our_tree():
    service = MemoryService(Place(), lambda items: Trouble(raised=KeyError("x")), batch=2)
    [verdict] = await send(service, [item()], None)
    assert isinstance(verdict, Retryable)
    assert verdict.kind == "unexpected"
    with pytest.raises(Retryable, match="KeyError"):
        await send(service, [item(), msgspec.structs.replace(item(), subject="b")], None)


# judge: attempts count over all of an event's life, but a person's retry begins a new count.
def test_judge_counts_attempts_from_the_last_retry_by_a_person():
    flow = flow_of(policy=RetryPolicy(attempts=3))
    busy = Retryable("http-503", "busy")
    assert isinstance(judge(flow, entry(case=waiting(2)), busy, NOW, 0.5), Dead)
    verdict = judge(flow, entry(case=waiting(9, forgiven=8)), busy, NOW, 0.5)
    assert isinstance(verdict, RetryAt)
    assert verdict.attempt == 10


# judge: what was deferred waits as long again as it has, within bounds, and loses no attempt to it.
@pytest.mark.parametrize(("waited", "wait"), [(0, 1), (3, 3), (500, 60)])
def test_judge_defers(waited, wait):
    case = Case(offset=0, key="a", state="waiting", attempts=2, since=NOW)
    now = NOW + waited * SECOND
    verdict = judge(flow_of(), entry(case=case), Deferred("flow-first", "not yet"), now, 0.5)
    assert verdict == RetryAt(2, now + wait * SECOND, "flow-first", "not yet")
    first = judge(flow_of(), entry(), Deferred("flow-first", "not yet"), NOW, 0.5)
    assert first == RetryAt(0, NOW + SECOND, "flow-first", "not yet")


# judge: what is superseded is dropped, whatever the policy says.
def test_judge_drops_what_is_superseded():
    dropped = judge(flow_of(), entry(), Superseded("superseded", "a newer one"), NOW, 0.5)
    assert dropped == Dropped(NOW, "superseded")


# judge: the total time runs from the first attempt.
def test_judge_counts_time_from_the_first_attempt():
    flow = flow_of(policy=RetryPolicy(total_seconds=1))
    old = Case(offset=0, key="a", state="waiting", attempts=1, since=1)
    assert isinstance(judge(flow, entry(case=old), Retryable("x", "y"), NOW, 0.5), Dead)


# record: a retry is due, holds its key, and keeps the history of its attempts.
def test_a_retry_is_recorded_with_its_history():
    flow = flow_of()
    first = record(flow, entry(), RetryAt(1, NOW + 7, "timeout", "slow"), NOW)
    assert (first.state, first.due, first.holds, first.since, first.attempts) == (
        "waiting",
        NOW + 7,
        True,
        NOW,
        1,
    )
    second = record(flow, entry(case=first), RetryAt(2, NOW + 9, "http-503", "busy"), NOW + 8)
    assert [one.kind for one in second.tries] == ["timeout", "http-503"]
    assert second.since == NOW


# record: a dead letter holds its key or not, as the flow says; without a key it holds nobody.
@pytest.mark.parametrize(
    ("when_dead", "subject", "holds"),
    [("hold-key", "a", True), ("skip", "a", False), ("hold-key", "", False)],
)
def test_a_dead_letter_holds_its_key_as_the_flow_says(when_dead, subject, holds):
    case = record(flow_of(when_dead=when_dead), entry(subject=subject), Dead(1, NOW, "x", "y"), NOW)
    assert (case.state, case.holds, case.due) == ("dead", holds, 0)


# record: a case that is delivered or dropped late is closed and keeps its history.
def test_a_late_end_closes_the_case():
    flow, case = flow_of(), record(flow_of(), entry(), RetryAt(1, NOW, "x", "y"), NOW)
    done = record(flow, entry(case=case), Delivered(2, NOW + 1), NOW + 1)
    assert (done.state, done.holds, done.attempts, done.at, len(done.tries)) == (
        "delivered",
        False,
        2,
        NOW + 1,
        1,
    )
    dropped = record(flow, entry(case=case), Dropped(NOW, "mapping"), NOW)
    assert (dropped.state, dropped.holds, dropped.reason) == ("dropped", False, "mapping")


# announce: an operator sees the failure with its correlation and never the payload.
def test_failures_are_announced_without_payload():
    flow = flow_of()
    failed = announce(flow, entry(), RetryAt(1, 9, "timeout", "slow"))
    about = (flow.target, event(0).id, "***", event(0).contract)
    assert failed == AttemptFailed("flow", 0, f"{1:032x}", 1, "timeout", "slow", 9, *about)
    died = announce(flow, entry(), Dead(2, 9, "x", "y"))
    assert died == DeadLettered("flow", 0, f"{1:032x}", 2, "x", "y", *about)
    assert announce(replace(flow, shows_keys=True), entry(), Dead(2, 9, "x", "y")).key == "a"


# map: an effect keeps its name through attempts and edits, and has another each time a person asks for one.
def test_an_effect_is_renamed_only_on_request():
    mapper = Mapper(flow_of())
    first, again, edited = (
        mapper(entry(case=case), NOW).idempotency_key for case in (None, waiting(2), waiting(2, edited=b"{}"))
    )
    assert first == again == edited
    names = {mapper(entry(case=waiting(2, renamed=n)), NOW).idempotency_key for n in range(3)}
    assert len(names) == 3
    assert first in names


# record: a failure keeps which contract its event came under, also once the log has trimmed the event.
def test_a_failure_keeps_its_contract():
    failure = Dead(1, NOW, "http-422", "no")
    case = record(flow_of(), entry(), failure, NOW)
    assert case.contract == STREAM
    assert record(flow_of(), Entry(0, "a", None, case), failure, NOW).contract == STREAM
