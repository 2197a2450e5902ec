"""Alerts: when a person is to be told, who, and what became of it.

Everything that is decided here is a value: a rule (``rule.py``), the states of an alert (``machine.py``),
what is kept quiet (``muting.py``), which notices go together (``notices.py``), how fast people were
(``times.py``). ``store.py`` is the port of what has to outlast the process. ``trunkline.app.alerting`` looks
at the project, asks these, and sends.
"""
