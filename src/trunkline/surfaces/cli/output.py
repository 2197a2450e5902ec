"""How every command speaks: tables for a person, JSON for a program, errors to standard error.

With ``--json`` standard output holds one JSON document, or one a line where results stream, and
nothing else. Colours and progress bars appear on a terminal only; ``NO_COLOR`` is respected.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trunkline.kernel.errors import ProjectError, TrunklineError
from trunkline.surfaces.cli.exits import Exit, exit_of
from trunkline.surfaces.cli.table import lines


def console(*, to_stderr: bool = False) -> Any:
    """Return a rich console, for progress on a terminal."""
    from rich.console import Console  # noqa: PLC0415  a tenth of a second that most commands need not pay

    return Console(stderr=to_stderr, highlight=False)


def document(value: Any) -> None:
    """Print one JSON document on one line."""
    from trunkline.kernel import json  # noqa: PLC0415  --help must not pay for it

    sys.stdout.write(json.encode(value).decode() + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Print one line for a person, exactly as it is."""
    sys.stdout.write(text + "\n")


def complain(text: str) -> None:
    """Print one line about what is wrong, to standard error."""
    sys.stderr.write(text + "\n")


def record(value: Any) -> None:
    """Print a record for a person to read: indented JSON on a terminal, one line into a pipe."""
    from trunkline.kernel import json  # noqa: PLC0415  --help must not pay for it

    text = json.encode(value)
    if sys.stdout.isatty():
        import msgspec  # noqa: PLC0415  as above

        text = msgspec.json.format(text, indent=2)
    say(textwrap.indent(text.decode(), "  "))


def table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], notes: Sequence[str] = (), *, title: str = ""
) -> None:
    """Print rows under their columns, each with its note below where there are any; see ``cli.table``."""
    if title:
        say(title)
    for line in lines(columns, rows, notes, width()):
        say(line)


def width() -> int | None:
    """Return how wide the terminal is; None for a pipe, where a line is as long as it is."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def tell_of_more(found: int, limit: int, go_on: str = "") -> None:
    """Say, beside the list, that it was cut off, and the option that goes on with it."""
    if found >= limit:
        way = f", or go on with {go_on}" if go_on else ""
        complain(f"These are {found:,}; there may be more: raise --limit{way}.")


def failure(error: TrunklineError, *, as_json: bool) -> Exit:
    """Print an error the way the command speaks and return the exit code that stands for it."""
    code = exit_of(error)
    if as_json:
        document({"error": _described(error), "exit": int(code)})
    else:
        complain(f"trunkline: {error}" if not isinstance(error, ProjectError) else str(error))
    return code


def _described(error: TrunklineError) -> dict[str, Any]:
    described: dict[str, Any] = {"kind": type(error).__name__, "message": str(error)}
    if isinstance(error, ProjectError):
        described["faults"] = error.faults
    return described


@contextlib.contextmanager
def progress(what: str, total: float | None = None) -> Iterator[Callable[[float], None]]:
    """Show a bar on standard error while the block works, if that is a terminal; yields ``advance(by)``."""
    if not sys.stderr.isatty():
        yield lambda _by: None
        return
    from rich.progress import Progress  # noqa: PLC0415  as above

    with Progress(console=console(to_stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda by: bar.advance(task, by)
