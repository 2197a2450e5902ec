"""``trunkline advise``: which pattern fits an integration, from flags, a flow's files, or answers."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import msgspec
from cyclopts import Parameter

from trunkline.kernel.errors import UsageError
from trunkline.kernel.faults import did_you_mean
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.advice.advice import Advice
    from trunkline.app.advice.question import Question


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Needed:
    """What is needed and what the two sides can do; what is not given is as the flow's files say."""

    answer: Annotated[bool | None, Parameter(name="--answer", negative=())] = None
    """Whether the sender waits for what the target says."""

    freshness: str | None = None
    """How old data may be when it arrives, such as 60s."""

    consistency: str | None = None
    """eventual, or immediate: the sender hears when the target has it."""

    per_day: str | None = None
    """How many records come a day."""

    burst: str | None = None
    """How many come in the worst second."""

    source_can: str | None = None
    """What the source can do: request, webhook, event, cdc, file, poll, with commas between."""

    every: str | None = None
    """How often the source writes files, such as 1d."""

    target_can: str | None = None
    """What the target is: http-idempotent, http, table or file."""

    may_be_down: str | None = None
    """Which side the other must not depend on: source, target, both with a comma between, or neither."""

    ordered: Annotated[bool | None, Parameter(name="--ordered", negative="--unordered")] = None
    """Whether the states of one entity must not overtake each other."""

    personal: Annotated[bool | None, Parameter(name="--personal", negative="--not-personal")] = None
    """Whether there is personal data in it."""


@Parameter(name="*")
@dataclasses.dataclass(frozen=True)
class Writing:
    """What flow to write."""

    write: Path | None = None
    """Write the flow to this file, flows/NAME.yaml, as a draft; nothing is overwritten."""

    from_: Annotated[str, Parameter(name="--from")] = ""
    """The stream of the flow that is written."""

    to: str = ""
    """The target of the flow that is written."""


_NEEDED, _WRITING = Needed(), Writing()


def advise(
    flow: str = "",
    /,
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    needed: Needed = _NEEDED,
    writing: Writing = _WRITING,
) -> Exit:
    """Tell which pattern of integration fits, how to set it, and why each other one was ruled out.

    What is asked comes from the options, from the files of FLOW where one is
    named (options come before them), or, on a terminal and without either, from
    your answers. Ends with 1 where nothing fits.

    Example: trunkline advise --freshness 60s --source-can webhook,poll

    Parameters
    ----------
    flow
        A flow of the project to give advice on.
    """
    from trunkline.app.advice.advice import advise as use_case  # noqa: PLC0415  --help must not pay for it

    given = {name: value for name, value in dataclasses.asdict(needed).items() if value is not None}
    if not flow and not given:
        given = _asked()
    question = _question(common, flow, given)
    advice = use_case(question)
    if writing.write is not None:
        _write(common, writing, advice, question)
    if common.json:
        output.document({"question": question, "advice": advice})
    else:
        _print(advice, writing)
    return Exit.FOUND if advice.pattern is None else Exit.OK


def _question(common: Common, flow: str, given: dict[str, Any]) -> Question:
    from trunkline.app.advice.question import Question  # noqa: PLC0415  as above

    base = _of_files(common, flow) if flow else Question()
    changes = {_FIELDS.get(name, name): _value(name, value) for name, value in given.items()}
    return msgspec.structs.replace(base, **changes)


def _of_files(common: Common, flow: str) -> Question:
    from trunkline.app.gate.course import whole_question  # noqa: PLC0415  as above
    from trunkline.app.gate.values import Case  # noqa: PLC0415  as above
    from trunkline.app.project import Project, unknown  # noqa: PLC0415  as above

    project = Project.load(common.folder)
    if flow not in project.flows:
        raise unknown("flow", flow, project.flows)
    return whole_question(Case(project, project.flows[flow]))


_FIELDS = {"freshness": "freshness_seconds", "every": "every_seconds"}


def _value(name: str, value: Any) -> Any:
    """Return an option's value as the question has it; raises ``UsageError`` saying what is expected."""
    if not isinstance(value, str):
        return value
    try:
        return _PARSERS[name](value)
    except ValueError as error:
        raise UsageError(f"--{name.replace('_', '-')}: {error}") from None


def _seconds(text: str) -> float:
    from trunkline.app.quantities import seconds_of  # noqa: PLC0415  as above

    return seconds_of(text)


