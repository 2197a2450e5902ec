"""SIGKILL at random moments of replays, and what must be true whatever moment it was.

A replay that is started goes on after each kill by itself, until it is done. Into a table each of its events
has one more effect, no more; an interface hears every state again under a name of the replay's, per order in
their order; and where live states come meanwhile, the newest of each order is what stands. What a
PostgreSQL table is written tells a trigger of that table.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict

import pytest
from tests.scenarios.processes import ask, delivered, running, until
from tests.scenarios.states import ORDERS, check_told, counted, counted_in, drop_states, project
from tests.sql_places import PostgresPlace

KILLS = 10
STEPS, RATE = 8, 20
"""Of the replay into PostgreSQL: it lasts 16 seconds."""
FLOWS = ("count", "echo")

LATEST = """
flow: latest
from: state@1
to: books.latest
map: {number: number, revision: revision}
needs: {freshness: 1h, consistency: eventual}
"""
"""One row of each order, with its newest state."""

TELL = """
CREATE TABLE told (at bigserial, number text, revision bigint);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO told (number, revision) VALUES (NEW.number, NEW.revision); RETURN NULL; END $$;
CREATE TRIGGER tell AFTER INSERT OR UPDATE ON latest FOR EACH ROW EXECUTE FUNCTION tell()
"""
"""From now on each state that an order's row is given stands in ``told``, in the order of writing."""


def deliver_first(folder, steps=10):
    states = drop_states(folder, 0, steps)
    with running(folder) as run:
        run.listening()
        until(lambda: not list((folder / "drop").glob("*.jsonl")) and delivered(folder), "all is delivered")
        assert run.stop() == 0
    return states


def replays(folder):
    return ask(folder, "status")["replays"]


def start(folder, rate, flows=FLOWS):
    for flow in flows:
        ask(folder, "replay", "start", flow, "--all", "--rate", str(rate), "--why", "a test")


def kill_and_finish(folder, chance, between=lambda number: None, kills=KILLS, moves=lambda: None):
    for number in range(kills):
        between(number)
        with running(folder) as run:
            run.listening()
            moves()
            time.sleep(chance.uniform(0.1, 0.7))
            run.kill()
    assert replays(folder), "it was done before the last kill"
    with running(folder) as run:
        run.listening()
        until(lambda: not replays(folder) and delivered(folder), "the replays are done")
        assert run.stop() == 0


# Alone, a replay ends complete: each effect once more in the table, each state told in its order.
@pytest.mark.timeout(300)
@pytest.mark.parametrize("interface", [3], indirect=True)
def test_a_replay_survives_kills(tmp_path, interface):
    folder = project(tmp_path, interface)
    states = deliver_first(folder)
    first = len(interface.told)
    start(folder, 40)
    kill_and_finish(folder, random.Random(3))
    assert counted(folder) == dict.fromkeys(states, 2)
    check_told(interface.told[first:], states)
    assert not {key for _, _, key in interface.told[:first]} & {key for _, _, key in interface.told[first:]}


# With live traffic every live state has its effect once, none is replayed twice, and the newest one stands.
@pytest.mark.timeout(300)
@pytest.mark.parametrize("interface", [4], indirect=True)
def test_a_replay_survives_kills_beside_live_traffic(tmp_path, interface):
    folder = project(tmp_path, interface)
    states = deliver_first(folder)
    live = []
    start(folder, 40)

    def between(number):
        if number in (2, 4):
            live.extend(drop_states(folder, 1 + len(live) // len(states)))

    kill_and_finish(folder, random.Random(4), between)
    found = counted(folder)
    assert set(found) == {*states, *live}
    assert {found[state] for state in live} == {1}
    assert {found[state] for state in states} <= {1, 2}
    heard, last = set(), {}
    for number, revision, key in interface.told:
        if key not in heard:  # a receiver that keeps keys ignores the repetition
            heard.add(key)
            last[number] = revision
    assert set(last.values()) == {max(revision for _, revision in live)}


@pytest.fixture
def place(postgres):
    made = PostgresPlace(postgres)
    yield made
    made.remove()


# Into PostgreSQL: live states count once, replayed ones once more unless a newer came; no row goes back.
@pytest.mark.timeout(300)
@pytest.mark.parametrize("interface", [5], indirect=True)
def test_a_replay_into_postgresql_survives_kills_beside_live_traffic(tmp_path, interface, place):
    folder = project(tmp_path, interface, place)
    (folder / "flows" / "echo.yaml").unlink()
    (folder / "flows" / "latest.yaml").write_text(LATEST)
    with (folder / "systems" / "books.yaml").open("a") as books:
        books.write("  - {name: latest, contract: echo@1, via: table, table: latest}\n")
    states = deliver_first(folder, STEPS)
    place.ask(TELL)
    start(folder, RATE, ("count", "latest"))
    live = []

    def between(number):
        if number == 3:
            live.extend(drop_states(folder, 1, STEPS, ORDERS // 2))

    def moves():
        before = place.ask("SELECT count(*) FROM told")
        until(lambda: place.ask("SELECT count(*) FROM told") > before, "the replay goes on")

    kill_and_finish(folder, random.Random(5), between, kills=6, moves=moves)
    found, newer = counted_in(place), {number for number, _ in live}
    assert set(found) == {*states, *live}
    assert {found[state] for state in live} == {1}
    assert {found[state] for state in states if state[0] in newer} <= {1, 2}
    assert {found[state] for state in states if state[0] not in newer} == {2}
    told = defaultdict(list)
    for number, revision in place.ask("SELECT number, revision FROM told ORDER BY at"):
        told[number].append(revision)
    assert all(revisions == sorted(set(revisions)) for revisions in told.values())
    assert {(number, revisions[-1]) for number, revisions in told.items()} == set(
        dict([*states, *live]).items()
    )
