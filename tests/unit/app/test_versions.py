"""What is registered holds: a file that says otherwise is a fault, one that says more is a note."""

from __future__ import annotations

import pytest
from tests.unit.app.registered import DAY, ORDER, register_all, take

from trunkline.app.check import check
from trunkline.app.versions import registry_of
from trunkline.contracts.registry.version import EVERY, Content, Settings
from trunkline.testkit.clock import ManualClock
from trunkline.testkit.registry import configured
from trunkline.testkit.registry import registered as acted


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def registered(folder, clock):
    register_all(folder, clock=clock)
    return folder


@pytest.fixture
def edit_order(edit):
    return lambda old, new: edit(ORDER, old, new)


def found(folder, clock):
    report = check(folder, clock)
    return [str(one) for one in report.faults], [str(one) for one in report.notes]


# Before the first registration nothing is enforced and nothing is said.
def test_no_registry(folder, clock, edit_order):
    edit_order("status: active", "status: active\ntags: [new]")
    assert found(folder, clock) == ([], [])


# What is registered as it is has nothing said of it, nor have comments and a status.
def test_all_is_registered(registered, clock, edit_order):
    edit_order("status: active", "# as before\nstatus: deprecated")
    assert found(registered, clock) == ([], [])


# A file that changed under its version is a fault at the version, with the smallest one that would do.
def test_a_changed_text(registered, clock, edit_order):
    edit_order("status: active", "status: active\ntags: [new]")
    [fault], notes = found(registered, clock)
    assert fault.startswith(f"{ORDER}:7:10: 1.0.0 is registered with another text")
    assert fault.endswith("expected version 1.0.1 or a higher one")
    assert notes == []


# A version that would be refused is a fault for every reason.
def test_a_refused_version(registered, clock, edit_order):
    edit_order("version: 1.0.0", "version: 1.1.0")
    edit_order("{minimum: 1}\n      - name: changed_at", "{minimum: 5}\n      - name: changed_at")
    faults, notes = found(registered, clock)
    assert faults
    assert all("expected version 2.0.0 or a higher one" in one for one in faults)
    assert notes == []


# A version that would be accepted is a note with the command that registers it.
def test_a_new_version(registered, clock, edit_order):
    edit_order("version: 1.0.0", "version: 1.0.1")
    assert found(registered, clock) == (
        [],
        [f"{ORDER}:7:10: order 1.0.1 is not registered; trunkline contract register order"],
    )


# A damaged journal is a fault at its line, also of a contract that is gone.
@pytest.mark.parametrize("still_there", [True, False])
def test_a_damaged_journal(registered, clock, still_there):
    journal = registered / "registry/order.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"by":"ann"', b'"by":"bob"'))
    if not still_there:
        journal.rename(registered / "registry/old.jsonl")
    [fault], _ = found(registered, clock)
    assert fault.startswith(f"registry/{'order' if still_there else 'old'}.jsonl:1:1: the line was changed")


# A version on its way out is a note with who uses it, until its sunset; from then on it is a fault.
def test_the_end_of_a_version(registered, clock):
    take(registered, "deprecate", "order@1.0.0", clock, sunset=clock.now() + DAY)
    faults, [note] = found(registered, clock)
    assert faults == []
    assert "order@1.0.0 is deprecated and ends at " in note
    assert "source shop/order, flow orders-to-warehouse" in note
    clock.advance(86_400)
    [fault], notes = found(registered, clock)
    assert "is past its sunset" in fault
    assert "source shop/order, flow orders-to-warehouse would use it" in fault
    assert notes == []


# Nobody is blamed for a version that no source and no flow uses.
def test_an_unused_version(registered, clock):
    take(registered, "deprecate", "order@1.0.0", clock, sunset=clock.now() + DAY)
    for file in ("flows/orders-to-warehouse.yaml", "systems/shop.yaml"):
        (registered / file).unlink()
    assert found(registered, clock) == ([], [])
    clock.advance(86_400)
    take(registered, "retire", "order@1.0.0", clock)
    assert found(registered, clock) == ([], [])


# A draft is worth knowing of, with the command that puts it into use.
def test_a_draft(folder, clock, edit_order):
    edit_order("status: active", "status: draft")
    register_all(folder, clock=clock)
    assert found(folder, clock)[1] == [
        f"{ORDER}:7:10: order@1.0.0 is a draft; trunkline contract activate order@1.0.0"
    ]


# Bare schemas are no contracts: nothing is said of them, but to a contract that would take their name.
async def test_bare_schemas(registered, clock, edit_order):
    journals = registry_of(registered)
    bare = Content(kind="json", text="{}", digest="0" * 64, id=9)
    await journals.append("payments-value", acted(1, "1.0.0", content=bare))
    await journals.append(EVERY, configured(1, Settings("full")))
    assert found(registered, clock) == ([], [])
    (registered / "registry" / "order.jsonl").unlink()
    await journals.append("order", acted(1, "1.0.0", content=bare))
    [fault], _ = found(registered, clock)
    assert "order is the name of bare schemas" in fault


# A journal of what is set for all is checked as any other.
async def test_altered_settings(registered, clock):
    journals = registry_of(registered)
    await journals.append(EVERY, configured(1, Settings("full")))
    path = journals.file(EVERY)
    path.write_bytes(path.read_bytes().replace(b'"full"', b'"none"'))
    [fault], _ = found(registered, clock)
    assert "registry/@settings.jsonl:1:1: the line was changed" in fault
