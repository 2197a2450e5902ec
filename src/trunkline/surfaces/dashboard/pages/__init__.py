"""Every page of the control room, and every form: the two tables it is made of."""

from __future__ import annotations

from trunkline.surfaces.dashboard.forms import Form
from trunkline.surfaces.dashboard.page import Page
from trunkline.surfaces.dashboard.pages import (
    alerts,
    audit,
    catalogue,
    contracts,
    dead,
    duplicates,
    flow,
    flows,
    gate,
    overview,
    quarantine,
    replays,
    sources,
    streams,
    topology,
    trace,
)

PAGES: tuple[Page, ...] = (
    overview.OVERVIEW,
    *alerts.PAGES,
    flows.FLOWS,
    flow.FLOW,
    topology.TOPOLOGY,
    sources.SOURCES,
    streams.STREAMS,
    *dead.PAGES,
    *quarantine.PAGES,
    trace.TRACE,
    *replays.PAGES,
    audit.AUDIT,
    *gate.PAGES,
    *catalogue.PAGES,
    *contracts.PAGES,
    duplicates.DUPLICATES,
)
"""In the order of the navigation; of two routes that fit, the first is taken."""

FORMS: tuple[Form, ...] = (
    *flow.FORMS,
    *dead.FORMS,
    *quarantine.FORMS,
    *trace.FORMS,
    *alerts.FORMS,
    *replays.FORMS,
)
"""In the order of the reference."""
