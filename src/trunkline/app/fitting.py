"""Whether what an expression reads is in a contract: asked of mappings, rules and HTTP requests alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trunkline.connectors.mapping import quoted
from trunkline.contracts.contract import Contract
from trunkline.kernel.faults import did_you_mean


def strangers(reads: Iterable[str], contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield each dotted path that is no field of ``contract``, with the near miss or an empty text.

    What stands in an object whose fields the contract leaves open is not known, so it passes.
    """
    known = {_dotted(field.path): field.path for field in contract.fields}
    opened = tuple(f"{name}." for name in _open_objects(contract))
    for path in sorted(set(reads) - known.keys() - {""}):
        if known and not path.startswith(opened):
            yield path, did_you_mean(path, known)


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(quoted(part) for part in path if part != "-")


def _open_objects(contract: Contract) -> Iterator[str]:
    paths = [field.path for field in contract.fields]
    for field in contract.fields:
        described = any(
            len(path) > len(field.path) and path[: len(field.path)] == field.path for path in paths
        )
        if field.kind in ("object", "any", "array") and not described:
            yield _dotted(field.path)
