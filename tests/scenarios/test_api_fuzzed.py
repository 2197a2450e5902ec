"""Whatever is asked of the API of a running project, it never fails on its own side."""

from __future__ import annotations

import contextlib
import json
from collections import Counter

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance
from tests.scenarios.processes import ask, ask_list, running

from trunkline.app.init import init

CHECKS = (not_a_server_error, content_type_conformance, response_schema_conformance)
EXAMPLES = 15
"""How many requests of each operation fit its schema at the most, and how many do not."""
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.generate],
)


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    """Run a project; give its address and its token."""
    folder = init(tmp_path_factory.mktemp("fuzzed") / "shop").folder
    example = json.loads((folder / "examples/order.json").read_text())
    records = [example | {"event_id": f"e{n}", "order_id": f"{n}"} for n in range(5)]
    (folder / "orders.json").write_text(json.dumps(records))
    with running(folder) as run:
        run.listening()
        ask_list(folder, "publish", "order", "--file", str(folder / "orders.json"))
        yield run.address, ask(folder, "token", "rotate")["token"]


# Each operation answers what fits its schema, and what does not, without a fault of its own, and
# as the document says.
def test_fuzzed(instance):
    address, token = instance
    statuses = Counter()
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    schema.config.base_url = f"{address}/api/v1"

    def asked(case):
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        statuses[answer.status_code] += 1
        # a head that is too long or no HTTP is answered before the API sees it
        if answer.status_code not in (400, 431):
            case.validate_response(answer, checks=CHECKS)

    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path == "/token/rotate":  # it would end the token that asks
            continue
        for mode in MODES:
            test = hypothesis.given(case=operation.as_strategy(generation_mode=mode))(asked)
            with contextlib.suppress(hypothesis.errors.Unsatisfiable):  # where nothing is against the schema
                SETTINGS(test)()
    assert statuses.keys() <= {200, 400, 404, 405, 409, 422, 431}
    assert min(statuses[200], statuses[422]) > 10 * EXAMPLES
