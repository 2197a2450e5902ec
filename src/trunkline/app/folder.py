"""The files of a project folder, read with the place of every value.

``project`` makes sense of them. What is in the folder but would not be read is a fault as well: a file
that its user believes to count must count, or be named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from trunkline.app.collector import collector_paused
from trunkline.contracts.contract import Contract, load_all
from trunkline.contracts.document import Document
from trunkline.kernel.errors import ProjectError
from trunkline.kernel.faults import Fault, Place

T = TypeVar("T")

MAIN_FILE = "trunkline.yaml"
ENDINGS = {"systems": ".yaml", "contracts": ".odcs.yaml", "flows": ".yaml"}
"""Each folder of a project and how the names of its files end."""

_ALMOST = (".yaml", ".yml", ".json")


class Files(msgspec.Struct, frozen=True):
    """Every file that could be read, by its kind, and what is wrong with those that could not."""

    main: Document | None
    systems: list[Document]
    contracts: list[Contract]
    flows: list[Document]
    faults: list[Fault]


def read_folder(folder: Path) -> Files:
    """Read every file of a project; faults are returned, never raised."""
    with collector_paused():
        return _read_folder(_Reader(folder))


def _read_folder(reader: _Reader) -> Files:
    main = reader.read(reader.folder / MAIN_FILE, Document.load)
    systems = reader.read_all("systems", Document.load)
    contracts = reader.contracts()
    flows = reader.read_all("flows", Document.load)
    return Files(main, systems, contracts, flows, reader.faults)


def read_contracts(folder: Path) -> tuple[list[Contract], list[Fault]]:
    """Return every contract of a project that could be read, and what is wrong with the others."""
    reader = _Reader(folder)
    return reader.contracts(), reader.faults


class _Reader:
    """Reads files one after the other and gathers what is wrong."""

    def __init__(self, folder: Path) -> None:
        self.faults: list[Fault] = []
        self.folder = folder

    def contracts(self) -> list[Contract]:
        return [one for several in self.read_all("contracts", load_all) for one in several]

    def read_all(self, kind: str, load: Callable[[bytes, str], T]) -> list[T]:
        ending = ENDINGS[kind]
        self.faults += _strays(self.folder, kind, ending)
        found = (self.read(path, load) for path in sorted((self.folder / kind).glob(f"*{ending}")))
        return [one for one in found if one is not None]

    def read(self, path: Path, load: Callable[[bytes, str], T]) -> T | None:
        file = str(path.relative_to(self.folder))
        try:
            return load(path.read_bytes(), file)
        except ProjectError as error:
            self.faults += error.faults
        except OSError as error:
            hint = 'make a project with "trunkline init"' if file == MAIN_FILE else ""
            self.faults.append(Fault(Place(file), f"cannot be read: {error.strerror}", "a file", hint))
        return None


def _strays(folder: Path, kind: str, ending: str) -> Iterator[Fault]:
    for path in sorted((folder / kind).glob("*")):
        if path.suffix in _ALMOST and not path.name.endswith(ending):
            good = path.name.split(".")[0] + ending
            place = Place(str(path.relative_to(folder)))
            yield Fault(place, "is not read", f"a name that ends in {ending}", f"rename it to {good}")
