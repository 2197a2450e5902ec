"""The changelog of a contract, from the registry."""

from __future__ import annotations

import asyncio

from trunkline.app.docs.releases import documented
from trunkline.app.init import init
from trunkline.app.project import Project
from trunkline.app.registering import register
from trunkline.contracts.registry.acts import Who
from trunkline.testkit.clock import ManualClock


# Each registered version has its author, reason and what it changed, the latest first; others have none.
def test_a_changelog(tmp_path):
    folder = init(tmp_path / "shop").folder
    file = folder / "contracts/order.odcs.yaml"
    asyncio.run(register(folder, ["order"], Who("ann", "the first"), ManualClock()))
    text = file.read_text("utf-8").replace("version: 1.0.0", "version: 1.1.0")
    field = "      - {name: gift, logicalType: boolean, classification: internal}\n"
    file.write_text(text.replace("    properties:\n", "    properties:\n" + field, 1), "utf-8")
    asyncio.run(register(folder, ["order"], Who("ben", "gifts"), ManualClock()))
    pages = {page.contract.name: page for page in documented(Project.load(folder)).contracts}
    latest, first = pages["order"].releases
    assert (latest.version, latest.author, latest.reason) == ("1.1.0", "ben", "gifts")
    assert [change.pointer for change in latest.difference.changes] == ["/properties/gift"]
    assert (first.version, first.difference) == ("1.0.0", None)
    assert pages["warehouse-order"].releases == ()
