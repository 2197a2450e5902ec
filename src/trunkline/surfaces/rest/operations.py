"""Every operation on a running project below ``/api/v1``, as data: who may, and what is asked or done.

The application dispatches by these, the OpenAPI document is made of them, and the command line asks a remote
instance by them, so that none of the three can have one more.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import Any, Literal, get_args, get_origin

import msgspec

from trunkline.app import acts
from trunkline.app import questions as q
from trunkline.app.act import Act
from trunkline.app.alerting.acts import AcknowledgeAlert, EndSilence, SilenceAlerts, TestRoute
from trunkline.app.asking import answer_type
from trunkline.surfaces.identity import Permission
from trunkline.surfaces.rest.wire import HIDDEN, twin


@cache
def _list_of(item: Any, *, pages: bool) -> type[msgspec.Struct]:
    more: list[Any] = [("next", str, "")] if pages else []
    name = f"{item.__name__.capitalize() if item is str else item.__name__}{'Page' if pages else 'List'}"
    doc = "A page of a list; ``next`` is the cursor of the next one, where there is one."
    fields: list[Any] = [("items", list[item]), *more]
    return msgspec.defstruct(name, fields, frozen=True, namespace={"__doc__": doc})


_TARGET, _FLOW, _REPLAY = "/targets/{target}", "/flows/{flow}", "/replays/{replay}"


class Operation:
    """A method of a path, and the question that it asks or the act that it does."""

    def __init__(
        self, method: Literal["GET", "POST"], path: str, kind: type[q.Question | Act], may: Permission
    ) -> None:
        self.method, self.path, self.kind, self.may = method, path, kind, may

    @property
    def name(self) -> str:
        """The operation's name: that of its question or act."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", self.kind.__name__).lower()

    @property
    def does(self) -> str:
        """What for, in a sentence."""
        return (self.kind.__doc__ or "").partition("\n")[0].rstrip(".")

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The fields that stand in the path."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def inner(self) -> str:
        """The field whose fields are sent in its place: ``where`` in a query, ``act`` in a body; or none."""
        names = {one.name for one in msgspec.structs.fields(self.kind)}
        if not issubclass(self.kind, q.Question):
            return ""
        return next((one for one in ("where", "act") if one in names), "")

    @property
    def sent(self) -> type[msgspec.Struct]:
        """What of it is sent besides the path."""
        if not self.inner:
            return self.kind
        fields = {one.name: one.type for one in msgspec.structs.fields(self.kind)}
        return fields[self.inner]  # type: ignore[no-any-return]  # a field's type is not told to the checker

    @property
    def left_out(self) -> frozenset[str]:
        """What is not sent: what is in the path, who acts, whom the door knows, and what a cursor says."""
        acting = {"by"} if issubclass(self.sent, Act) else set()
        return frozenset(
            {*self.parts, *acting, *(HIDDEN if self.method == "GET" and self.sent is not self.kind else ())}
        )

    @cached_property
    def twin(self) -> type[msgspec.Struct]:
        """What is sent, as it goes over the wire."""
        return twin(self.sent, self.left_out)

    @property
    def pages(self) -> bool:
        """Whether the answer is a page of a list that goes on."""
        return issubclass(self.kind, q.Question) and bool(self.kind.places)

    @property
    def result(self) -> Any:
        """The type of the answer, or of what the act returns."""
        if issubclass(self.kind, q.Question):
            return answer_type(self.kind)
        return acts.result_type(self.kind)

    @cached_property
    def answer(self) -> type[msgspec.Struct]:
        """What is answered: a struct, or for a list its items, and where it goes on."""
        if get_origin(self.result) is not list:
            return self.result  # type: ignore[no-any-return]  # as above
        return _list_of(get_args(self.result)[0], pages=self.pages)

    @property
    def lists(self) -> bool:
        """Whether the answer is a list."""
        return get_origin(self.result) is list