def _count(text: str) -> int:
    if not text.replace("_", "").replace(",", "").isdecimal():
        raise ValueError(f'"{text}" is no number of records')
    return int(text.replace("_", "").replace(",", ""))


def _one_of(kind: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        return _known(text, kind)

    return parse


def _some_of(kind: str) -> Callable[[str], frozenset[str]]:
    def parse(text: str) -> frozenset[str]:
        words = [word.strip() for word in text.split(",") if word.strip()]
        return frozenset() if words == ["neither"] else frozenset(_known(word, kind) for word in words)

    return parse


def _known(word: str, kind: str) -> str:
    from trunkline.app.advice import question  # noqa: PLC0415  as above

    known = ("eventual", "immediate") if kind == "Consistency" else get_args(getattr(question, kind))
    if word not in known:
        hint = did_you_mean(word, known) or f"one of {', '.join(known)}"
        raise ValueError(f'there is no "{word}"; {hint}')
    return word


_PARSERS: dict[str, Callable[[str], Any]] = {
    "freshness": _seconds,
    "every": _seconds,
    "per_day": _count,
    "burst": _count,
    "consistency": _one_of("Consistency"),
    "source_can": _some_of("PatternName"),
    "target_can": _one_of("TargetWay"),
    "may_be_down": _some_of("Side"),
}

_QUESTIONS = (
    ("source_can", "What can the source do (request, webhook, event, cdc, file, poll, with commas)?", ""),
    ("target_can", "What is the target (http-idempotent, http, table, file)?", "http-idempotent"),
    ("answer", "Does the sender wait for what the target says (yes, no)?", "no"),
    ("freshness", "How old may data be when it arrives (60s, 2h)?", "60s"),
    ("every", "How often does the source write files, if it does (1h, 1d)?", "1d"),
    ("per_day", "How many records come a day?", "1000"),
    ("burst", "How many in the worst second?", "10"),
    ("may_be_down", "Which side may be down (source, target, both with a comma, neither)?", "source,target"),
    ("ordered", "Must the states of one entity keep their order (yes, no)?", "yes"),
    ("personal", "Is there personal data in it (yes, no)?", "no"),
)
_YES_OR_NO = ("answer", "ordered", "personal")


def _asked() -> dict[str, Any]:
    """Ask a person on a terminal; raises ``UsageError`` where there is none to ask."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("say what is needed, such as --freshness 60s --source-can webhook, or name a flow")
    return {name: _answer(name, text, default) for name, text, default in _QUESTIONS}


def _answer(name: str, text: str, default: str) -> Any:
    while True:
        said = input(f"{text} [{default}] " if default else f"{text} ").strip() or default
        if name in _YES_OR_NO and said.lower() in ("y", "yes", "n", "no"):
            return said.lower().startswith("y")
        try:
            if said and name not in _YES_OR_NO:
                _PARSERS[name](said)
                return said
            output.say("  it needs an answer")
        except ValueError as error:
            output.say(f"  {error}")


def _write(common: Common, writing: Writing, advice: Advice, question: Question) -> None:
    from trunkline.app.advice.drafting import write_flow  # noqa: PLC0415  as above
    from trunkline.app.project import Project  # noqa: PLC0415  as above

    if writing.write is None or not writing.from_ or not writing.to:
        raise UsageError("--write needs --from STREAM and --to SYSTEM.NAME")
    project = Project.load(common.folder)
    file = writing.write if writing.write.is_absolute() else project.folder / writing.write
    write_flow(project, advice, question, (writing.from_, writing.to), file)


def _print(advice: Advice, writing: Writing) -> None:
    output.say(f"{advice.title}: {advice.why}.")
    if advice.pattern is not None and not advice.available:
        instead = (
            f"; of what it has, {advice.meanwhile} fits" if advice.meanwhile else ", and none of them fits"
        )
        output.say(f"This release has connectors for request, webhook and files{instead}.")
    if advice.settings:
        output.say("")
        output.table(
            ("setting", "value"),
            [(one.name, one.value) for one in advice.settings],
            [one.why for one in advice.settings],
        )
    for one in advice.minds:
        output.say(f"Mind: {one}.")
    if advice.out:
        output.say("")
        output.table(
            ("ruled out", "by"),
            [(one.pattern, one.rule) for one in advice.out],
            [one.why for one in advice.out],
        )
    if writing.write is not None:
        output.say(f"\nWrote {writing.write}: a draft. See trunkline check --flow {writing.write.stem}")
