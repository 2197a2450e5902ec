"""A row that a table refuses becomes a dead letter, and each way a person has to answer it lands once.

The table stands before Trunkline comes, with a constraint that Trunkline does not know: order ``o-7`` may
have no revision 3. Every story is told of a table of each engine.
"""

from __future__ import annotations

import pytest
from tests.scenarios.processes import ask, ask_list, delivered, running, until
from tests.scenarios.states import counted_in, drop_states, project

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.parametrize("interface", [6], indirect=True),
]

CONSTRAINT = "CONSTRAINT known CHECK (number <> 'o-7' OR revision <> 3)"
COUNTED = """
CREATE TABLE counted (
    number text NOT NULL, revision bigint NOT NULL, times bigint NOT NULL, PRIMARY KEY (number, revision),
    %s
)
"""
SUPERSEDING = """
flow: count
from: state@1
to: books.latest
map: {number: number, revision: revision}
needs: {freshness: 1h, consistency: eventual}
when_dead: supersede
"""
LATEST = "CREATE TABLE latest (number text PRIMARY KEY NOT NULL, revision bigint NOT NULL, %s)"
POISON = ("o-7", 3)
LATER = {("o-7", 4), ("o-7", 5)}


@pytest.fixture
def folder(tmp_path, interface, sql_place):
    folder = project(tmp_path, interface, sql_place)
    (folder / "flows" / "echo.yaml").unlink()
    sql_place.ask(COUNTED % CONSTRAINT)
    return folder


def letters(folder, state="dead"):
    return ask_list(folder, "dead", "list", "--state", state)


def deliver_but_dead(folder, steps=5):
    """Deliver so many states of each order as far as they go, and return them."""
    states = drop_states(folder, 0, steps)
    with running(folder) as run:
        run.listening()
        until(lambda: letters(folder), "the poison is found")
        until(lambda: ask(folder, "status")["flows"][0]["lag"] == 0, "all else is delivered")
        assert run.stop() == 0
    return set(states)


def finish(folder):
    """Kill it once on the way to the answer, and let it get there."""
    with running(folder) as run:
        run.listening().kill()
    with running(folder) as run:
        run.listening()
        until(lambda: delivered(folder) and not letters(folder), "the answer is delivered")
        assert run.stop() == 0


# The dead letter holds its own order only, and names the constraint, not the value; edited, it lands once.
def test_an_edited_row(folder, sql_place):
    states = deliver_but_dead(folder)
    [letter] = letters(folder)
    assert set(counted_in(sql_place)) == states - {POISON} - LATER
    assert (letter["subject"], letter["kind"], letter["holds_back"]) == ("o-7", "constraint", len(LATER))
    assert "known" in letter["detail"]
    edit = ("dead", "edit", "count", str(letter["offset"]), "--set", "revision=30", "--why", "a misprint")
    ask_list(folder, *edit, "--retry")
    finish(folder)
    assert counted_in(sql_place) == dict.fromkeys(states - {POISON} | {("o-7", 30)}, 1)


# Once the constraint is gone, a retry of the dead letter lands once, and those it held back after it.
def test_a_mended_table(folder, sql_place):
    deliver_but_dead(folder)
    sql_place.ask("DROP TABLE counted")
    ask_list(folder, "dead", "retry", "count", "--kind", "constraint", "--why", "the constraint is gone")
    finish(folder)
    assert counted_in(sql_place) == dict.fromkeys({POISON} | LATER, 1)


# A discarded one lets go of its order.
def test_a_discarded_row(folder, sql_place):
    states = deliver_but_dead(folder)
    ask_list(folder, "dead", "discard", "count", "--kind", "constraint", "--why", "there was no such state")
    finish(folder)
    assert counted_in(sql_place) == dict.fromkeys(states - {POISON}, 1)


# With "when_dead: supersede" the next states of its order go on, and close the dead letter by themselves.
def test_a_superseded_row(folder, sql_place):
    with (folder / "systems" / "books.yaml").open("a") as books:
        books.write("  - {name: latest, contract: echo@1, via: table, table: latest, version: revision}\n")
    contract = folder / "contracts" / "state.odcs.yaml"
    named = contract.read_text().replace(
        "value: internal}]", "value: internal}, {property: version, value: revision}]"
    )
    contract.write_text(named)
    (folder / "flows" / "count.yaml").write_text(SUPERSEDING)
    sql_place.ask(LATEST % CONSTRAINT)
    deliver_but_dead(folder, steps=3)
    newer = drop_states(folder, 1, steps=3)
    finish(folder)
    assert dict(sql_place.ask("SELECT number, revision FROM latest")) == dict(newer)
    [letter] = letters(folder, "superseded")
    assert letter["subject"] == "o-7"
