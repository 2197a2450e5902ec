"""The command line: ``trunkline COMMAND``.

One small file a command group; each calls use-cases of ``app`` and prints what they return. Nothing
but the option parser is imported until a command is chosen, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import Any

from cyclopts import App, CycloptsError, Parameter
from cyclopts.exceptions import MissingArgumentError, UnknownCommandError

from trunkline import __version__
from trunkline.kernel.errors import TrunklineError
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.exits import Exit

_HERE = "trunkline.surfaces.cli"

COMMANDS = {
    "init": "Write a small working project into a folder.",
    "check": "Tell what a project holds and everything that is wrong with it.",
    "advise": "Tell which pattern of integration fits, how to set it, and why no other.",
    "catalogue": "Tell what systems, contracts and flows there are, and where personal data goes.",
    "lineage": "Tell where a field goes, end to end.",
    "run": "Run sources, flows and the HTTP door until stopped.",
    "status": "Tell where every source, stream and flow stands.",
    "kpi": "Tell how fresh data is, how much failed and how much flowed.",
    "duplicates": "Tell which entities of a stream are one thing.",
    "publish": "Put records into a stream, by the same way every arrival takes.",
    "events": "Print the events of a stream, personal fields masked.",
    "demo": "Run a generated retail day and show what came of it.",
    "trace": "Tell everything that happened to one correlation ID or event.",
}
"""Every command that is one act, with its line in the list; its own help is its function's docstring."""

GROUPS = {
    "dead": (
        "Dead letters: what could not be delivered and waits for a person.",
        {
            "list": "List dead letters.",
            "groups": "Group dead letters by flow and cause.",
            "show": "Show one dead letter with its record and every attempt.",
            "retry": "Deliver dead letters again.",
            "edit": "Mend the records of dead letters.",
            "discard": "Give dead letters up, with a reason that is kept.",
        },
    ),
    "quarantine": (
        "Quarantine: what did not pass its contract and was kept.",
        {
            "list": "List refused arrivals with their reasons.",
            "groups": "Group refused arrivals by source and reason.",
            "show": "Show one refused arrival.",
            "release": "Let refused arrivals in that pass now, or one that was mended.",
            "discard": "Give refused arrivals up, with a reason that is kept.",
        },
    ),
    "contract": (
        "Contracts: what a record may look like, which versions of it there are, and what really comes.",
        {
            "list": "List registered versions and where each stands.",
            "show": "Show one version with everything done to it.",
            "register": "Make contract files registered versions, where the rules allow it.",
            "activate": "Put a draft into use, or take a deprecation back.",
            "deprecate": "Say until when a version may be used.",
            "retire": "End a version that nobody uses, for good.",
            "diff": "Tell what differs between two versions, and whom it breaks.",
            "drift": "Tell how records that came differ from their contract.",
            "test": "Test both sides of contracts: what came, what flows make of it, what targets take.",
            "users": "List who is still on a version that is on its way out, and how much.",
        },
    ),
    "docs": (
        "Documentation: a project's contracts as pages and as files for other tools.",
        {
            "build": "Write the pages of a project into a folder.",
            "export": "Give contracts as AsyncAPI, JSON Schema or Markdown.",
        },
    ),
    "audit": (
        "The audit: who did what to the project, when and why.",
        {"list": "List what people did."},
    ),
    "replay": (
        "Replays: events that a flow has behind it, delivered again.",
        {
            "list": "List replays, the newest first.",
            "plan": "Tell what a replay would deliver, and start none.",
            "start": "Deliver events again that a flow has behind it.",
            "show": "Show how far a replay is.",
            "pause": "Send nothing more of a replay until it is resumed.",
            "resume": "Let a replay go on where it stopped.",
            "cancel": "Send nothing more of a replay, for good.",
        },
    ),
    "flow": (
        "Flows: which ones are paused, and a switch for each.",
        {
            "list": "List flows: running or paused, by whom and why.",
            "pause": "Let a flow take nothing until it is resumed.",
            "resume": "Let a flow go on that was paused.",
        },
    ),
    "target": (
        "Targets: whether calls go there, and a switch for each.",
        {
            "list": "List targets: state, until when, retries left, calls under way.",
            "isolate": "Let nothing go to a target until it is reset.",
            "reset": "Let calls go to a target again.",
        },
    ),
    "token": (
        "The administrator's token: who has it may do everything at the door.",
        {
            "rotate": "Make a new token and show it once; the one before ends.",
            "show": "Tell when the token was made, and never what it is.",
        },
    ),
    "secret": (
        "Secrets: how old each is, and where it is used.",
        {"list": "Tell since when each secret has been the same."},
    ),
    "alerts": (
        "Alerts: what is wrong, who answers for it, and whether people can be told.",
        {
            "list": "List what is wrong, with the likely cause and the next step.",
            "show": "Show one alert.",
            "ack": "Answer for alerts that fire.",
            "silence": "Have nobody told of some alerts for a time.",
            "unsilence": "End a silence before its time.",
            "test": "Send a test message by a route.",
            "rules": "List the rules that hold.",
        },
    ),
    "log": (
        "The log: the durable record of everything that was accepted.",
        {
            "info": "Tell the extent of every stream.",
            "verify": "Open every stored page and tell which are damaged.",
            "trim": "Remove what retention says may go and no flow still has to read.",
        },
    ),
}
"""Every group of commands, with its line in the list."""

