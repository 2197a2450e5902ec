"""The pages of a project's documentation: static HTML that needs no script and no server.

Every text of a project is escaped by the template engine; nothing is marked as safe. The same project gives
the same bytes, and no date stands on a page unless one is given.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from trunkline.app.docs.asyncapi import asyncapi
from trunkline.app.docs.export import ASYNCAPI_FILE, pretty
from trunkline.app.docs.markdown import markdown
from trunkline.app.docs.model import ContractPage, ProjectDocs
from trunkline.app.docs.schemafile import schema_of
from trunkline.contracts.docs.model import NO_EXAMPLE, FieldDoc
from trunkline.surfaces.docs.topology import HEIGHT, WIDTH, drawn

KEPT_PAGES = 256
"""How many pages are kept once they were made."""

_PAGES = ("index", "systems", "flows", "topology", "personal")
_STATIC = ("style.css", "search.js")


class Site:
    """Every file of a site by its path; ``page`` makes one when it is asked for, and keeps the last ones.

    ``date`` stands at the foot of each page, where it is given.
    """

    def __init__(self, docs: ProjectDocs, date: str = "") -> None:
        self._docs = docs
        self._date = date
        self._made: dict[str, Callable[[], bytes]] = {name: _static(name) for name in _STATIC}
        self._made[ASYNCAPI_FILE] = lambda: pretty(asyncapi(docs))
        for name in _PAGES:
            self._made[f"{name}.html"] = functools.partial(self._html, name)
        for page in docs.contracts:
            self._add(page)
        self.page = functools.lru_cache(KEPT_PAGES)(self._page)

    def _add(self, page: ContractPage) -> None:
        path = f"contracts/{page.contract.stream}"
        self._made[f"{path}.html"] = functools.partial(self._html, "contract", root="../", page=page)
        self._made[f"{path}.schema.json"] = lambda: pretty(schema_of(page.contract))
        self._made[f"{path}.md"] = lambda: markdown(page).encode()

    @property
    def paths(self) -> list[str]:
        """The paths of all files, sorted."""
        return sorted(self._made)

    def files(self) -> dict[str, bytes]:
        """Make every file."""
        return {path: self._made[path]() for path in self.paths}

    def _page(self, path: str) -> bytes | None:
        """Return a file; None where there is none of that path."""
        made = self._made.get(path)
        return None if made is None else made()

    def _html(self, name: str, root: str = "", **values: Any) -> bytes:
        if name == "topology":
            values |= {"drawing": drawn(self._docs), "box": (WIDTH, HEIGHT)}
        template = _environment().get_template(f"{name}.html.j2")
        return template.render(docs=self._docs, root=root, here=name, date=self._date, **values).encode()


def _static(name: str) -> Callable[[], bytes]:
    return (resources.files(__package__) / "static" / name).read_bytes


@functools.cache
def _environment() -> Environment:
    """Return the engine: everything is escaped, and a name that is not there is an error."""
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"shown": _shown, "pretty": _pretty, "path": field_path, "searched": searched}
    environment.globals |= {"NO_EXAMPLE": NO_EXAMPLE}
    return environment


def _pretty(value: Any) -> str:
    return pretty(value).decode().rstrip("\n")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else _pretty(value)


def field_path(field: FieldDoc) -> str:
    """Return a field's path as people write it: ``lines[].sku``."""
    names = field.path.split(".")
    return ".".join("[]" if name == "-" else name for name in names).replace(".[]", "[]")


def searched(page: ContractPage) -> str:
    """Return the words that a contract is found by."""
    doc = page.contract
    words = [doc.stream, doc.title, *page.owners, doc.domain, doc.state, doc.description, *doc.tags]
    words += [part for field in doc.all_fields for part in (field_path(field), field.title)]
    words += [one.name for one in page.sources]
    words += [one.name for one in page.flows]
    words += [one.name for one in page.targets]
    return " ".join(dict.fromkeys(word.lower() for word in words if word))
