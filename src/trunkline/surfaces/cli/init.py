"""``trunkline init``: a new project that works, and what to do with it next."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from trunkline.surfaces.cli import output

_FROM_FILE = """$(sed -n 's/^  webhook: "\\(.*\\)"/\\1/p' state/secrets.yaml)"""
_NEXT = """
Next:
  {enter}trunkline check
  trunkline publish order --file examples/order.json
  trunkline run

and while it runs, from another shell in the same folder:
  curl -H "Authorization: Bearer {token}" \\
       -H "Content-Type: application/json" --data @examples/order.json http://127.0.0.1:8080/hooks/shop/orders
  trunkline status
  trunkline events order

state/trunkline.key seals the log: without it nothing stored can be read. Keep a copy in a safe place."""


def init(
    folder: Path = Path(),
    /,
    *,
    json: bool = False,
) -> None:
    """Write a small working project into a folder: a shop's webhook, a warehouse's table, a flow between.

    Nothing is overwritten: where a file of it is there already, nothing is
    written at all.

    Example: trunkline init shop

    Parameters
    ----------
    folder
        Where to write it; made where it is missing.
    json
        Print JSON for programs.
    """
    from trunkline.app import init as use_case  # noqa: PLC0415  --help must not pay for it

    written = use_case.init(folder)
    if json:
        output.document(
            {"project": written.project, "folder": os.fspath(folder.absolute()), "files": written.files}
        )
        return
    output.say(f"Wrote project {written.project} into {folder.absolute()}:")
    for file in written.files:
        output.say(f"  {file}")
    enter = "" if folder.absolute() == Path.cwd() else f"cd {shlex.quote(os.fspath(folder))} && "
    output.say(_NEXT.format(enter=enter, token=_FROM_FILE))
