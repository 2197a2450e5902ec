"""Settings of HTTP targets: what cannot work is refused where the project is read."""

from __future__ import annotations

import msgspec
import pytest

from trunkline.adapters.http.settings import HttpConnection, HttpSettings


def connection(**fields) -> HttpConnection:
    return msgspec.convert({"url": "https://shop.example.com"} | fields, HttpConnection)


def entry(**fields) -> HttpSettings:
    return msgspec.convert({"request": "PUT /stock/{sku}"} | fields, HttpSettings)


# The example of the design is read as it stands.
def test_a_project_reads() -> None:
    assert connection(auth={"bearer": "secret://shop/api-token"}).auth.bearer == "secret://shop/api-token"
    assert entry(body={"sku": "sku"}, concurrency=64).body == {"sku": "sku"}
    assert entry().body == "record"


# A URL that cannot be called, or that carries a credential, is refused, and not repeated.
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("shop.example.com", "needs http or https"),
        ("ftp://shop.example.com", "needs http or https"),
        ("https://", "needs http or https"),
        ("https://joe:hunter2@shop.example.com", "carries a credential"),
        ("https://shop.example.com/?key=hunter2", "has a query"),
        ("https://shop.example.com:99999", "is not valid"),
        ("https://shop .example.com", "belongs in no URL"),
        ("https://shop..example.com", "host that is no name"),
        (f"https://{'a' * 64}.example.com", "host that is no name"),
        ("https://10.0.0.256", "host that is no name"),
        ("https://10.0.1", "host that is no name"),
    ],
)
def test_urls_that_cannot_be_used(url, reason) -> None:
    with pytest.raises(msgspec.ValidationError, match=reason) as refused:
        connection(url=url)
    assert "hunter2" not in str(refused.value)


# Names and addresses of every shape are hosts.
@pytest.mark.parametrize(
    "url",
    ["http://localhost", "http://shop.example.com.", "http://10.0.0.1:8080", "http://[::1]", "http://a_b"],
)
def test_hosts(url) -> None:
    assert connection(url=url).url == url


# There is one way to authenticate, by references, and in a header that can carry it.
@pytest.mark.parametrize(
    "auth",
    [
        {"bearer": "t0ken"},
        {"bearer": "secret://a/b", "header": {"name": "X-Key", "value": "secret://a/b"}},
        {"header": {"name": "X Key", "value": "secret://a/b"}},
        {"header": {"name": "Host", "value": "secret://a/b"}},
        {"basic": {"username": "joe", "password": "hunter2"}},
        {"digest": "secret://a/b"},
    ],
)
def test_credentials_that_cannot_be_used(auth) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        connection(auth=auth)
    assert "hunter2" not in str(refused.value)


# An entry that cannot work is refused, saying which part.
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"request": "stock"}, "needs a method"),
        ({"body": {"a": "b +"}}, "body: a"),
        ({"body": "everything"}, "body"),
        ({"headers": {"Idempotency-Key": "1"}}, "cannot be set"),
        ({"headers": {"X-A": "a\r\nb"}}, "printable ASCII"),
        ({"headers": {"X A": "a"}}, "cannot be set"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"concurrency": 0}, "concurrency"),
        ({"timout_seconds": 5}, "timout_seconds"),
    ],
)
def test_entries_that_cannot_work(fields, reason) -> None:
    with pytest.raises(msgspec.ValidationError, match=reason):
        entry(**fields)
