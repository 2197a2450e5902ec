"""``trunkline secret``: how old secrets are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.common import Common, asking
from trunkline.surfaces.cli.exits import Exit

if TYPE_CHECKING:
    from trunkline.app.secret_ages import SecretAge

_DAY_SECONDS = 86_400


def list_(*, common: Common = Common()) -> Exit:  # noqa: B008  a frozen value
    """Tell since when each secret has been the same, the oldest first, and where it is used.

    The running project notes when a value is another one, so an age is at least what is told; what it has
    not read yet has none. No value is read or shown. Ends with 1 where one is older than secrets.longest.

    Example: trunkline secret list
    """
    from trunkline.app.questions import AskSecrets  # noqa: PLC0415  --help must not pay for it

    found: list[SecretAge] = asking(common, AskSecrets())
    if common.json:
        output.document(found)
    elif found:
        output.table(("secret", "same since", "days", "", "used in"), [_row(one) for one in found])
    else:
        output.complain("The project names no secret, and there is no administrator's token.")
    return Exit.FOUND if any(one.old for one in found) else Exit.OK


def _row(one: SecretAge) -> tuple[str | int, ...]:
    days = "" if one.age_seconds is None else int(one.age_seconds // _DAY_SECONDS)
    since = one.since or "not read yet"
    return (one.secret, since, days, "old: make a new one" if one.old else "", ", ".join(one.used_in))
