"""What is asked of a project by who looks for personal data in all that it shows: every way there is."""

from __future__ import annotations

CANARY = "c4nary"
"""What every personal value that is sent has in it."""

WHERE = {"where": {"flow": "people"}, "why": "as agreed"}
BODIES = {
    "pause-flow": {"why": "a move"},
    "resume-flow": {"why": "moved"},
    "retry-letters": WHERE,
    "edit-letters": {**WHERE, "values": {"name": f"{CANARY} edited"}},
    "ask-edit": {**WHERE, "values": {"name": f"{CANARY} edited"}},
    "discard-letters": {"where": {"flow": "counting"}, "why": "as agreed"},
    "release-entries": {"where": {}, "all": True, "why": "as agreed"},
    "ask-release": {"where": {}, "all": True, "why": "as agreed"},
    "discard-entries": {"where": {"kind": "decode"}, "why": "as agreed"},
    "start-replay": {"flow": "people", "selection": {"first": 0, "last": 1}, "why": "lost"},
    "ask-plan": {"flow": "people", "selection": {"first": 0, "last": 1}, "why": "lost"},
    "pause-replay": {"why": "a move"},
    "resume-replay": {"why": "moved"},
    "cancel-replay": {"why": "enough"},
    "isolate-target": {"why": "a move"},
    "reset-target": {"why": "moved"},
    "silence-alerts": {"where": {"flow": "people"}, "until": "2999-01-01T00:00:00Z", "why": "known"},
    "end-silence": {"why": "enough"},
    "test-route": {"why": "a try"},
    "acknowledge-alert": {"why": "on it"},
    "rotate-token": {"why": "Ann left", "overlap_seconds": 600},
}
"""What operations are sent that change something, or that need more than their address."""

QUERIES = {
    "ask-lineage": "?field=email",
    "ask-kpis": "?since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z",
    "ask-series": "?since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z&step_seconds=3600",
    "ask-answer-times": "?since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z",
    "ask-ended": "?ids={id}",
}

COMMANDS = {
    "check": (),
    "advise": ("people",),
    "catalogue": (),
    "lineage": ("email",),
    "status": (),
    "kpi": ("--by", "flow"),
    "duplicates": ("person",),
    "publish": ("person", "--file", "{file}"),
    "events": ("person",),
    "trace": ("{correlation}",),
    "dead list": (),
    "dead groups": (),
    "dead show": ("people", "3"),
    "dead retry": ("people", "3", "--why", "mended"),
    "dead edit": ("people", "3", "--set", f"name={CANARY} edited", "--why", "mended"),
    "dead discard": ("counting", "0", "--why", "lost"),
    "quarantine list": (),
    "quarantine groups": (),
    "quarantine show": ("{id}",),
    "quarantine release": ("{id}", "--why", "mended"),
    "quarantine discard": ("{id}", "--why", "lost"),
    "contract list": (),
    "contract show": ("person",),
    "contract register": ("person", "--why", "as agreed"),
    "contract activate": ("person@1.0.0", "--why", "as agreed"),
    "contract deprecate": ("person@1.0.0", "--sunset", "2999-01-01", "--why", "as agreed"),
    "contract retire": ("person@1.0.0", "--why", "as agreed"),
    "contract diff": ("person@1.0.0", "contracts/person.odcs.yaml"),
    "contract drift": (),
    "contract test": (),
    "contract users": (),
    "docs build": ("--out", "{site}"),
    "docs export": ("markdown",),
    "audit list": (),
    "replay list": (),
    "replay plan": ("people",),
    "replay start": ("people", "--why", "lost"),
    "replay show": ("{replay}",),
    "replay pause": ("{replay}", "--why", "a move"),
    "replay resume": ("{replay}", "--why", "moved"),
    "replay cancel": ("{replay}", "--why", "enough"),
    "flow list": (),
    "flow pause": ("people", "--why", "a move"),
    "flow resume": ("people", "--why", "moved"),
    "target list": (),
    "target isolate": ("crm.people", "--why", "a move"),
    "target reset": ("crm.people", "--why", "moved"),
    "token rotate": ("--overlap", "1h"),
    "token show": (),
    "secret list": (),
    "alerts list": ("--all",),
    "alerts show": ("{alert}",),
    "alerts ack": ("{alert}", "--why", "on it"),
    "alerts silence": ("--where", "flow=people", "--for", "1h", "--why", "known"),
    "alerts unsilence": ("{silence}",),
    "alerts test": ("oncall",),
    "alerts rules": (),
    "log info": (),
    "log verify": (),
    "log trim": (),
}
"""What every command is told."""

OTHERS = {"init", "demo", "run"}
"""Two write a project of their own, one is what runs here."""

CHOSEN = ("flow", "offset", "id", "replay", "alert", "silence", "route", "target")
"""What forms are told that they are about."""
