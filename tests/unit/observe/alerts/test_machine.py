"""The states of an alert: what happens at each look, and what never happens, whatever comes."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.kernel.clock import SECOND
from trunkline.observe.alerts.machine import Alert, Seen, acknowledge, postponed, step, told_end
from trunkline.observe.alerts.rule import Escalation, Rule, Series, Threshold
from trunkline.testkit.clock import START

ABOUT = {"flow": "orders"}
RULE = Rule(
    "late",
    Threshold(Series("freshness"), ">", 60.0),
    severity="page",
    hold=30 * SECOND,
    keep=20 * SECOND,
    to=("oncall",),
    renotify=300 * SECOND,
    escalate=(Escalation(120 * SECOND, ("lead",)), Escalation(240 * SECOND, ("head", "oncall"))),
)


class History:
    """One subject under a rule: looks at times in seconds, and what came of them."""

    def __init__(self, rule=RULE):
        self.rule = rule
        self.alert = None
        self.passed, self.told = [], []
        self.ids = 0

    def look(self, second, holds, *, muted=False):
        self.ids += 1
        seen = Seen(ABOUT, holds, 90.0 if holds else 1.0)
        return self.take(
            step(self.alert, seen, self.rule, START + second * SECOND, f"a{self.ids}", muted=muted)
        )

    def acknowledge(self, second):
        return self.take(acknowledge(self.alert, "ann", "", START + second * SECOND))

    def take(self, done):
        self.alert = done.alert
        self.passed += done.transitions
        self.told += done.notices
        return [(one.event, one.to) for one in done.notices]

    @property
    def phase(self):
        return self.alert.phase if self.alert else None


# What holds for less than ``hold`` is nobody's news and leaves nothing.
def test_a_short_one():
    history = History()
    history.look(0, holds=True)
    history.look(29, holds=True)
    assert history.phase == "pending"
    history.look(30, holds=False)
    assert (history.phase, history.passed, history.told) == (None, [], [])


# One that holds fires once, and whoever was told of it is told when it is over.
def test_from_beginning_to_end():
    history = History()
    assert history.look(0, holds=True) == []
    assert history.look(30, holds=True) == [("fired", ("oncall",))]
    assert history.look(45, holds=True) == []
    assert history.look(60, holds=False) == []
    assert history.phase == "firing"
    assert history.look(80, holds=False) == [("resolved", ("oncall",))]
    assert [(one.phase, (one.at - START) // SECOND) for one in history.passed] == [
        ("firing", 30),
        ("resolved", 80),
    ]


# A condition that comes back before it is over for ``keep`` is no news.
def test_flapping():
    history = History()
    for second in range(0, 300, 30):
        history.look(second, holds=second % 60 == 0 or second == 30)
        history.look(second + 15, holds=True)
    assert [one.event for one in history.told].count("fired") == 1
    assert [one.phase for one in history.passed] == ["firing"]


# What comes back after the end is another alert, with an identifier of its own.
def test_fires_again():
    history = History(msgspec.structs.replace(RULE, hold=0, keep=0))
    history.look(0, holds=True)
    history.look(15, holds=False)
    history.look(30, holds=True)
    assert [(one.event, one.alert.id) for one in history.told] == [
        ("fired", "a1"),
        ("resolved", "a1"),
        ("fired", "a3"),
    ]


# Nobody who acknowledged is asked again: no reminder, no escalation; the end is told all the same.
def test_acknowledged():
    history = History()
    history.look(0, holds=True)
    history.look(30, holds=True)
    history.acknowledge(40)
    history.acknowledge(41)
    for second in range(60, 3_000, 60):
        assert history.look(second, holds=True) == []
    history.look(3_000, holds=False)
    assert history.look(3_020, holds=False) == [("resolved", ("oncall",))]
    assert [one.phase for one in history.passed] == ["firing", "acknowledged", "resolved"]
    assert history.passed[1].by == "ann"


# One that nobody acknowledges goes to the next in line, each once, and people are reminded.
def test_escalation_and_reminders():
    history = History()
    history.look(0, holds=True)
    told = [(second, *one) for second in range(30, 700, 10) for one in history.look(second, holds=True)]
    assert told == [
        (30, "fired", ("oncall",)),
        (150, "escalated", ("lead",)),
        (270, "escalated", ("head", "oncall")),
        (570, "reminder", ("oncall", "lead", "head")),
    ]
    history.look(700, holds=False)
    assert history.look(720, holds=False) == [("resolved", ("oncall", "lead", "head"))]


# What is muted keeps its state; people are told once it is no more, if it still fires.
def test_muted():
    history = History()
    history.look(0, holds=True, muted=True)
    assert history.look(30, holds=True, muted=True) == []
    assert history.phase == "firing"
    assert history.look(60, holds=True) == [("fired", ("oncall",))]


# Nobody is told of the end of what nobody was told of; who was told is told of the end, muted or not.
def test_the_end_of_what_is_muted():
    silent, loud = History(), History()
    for second in (0, 30):
        silent.look(second, holds=True, muted=True)
        loud.look(second, holds=True)
    for second in (45, 65):
        silent.look(second, holds=False, muted=True)
        loud.look(second, holds=False, muted=True)
    assert [one.event for one in silent.told] == []
    assert [one.event for one in loud.told] == ["fired", "resolved"]
    assert silent.phase == loud.phase == "resolved"


# One that somebody acknowledged while it was muted is told to nobody afterwards.
def test_acknowledged_while_muted():
    history = History()
    history.look(0, holds=True, muted=True)
    history.look(30, holds=True, muted=True)
    history.acknowledge(31)
    assert history.look(40, holds=True) == []


# What is not known now changes nothing: neither does it fire, nor is it over.
def test_not_known():
    history = History()
    assert history.look(0, holds=None) == []
    assert history.phase is None
    history.look(10, holds=True)
    history.look(50, holds=True)
    before = history.alert
    history.look(1_000, holds=None)
    assert history.alert == before


looks = st.tuples(
    st.integers(1, 90),
    st.sampled_from(["holds", "holds", "holds", "clear", "clear", "unknown", "acknowledge"]),
    st.booleans(),
)


HOLDS = {"holds": True, "clear": False, "unknown": None}


class Witness:
    """What a subject was really like: since when its condition holds, or does not."""

    def __init__(self):
        self.held = self.clear = None

    def see(self, second, what):
        if what == "holds":
            self.held, self.clear = second if self.held is None else self.held, None
        elif what == "clear":
            self.held, self.clear = None, second if self.clear is None else self.clear


def play(several, rule, between=lambda alert: alert):
    """Yield after every look: the history, what is really so, the second, the look, the phase before."""
    history, witness, second = History(rule), Witness(), 0
    for wait, what, muted in several:
        second += wait
        before, told = history.phase, len(history.told)
        history.alert = between(history.alert)
        if what != "acknowledge":
            history.look(second, HOLDS[what], muted=muted)
        elif history.alert:
            history.acknowledge(second)
        witness.see(second, what)
        yield history, witness, second, (what, muted), (before, history.told[told:])


several_looks = st.lists(looks, max_size=60)
rules = st.builds(
    lambda hold, keep: msgspec.structs.replace(RULE, hold=hold * SECOND, keep=keep * SECOND),
    st.sampled_from([0, 30, 60]),
    st.sampled_from([0, 20]),
)


@given(several_looks, rules)
def test_it_fires_after_its_time_and_ends_after_the_condition(several, rule):
    """It fires once its condition held for ``hold``, and is over once it did not for ``keep``: never else."""
    for history, witness, second, (what, _), (before, _) in play(several, rule):
        after = history.phase
        if after == "firing" and before in (None, "pending", "resolved"):
            assert (second - witness.held) * SECOND >= rule.hold
        if what == "holds":
            assert after in (
                ("firing", "acknowledged")
                if (second - witness.held) * SECOND >= rule.hold
                else ("pending", "firing", "acknowledged")
            )
        if what == "clear" and (second - witness.clear) * SECOND >= rule.keep:
            assert after in (None, "resolved")


@given(several_looks, rules)
def test_nobody_is_told_what_he_is_not_to_be_told(several, rule):
    """Muted, people hear of nothing but the end; acknowledged, they are not asked again."""
    for _, _, _, (_, muted), (before, new) in play(several, rule):
        events = [one.event for one in new]
        assert not muted or set(events) <= {"resolved"}
        assert before != "acknowledged" or set(events) <= {"resolved"}


@given(several_looks, rules)
def test_nothing_is_told_twice(several, rule):
    """Of one alert its beginning is told once, first, each escalation once, and its end once, last."""
    history = History(rule)
    for history, *_ in play(several, rule):  # noqa: B007  the last one is looked at
        pass
    numbers = [(one.alert.id, one.alert.sequence, one.event) for one in history.told]
    assert len(set(numbers)) == len(numbers)
    passed = [(one.alert, one.sequence) for one in history.passed]
    assert len(set(passed)) == len(passed)
    for alert in {one.alert.id for one in history.told}:
        events = [one.event for one in history.told if one.alert.id == alert]
        assert (events[0], events.count("fired")) == ("fired", 1)
        assert events.count("escalated") <= len(RULE.escalate)
        assert "resolved" not in events[:-1]


@given(several_looks, rules)
def test_a_restart_changes_nothing(several, rule):
    """Read back from what is stored before every look, all goes as it would without."""

    def restarted(alert):
        return alert and msgspec.json.decode(msgspec.json.encode(alert), type=Alert)

    once = [(history.alert, list(history.told)) for history, *_ in play(several, rule)]
    again = [(history.alert, list(history.told)) for history, *_ in play(several, rule, restarted)]
    assert again == once


@given(several_looks, rules)
def test_silences_never_lose_the_state(several, rule):
    """Muted or not, an alert goes through the same phases at the same times."""
    loud = [(wait, what, False) for wait, what, _ in several]
    quiet = [(wait, what, True) for wait, what, _ in several]
    phases = [[history.phase for history, *_ in play(each, rule)] for each in (several, loud, quiet)]
    assert phases[0] == phases[1] == phases[2]


# An acknowledgement of what does not fire, or is acknowledged already, changes nothing.
@pytest.mark.parametrize("phase", ["pending", "acknowledged", "resolved"])
def test_nothing_to_acknowledge(phase):
    alert = Alert("a1", "late", ABOUT, "page", phase, 1)
    assert acknowledge(alert, "bob", "", 5).alert == alert
    assert acknowledge(alert, "bob", "", 5).transitions == ()


@given(several_looks, rules)
def test_postponed_is_as_if_muted(several, rule):
    """A beginning that is postponed leaves the alert as a muted look does, so a later look tells it."""
    for history, _, second, *_ in play(several, rule):
        seen, now = Seen(ABOUT, holds=True, value=5.0), START + (second + 60) * SECOND
        loud = step(history.alert, seen, rule, now, "new")
        if [one.event for one in loud.notices] == ["fired"]:
            assert postponed(loud) == step(history.alert, seen, rule, now, "new", muted=True)


# An end that is postponed is told later, once, to everybody who was told of the beginning.
def test_an_end_that_is_postponed():
    history = History()
    history.look(0, holds=True)
    history.look(30, holds=True)
    seen = Seen(ABOUT, holds=False, value=1.0)
    done = step(history.alert, seen, msgspec.structs.replace(RULE, keep=0), START + 60 * SECOND, "")
    waiting = postponed(done)
    assert (waiting.alert.end_waits, waiting.transitions, waiting.notices) == (True, done.transitions, ())
    told = told_end(waiting.alert)
    assert (told.alert, told.transitions, told.notices) == (done.alert, (), done.notices)
