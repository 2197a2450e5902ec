"""What a seed decides beforehand: who takes part, what arrives when, and what will go wrong.

A plan is plain data, so that a failing world can be read before it is run.
"""

from __future__ import annotations

import random
from typing import Literal, TypeAlias

import msgspec

from trunkline.delivery.breaker import BreakerPolicy
from trunkline.delivery.budget import BudgetPolicy
from trunkline.delivery.retry import RetryPolicy

Manner: TypeAlias = Literal["refuses", "hangs", "busy", "forbids"]
"""How a target is away: no connection, no answer, every item refused for now, nobody let in."""


End: TypeAlias = Literal["stop", "crash", "step", "call", "answer"]
"""How a process ends: as it is asked to, or by a crash at a time, at a border, in a call, at an answer."""


class Away(msgspec.Struct, frozen=True):
    """A span in which a target is away, in seconds from the beginning; ``wish`` is its ``Retry-After``."""

    begin: float
    end: float
    manner: Manner
    wish: float | None = None


class TargetPlan(msgspec.Struct, frozen=True):
    """A target: what it promises, and how likely a call or an item of one goes wrong while it is there.

    ``refused``: an item fails for now; ``final``: for good; ``lost``: the call fails before it took effect;
    ``in_doubt``: after; ``lied``: the item fails although it took effect (single calls only); ``slow``: the
    call takes ``seconds``. ``straggles``: a call goes on after whoever made it is gone. ``breaker`` and
    ``budget`` are what all flows to it share.
    """

    atomic: bool
    batch: int
    concurrency: int
    refused: float
    final: float
    lost: float
    in_doubt: float
    lied: float
    slow: float
    straggles: float
    seconds: tuple[float, ...]
    wishes: tuple[float | None, ...]
    away: tuple[Away, ...]
    breaker: BreakerPolicy
    budget: BudgetPolicy


class FlowPlan(msgspec.Struct, frozen=True):
    """A flow, and which events it has trouble with for as long as nobody mends them.

    An event number ``n`` is dropped by rule where ``n % 13 == drops``. Of every ``every`` events one breaks
    the mapping, is refused for good, is refused for now, or makes the target fail, by ``ailment``. No seed
    decides that a flow ``replies`` to callers; whoever plays the world does.
    """

    name: str
    stream: str
    target: int
    policy: RetryPolicy
    when_dead: Literal["hold-key", "skip", "supersede"]
    drops: int
    every: int
    ailment: Literal["breaks", "poisons", "stubborn", "toxic"]
    replies: bool = False


class Arrival(msgspec.Struct, frozen=True):
    """Events that are appended together, ``at`` seconds from the beginning, one a subject."""

    at: float
    stream: str
    subjects: tuple[str, ...]


class Life(msgspec.Struct, frozen=True):
    """A process: how long it lives, and how it ends.

    It ends when its ``seconds`` are up, or before, at the step across a border, the call or the answer with
    the number ``count``. ``after`` is how long there is none until the next.
    """

    seconds: float
    end: End
    count: int
    after: float


class Plan(msgspec.Struct, frozen=True):
    """One world. Durations are in seconds.

    ``store`` is the chance that a call of the store fails; how long any call takes is one of ``delays``.
    ``last_at`` is when the last process starts, which sees the world healed. ``answers`` is how often people
    look at the dead letters; of those that they find in the end they leave a part ``left`` unanswered.
    ``trims`` says whether the log is trimmed meanwhile. All targets are one system's, which bears so many
    ``calls_per_second`` and so much ``concurrency``, if it says. ``remembers`` says whether a process knows
    how its targets stood before it, as far as that was stored. ``pauses`` is how often people pause a flow or
    resume one; 0 where they never do.
    """

    seed: int
    targets: tuple[TargetPlan, ...]
    flows: tuple[FlowPlan, ...]
    arrivals: tuple[Arrival, ...]
    page_events: int
    healed_at: float
    last_at: float
    lives: tuple[Life, ...]
    store: float
    delays: tuple[float, ...]
    answers: float
    left: float
    trims: bool
    calls_per_second: float | None
    concurrency: int | None
    remembers: bool
    pauses: float


def plan(seed: int) -> Plan:
    """Return the plan of a seed: the same for ever, as long as this module does not change."""
    chance = random.Random(seed)
    terms = random.Random(f"terms {seed}")
    span = chance.choice([20.0, 120.0, 120.0, 400.0])
    healed_at = span * chance.uniform(0.6, 1.4)
    targets = tuple(_target(chance, terms, healed_at) for _ in range(chance.choice([1, 1, 2])))
    streams = ("order@1",) if chance.random() < 0.7 else ("order@1", "stock@1")
    count = chance.choice([1, 2, 2, 3])
    flows = tuple(_flow(chance, f"flow-{'abc'[n]}", streams, len(targets)) for n in range(count))
    return Plan(
        seed=seed,
        targets=targets,
        flows=flows,
        arrivals=_arrivals(chance, span, sorted({flow.stream for flow in flows})),
        page_events=chance.choice([1, 3, 10, 10, 100]),
        healed_at=healed_at,
        last_at=healed_at * chance.choice([0.3, 0.8, 1.0]),
        lives=_lives(chance, span),
        store=chance.choice([0.0, 0.0, 0.002, 0.02]),
        delays=chance.choice([(0.0,), (0.0, 0.0, 0.001), (0.0, 0.002, 0.3)]),
        answers=chance.choice([0.5, 10.0, 60.0]),
        left=chance.choice([0.0, 0.3, 0.6]),
        trims=chance.random() < 0.3,
        calls_per_second=terms.choice([None, None, 5.0, 50.0]),
        concurrency=terms.choice([None, None, 1, 2, 5]),
        remembers=terms.random() < 0.8,
        pauses=random.Random(f"pauses {seed}").choice([0.0, 0.0, 2.0, 30.0]),
    )


