"""What is wrong in what people wrote about alerts, each at its place, with the near miss."""

from __future__ import annotations

import pytest

from trunkline.app.reading import read

FLOW = "flows/orders-to-warehouse.yaml"
ROUTES = "routes: {oncall: {apprise: secret://alerts/pager}}"


@pytest.mark.parametrize(
    ("alerts", "said"),
    [
        ("{routes: {oncall: {}}}", 'route "oncall" leads nowhere; expected webhook or apprise'),
        ("{routes: {oncall: {apprise: https://x}}}", "secret"),
        ("{without: [dead-leters]}", 'no default rule "dead-leters"'),
        ("{rules: [{name: a, when: lagg > 1}]}", 'there is no measure "lagg"'),
        ("{rules: [{name: a, when: lagg > 1}]}", 'did you mean "lag"?'),
        ("{rules: [{name: a, when: lag > 1}, {name: a, when: held > 1}]}", 'the rule "a" a second time'),
        ("{rules: [{name: a, when: lag > 1, where: {source: x}}]}", "what lag measures has no source"),
        ("{rules: [{name: a, when: lag > 1, where: {folw: x}}]}", "folw"),
        (f"{{{ROUTES}, rules: [{{name: a, when: lag > 1, to: [oncal]}}]}}", 'did you mean "oncall"?'),
        ("{escalate: [{after: 5m, to: [lead]}]}", 'there is no route "lead"'),
        ("{windows: [{name: w, lasts: 1h}]}", "does not say when it begins"),
        ("{windows: [{name: w, lasts: 1h, cron: '0 25 * * *'}]}", "is no cron"),
        ("{windows: [{name: w, lasts: 1h, begins: tomorrow}]}", '"tomorrow" is no time'),
        ("{windows: [{name: w, lasts: 1h, cron: 0 2 * * *, zone: Mars/Base}]}", 'no time zone "Mars/Base"'),
        ("{renotify: never}", "a duration"),
        ("{defalts: false}", 'did you mean "defaults"?'),
    ],
)
def test_the_project(folder, alerts, said):
    main = folder / "trunkline.yaml"
    main.write_text(f"{main.read_text()}\nalerts: {alerts}\n")
    found = [fault for fault in read(folder)[1] if said in str(fault)]
    assert found
    assert all(fault.place.file == "trunkline.yaml" and fault.place.line > 1 for fault in found)


# A flow's file says what flows have; the rest has its place in trunkline.yaml.
@pytest.mark.parametrize(
    ("alert", "said"),
    [
        ("{when: freshnes > 1m}", 'did you mean "freshness"?'),
        ("{when: away > 1m}", "away is measured of a target, not of a flow"),
        ("{when: lag > 1, to: [ann@example.com]}", 'there is no route "ann@example.com"'),
    ],
)
def test_a_flow(folder, edit, alert, said):
    edit(FLOW, "{when: freshness > 60s, for: 2m, severity: page}", alert)
    [fault] = read(folder)[1]
    assert said in str(fault)
    assert (fault.place.file, fault.place.line > 1) == (FLOW, True)


# A credential that stands in the file is named and not repeated.
def test_a_literal_credential(folder):
    main = folder / "trunkline.yaml"
    main.write_text(f"{main.read_text()}\nalerts: {{routes: {{a: {{apprise: 'slack://hunter2/x'}}}}}}\n")
    found = [str(fault) for fault in read(folder)[1]]
    assert found
    assert not any("hunter2" in fault for fault in found)
