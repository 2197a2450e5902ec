"""What goes over the wire is the same as at home, and what does not belong there is refused."""

from __future__ import annotations

import msgspec
import pytest

from trunkline.app.act import Act
from trunkline.app.acts import EditLetters, StartReplay
from trunkline.app.questions import AskAudit, AskEvents, AskLetters
from trunkline.delivery.ledger import CaseQuery
from trunkline.delivery.replay.port import Selection
from trunkline.observe.audit import AuditQuery
from trunkline.surfaces.rest.operations import OPERATIONS
from trunkline.surfaces.rest.wire import read, twin, write

BY = frozenset({"by"})
VALUES = [
    EditLetters(
        CaseQuery("f", after=("f", 7), since=1_500_000), "ann", "typo", values={"a.b": b'"x"'}, retry=True
    ),
    EditLetters(CaseQuery("f"), "ann", record=b'{"total":12345678901234567890.10}'),
    StartReplay(
        "f", Selection(3, None, None, 9_000_001, ("a", "b"), when="total > 1"), "ann", "lost", 5.5, True
    ),
    CaseQuery(offsets=(1, 2), text="ä&=/"),
    AuditQuery("ann", until=1_700_000_000_123_456),
]


# What is written is read again as it was, to the microsecond and to the last digit.
@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_round(value):
    left_out = BY if isinstance(value, Act) else frozenset()
    given = {"by": "ann"} if left_out else {}
    text = msgspec.json.encode(write(value, left_out))
    assert read(type(value), msgspec.json.decode(text, type=twin(type(value), left_out)), given) == value


# Times are RFC 3339 with their zone, numbers are bounded, and nothing unknown is passed over.
@pytest.mark.parametrize(
    "body",
    [
        {"where": {"since": 5}},
        {"where": {"since": "2026-01-05T09:30:00"}},
        {"where": {"limit": 0}},
        {"where": {"limit": 1_001}},
        {"where": {"offsets": [-1]}},
        {"where": {"offsets": [2**64]}},
        {"where": {"flows": "f"}},
        {"where": {}, "by": "mallory"},
        {},
    ],
)
def test_refused(body):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, twin(EditLetters, BY))


# Every operation has a twin that has a schema, and no twin lets anyone say who acts.
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_twins(operation):
    assert not issubclass(operation.sent, Act) or "by" not in operation.twin.__struct_fields__
    assert msgspec.json.schema(operation.twin)
    assert {AskEvents, AskLetters, AskAudit} <= {one.kind for one in OPERATIONS}
