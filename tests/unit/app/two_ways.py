"""A project of two systems that feed each other: the register's customers to the shop, and back."""

from __future__ import annotations

from trunkline.app.project import Project

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: {name}
name: {name}
version: 1.0.0
status: active
slaProperties: [{{property: retention, value: 2, unit: y}}]
schema:
  - name: {name}
    customProperties:
      - {{property: classification, value: internal}}
      - {{property: legalBasis, value: contract}}
      - {{property: origin, value: changed_by}}
    properties:
      - {{name: number, logicalType: string, required: true, primaryKey: true}}
      - {{name: changed_by, logicalType: string}}
      - name: customer
        logicalType: object
        properties:
          - {{name: email, logicalType: string, classification: personal}}
          - {{name: name, logicalType: string, classification: personal}}
      - {{name: email, logicalType: string, classification: personal}}
"""
SYSTEM = """
system: {name}
title: {name}
kind: register
owner: {{team: {name}, contact: {name}@example.com}}
connection: {{url: "https://{name}.example.com"}}
publishes: [{{stream: {publishes}, via: webhook, path: /hooks/{name}, verify: none}}]
accepts: [{{name: customers, contract: {publishes}, via: http, request: "PUT /customers/{{number}}"}}]
"""
FLOW = """
flow: {name}
from: {stream}
to: {target}
needs: {{freshness: 1m, consistency: eventual}}
{more}
"""
THERE = "map: {number: number, email: customer.email, changed_by: \"'trunkline'\"}\n"
BACK = "map: {number: number, customer.email: email}\n"
DROPS = "when: changed_by != 'trunkline'\n"


def write(folder, there=THERE, back=BACK):
    """Write the project, its two flows as given, and load it."""
    for name in ("systems", "contracts", "flows", "mappings"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "trunkline.yaml").write_text("project: sync\n")
    for name, publishes in (("crm", "customer"), ("shop", "shop-customer")):
        (folder / f"systems/{name}.yaml").write_text(SYSTEM.format(name=name, publishes=publishes))
        (folder / f"contracts/{publishes}.odcs.yaml").write_text(CONTRACT.format(name=publishes))
    flows = (
        ("there", "customer@1", "shop.customers", there),
        ("back", "shop-customer@1", "crm.customers", back),
    )
    for name, stream, target, more in flows:
        (folder / f"flows/{name}.yaml").write_text(
            FLOW.format(name=name, stream=stream, target=target, more=more)
        )
    return Project.load(folder)
