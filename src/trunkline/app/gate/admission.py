"""The gate itself: every rule asked of every flow, and which flows may run.

``check`` shows the verdicts; ``run`` admits by them, in whatever way a project is started.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trunkline.app.gate.rules import RULES
from trunkline.app.gate.values import Case, Finding, Rule, Verdict
from trunkline.app.loops import open_ways
from trunkline.app.project import Flow, Project
from trunkline.kernel.errors import GateError, ProjectError
from trunkline.kernel.faults import Fault


class Admission(msgspec.Struct, frozen=True):
    """Which flows run, and which drafts stay out until somebody allows them."""

    flows: tuple[str, ...]
    drafts: tuple[str, ...]


def verdicts(project: Project, secrets: Sequence[Fault] = (), flow: str = "") -> list[Verdict]:
    """Ask every rule of one flow, or of each in the order of their names."""
    ways, names = open_ways(project), [flow] if flow else sorted(project.flows)
    return [_verdict(Case(project, project.flows[name], tuple(secrets), ways)) for name in names]


def admit(project: Project, secrets: Sequence[Fault] = (), *, allow_draft: bool = False) -> Admission:
    """Return which flows run: all that pass, and drafts where they are allowed, pass or not.

    Raises ``GateError`` with every finding where a flow that is no draft does not pass, and ``ProjectError``
    where credentials stand in files, a draft's or not.
    """
    if secrets:
        raise ProjectError(secrets)
    found = verdicts(project)
    refused = [one for one in found if not one.draft and not one.passes]
    if refused:
        raise GateError("\n".join(_refusal(one) for one in refused))
    drafts = tuple(one.flow for one in found if one.draft and not allow_draft)
    return Admission(tuple(one.flow for one in found if one.flow not in drafts), drafts)


def _verdict(case: Case) -> Verdict:
    flow: Flow = case.flow
    findings = tuple(_finding(rule, case) for rule in RULES)
    passes = all(one.status != "error" for one in findings)
    return Verdict(flow.name, flow.file, flow.settings.draft, passes, findings)


def _finding(rule: Rule, case: Case) -> Finding:
    answer = rule.ask(case)
    return Finding(rule.id, rule.title, rule.severity if answer.do else "pass", answer.shown, answer.do)


def _refusal(verdict: Verdict) -> str:
    lines = [f"flow {verdict.flow} does not pass the gate ({verdict.file}):"]
    lines += [f"  {one.rule}: {one.shown}; {one.do}" for one in verdict.errors]
    lines.append("  or mark it draft: true there, and run with --allow-draft until it passes")
    return "\n".join(lines)
