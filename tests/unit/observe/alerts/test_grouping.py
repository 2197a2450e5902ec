"""Which alerts are told together, and when: at first after a short wait, then once an interval."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.kernel.clock import SECOND
from trunkline.observe.alerts.grouping import Grouping, group_of, together
from trunkline.observe.alerts.machine import Alert, Seen, Step, acknowledge, step, told_end
from trunkline.observe.alerts.notices import messages
from trunkline.observe.alerts.rule import Escalation, Rule, Series, Threshold
from trunkline.testkit.clock import START

LATE = Threshold(Series("freshness"), ">", 60.0)
TICKET = Rule("late", LATE, "ticket", to=("chat",))
PAGE = Rule("away", LATE, "page", to=("oncall",))
WAIT, INTERVAL = 30, 300
GROUPING = Grouping(("target",), WAIT * SECOND, INTERVAL * SECOND)


class Duty:
    """Subjects under rules, each of a target: looks at times in seconds, and what people were told at them.

    All that is known from look to look are the alerts as they are stored.
    """

    def __init__(self, subjects, grouping=GROUPING):
        self.subjects, self.grouping = subjects, grouping
        self.stored = {}
        self.told = []
        self.ids = itertools.count(1)

    def look(self, second, holds, muted=()):
        now = START + second * SECOND
        known = list(self.stored.values())
        steps = [told_end(one) for one in self.stored.values() if one.end_waits]
        for name, (rule, target) in self.subjects.items():
            before = next((one for one in known if one.is_open and one.labels["flow"] == name), None)
            seen = Seen({"flow": name, "target": target}, name in holds)
            steps.append(step(before, seen, rule, now, f"{name}{next(self.ids)}", muted=name in muted))
        done = together(steps, known, self.grouping, now)
        self.stored |= {one.alert.id: one.alert for one in done if one.alert}
        made = messages([n for one in done for n in one.notices], self.grouping.by, now, lambda: "m")
        several = [
            (one.event, one.alert.labels["flow"], one.alert.id) for each in made for one in each.alerts
        ]
        self.told += [(second, *one) for one in several]
        return [one[:2] for one in several]

    def acknowledge(self, name, second):
        [alert] = [one for one in self.stored.values() if one.is_open and one.labels["flow"] == name]
        taken = acknowledge(alert, "ann", "", START + second * SECOND).alert
        self.stored[taken.id] = taken

    def restart(self):
        self.stored = {
            name: msgspec.json.decode(msgspec.json.encode(one), type=Alert)
            for name, one in self.stored.items()
        }


@pytest.fixture
def tickets():
    return Duty(dict.fromkeys("abc", (TICKET, "erp.stock")))


# What fires at different looks within the wait is told at one, once the first has waited for that long.
def test_the_first_message(tickets):
    assert tickets.look(0, "a") == []
    assert tickets.look(15, "ab") == []
    assert tickets.look(30, "abc") == [("fired", "a"), ("fired", "b"), ("fired", "c")]
    assert tickets.look(45, "abc") == []


# What more fires in a group is told together, once people were left in peace for the interval.
def test_the_next_message(tickets):
    tickets.look(0, "a")
    tickets.look(30, "a")
    assert tickets.look(60, "ab") == []
    assert tickets.look(329, "abc") == []
    assert tickets.look(330, "abc") == [("fired", "b"), ("fired", "c")]


# A page that begins a group is told at the look that sees it; the next of its group wait for the interval.
def test_a_page():
    duty = Duty(dict.fromkeys("ab", (PAGE, "erp.stock")))
    assert duty.look(0, "a") == [("fired", "a")]
    assert duty.look(15, "ab") == []
    assert duty.look(300, "ab") == [("fired", "b")]


# A group of which all is over begins anew: who heard that it is over hears at once that it is not.
def test_a_group_that_was_over():
    duty = Duty(dict.fromkeys("ab", (PAGE, "erp.stock")))
    duty.look(0, "a")
    duty.look(60, "")
    assert duty.look(90, "") == [("resolved", "a")]
    assert duty.look(105, "b") == [("fired", "b")]


# While something of a group fires, what was told and is over counts for the interval as well.
def test_what_is_over_counts(tickets):
    tickets.look(0, "a")
    tickets.look(30, "a")
    tickets.look(330, "ab")
    tickets.look(360, "ab")
    assert tickets.look(400, "a") == []
    assert tickets.look(430, "ac") == [("resolved", "b")]
    assert tickets.look(645, "ac") == []
    assert tickets.look(660, "ac") == [("fired", "c")]


# A group is of one severity and one target; what has no such label is of the group of its rule.
def test_groups():
    duty = Duty({"a": (PAGE, "erp.stock"), "b": (PAGE, "shop.stock"), "c": (TICKET, "erp.stock")})
    assert duty.look(0, "a") == [("fired", "a")]
    assert duty.look(15, "abc") == [("fired", "b")]
    assert duty.look(45, "abc") == [("fired", "c")]
    disk, other = (
        Alert("1", rule, {"disk": "store"}, "page", "firing", 1) for rule in ("disk-low", "disk-slow")
    )
    assert group_of(disk, ["target"]) != group_of(other, ["target"])
    assert group_of(disk, []) == group_of(other, [])
    assert group_of(disk, ["rule"]) == group_of(disk, ["target"]) == ("page", "disk-low")


# Who was told nothing of a group does not wait for what others were told; the others then hear of it as well.
def test_other_routes():
    other = msgspec.structs.replace(PAGE, to=("lead", "oncall"))
    duty = Duty({"a": (PAGE, "erp.stock"), "b": (PAGE, "erp.stock"), "c": (other, "erp.stock")})
    duty.look(0, "a")
    assert duty.look(15, "ab") == []
    assert duty.look(30, "abc") == [("fired", "b"), ("fired", "c"), ("fired", "c")]


# What is over before it was told is told to nobody: there is nothing to do about it.
def test_over_before_it_was_told(tickets):
    tickets.look(0, "a")
    assert tickets.look(15, "") == []
    assert tickets.look(600, "") == []


# What ends at different looks within the wait is told at one, also of pages.
def test_ends():
    duty = Duty(dict.fromkeys("abc", (PAGE, "erp.stock")))
    duty.look(0, "abc")
    assert duty.look(60, "bc") == []
    assert duty.look(75, "c") == []
    assert duty.look(90, "") == [("resolved", name) for name in "abc"]
    assert duty.look(105, "") == []


# What comes back while its end waits is told after that end, so that nobody takes it for over.
def test_comes_back():
    duty = Duty({"a": (PAGE, "erp.stock")})
    duty.look(0, "a")
    assert duty.look(60, "") == []
    assert duty.look(75, "a") == [("resolved", "a"), ("fired", "a")]


# Silenced while it waits, it is not told; told is what still fires after the silence. Acknowledged, it is in
# good hands.
def test_silenced_or_acknowledged_meanwhile(tickets):
    tickets.look(0, "ab")
    tickets.acknowledge("b", 10)
    assert tickets.look(30, "ab", muted="a") == []
    assert tickets.look(90, "ab") == [("fired", "a")]
    assert tickets.look(600, "ab") == []


# An escalation does not wait for the interval of its group.
def test_escalations_do_not_wait():
    rule = msgspec.structs.replace(PAGE, escalate=(Escalation(60 * SECOND, ("lead",)),))
    duty = Duty({"a": (rule, "erp.stock"), "b": (PAGE, "erp.stock")})
    duty.look(0, "a")
    assert duty.look(60, "ab") == [("escalated", "a")]


# A clock that went back keeps nobody from being told.
def test_a_clock_that_went_back(tickets):
    tickets.look(3_600, "a")
    assert tickets.look(0, "a") == [("fired", "a")]
    tickets.look(3_600, "ab")
    tickets.look(3_630, "ab")
    assert tickets.look(60, "ab") == []


SUBJECTS = {
    "a": (TICKET, "erp.stock"),
    "b": (TICKET, "erp.stock"),
    "c": (PAGE, "erp.stock"),
    "d": (PAGE, "erp.stock"),
    "e": (msgspec.structs.replace(PAGE, to=("lead",)), "erp.stock"),
    "f": (PAGE, "shop.stock"),
    "g": (TICKET, ""),
}
subjects = st.sets(st.sampled_from(sorted(SUBJECTS)))
several_looks = st.lists(st.tuples(st.sampled_from([1, 15, 40, 290, 600]), subjects, subjects), max_size=30)


def play(several, grouping=GROUPING, *, restarts=False):
    """Yield who is on duty, the second and what was told, after each look."""
    duty, second = Duty(SUBJECTS, grouping), 0
    for wait, holds, muted in several:
        second += wait
        if restarts:
            duty.restart()
        told = duty.look(second, holds, muted)
        yield duty, second, told


def unmuted(several):
    return [(wait, holds, set()) for wait, holds, _ in several]


@given(several_looks)
def test_nobody_is_told_late(several):
    """What fires is told after the longer of wait and interval at the latest, and its end after the wait."""
    for duty, second, _ in play(unmuted(several)):
        now = START + second * SECOND
        ended = {alert for _, event, _, alert in duty.told if event == "resolved"}
        for one in duty.stored.values():
            if one.phase == "firing":
                assert one.told_at or now - one.fired_at < max(WAIT, INTERVAL) * SECOND
            elif one.told_at and one.id not in ended:
                assert now - one.resolved_at < WAIT * SECOND


@given(several_looks)
def test_a_page_that_begins_a_group_is_told_at_once(several):
    """A page that waits is of a group of which the same people were told within the interval."""
    for duty, second, _ in play(unmuted(several)):
        pages = [one for one in duty.stored.values() if one.phase == "firing" and one.severity == "page"]
        for one in pages:
            assert one.told_at or any(
                other.told == SUBJECTS[one.labels["flow"]][0].to
                and other.labels["target"] == one.labels["target"]
                and START + second * SECOND - other.told_at < INTERVAL * SECOND
                for other in duty.stored.values()
                if other.told_at and other.severity == "page"
            )


@given(several_looks)
def test_people_are_left_in_peace(several):
    """While one alert of a group fires, people are told of new ones in it once an interval at the most."""
    duty = Duty(dict.fromkeys("abcd", (TICKET, "erp.stock")))
    second = 0
    for wait, holds, _ in several:
        second += wait
        duty.look(second, {"a"} | (holds & set("bcd")))
    rang = sorted({at for at, event, *_ in duty.told if event == "fired"})
    assert all(after - before >= INTERVAL for before, after in itertools.pairwise(rang))


@given(several_looks)
def test_every_beginning_has_its_end(several):
    """Of each subject people hear of a beginning and its end in turn, of one alert each, nothing twice."""
    for duty, *_ in play(several):  # noqa: B007  the last one is looked at
        pass
    for name in SUBJECTS if several else ():
        told = [(event, alert) for _, event, flow, alert in duty.told if flow == name]
        assert [event for event, _ in told] == ["fired", "resolved"] * (len(told) // 2) + ["fired"] * (
            len(told) % 2
        )
        assert [alert for _, alert in told[0::2]][: len(told) // 2] == [alert for _, alert in told[1::2]]
        assert len(set(told)) == len(told)


@given(several_looks)
def test_nothing_of_the_alerts_is_changed_but_who_was_told(several):
    """Alerts go through the phases that they have without groups, and nothing is told that is not then."""
    grouped = [(duty.stored.copy(), list(duty.told)) for duty, *_ in play(several)]
    single = [(duty.stored.copy(), list(duty.told)) for duty, *_ in play(several, Grouping())]
    for (stored, told), (alone, at_once) in zip(grouped, single, strict=True):
        assert {one.id: one.phase for one in stored.values()} == {one.id: one.phase for one in alone.values()}
        assert {one[1:] for one in told} <= {one[1:] for one in at_once}


@given(several_looks)
def test_a_restart_changes_nothing(several):
    """Read back from what is stored before every look, all is told as it would be without."""
    assert [told for *_, told in play(several, restarts=True)] == [told for *_, told in play(several)]


@given(several_looks)
def test_no_wait_is_no_change(several):
    """Without wait and interval every look tells what it saw."""
    for duty, *_ in play(several, Grouping(("target",))):
        assert not any(one.end_waits for one in duty.stored.values())
    assert together([Step(None)], (), Grouping(), START) == [Step(None)]
