"""The command line: ``trunkline COMMAND``.

One small file a command group; each calls use-cases of ``app`` and prints what they return. Nothing
but the option parser is imported until a command is chosen, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import Any

from cyclopts import App, CycloptsError
from cyclopts.exceptions import UnknownCommandError

from trunkline import __version__
from trunkline.kernel.errors import TrunklineError
from trunkline.kernel.faults import did_you_mean
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.exits import Exit

_HERE = "trunkline.surfaces.cli"

COMMANDS = ("init", "check", "run", "status", "publish", "events", "trace", "demo")
"""Every command that is one act. Its help is the docstring of its function."""

GROUPS = {
    "dead": (
        "Dead letters: what could not be delivered and waits for a person.",
        ("list", "show", "retry", "discard"),
    ),
    "quarantine": (
        "Quarantine: what did not pass its contract and was kept.",
        ("list", "show", "release", "discard"),
    ),
    "log": (
        "The log: the durable record of everything that was accepted.",
        ("info", "verify", "trim"),
    ),
}
"""Every group of commands, with its line in the help."""


def make_app() -> App:
    """Return the command line; commands are imported when they are chosen."""
    app = App(
        name="trunkline",
        help="A self-hosted integration backbone: what arrives is stored before it is acknowledged, "
        "and is delivered or visibly not.",
        help_epilogue="Start with: trunkline init shop && cd shop && trunkline check",
        help_format="plaintext",
        version=__version__,
        result_action="return_value",
    )
    for name in COMMANDS:
        app.command(f"{_HERE}.{name}:{name}", name=name, help_epilogue="")
    for group, (line, members) in GROUPS.items():
        inner = App(name=group, help=line, help_epilogue="", help_format="plaintext")
        for name in members:
            inner.command(f"{_HERE}.{group}:{name}_", name=name)
        app.command(inner)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command line and end the process with its exit code."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(int(_run(tokens)))


def _run(tokens: list[str]) -> Exit | int:
    as_json = "--json" in tokens
    try:
        result: Any = make_app()(tokens, exit_on_error=False, print_error=False, help_on_error=False)
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
    text = _unknown(error) if isinstance(error, UnknownCommandError) else str(error)
    if as_json:
        output.document({"error": {"kind": "Usage", "message": text}, "exit": int(Exit.USAGE)})
    else:
        output.complain(f'trunkline: {text}\nSee "trunkline --help", or --help after a command.')
    return Exit.USAGE


def _unknown(error: UnknownCommandError) -> str:
    """Name the near miss ourselves: the library would import every command to do so."""
    group = next((name for name in error.command_chain or () if name in GROUPS), "")
    known = GROUPS[group][1] if group else (*COMMANDS, *GROUPS)
    word = (error.unused_tokens or [""])[0]
    return f'there is no command "{f"{group} {word}".strip()}"; {did_you_mean(word, known)}'.rstrip("; ")


def _reader_gone() -> Exit:
    """End quietly when whoever read our output has closed it, as ``head`` does."""
    sys.stdout = None  # type: ignore[assignment]  # or the interpreter would flush into the closed pipe
    return Exit.OK
