"""``trunkline audit``: who did what to the project, when and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trunkline.kernel import json
from trunkline.surfaces.cli import output
from trunkline.surfaces.cli.choosing import Span
from trunkline.surfaces.cli.common import Common, asking

if TYPE_CHECKING:
    from trunkline.app.audited import AuditView


def list_(
    *,
    common: Common = Common(),  # noqa: B008  a frozen value
    span: Span = Span(),  # noqa: B008  as above
    by: str = "",
    what: str = "",
    text: str = "",
    limit: int = 100,
) -> None:
    """List what people did, newest first: who, what, how much, and why.

    Example: trunkline audit list --what discard-letters --since 2026-01-05

    Parameters
    ----------
    by
        Only what this person did.
    what
        Only acts of this kind: retry-letters, discard-letters, edit-letters, release-entries, ...
    text
        Only acts that are about this or give this as their reason, letter by letter.
    limit
        The most to list.
    """
    from trunkline.app.questions import AskAudit  # noqa: PLC0415  as above
    from trunkline.observe.audit import AuditQuery  # noqa: PLC0415  --help must not pay for it

    query = AuditQuery(by, what, text, limit=limit, **span.bounds)

    found: list[AuditView] = asking(common, AskAudit(query))
    if common.json:
        for one in found:
            output.document(one)
        return
    if not found:
        output.complain("Nobody did anything of the kind.")
        return
    output.table(
        ("number", "at", "by", "what", "outcome", "count", "before", "after"),
        [
            (
                str(one.number),
                one.at,
                one.by,
                one.what,
                one.outcome,
                one.count,
                one.before,
                one.after,
            )
            for one in found
        ],
        [f"{json.encode(one.about).decode()} {one.failure or one.why}".rstrip() for one in found],
    )
    output.tell_of_more(len(found), limit)
