"""The stand-in systems behave as real ones: a checked project, whole files, an interface with moods."""

from __future__ import annotations

import stat

import pytest

from trunkline.app.demo.day import TillFile
from trunkline.app.demo.stage import ShopInterface, drop_files, write_demo
from trunkline.app.project import Project
from trunkline.kernel.errors import TrunklineError


def test_the_written_project_passes_the_check(tmp_path):
    write_demo(tmp_path / "day", "http://127.0.0.1:1")
    project = Project.load(tmp_path / "day")
    assert set(project.flows) == {"sales-to-stock", "orders-to-stock", "orders-to-shop"}


def test_secrets_and_key_can_be_read_by_their_owner_only(tmp_path):
    write_demo(tmp_path, "http://127.0.0.1:1")
    for name in ("trunkline.key", "secrets.yaml"):
        assert stat.S_IMODE((tmp_path / "state" / name).stat().st_mode) == 0o600


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(TrunklineError, match="is not empty"):
        write_demo(tmp_path, "http://127.0.0.1:1")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


async def test_a_file_appears_under_its_name_only_once_it_is_whole(tmp_path):
    told = []
    await drop_files(tmp_path, [TillFile("a.csv", "x;y\r\n1;2\r\n", 1, 0)], told.append)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert told == [1]


async def test_the_shop_is_busy_now_and_then_and_refuses_the_withdrawn_article():
    import http.client
    import json
    from asyncio import to_thread
    from collections import Counter

    shop = ShopInterface(seed=3)

    def ask(port: int) -> Counter:
        statuses: Counter = Counter()
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for number in range(200):
            sku = "ART-1013" if number % 10 == 0 else "ART-1001"
            headers = {"idempotency-key": str(number)}
            connection.request("PUT", "/api/orders/1/confirmation", json.dumps({"sku": sku}), headers)
            response = connection.getresponse()
            response.read()
            statuses[response.status] += 1
        connection.close()
        return statuses

    async with shop.server:
        statuses = await to_thread(ask, int(shop.server.url.rpartition(":")[2]))
    assert set(statuses) == {204, 422, 503}
    assert statuses[204] == len(shop.confirmed)