EXAMPLES = {"contract": "diff --help"}
"""What a group's help gives as example, where its first command needs to be told something."""


def make_app(tokens: Sequence[str] = ()) -> App:
    """Return the command line; the chosen command is imported and gives its own help."""
    app = App(
        name="trunkline",
        help="A self-hosted integration backbone: what arrives is stored before it is acknowledged, "
        "and is delivered or visibly not.",
        help_epilogue="Start with: trunkline init shop && cd shop && trunkline check",
        help_format="plaintext",
        # no option says no to another (--no-json, --empty-ids), and help shows no default that is nothing
        default_parameter=Parameter(negative=(), show_default=_default),
        version=__version__,
        result_action="return_value",
    )
    for name, line in COMMANDS.items():
        app.command(f"{_HERE}.{name}:{name}", name=name, help_epilogue="", **_listed(name, line, tokens))
    for group, (line, members) in GROUPS.items():
        example = f"Example: trunkline {group} {EXAMPLES.get(group, next(iter(members)))}"
        inner = App(name=group, help=line, help_epilogue=example, help_format="plaintext")
        for name, own in members.items():
            path = f"{_HERE}.{group}:{name}_"
            inner.command(path, name=name, help_epilogue="", **_listed(name, own, tokens))
        app.command(inner)
    return app


def _default(value: object) -> str | None:
    """Return a default as help shows it; None, which shows nothing, where it is empty."""
    return None if value is None or value is False or value in ("", ()) else str(value)


def _listed(name: str, line: str, tokens: Sequence[str]) -> dict[str, str]:
    """Return the line of a command that is listed; the one that is chosen shows its docstring instead."""
    return {} if name in tokens else {"help": line}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command line and end the process with its exit code."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(int(_run(tokens)))


def _run(tokens: list[str]) -> Exit | int:
    as_json = "--json" in tokens
    try:
        result: Any = make_app(tokens)(tokens, exit_on_error=False, print_error=False, help_on_error=False)
    except CycloptsError as error:
        return _usage(error, as_json=as_json)
    except TrunklineError as error:
        return output.failure(error, as_json=as_json)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except Exception:  # noqa: BLE001  the last resort: a bug must not look like a user's mistake
        traceback.print_exc()
        output.complain(
            "trunkline: this is a fault in Trunkline itself; please report it with the lines above"
        )
        return Exit.BUG
    return result if isinstance(result, int) else Exit.OK


def _usage(error: CycloptsError, *, as_json: bool) -> Exit:
    text = _said(error)
    if as_json:
        output.document({"error": {"kind": "Usage", "message": text}, "exit": int(Exit.USAGE)})
    else:
        output.complain(f'trunkline: {text}\nSee "trunkline --help", or --help after a command.')
    return Exit.USAGE


def _said(error: CycloptsError) -> str:
    if isinstance(error, UnknownCommandError):
        return _unknown(error)
    told = str(error)
    has_near_miss = "Did you mean" in told
    return _missing(error) if isinstance(error, MissingArgumentError) and not has_near_miss else told


def _missing(error: MissingArgumentError) -> str:
    """Say what is missing and what it is for, in the words of the command's own help, with its example."""
    assert error.app is not None
    assert error.argument is not None
    name = error.argument.name
    described = error.app.assemble_argument_collection(parse_docstring=True)
    meaning = next((one.parameter.help for one in described if one.name == name), None)
    _, _, example = (error.target.__doc__ or "").partition("\n    Example: ")
    example = " ".join(example.partition("\n\n")[0].split())
    return f"{name} is missing: {meaning or 'it has to be given'}\nExample: {example}"


def _unknown(error: UnknownCommandError) -> str:
    """Name the near miss ourselves: the library would import every command to do so."""
    from trunkline.kernel.faults import did_you_mean  # noqa: PLC0415  --help must not pay for it

    group = next((name for name in error.command_chain or () if name in GROUPS), "")
    known = GROUPS[group][1] if group else (*COMMANDS, *GROUPS)
    word = (error.unused_tokens or [""])[0]
    return f'there is no command "{f"{group} {word}".strip()}"; {did_you_mean(word, known)}'.rstrip("; ")


def _reader_gone() -> Exit:
    """End quietly when whoever read our output has closed it, as ``head`` does."""
    sys.stdout = None  # or the interpreter would flush into the closed pipe
    return Exit.OK