def _target(chance: random.Random, terms: random.Random, healed_at: float) -> TargetPlan:
    atomic = chance.random() < 0.5
    often = chance.choice([0.0, 0.02, 0.15])
    refused = chance.choice([0.0, 0.02, 0.1, 0.3])
    budget = _budget(terms)
    if budget != BudgetPolicy():  # one that is small needs retries to bind
        refused = terms.choice([refused, 0.3, 0.6])
    return TargetPlan(
        atomic=atomic,
        batch=chance.choice([1, 2, 7, 100]) if atomic else chance.choice([1, 1, 3]),
        concurrency=1 if atomic else chance.choice([1, 2, 8, 32]),
        refused=refused,
        final=chance.choice([0.0, 0.0, 0.03]),
        lost=often / 2,
        in_doubt=often,
        lied=0.0 if atomic else often,
        slow=chance.choice([0.0, 0.1, 0.5]),
        straggles=chance.choice([0.0, 0.5, 1.0]),
        seconds=chance.choice([(0.01,), (0.01, 0.5), (0.1, 2.5, 8.0)]),
        wishes=chance.choice([(None,), (None, 0.0, 20.0), (40.0,)]),
        away=_away(chance, healed_at),
        breaker=_breaker(terms),
        budget=budget,
    )


def _breaker(terms: random.Random) -> BreakerPolicy:
    quick = BreakerPolicy(
        window_seconds=10.0,
        failures=terms.choice([0.3, 1.0]),
        minimum=4,
        slow_seconds=5.0,
        open_seconds=terms.choice([0.5, 5.0]),
        longest_seconds=10.0,
    )
    return terms.choice([BreakerPolicy(), quick])


def _budget(terms: random.Random) -> BudgetPolicy:
    """Return a budget that binds, some with a floor of less than a retry a window, or the default."""
    small = BudgetPolicy(
        share=terms.choice([0.0, 0.0, 0.1, 0.5]),
        floor_per_second=terms.choice([0.01, 0.1, 0.3, 1.0]),
        window_seconds=terms.choice([10.0, 10.0, 20.0, 60.0]),
    )
    return terms.choice([BudgetPolicy(), small, small])


def _away(chance: random.Random, healed_at: float) -> tuple[Away, ...]:
    spans = []
    begin = 0.0
    for _ in range(chance.choice([0, 0, 1, 1, 3])):
        begin += chance.uniform(0.0, healed_at / 2)
        end = min(healed_at, begin + chance.choice([2.0, 20.0, 90.0, 300.0]))
        if begin >= end:
            break
        manner: Manner = chance.choice(["refuses", "refuses", "hangs", "busy", "forbids"])
        spans.append(Away(begin, end, manner, chance.choice([None, None, 3.0, 45.0])))
        begin = end
    return tuple(spans)


def _flow(chance: random.Random, name: str, streams: tuple[str, ...], targets: int) -> FlowPlan:
    return FlowPlan(
        name=name,
        stream=chance.choice(streams),
        target=chance.randrange(targets),
        policy=RetryPolicy(
            attempts=chance.choice([1, 2, 3, 3, 6]),
            first_seconds=chance.choice([0.0, 0.5, 5.0]),
            longest_seconds=chance.choice([10.0, 60.0, 200.0]),
            factor=chance.choice([1.0, 4.0, 12.0]),
            total_seconds=chance.choice([259_200.0, 259_200.0, 100.0]),
        ),
        when_dead=chance.choice(["hold-key", "hold-key", "hold-key", "skip", "supersede"]),
        drops=chance.choice([5, 5, 99]),
        every=chance.choice([0, 0, 7, 17]),
        ailment=chance.choice(["breaks", "poisons", "stubborn", "toxic"]),
    )


def _arrivals(chance: random.Random, span: float, streams: list[str]) -> tuple[Arrival, ...]:
    keys = ["", *(f"k{n}" for n in range(chance.choice([1, 3, 8, 30])))]
    left, at, found = chance.randint(20, 120), 0.0, []
    bursts = chance.choice([2, 8, 30])
    size = max(1, left // bursts)
    while left > 0:
        at += chance.expovariate(bursts / span)
        count = min(left, chance.randint(1, 2 * size))
        left -= count
        subjects = tuple(chance.choice(keys) for _ in range(count))
        found.append(Arrival(min(at, span), chance.choice(streams), subjects))
    return tuple(found)


def _lives(chance: random.Random, span: float) -> tuple[Life, ...]:
    """Return lives that are long and end well, that are cut short again and again, or both."""
    calm: tuple[End, ...] = ("stop",)
    rough: tuple[End, ...] = ("step", "step", "call", "answer", "answer", "crash")
    ends = chance.choice([calm, rough, rough, calm + rough])
    seconds = [span / 8, span / 2] if ends == rough else [0.0, 0.5, 5.0, span / 4, span]
    most = chance.choice([10, 40, 150])
    return tuple(
        Life(
            seconds=chance.choice(seconds),
            end=chance.choice(ends),
            count=chance.randint(1, most),
            after=chance.choice([0.0, 0.1, 3.0]),
        )
        for _ in range(30)
    )
