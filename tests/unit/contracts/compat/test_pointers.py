"""References into their own schema."""

from __future__ import annotations

from trunkline.contracts.compat.pointers import at, tokens_of


# A reference is followed token by token, escapes undone; what is not there is none.
def test_followed():
    root = {"$defs": {"a/b": {"allOf": [True]}}}
    assert tokens_of("#/$defs/a~1b/allOf/0") == ("$defs", "a/b", "allOf", "0")
    assert at(root, ("$defs", "a/b", "allOf", "0")) is True
    assert at(root, ("$defs", "b")) is None
    assert (tokens_of("#"), tokens_of("#name"), tokens_of("other.json")) == ((), None, None)
