"""What a person reads of an alert: what is so, the likely cause, the command to run next, and a link.

Pure functions of the rule and of what was seen. A text carries names, counts and causes as dead letters and
signals tell them, never a value of a record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from trunkline.app.alerting.conditions import text_of, value_of
from trunkline.app.alerting.measures import MEASURES, About
from trunkline.observe.alerts.machine import Explained
from trunkline.observe.alerts.rule import Burn, Labels, Rule

Facts = Mapping[str, str]

LONGEST = 500
"""The most characters of a cause: what others wrote may be long."""

# pages of surfaces.dashboard, which this room does not know
_PAGES: Mapping[About, str] = {
    "flow": "flows/{flow}",
    "source": "sources",
    "target": "topology",
    "stream": "streams",
    "contract": "streams",
    "disk": "",
    "route": "",
    "secret": "",
}


def about_of(rule: Rule) -> About:
    """Return what a rule is about."""
    return MEASURES[_measured(rule)].about


def subject_of(labels: Labels, about: About) -> str:
    """Return what an alert is about in two words: ``flow orders``."""
    return f"{about} {labels[about]}"


def explained(rule: Rule, labels: Labels, value: float | None, facts: Facts, link: str = "") -> Explained:
    """Explain an alert; ``link`` is where the control room is, empty where there is none."""
    about = about_of(rule)
    if _measured(rule) == "dead_letters":  # they explain themselves, whatever else goes on
        facts = {name: text for name, text in facts.items() if name == "letters"}
    cause, step = _WAYS[about](labels, facts)
    return Explained(summary_of(rule, labels, value), cause[:LONGEST], step, _link(link, about, labels))


def summary_of(rule: Rule, labels: Labels, value: float | None) -> str:
    """Say what is so, and which bound it is beyond."""
    measured = f"{_measured(rule)} is {value_of(rule.condition, value)}"
    return f"{subject_of(labels, about_of(rule))}: {measured} ({text_of(rule.condition)})"


def _measured(rule: Rule) -> str:
    condition = rule.condition
    return condition.measure if isinstance(condition, Burn) else condition.series.measure


def _link(link: str, about: About, labels: Labels) -> str:
    if not link:
        return ""
    named = {name: quote(text, safe="") for name, text in labels.items()}
    return f"{link.rstrip('/')}/control/{_PAGES[about].format_map(named)}"


_OF_FLOW = (
    ("paused", "paused by {}", 'trunkline flow resume {flow} --why "..."'),
    ("isolated", "target {target} is isolated by {}", 'trunkline target reset {target} --why "..."'),
    ("outage", "target {target} is away: {}", "trunkline target list"),
    ("letters", "{}", "trunkline dead groups --flow {flow}"),
    ("retrying", "{}", "trunkline dead list --flow {flow} --state waiting"),
    ("stall", "{}", "trunkline status"),
)
"""What holds a flow up, the nearest cause first: the fact that says so, the cause in words, the next step."""


def _flow(labels: Labels, facts: Facts) -> tuple[str, str]:
    for name, cause, step in _OF_FLOW:
        if facts.get(name):
            return cause.format(facts[name], **labels), step.format(**labels)
    return "more comes than it delivers, or it has just begun", "trunkline status"


def _source(labels: Labels, facts: Facts) -> tuple[str, str]:
    if facts.get("refused"):
        return facts["refused"], f"trunkline quarantine groups --source {labels['source']}"
    last, expected = facts.get("last", ""), facts.get("expected_seconds", "0")
    cause = f"its last event came at {last}" if last else "nothing came of it"
    if expected != "0":
        cause += f", and one is expected every {expected} s, by its {facts.get('by', '')}"
    return f"{cause}: its system does not send, or cannot reach us", "trunkline status"


def _target(labels: Labels, facts: Facts) -> tuple[str, str]:
    target = labels["target"]
    if facts.get("isolated"):
        return f"isolated by {facts['isolated']}", f'trunkline target reset {target} --why "..."'
    return facts.get("outage", ""), "trunkline target list"


def _stream(labels: Labels, facts: Facts) -> tuple[str, str]:
    return f"a sender changed: {facts.get('drift', '')}", f"trunkline contract drift {labels['stream']}"


def _contract(labels: Labels, facts: Facts) -> tuple[str, str]:
    version = facts.get("version", labels["contract"])
    cause = f"{version} ends at {facts.get('sunset', '')} and is used by {facts.get('users', '')}"
    if facts.get("successor"):
        return f"{cause}: move them to {facts['successor']}", f"trunkline contract users {version}"
    return f"{cause}, and nothing takes its place", f"trunkline contract users {version}"


def _disk(_labels: Labels, _facts: Facts) -> tuple[str, str]:
    return "the log grows, or something else fills the disk", "trunkline log trim"


def _route(labels: Labels, facts: Facts) -> tuple[str, str]:
    return facts.get("fault", ""), f"trunkline alerts test {labels['route']}"


def _secret(_labels: Labels, facts: Facts) -> tuple[str, str]:
    cause = f"its value has been the same since {facts.get('since', '')} at least"
    if not facts.get("users"):  # no file names the administrator's token
        return cause, "trunkline token rotate --overlap 1h"
    return f"{cause}: make a new one where it comes from, for {facts['users']}", "trunkline secret list"


_WAYS: Mapping[About, Callable[[Labels, Facts], tuple[str, str]]] = {
    "flow": _flow,
    "source": _source,
    "target": _target,
    "stream": _stream,
    "contract": _contract,
    "disk": _disk,
    "route": _route,
    "secret": _secret,
}
