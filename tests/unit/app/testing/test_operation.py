"""Which operation a request is, and what it asks for that no request gives."""

from __future__ import annotations

import pytest
from tests.unit.app.testing.projects import spec

from trunkline.adapters.http.settings import Auth, HeaderCredential, HttpConnection, HttpSettings
from trunkline.app.testing.operation import Operation, fields_of, missing_parameters, operation_of
from trunkline.app.testing.spec import Spec

URL = "http://localhost:9000/v1"


def asked(request, url=URL, value=None, **settings):
    connection = HttpConnection(url, **settings.pop("connection", {}))
    chosen = HttpSettings(request, **settings)
    found = operation_of(Spec(value or spec({})), chosen, connection)
    return found, chosen, connection


# The path is found below the base path of the servers, whatever the host and the names of the parameters.
@pytest.mark.parametrize("request_", ["PUT /things/{sku}", "PUT /things/a", "PUT /things/{a.b}?x={y}"])
def test_found(request_):
    found, *_ = asked(request_)
    assert isinstance(found, Operation)
    assert found.template == "/v1/things/{id}"


# What is not there is said with what is: other methods, the near miss, another base path.
@pytest.mark.parametrize(
    ("request_", "url", "why"),
    [
        ("POST /things/{sku}", URL, "the path takes PUT only"),
        ("PUT /thing/{id}", URL, "did you mean"),
        (
            "PUT /things/{id}",
            "http://localhost:9000",
            "it has /things/{id} below /v1: see the system's connection.url",
        ),
        ("PUT /things/{id}/more", URL, "no path of the file is /v1/things/{id}/more"),
    ],
)
def test_not_found(request_, url, why):
    found, *_ = asked(request_, url)
    assert why in found.reason


# A path that is written out goes before one with a parameter.
def test_the_concrete_path_goes_first():
    value = spec({})
    value["paths"]["/things/all"] = {"put": {"operationId": "all"}}
    assert asked("PUT /things/all", value=value)[0].part.get("operationId") == "all"


# Servers of a path or an operation count in place of those of the file.
def test_servers_of_an_operation():
    value = spec({}, servers=[{"url": "/v9"}])
    assert isinstance(asked("PUT /things/{id}", "http://localhost/v9", value)[0], Operation)
    assert not isinstance(asked("PUT /things/{id}", value=value)[0], Operation)


def parameter(name, place, **rest):
    return {"name": name, "in": place, "required": True} | rest


# A required parameter that no request gives is named; optional ones, our own headers and credentials are not.
def test_missing_parameters():
    listed = [parameter("site", "query"), parameter("X-Shop", "header"), parameter("s", "cookie")]
    listed += [parameter("other", "query", required=False), parameter("Idempotency-Key", "header")]
    listed += [
        parameter("Authorization", "header"),
        parameter("X-Api-Key", "header"),
        parameter("x-y", "header"),
    ]
    key = HeaderCredential("X-Api-Key", "secret://shop/key")
    found = asked(
        "PUT /things/{id}?sit={site}",
        value=spec({}, parameters=listed),
        headers={"X-Y": "1"},
        connection={"auth": Auth(header=key)},
    )
    reasons = [one.reason for one in missing_parameters(*found)]
    assert len(reasons) == 3
    assert 'the query parameter "site" is required, and no request gives it; did you mean "sit"?' in reasons
    assert any("X-Shop" in one for one in reasons)
    assert any("cookie" in one for one in reasons)


# A parameter of the operation replaces that of the path; references are followed.
def test_parameters_of_both():
    value = spec({}, parameters=[{"$ref": "#/components/parameters/Id"}])
    value["components"] = {"parameters": {"Id": parameter("id", "path", schema={"maxLength": 3})}}
    found, *_ = asked("PUT /things/{id}", value=value)
    assert [(one.pointer, one.get("schema", "maxLength")) for one in found.parameters] == [
        ("/components/parameters/Id", 3)
    ]


# Which field gives a parameter is known where the field is all there is in it.
def test_fields():
    found, settings, connection = asked("PUT /things/{sku}?a={b}&c=x{d}")
    assert fields_of(found, settings, connection) == {("path", "id"): "sku", ("query", "a"): "b"}
