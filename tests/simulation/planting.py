"""How a bug is planted: a named place in the code, and a function that makes what is there wrong."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple


class Bug(NamedTuple):
    """A place, the name there of what is right, what makes it wrong, and what is wrong then."""

    owner: Any
    name: str
    spoil: Callable[[Any], Any]
    what: str

    @contextlib.contextmanager
    def planted(self) -> Iterator[None]:
        """Have the code be wrong in this way while the block runs."""
        right = getattr(self.owner, self.name)
        wrong = self.spoil(right)
        places = _importers(self.name, right) if isinstance(self.owner, ModuleType) else [self.owner]
        for place in places:
            setattr(place, self.name, wrong)
        try:
            yield
        finally:
            for place in places:
                setattr(place, self.name, right)


def _importers(name: str, right: Any) -> list[ModuleType]:
    """Return the modules of the room that know a function by its name."""
    modules = [module for path, module in sys.modules.items() if path.startswith("trunkline.delivery")]
    return [module for module in modules if getattr(module, name, None) is right]


class Bugs(dict[str, Bug]):
    """Bugs by their names."""

    def plants(self, owner: Any, name: str, what: str) -> Callable[[Callable[[Any], Any]], None]:
        """Add a bug in ``owner``, a class or a module, under the name of the function that makes it."""

        def add(spoil: Callable[[Any], Any]) -> None:
            self[spoil.__name__.replace("_", "-")] = Bug(owner, name, spoil, what)

        return add
