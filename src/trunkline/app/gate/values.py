"""What the gate asks about and what it answers: a flow with all around it, a rule, a finding, a verdict."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Literal, TypeAlias

import msgspec

from trunkline.app.loops import Ways
from trunkline.app.model import SystemFile
from trunkline.app.project import Flow, Project, Source
from trunkline.contracts.contract import Contract
from trunkline.kernel.faults import Fault

Severity: TypeAlias = Literal["error", "advice"]
"""Whether what does not pass is refused, or told and let be."""

Status: TypeAlias = Literal["pass", "error", "advice"]


class Case(msgspec.Struct, frozen=True, dict=True):
    """One flow before the gate. ``secrets`` are the credentials that stand in files of the project.

    ``ways`` are its ``loops.open_ways``, where many flows are asked about.
    """

    project: Project
    flow: Flow
    secrets: tuple[Fault, ...] = ()
    ways: Ways | None = None

    @cached_property
    def sources(self) -> list[Source]:
        """Every source of the flow's stream, also those that are cast from it to a later version by now.

        None where only command line and Python publish.
        """
        contract = self.flow.contract
        return [one for one in self.project.sources.values() if contract in (one.contract, one.given)]

    @property
    def source_systems(self) -> list[SystemFile]:
        """The systems of these sources, each once."""
        names = dict.fromkeys(source.system for source in self.sources)
        return [self.project.systems[name] for name in names]

    @property
    def systems(self) -> list[SystemFile]:
        """The systems on both sides, each once."""
        both = {one.system: one for one in (*self.source_systems, self.flow.target.system)}
        return list(both.values())

    @property
    def contracts(self) -> list[Contract]:
        """The contracts on both sides, each once."""
        both = {one.stream: one for one in (self.flow.contract, self.flow.target.contract)}
        return list(both.values())

    @property
    def files(self) -> set[str]:
        """The files that the flow is made of, its Python included."""
        names = {self.flow.file}
        names |= {self.project.system_files.get(one.system, "") for one in self.systems}
        names |= {one.place.file for one in self.contracts}
        if self.flow.settings.python:
            module = self.flow.settings.python.partition(":")[0]
            names.add(module.replace(".", "/") + ".py")
        return names

    def file_of(self, system: SystemFile) -> str:
        """Return the file of a system."""
        return self.project.system_files.get(system.system, f"systems/{system.system}.yaml")


class Answer(msgspec.Struct, frozen=True):
    """What a rule finds: what is so (``shown``) and what a person has to do, nothing where it passes."""

    shown: str
    do: str = ""


class Rule(msgspec.Struct, frozen=True):
    """One thing that a flow has to have. ``why`` is what goes wrong without it, ``ask`` is pure."""

    id: str
    title: str
    severity: Severity
    why: str
    ask: Callable[[Case], Answer]


class Finding(msgspec.Struct, frozen=True):
    """What one rule says of one flow."""

    rule: str
    title: str
    status: Status
    shown: str
    do: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """What the gate says of one flow, rule by rule; ``passes`` tells whether it may run."""

    flow: str
    file: str
    draft: bool
    passes: bool
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        """What has to be mended before it runs."""
        return [one for one in self.findings if one.status == "error"]

    @property
    def advice(self) -> list[Finding]:
        """What should be looked at, and stops nothing."""
        return [one for one in self.findings if one.status == "advice"]
