"""From advice to a flow's file, in the project's own words: the person fills in what nobody else can know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trunkline.app.advice.advice import Advice
from trunkline.app.advice.question import Question, told
from trunkline.app.project import Project, Target, unknown, unknown_stream
from trunkline.contracts.contract import Contract
from trunkline.kernel.errors import TrunklineError, UsageError


def write_flow(
    project: Project, advice: Advice, question: Question, ends: tuple[str, str], file: Path
) -> None:
    """Write the flow between ``ends``, a stream and a target, as a draft; nothing is overwritten.

    Raises ``TrunklineError`` for a stream, target or file that cannot be, or advice that names no pattern.
    """
    if advice.pattern is None:
        raise TrunklineError("no pattern fits, so there is no flow to write")
    if file.suffix != ".yaml" or file.parent.resolve() != (project.folder / "flows").resolve():
        raise UsageError(f"{file} would not be read: write to flows/NAME.yaml in {project.folder}")
    if file.stem in project.flows:
        raise UsageError(f'there is a flow "{file.stem}" already: choose another name')
    contract, target = _ends(project, *ends)
    text = "\n".join(_lines(advice, question, contract, target, file.stem)) + "\n"
    try:
        file.parent.mkdir(exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise TrunklineError(f"{file} is there already: nothing was written") from None
    except OSError as error:
        raise TrunklineError(f"{file} cannot be written: {error.strerror}") from None


def _ends(project: Project, stream: str, target: str) -> tuple[Contract, Target]:
    contract = project.contract_of(stream)
    if contract is None:
        raise unknown_stream(project, stream)
    if target not in project.targets:
        raise unknown("target", target, project.targets)
    return contract, project.targets[target]


def _lines(
    advice: Advice, question: Question, contract: Contract, target: Target, name: str
) -> Iterator[str]:
    values = {one.name: one.value for one in advice.settings}
    yield f"# Advised: {advice.title.lower()}, as {advice.why}."
    if not advice.available:
        yield "# This release has no connector for it: the stream needs another source until there is one."
    yield from (f"# Mind: {one}." for one in advice.minds)
    yield f"flow: {name}"
    yield f"from: {contract.stream}"
    yield f"to: {target.name}"
    yield "draft: true    # take it out once the rest is as it should be: trunkline check --flow " + name
    yield from _map(contract, target.contract)
    yield f"needs: {{{', '.join(_needs(question))}}}"
    yield f"retry: {values['retry']}"
    yield f"alerts: {values['alerts']}"
    if question.waits:
        yield "reply: body    # what callers get: the target's answer as it is"


def _needs(question: Question) -> Iterator[str]:
    if question.freshness_seconds is not None:
        yield f"freshness: {told(question.freshness_seconds)}"
    yield f"consistency: {'immediate' if question.waits else question.consistency}"
    yield f"delivery: {'at-least-once' if question.target_can == 'http' else 'effectively-once'}"


def _map(contract: Contract, wanted: Contract) -> Iterator[str]:
    """Yield the fields that both sides have by the same name, and say which have to be found elsewhere."""
    given = {field.path[0] for field in contract.fields}
    top = [field for field in wanted.fields if len(field.path) == 1]
    if not top:
        return
    yield "map:"
    for field in top:
        if field.name in given:
            yield f"  {_quoted(field.name)}: {_expression(field.name)}"
        elif field.required:
            yield f"  {_quoted(field.name)}: 'null'    # no field of {contract.ref} is called so: from where?"


def _expression(name: str) -> str:
    return name if name.isidentifier() else f"'`{name}`'"


def _quoted(name: str) -> str:
    return name if name.isidentifier() else f"'{name}'"
