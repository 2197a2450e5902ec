"""How a message reads: a title and a text for people, JSON for programs."""

from __future__ import annotations

from typing import Any

import msgspec

from trunkline.kernel.clock import to_rfc3339
from trunkline.observe.alerts.channel import Letter
from trunkline.observe.alerts.machine import Alert
from trunkline.observe.alerts.notices import Message, Told

_WORDS = {
    "fired": "",
    "reminder": "still: ",
    "escalated": "nobody acknowledged: ",
    "resolved": "over: ",
    "test": "a test: ",
}


def letter_of(message: Message, project: str) -> Letter:
    """Return a message as it goes out."""
    first = message.alerts[0]
    more = f" (and {len(message.alerts) - 1} more)" if len(message.alerts) > 1 else ""
    over = first.event == "resolved"
    severity = first.alert.severity
    mark = "resolved" if over else severity
    title = f"[{project}] {mark}: {_WORDS[first.event]}{first.alert.explained.summary}{more}"
    text = "\n\n".join(_paragraph(one) for one in message.alerts)
    return Letter(message.id, title, text, severity, over, _payload(message, project))


def _paragraph(told: Told) -> str:
    alert, explained = told.alert, told.alert.explained
    lines = [f"{_WORDS[told.event]}{explained.summary}"]
    if told.event == "resolved":
        return f"{lines[0]}, at {to_rfc3339(alert.resolved_at)}"
    if explained.cause:
        lines.append(f"Likely cause: {explained.cause}")
    if explained.next:
        lines.append(f"Next: {explained.next}")
    if explained.link:
        lines.append(f"See: {explained.link}")
    if told.event != "test":
        lines.append(f"Take it: trunkline alerts ack {alert.id}")
    return "\n".join(lines)


def _payload(message: Message, project: str) -> bytes:
    """Return the body of a webhook: ``type``, ``timestamp`` and ``data``, as Standard Webhooks advises."""
    event = message.alerts[0].event
    kind = "alerts.resolved" if event == "resolved" else "alerts.test" if event == "test" else "alerts.firing"
    data = {
        "project": project,
        "route": message.route,
        "alerts": [{"event": one.event, **as_data(one.alert)} for one in message.alerts],
    }
    body = {"type": kind, "timestamp": to_rfc3339(message.created), "data": data}
    return msgspec.json.encode(body)


def as_data(alert: Alert) -> dict[str, Any]:
    """Return an alert as programs get it: times in RFC 3339, None where it did not happen."""
    return {
        "id": alert.id,
        "rule": alert.rule,
        "labels": alert.labels,
        "severity": alert.severity,
        "state": alert.phase,
        "value": alert.value,
        "summary": alert.explained.summary,
        "cause": alert.explained.cause,
        "next": alert.explained.next,
        "link": alert.explained.link,
        "since": time_of(alert.since),
        "fired": time_of(alert.fired_at),
        "acknowledged": time_of(alert.acknowledged_at),
        "acknowledged_by": alert.acknowledged_by,
        "resolved": time_of(alert.resolved_at),
    }


def time_of(instant: int) -> str | None:
    """Write an instant, or None where it is 0."""
    return to_rfc3339(instant) if instant else None
