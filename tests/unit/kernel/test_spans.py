"""A span says what was done to what; what is not known of it is left open."""

from __future__ import annotations

from trunkline.kernel.spans import Span


# A span that is told only of its work is of a trace of its own, has no parent, and did not fail.
def test_what_is_left_open():
    span = Span("send", "crm.people", 1, 2)
    assert (span.trace, span.span, span.parent, span.error, span.links, dict(span.attributes)) == (
        "",
        "",
        "",
        "",
        (),
        {},
    )
