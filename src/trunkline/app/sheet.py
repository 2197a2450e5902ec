"""The sheet that faults are noted on while a project is read: each once, and no blame for what follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trunkline.contracts.document import Document
from trunkline.kernel.faults import Fault, Place


class Sheet:
    """Everything that is wrong so far, and every name that was given so far."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        self._names: dict[tuple[str, str], Place] = {}

    def note(self, faults: Iterable[Fault]) -> bool:
        """Add faults, but none at a place that has one: the first says enough. Tell whether there were any."""
        found = list(faults)
        told = {fault.place for fault in self.faults}
        self.faults += [fault for fault in found if fault.place not in told]
        return bool(found)

    def broken(self, folder: str) -> bool:
        """Tell whether a file of ``folder`` has a fault: then what it declares may just not be known."""
        return any(fault.place.file.startswith(f"{folder}/") for fault in self.faults)

    def once(self, word: str, name: str, place: Place) -> bool:
        """Tell whether ``name`` is new for its kind; a second one is a fault."""
        first = self._names.setdefault((word, name), place)
        if first is not place:
            self.note(
                [Fault(place, f'the {word} "{name}" a second time', f"it once: the first is in {first}")]
            )
        return first is place

    def wrong(
        self, document: Document, at: Sequence[str | int], problem: str, expected: str = "", hint: str = ""
    ) -> None:
        """Note one fault at the place of a value."""
        self.note([document.fault(at, problem, expected, hint)])