OPERATIONS = (
    Operation("GET", "/status", q.AskStatus, "read"),
    Operation("GET", "/flows", q.AskFlows, "read"),
    Operation("GET", _FLOW, q.AskFlow, "read"),
    Operation("POST", f"{_FLOW}/pause", acts.PauseFlow, "act"),
    Operation("POST", f"{_FLOW}/resume", acts.ResumeFlow, "act"),
    Operation("GET", "/gate", q.AskGate, "read"),
    Operation("GET", "/streams/{stream}/events", q.AskEvents, "read"),
    Operation("GET", "/streams/{stream}/duplicates", q.AskDuplicates, "read"),
    Operation("GET", "/duplicates", q.AskEntities, "read"),
    Operation("GET", "/traces/{id}", q.AskTrace, "read"),
    Operation("GET", "/kpis", q.AskKpis, "read"),
    Operation("GET", "/kpis/series", q.AskSeries, "read"),
    Operation("GET", "/dead-letters", q.AskLetters, "read"),
    Operation("GET", "/dead-letters/groups", q.AskLetterGroups, "read"),
    Operation("POST", "/dead-letters/retry", acts.RetryLetters, "act"),
    Operation("POST", "/dead-letters/discard", acts.DiscardLetters, "act"),
    Operation("POST", "/dead-letters/edit", acts.EditLetters, "act"),
    Operation("POST", "/dead-letters/edit/plan", q.AskEdit, "read"),
    Operation("GET", "/dead-letters/{flow}/{offset}", q.AskLetter, "read"),
    Operation("GET", "/quarantine", q.AskEntries, "read"),
    Operation("GET", "/quarantine/groups", q.AskEntryGroups, "read"),
    Operation("GET", "/quarantine/ended", q.AskEnded, "read"),
    Operation("POST", "/quarantine/release", acts.ReleaseEntries, "act"),
    Operation("POST", "/quarantine/release/plan", q.AskRelease, "read"),
    Operation("POST", "/quarantine/discard", acts.DiscardEntries, "act"),
    Operation("GET", "/quarantine/{id}", q.AskEntry, "read"),
    Operation("GET", "/replays", q.AskReplays, "read"),
    Operation("POST", "/replays", acts.StartReplay, "act"),
    Operation("POST", "/replays/plan", q.AskPlan, "read"),
    Operation("GET", _REPLAY, q.AskReplay, "read"),
    Operation("POST", f"{_REPLAY}/pause", acts.PauseReplay, "act"),
    Operation("POST", f"{_REPLAY}/resume", acts.ResumeReplay, "act"),
    Operation("POST", f"{_REPLAY}/cancel", acts.CancelReplay, "act"),
    Operation("GET", "/targets", acts.ListTargets, "read"),
    Operation("POST", f"{_TARGET}/isolate", acts.IsolateTarget, "act"),
    Operation("POST", f"{_TARGET}/reset", acts.ResetTarget, "act"),
    Operation("GET", "/alerts", q.AskAlerts, "read"),
    Operation("GET", "/alerts/rules", q.AskRules, "read"),
    Operation("GET", "/alerts/silences", q.AskSilences, "read"),
    Operation("POST", "/alerts/silences", SilenceAlerts, "act"),
    Operation("POST", "/alerts/silences/{silence}/end", EndSilence, "act"),
    Operation("GET", "/alerts/unsent", q.AskUnsent, "read"),
    Operation("GET", "/alerts/times", q.AskAnswerTimes, "read"),
    Operation("POST", "/alerts/routes/{route}/test", TestRoute, "act"),
    Operation("GET", "/alerts/{alert}", q.AskAlert, "read"),
    Operation("POST", "/alerts/{alert}/acknowledge", AcknowledgeAlert, "act"),
    Operation("GET", "/audit", q.AskAudit, "read"),
    Operation("GET", "/catalogue", q.AskCatalogue, "read"),
    Operation("GET", "/lineage", q.AskLineage, "read"),
    Operation("GET", "/drift", q.AskDrift, "read"),
    Operation("GET", "/contract-users", q.AskUsers, "read"),
    Operation("GET", "/secrets", q.AskSecrets, "read"),
    Operation("POST", "/token/rotate", acts.RotateToken, "administer"),
)
"""Every operation, below ``/api/v1``; of two paths that fit, the first is taken."""

BY_KIND = {one.kind: one for one in OPERATIONS}
