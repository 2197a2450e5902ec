"""Where compiled templates are kept, so that only the first process after an installation compiles them."""

from __future__ import annotations

import contextlib
import sys
from importlib.metadata import version
from importlib.util import cache_from_source
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class Compiled(FileSystemBytecodeCache):
    """Templates' code, kept as the interpreter keeps that of modules: where it does, and only if it may.

    That is ``__pycache__`` beside the templates, or below ``PYTHONPYCACHEPREFIX``; nowhere with
    ``PYTHONDONTWRITEBYTECODE``. A file says of which text it was made: a changed template is compiled anew.
    What cannot be read or written is compiled again.
    """

    def __init__(self, templates: Path) -> None:
        self.folder = Path(cache_from_source(str(templates / "_"))).parent
        super().__init__(str(self.folder), f"%s.jinja-{version('jinja2')}")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take a template's code, if it is there."""
        with contextlib.suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template's code, if there is room for it and a right to."""
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                self.folder.mkdir(parents=True, exist_ok=True)
                super().dump_bytecode(bucket)
