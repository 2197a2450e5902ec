"""Planted: order not kept, effects that change their name, wrong blame and policy, targets that are away."""

from __future__ import annotations

from msgspec.structs import replace
from tests.simulation.planting import Bugs

from trunkline.connectors.target import Item
from trunkline.delivery import attempt, breaker, ledger, retry
from trunkline.delivery.attempt import Mapper
from trunkline.delivery.ledger import Discard, Retry
from trunkline.delivery.memory import _Book
from trunkline.delivery.retry import RetryPolicy
from trunkline.delivery.runner import FlowRunner
from trunkline.kernel.errors import Final, Retryable
from trunkline.kernel.outcome import Dead, RetryAt

BUGS = Bugs()


# Order.


@BUGS.plants(attempt, "guard", "an event whose key waits for an older one goes on")
def dropped_hold(right):
    del right
    return lambda entry, blocked: None


@BUGS.plants(attempt, "record", "an event that waits for its retry holds nobody")
def retry_overtaken(right):

    def wrong(flow, entry, outcome, now):
        case = right(flow, entry, outcome, now)
        return replace(case, holds=False) if isinstance(outcome, RetryAt) else case

    return wrong


@BUGS.plants(_Book, "give_heads", "everything that is held for a key becomes due with its head")
def held_released_before_its_head(right):

    def wrong(self, keys, at):
        right(self, keys, at)
        for key in set(keys) & self.open.keys():
            for offset in list(self.open[key]):
                if self.cases[offset].state == "held":
                    self.put(replace(self.cases[offset], state="waiting", holds=False, due=at))

    return wrong


@BUGS.plants(_Book, "give_heads", "what a closed head held stays held")
def held_never_released(right):
    del right
    return lambda self, keys, at: None


@BUGS.plants(attempt, "record", "a dead letter holds its key although the flow says to skip it")
def skip_holds(right):

    def wrong(flow, entry, outcome, now):
        case = right(flow, entry, outcome, now)
        return replace(case, holds=bool(entry.key)) if isinstance(outcome, Dead) else case

    return wrong


@BUGS.plants(attempt, "record", "a dead letter holds nobody although the flow says that it does")
def dead_letter_lets_go(right):

    def wrong(flow, entry, outcome, now):
        case = right(flow, entry, outcome, now)
        return replace(case, holds=False) if isinstance(outcome, Dead) else case

    return wrong


@BUGS.plants(_Book, "supersede", "a newer state that is delivered leaves the dead letter open")
def moot_stays_dead(right):
    del right
    return lambda self, case, at: None


@BUGS.plants(attempt, "record", "a dead letter holds its key although the flow says to supersede it")
def supersede_holds(right):

    def wrong(flow, entry, outcome, now):
        return replace(right(flow, entry, outcome, now), yields=False)

    return wrong


# Identity, blame and policy.


@BUGS.plants(Mapper, "__call__", "each attempt has an idempotency key of its own")
def key_changes_on_retry(right):

    def wrong(self, entry, now):
        mapped = right(self, entry, now)
        if not isinstance(mapped, Item):
            return mapped
        return replace(mapped, idempotency_key=f"{mapped.idempotency_key}-{mapped.attempt}")

    return wrong


@BUGS.plants(attempt, "send", "what a call says of one item counts for the next")
def neighbour_blamed(right):

    async def wrong(target, items, progress):
        errors = list(await right(target, items, progress))
        return errors[-1:] + errors[:-1]

    return wrong


@BUGS.plants(attempt, "send", "a late call does not tell the target that it is late")
def late_effects_unmarked(right):

    async def wrong(target, items, progress):
        return await right(target, items, progress and replace(progress, applied=()))

    return wrong


@BUGS.plants(retry, "next_attempt", "there is always another attempt")
def attempts_never_end(right):
    endless = RetryPolicy(attempts=10**6, total_seconds=1e9)

    def wrong(policy, attempt, first_at, now, error, chance):
        policy = replace(policy, attempts=endless.attempts, total_seconds=endless.total_seconds)
        return right(policy, attempt, first_at, now, error, chance)

    return wrong


@BUGS.plants(retry, "next_attempt", "the first failure is the last")
def gives_up_at_once(right):

    def wrong(policy, attempt, first_at, now, error, chance):
        return right(replace(policy, attempts=1), attempt, first_at, now, error, chance)

    return wrong


@BUGS.plants(retry, "next_attempt", "what can never succeed is tried again")
def final_is_retried(right):

    def wrong(policy, attempt, first_at, now, error, chance):
        again = Retryable(error.kind, error.detail) if isinstance(error, Final) else error
        return right(policy, attempt, first_at, now, again, chance)

    return wrong


@BUGS.plants(retry, "wait_seconds", "the target's own wish counts for nothing")
def retry_after_ignored(right):
    return lambda bound, wish, longest, chance: right(bound, None, longest, chance)


@BUGS.plants(ledger, "resolved", "what a person discards is tried again")
def discard_delivers(right):

    def wrong(case, resolution, at):
        return right(case, Retry() if isinstance(resolution, Discard) else resolution, at)

    return wrong


# A target that is away.


@BUGS.plants(breaker, "answered", "a breaker that opened once never closes again")
def breaker_never_closes(right):

    def wrong(seen, now, taken, chance, *, probe):
        return seen if seen.opened else right(seen, now, taken, chance, probe=probe)

    return wrong


@BUGS.plants(breaker, "away", "a target that is away is asked on and on")
def breaker_never_opens(right):
    del right
    return lambda seen, error, now, chance, *, probe: seen


@BUGS.plants(breaker, "permits", "an open breaker lets every call through")
def open_breaker_permits(right):
    del right
    return lambda seen, now: True


# People.


@BUGS.plants(FlowRunner, "pause", "a flow that is paused goes on")
def deaf_to_a_pause(right):
    del right
    return lambda self: None


@BUGS.plants(FlowRunner, "resume", "a flow that is resumed rests on")
def deaf_to_a_resumption(right):
    del right
    return lambda self: None
