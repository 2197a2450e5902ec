"""Loads the Python function of a mapping from the project folder, and holds it to the rules.

Nothing of the folder lands on ``sys.path``: its modules live below a package of their own, so a project's
``mappings/json.py`` shadows nothing, and modules of one folder may import each other relatively.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import re
import sys
import traceback
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from trunkline.connectors.mapping.problem import BrokenRecord, Problem
from trunkline.kernel.event import Event
from trunkline.kernel.faults import did_you_mean

REFERENCE = re.compile(r"^([^\W\d]\w*(?:\.[^\W\d]\w*)*):([^\W\d]\w*)$")
"""``package.module:function``, below the project folder."""

Function: TypeAlias = Callable[[dict[str, Any], Event], dict[str, Any] | None]

_SCALARS = frozenset({type(None), bool, int, Decimal, str})


def load(reference: str, folder: Path) -> Function | Problem:
    """Return the function that ``reference`` names, checked on each call, or what is wrong with it.

    It takes ``(record)`` or ``(record, event)``, changes neither, and returns a new record or None to drop
    the event. Loading runs the module: a project folder is code, as trusted as the person who edits it.
    """
    match = REFERENCE.match(reference)
    if match is None:
        return Problem(
            field="", problem="no Python function is named", expected="python: package.module:function"
        )
    module = _module(match[1], folder)
    if isinstance(module, Problem):
        return module
    return _function(module, match[2], reference)


def _module(name: str, folder: Path) -> ModuleType | Problem:
    package = _package(folder)
    try:
        return importlib.import_module(f"{package}.{name}")
    except ModuleNotFoundError as error:
        missing = (error.name or "").removeprefix(f"{package}.")
        if missing == name or name.startswith(f"{missing}."):
            file = f"{name.replace('.', '/')}.py"
            return Problem(
                field="", problem=f"there is no {file}", expected="a file below the project folder"
            )
        return Problem(field="", problem=f"{name} imports {missing}, which is not there")
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever the user's module does while it loads
        return Problem(field="", problem=f"{name} does not load: {_raised(error, folder)}")


def _package(folder: Path) -> str:
    """Make an empty package whose modules are the folder's, forgetting what an earlier load left."""
    folder = folder.resolve()
    package = f"trunkline_project_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    root = ModuleType(package)
    root.__path__ = [str(folder)]
    sys.modules[package] = root
    return package


def _function(module: ModuleType, name: str, reference: str) -> Function | Problem:
    function = getattr(module, name, None)
    if not inspect.isfunction(function):
        known = [known for known, _ in inspect.getmembers(module, inspect.isfunction)]
        problem = f"{reference.partition(':')[0]} has no function {name}"
        return Problem(field="", problem=problem, hint=did_you_mean(name, known))
    parameters = len(inspect.signature(function).parameters)
    if inspect.iscoroutinefunction(function) or parameters not in {1, 2}:
        return Problem(
            field="",
            problem=f"{reference} cannot be called",
            expected="def function(record) or (record, event)",
        )
    return _held(function, reference, pass_event=parameters == 2)  # noqa: PLR2004  record and event


def _held(function: Callable[..., Any], reference: str, *, pass_event: bool) -> Function:
    folder = Path(inspect.getfile(function)).parent

    def call(record: dict[str, Any], event: Event) -> dict[str, Any] | None:
        try:
            answer = function(record, event) if pass_event else function(record)
        except Exception as error:
            # The error's own text may repeat a value of the record; its class and place do not.
            raise BrokenRecord(f"{reference} raised {_raised(error, folder, text=False)}") from error
        if answer is None:
            return None
        if type(answer) is not dict:
            raise BrokenRecord(f"{reference} returned {type(answer).__name__}, expected a dict or None")
        _check(answer, reference)
        return answer

    return call


def _check(value: Any, path: str) -> None:
    if type(value) in _SCALARS:
        return
    if type(value) is dict:
        for name, inner in value.items():
            if type(name) is not str:
                raise BrokenRecord(f"{path} returned a field name that is not a text")
            _check(inner, f"{path} .{name}")
    elif type(value) is list:
        for inner in value:
            _check(inner, f"{path} []")
    elif type(value) is float:
        raise BrokenRecord(f"{path} is a binary float: return a Decimal, so that no digit changes")
    else:
        raise BrokenRecord(f"{path} is a {type(value).__name__}: return text, int, Decimal, bool, list, dict")


def _raised(error: BaseException, folder: Path, *, text: bool = True) -> str:
    folder = folder.resolve()
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(folder)
    ]
    place = f" in {Path(frames[-1].filename).name} line {frames[-1].lineno}" if frames else ""
    if isinstance(error, SyntaxError):
        place = f" in {Path(error.filename or '').name} line {error.lineno}"
    return f"{type(error).__name__}{place}" + (f": {error}" if text else "")
