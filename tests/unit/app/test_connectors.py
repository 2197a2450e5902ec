"""From what the files say to running parts: the right kind, with its secret, checked on the way out."""

from __future__ import annotations

import msgspec
import pytest

from trunkline.adapters.files.source import FileSource
from trunkline.adapters.http.settings import HttpConnection, HttpSettings
from trunkline.adapters.http.target import HttpTarget
from trunkline.adapters.sql.sqlite import SqliteTable
from trunkline.app import connectors
from trunkline.app.registry import SOURCES, TARGETS
from trunkline.kernel.errors import Final, SecretUnavailable


# Every kind that a file may name can be built.
def test_every_kind_has_a_builder():
    assert set(connectors.TARGETS) == set(TARGETS)
    assert {*connectors.PUSHED, *connectors.PULLED} == set(SOURCES)


# A webhook listens where its file says and needs its secret's value to exist.
def test_a_webhook_and_its_secret(backbone):
    source = backbone.project.sources["shop/order"]
    assert connectors.PUSHED["webhook"](source, backbone, {}).path == "/hooks/shop/orders"
    (backbone.project.folder / "state/secrets.yaml").unlink()
    with pytest.raises(SecretUnavailable, match="TRUNKLINE_SECRET_SHOP_WEBHOOK"):
        connectors.PUSHED["webhook"](source, backbone, {})


# A table in SQLite and an endpoint over HTTP are built under their target's name.
def test_targets(backbone):
    table = backbone.project.targets["warehouse.orders"]
    built = connectors.TARGETS["table"](table, backbone)
    assert (type(built), built.name) == (SqliteTable, "warehouse.orders")
    endpoint = msgspec.structs.replace(
        table,
        name="shop.orders",
        settings=HttpSettings(request="PUT /orders/{order_id}"),
        connection=HttpConnection(url="http://localhost"),
    )
    built = connectors.TARGETS["http"](endpoint, backbone)
    assert (type(built), built.name, built.features.atomic) == (HttpTarget, "shop.orders", False)


# A watched folder is one of the project's.
def test_a_watched_folder(folder, machine, edit):
    from trunkline.adapters.files.settings import FileSettings
    from trunkline.app.project import Project

    project = Project.load(folder)
    settings = FileSettings(folder="in")
    source = msgspec.structs.replace(project.sources["shop/order"], via="files", settings=settings)
    around = msgspec.defstruct("Around", ["project", "machine"])(project, machine)
    assert isinstance(connectors.PULLED["files"](source, around), FileSource)


# What leaves is held against the target's contract; the refusal names the field and repeats no value.
async def test_nothing_leaves_against_its_contract(backbone):
    flow = backbone.project.flows["orders-to-warehouse"]
    right = {"order_id": "1", "revision": 1, "changed_at": "2026-01-05T09:30:00Z", "status": "paid"}
    right |= {"total": 5, "pieces": 1}
    wrong = {**right, "pieces": "hunter2"}
    for outgoing in (right, None):
        mapping = connectors.Checked(lambda _record, _event, out=outgoing: out, flow.target.contract)
        assert mapping({}, None) == outgoing
    with pytest.raises(Final, match="/pieces") as caught:
        connectors.Checked(lambda _record, _event: wrong, flow.target.contract)({}, None)
    assert caught.value.kind == "contract"
    assert "hunter2" not in str(caught.value)
