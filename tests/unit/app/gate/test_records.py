"""The gate asks of records: classified, duties stated, versioned, known again."""

from __future__ import annotations

import pytest
from tests.unit.app.gate.conftest import FLOW, ORDER, SHOP

CLASSIFIED = "      - {property: classification, value: internal}   # of every field that says nothing else\n"
BASIS = "      - {property: legalBasis, value: contract}       # why personal data of it may be held\n"
RETENTION = "  - {property: retention, value: 90, unit: d}   # for how long personal data of it is kept\n"
DAYS = "write store: {retention: {days: 90}} in trunkline.yaml, or less"


# Each field says what it is, by itself or by what is around it; the first that do not are named.
def test_fields_that_say_nothing(edit, found):
    edit(ORDER, CLASSIFIED, "")
    finding = found("classified")
    assert finding.status == "error"
    assert "order@1.0.0: event_id, order_id, revision, changed_at, status and 4 more" in finding.shown
    assert ORDER in finding.do


# An object that is classified speaks for its members, and one that has members need not speak itself.
def test_an_object_speaks_for_its_members(edit, found):
    edit(ORDER, CLASSIFIED, "")
    for name in ("event_id", "order_id", "revision", "changed_at", "status", "total"):
        edit(ORDER, f"- name: {name}\n", f"- name: {name}\n        classification: internal\n")
    assert "lines.sku, lines.quantity, lines.price without" in found("classified").shown
    edit(ORDER, "- name: lines\n", "- name: lines\n        classification: public\n")
    assert found("classified").status == "pass"


# The classification of the whole file counts for its fields as one of the schema object does.
def test_a_file_speaks_for_its_fields(edit, found):
    edit(ORDER, CLASSIFIED, "")
    edit(
        ORDER,
        "kind: DataContract",
        "kind: DataContract\ncustomProperties: [{property: classification, value: public}]",
    )
    assert found("classified").shown == "order@1.0.0: 1 personal; warehouse-order@1.0.0: 1 personal"


# What is about people says for how long and on what ground it is held.
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (BASIS, "", "order@1.0.0 says no legalBasis"),
        ("slaProperties:\n" + RETENTION, "", "order@1.0.0 says no retention"),
    ],
)
def test_duties(edit, found, old, new, said):
    edit(ORDER, old, new)
    assert (found("compliance").status, found("compliance").shown) == ("error", said)


# A store that keeps what is about people longer than its contract says, or for ever, is told how to let go.
@pytest.mark.parametrize(
    ("days", "said", "do"),
    [
        ("{days: 90}", "order@1.0.0 may be kept for 90 d, and the store lets go of it after 90 days", ""),
        ("{days: 0.5}", "order@1.0.0 may be kept for 90 d, and the store lets go of it after 0.5 days", ""),
        ("{days: 91}", "order@1.0.0 may be kept for 90 d, and the store keeps it for 91 days", DAYS),
        ("{bytes: 20GB}", "order@1.0.0 may be kept for 90 d, and the store keeps it without an end", DAYS),
    ],
)
def test_retention(edit, found, days, said, do):
    edit("trunkline.yaml", "{days: 90}", days)
    assert found("retention").shown == said
    assert (found("retention").status, found("retention").do) == ("advice" if do else "pass", do)


# What is about nobody, or has no time stated, is not compared; a time that is no number of days is told.
def test_retention_that_is_not_compared(edit, found):
    edit("trunkline.yaml", "{days: 90}", "{}")
    edit(ORDER, RETENTION, RETENTION.replace("90, unit: d", "as long as needed"))
    assert "which is no number of days" in found("retention").shown
    assert ORDER in found("retention").do
    edit(ORDER, "classification: personal", "classification: internal")
    assert found("retention").status == "pass"
    edit(ORDER, "classification: internal", "classification: personal")
    edit(ORDER, "{property: retention,", "{property: latency,")
    assert found("retention").status == "pass"


# A constant that the target's field does not take would make a dead letter of every event.
@pytest.mark.parametrize(
    ("constant", "passes"),
    [
        ("'null'", False),
        ("'\"many\"'", False),
        ("'3'", True),
        ("lines[0].quantity", True),
        ("$length('abc')", True),
    ],
)
def test_constants(edit, found, constant, passes):
    edit(FLOW, "pieces: $sum(lines.quantity)", f"pieces: {constant}")
    assert (found("mapping").status, "pieces" in found("mapping").shown) == (
        ("pass", False) if passes else ("error", True)
    )


# What goes as it is, or through a Python function, has no constants to look at.
def test_no_constants(folder, edit, found):
    text = (folder / FLOW).read_text()
    start, end = text.index("map:\n"), text.index("# How old")
    edit(FLOW, text[start:end], "python: mappings.orders:to_warehouse\n")
    assert (found("mapping").status, found("mapping").shown) == ("pass", "mappings.orders:to_warehouse")


# What is a secret of business and about nobody is masked and has no such duties.
def test_secrets_of_business(edit, found):
    edit(ORDER, BASIS, "")
    edit(ORDER, "classification: personal", "classification: confidential")
    assert found("compliance").shown == "warehouse-order@1.0.0: 10 y, contract"
    assert found("classified").shown.startswith("order@1.0.0: 1 personal")
    edit(ORDER, "classification: confidential", "classification: confidential\n        tags: [pii]")
    assert found("compliance").status == "error"


# A version is semantic.
@pytest.mark.parametrize("version", ['"1.0"', "v1.0.0"])
def test_versions(edit, found, version):
    edit(ORDER, "version: 1.0.0", f"version: {version}")
    assert found("versioning").status == "error"
    assert "is no semantic version" in found("versioning").shown


# Mode and policy that the contract names are shown, else the default.
def test_the_mode_is_shown(edit, found):
    assert "order@1.0.0 backward_transitive (practical)" in found("versioning").shown
    edit(ORDER, BASIS, BASIS + "      - {property: compatibility, value: full}\n")
    assert "order@1.0.0 full (practical)" in found("versioning").shown


# A record is known again by the contract's key, or its entity key; whoever waits for an answer brings a key.
def test_known_again(edit, found):
    assert "arrivals by event_id, records by order_id" in found("idempotency").shown
    edit(ORDER, "{property: idempotencyKey,", "{property: note,")
    assert "the id their sender gives, records by order_id" in found("idempotency").shown
    edit(ORDER, "primaryKey: true", "primaryKey: false")
    edit(ORDER, "        primaryKeyPosition: 1\n", "")
    assert found("idempotency").status == "error"
    assert ORDER in found("idempotency").do


# Into HTTP each request carries its key, and it is told where that has to be honoured.
def test_known_again_over_http(folder, edit, found):
    warehouse = "systems/warehouse.yaml"
    accepts = (folder / warehouse).read_text().split("accepts:\n")[1]
    edit(
        warehouse, accepts, '  - {name: orders, contract: warehouse-order@1, via: http, request: "POST /o"}\n'
    )
    edit(warehouse, "sqlite: state/warehouse.db", "url: https://warehouse.example.com")
    edit("flows/orders-to-warehouse.yaml", "effectively-once", "at-least-once")
    assert "one Idempotency-Key (a POST that is repeated may take effect twice)" in found("idempotency").shown
    assert found("idempotency").status == "pass"
    edit(SHOP, "kind: web shop", "kind: shop")
