"""What the gate asks about the course of events: how fresh and consistent, how often tried, by what way."""

from __future__ import annotations

import re

import msgspec

from trunkline.app.advice.question import PatternName, Question, TargetWay, told
from trunkline.app.advice.rules import PATTERNS, ruled_out
from trunkline.app.alerting.rules import LATE
from trunkline.app.gate.values import Answer, Case
from trunkline.app.loops import circle_of, ending
from trunkline.app.model import Retry
from trunkline.app.project import Source
from trunkline.app.quantities import seconds_of
from trunkline.app.registry import TARGETS
from trunkline.observe.lateness import late_after

_BOUND = re.compile(r"freshness *>=? *(\S+)")


def decided(case: Case) -> Answer:
    """Ask whether somebody weighed consistency against latency: the flow's file says both."""
    needs, file = case.flow.settings.needs, case.flow.file
    said = {"freshness": needs.freshness, "consistency": needs.consistency}
    missing = [key for key, value in said.items() if value is None]
    if missing:
        example = {"freshness": "freshness: 60s", "consistency": "consistency: eventual"}
        do = f"write needs: {{{', '.join(example[key] for key in missing)}}} in {file}, as it is meant"
        return Answer(f"needs says no {' and no '.join(missing)}", do)
    if needs.consistency == "immediate" and case.flow.settings.reply is None:
        do = f"write consistency: eventual, or let callers wait: a request source, and reply, in {file}"
        return Answer("immediate is promised and nobody waits for the target: the flow has no reply", do)
    return Answer(f"{needs.consistency}, within {needs.freshness}")


def retried(case: Case) -> Answer:
    """Ask whether failed attempts are made again in a way that goes with the rest."""
    retry, file = case.flow.settings.retry, case.flow.file
    first, freshness = seconds_of(retry.first), _freshness(case)
    if retry.attempts == 1 and case.flow.target.via == "http" and case.flow.settings.reply is None:
        do = f"write retry: {{attempts: 8}}, or leave retry out, in {file}"
        return Answer("one attempt over a network: every hiccup is a dead letter", do)
    if freshness is not None and retry.attempts > 1 and first > freshness:
        do = f"write a first below {told(freshness)} under retry in {file}, or a longer freshness"
        return Answer(f"the first wait may be {retry.first}, and freshness is {told(freshness)}", do)
    kind = "the default: " if retry == Retry() else ""
    attempts = "1 attempt" if retry.attempts == 1 else f"{retry.attempts} attempts"
    return Answer(f"{kind}{attempts} within {retry.total}, waits of {retry.first} to {retry.longest}")


def late_is_told(case: Case) -> Answer:
    """Ask whether anybody is told where retries may make data older than it may be."""
    freshness, total = _freshness(case), seconds_of(case.flow.settings.retry.total)
    bounds = [found[1] for one in case.flow.settings.alerts if (found := _BOUND.match(one.when))]
    if bounds:
        return Answer(f"told above {', '.join(bounds)}")
    project = case.project.settings.alerts
    bound = told(late_after(freshness, case.project.settings.observe.patience))
    if freshness is not None and project.defaults and LATE not in project.without:
        return Answer(f"told above {bound}, by the default rule {LATE}")
    if freshness is None or case.flow.settings.retry.attempts == 1 or total <= freshness:
        return Answer("no event is tried for longer than it is fresh")
    do = f"write alerts: [{{when: freshness > {bound}, for: 2m, severity: page}}] in {case.flow.file}"
    shown = (
        f"an event may be tried for {told(total)} and freshness is {told(freshness)}: no alert tells of it"
    )
    return Answer(shown, do)


def fitting(case: Case) -> Answer:
    """Ask whether the pattern of each source can give what the flow needs."""
    wrong = []
    for source in case.sources:
        question = question_of(case, source)
        pattern = pattern_of(case, source)
        wrong += [f"{source.name}: {reason}" for _, reason in ruled_out(question, pattern)]
    if wrong:
        do = f"change needs in {case.flow.file}, or the source"
        if any(one.via == "files" and one.every_seconds is None for one in case.sources):
            do += ", or say how often its files come, such as every: 15m"
        return Answer("; ".join(wrong), do)
    fits = [f"{one.name} by {pattern_of(case, one)}" for one in case.sources]
    return Answer("; ".join(fits) or "records come by publish, when somebody calls it")


def unseen(case: Case) -> Answer:
    """Ask whether a credential stands in a file that the flow is made of."""
    found = [fault for fault in case.secrets if fault.place.file in case.files]
    if found:
        do = "write secret://system/name there, keep the value elsewhere, and replace it: it has been seen"
        return Answer("; ".join(f"{fault.place}: {fault.problem}" for fault in found), do)
    return Answer("every credential is a reference")


def ended(case: Case) -> Answer:
    """Ask, where systems feed each other in a circle, which flow of it drops what only comes back."""
    circle = circle_of(case.project, case.flow, case.ways)
    if circle is None:
        return Answer(ending(case.flow) or "no circle of systems, or one that ends elsewhere")
    contract = case.flow.contract
    do = (
        f"name in {contract.place.file} the property origin, the field that says who wrote a state, and drop "
        f"by when what we wrote; or write loop: in {case.flow.file}, and why nothing comes back"
    )
    return Answer(f"{' -> '.join(circle)}: what is written may come back as a change", do)


def pattern_of(case: Case, source: Source) -> PatternName:
    """Return the pattern by which a flow gets records of a source; only who answers is asked."""
    if source.via == "request" and case.flow.settings.reply is None:
        return "webhook"
    return next(one.name for one in PATTERNS if one.via == source.via)


def question_of(case: Case, source: Source) -> Question:
    """Return what the files say of a flow, as the question that pattern rules are asked."""
    flow, pattern = case.flow, pattern_of(case, source)
    return Question(
        answer=pattern == "request",
        freshness_seconds=_freshness(case),
        consistency=flow.settings.needs.consistency or "eventual",
        source_can=frozenset({pattern}),
        every_seconds=source.every_seconds,
        target_can=_target_way(case),
        ordered=flow.settings.when_dead != "skip",
        personal=any(field.about_person for field in flow.contract.fields),
    )


def whole_question(case: Case) -> Question:
    """Return what the files say of a flow with all its sources, as the question that the advisor answers."""
    each = [question_of(case, source) for source in case.sources]
    if not each:
        return Question(freshness_seconds=_freshness(case), target_can=_target_way(case))
    often = [one.every_seconds for one in each if one.every_seconds is not None]
    return msgspec.structs.replace(
        each[0],
        answer=any(one.answer for one in each),
        source_can=frozenset().union(*(one.source_can for one in each)),
        every_seconds=min(often, default=None),
    )


def _target_way(case: Case) -> TargetWay:
    target = case.flow.target
    if target.via != "http":
        return "table"
    return "http" if TARGETS[target.via].repeats(target.settings) else "http-idempotent"


def _freshness(case: Case) -> float | None:
    said = case.flow.settings.needs.freshness
    return None if said is None else seconds_of(said)
