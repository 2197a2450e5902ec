"""How every command speaks: tables for a person, JSON for a program, errors to standard error.

With ``--json`` standard output holds one JSON document, or one a line where results stream, and
nothing else. Colours and progress bars appear on a terminal only; ``NO_COLOR`` is respected.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trunkline.kernel.errors import ProjectError, TrunklineError
from trunkline.surfaces.cli.exits import Exit, exit_of

_PIPE_COLUMNS = 1000


def console(*, to_stderr: bool = False) -> Any:
    """Return a rich console; into a pipe it never wraps, so that lines stay whole."""
    from rich.console import Console  # noqa: PLC0415  a tenth of a second that --json need not pay

    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_COLUMNS
    return Console(stderr=to_stderr, width=width, highlight=False, soft_wrap=width is not None)


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


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """Print rows under their columns; numbers stand to the right."""
    from rich.table import Table  # noqa: PLC0415  as above
    from rich.text import Text  # noqa: PLC0415  as above

    shown = Table(box=None, title=title or None, title_justify="left", header_style="bold", pad_edge=False)
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], (int, float)) for row in rows)
        shown.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(_shown(value)) for value in row))
    console().print(shown)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


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
