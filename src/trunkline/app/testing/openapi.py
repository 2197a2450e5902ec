"""A target's published interface: whether it takes the requests that a project sends there.

The target's contract is the producer and the schema of the request's body the reader. It is proved that the
one is contained in the other, or shown by a document that it is not; what is neither is tried on documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from trunkline.adapters.http.request import compile_body, compile_request
from trunkline.adapters.http.settings import HttpSettings
from trunkline.app.project import Flow, Target
from trunkline.app.testing.answers import described, reply_findings
from trunkline.app.testing.dialect import Unusable
from trunkline.app.testing.operation import Operation, fields_of, missing_parameters, operation_of
from trunkline.app.testing.result import Finding, Result
from trunkline.app.testing.shrinking import shrunk
from trunkline.app.testing.spec import Found, Spec, values_at
from trunkline.contracts.compat import practice
from trunkline.contracts.compat.documents import of_contract
from trunkline.contracts.compat.judging import Judge
from trunkline.contracts.compat.sides import Side
from trunkline.contracts.contract import Contract
from trunkline.contracts.field import pointer_of
from trunkline.contracts.sampling import documents
from trunkline.contracts.violations import violations_of
from trunkline.kernel import json
from trunkline.kernel.errors import DeliveryError

MOST_FINDINGS = 20


def openapi_side(
    target: Target, contract: Contract, spec: Spec, flows: Sequence[Flow], most: int, seed: int
) -> Result:
    """Hold a target's request, made of records of a contract, against an OpenAPI file.

    ``flows`` are those to the target: what answers they pass on is held against the file, too.
    """
    try:
        findings, said = _Interface(target, contract, spec, most, seed).findings(flows)
    except Unusable as error:
        findings, said = [Finding("spec", error.pointer, str(error))], "the OpenAPI file cannot be used"
    except RecursionError:
        findings, said = [Finding("spec", "", "it is nested too deeply")], "the OpenAPI file cannot be used"
    shown = tuple(findings[:MOST_FINDINGS])
    summary = f"{target.settings.request}: {said}"
    return Result("openapi", target.name, "failed" if shown else "passed", summary, 1, bool(shown), shown)


class _Interface:
    """One request of a target beside the file that describes what the target takes."""

    def __init__(self, target: Target, contract: Contract, spec: Spec, most: int, seed: int) -> None:
        self._settings: HttpSettings = target.settings
        self._prefix = urlsplit(target.connection.url).path.rstrip("/")
        self._connection = target.connection
        self._contract = contract
        self._request = compile_request(target.settings.request)
        self._spec, self._seed, self._most = spec, seed, most
        loaded = of_contract(contract)
        assert isinstance(loaded.schema, dict)
        self._ours = practice.produced(Side(loaded.schema, contract.formats))
        found = documents(self._ours.root, contract.formats, seed=seed, most=most)
        self._documents = [one for one in found if isinstance(one, dict)]

    def findings(self, flows: Sequence[Flow]) -> tuple[list[Finding], str]:
        """Return what is wrong, and in a few words how it was found; raises ``Unusable``."""
        operation = operation_of(self._spec, self._settings, self._connection)
        if isinstance(operation, Finding):
            return [operation], "it is not described"
        findings = missing_parameters(operation, self._settings, self._connection)
        findings += self._parameters(operation)
        wrong, said = self._body(operation)
        findings += wrong
        findings += self._replies(operation, [flow for flow in flows if flow.to_reply is not None])
        return findings, said if not findings else "it does not fit"

    def _replies(self, operation: Operation, flows: Sequence[Flow]) -> Iterator[Finding]:
        try:
            answers = described(self._spec, operation) if flows else []
        except ValueError as error:
            raise Unusable(f"{operation.part.pointer}/responses", str(error)) from None
        for flow in flows:
            yield from reply_findings(flow, answers, self._most, self._seed)

    def _parameters(self, operation: Operation) -> Iterator[Finding]:
        """Yield a finding for each parameter that is not always given, or whose values are not taken."""
        values = [(document, self._values(operation, document)) for document in self._documents]
        fields = fields_of(operation, self._settings, self._connection)
        for one in operation.parameters:
            place, name, schema = str(one.get("in")), str(one.get("name")), one.get("schema")
            given = [(document, found[place].get(name)) for document, found in values if place in found]
            used = schema is not None and any(text is not None for _, text in given)
            side = self._side(schema, f"{one.pointer}/schema") if used else None
            absent = [document for document, text in given if text is None and one.get("required") is True]
            wrong = [
                document for document, text in given if text is not None and side and _is_bad(side, text)
            ]
            if side and not wrong:
                wrong = self._refused_text(fields.get((place, name), ""), side)
            for bad, what in ((absent, "is required, and left out"), (wrong, "does not take the value")):
                if bad:
                    example = min(bad, key=lambda document: len(json.encode(document)))
                    reason = f'the {place} parameter "{name}" {what}'
                    yield Finding("parameter", one.pointer, reason, len(bad), example)

    def _refused_text(self, field: str, theirs: Side) -> list[dict[str, Any]]:
        """Return a record whose text in a field a parameter does not take, where one is found."""
        stated = self._contract.schema.get("properties", {}).get(field, {})
        kinds = stated.get("type", ())
        if "string" not in ([kinds] if isinstance(kinds, str) else kinds):
            return []
        schema = {"allOf": [stated, {"type": "string", "minLength": 1}]}
        _, example = Judge(Side(schema, self._contract.formats), theirs).whole()
        return [] if example is None or not _is_bad(theirs, example.document) else [{field: example.document}]

    def _values(self, operation: Operation, document: Any) -> dict[str, dict[str, str]]:
        """Return the values of a request's path and query by name; nothing where no request can be made.

        A parameter that no request has is told as missing already.
        """
        try:
            path, query = self._request.path(document), self._request.query(document)
        except DeliveryError:
            return {}
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        found = {"path": values_at(operation.template, self._prefix + path) or {}}
        if self._request.parameters:
            found["query"] = {name: unquote(value) for name, _, value in pairs}
        return found

    def _body(self, operation: Operation) -> tuple[list[Finding], str]:
        stated = operation.part.get("requestBody")
        body = None if stated is None else self._spec.part(stated)
        where = f"{operation.part.pointer}/requestBody"
        if self._settings.body == "none":
            needed = body is not None and body.get("required") is True
            return (
                ([Finding("body", where, "a body is required, and none is sent")], "")
                if needed
                else ([], "it fits")
            )
        if body is None:
            return [Finding("body", operation.part.pointer, "it takes no body, and one is sent")], ""
        media = _media(body, self._settings)
        if isinstance(media, Finding):
            return [media], ""
        if media.get("schema") is None:
            return [], "it fits; the file says nothing of the body"
        side = self._side(media.get("schema"), f"{media.pointer}/schema")
        return self._mapped(side) if isinstance(self._settings.body, dict) else self._record(side)

    def _record(self, theirs: Side) -> tuple[list[Finding], str]:
        """Judge a body that is the record itself."""
        effect, example = Judge(self._ours, theirs).whole()
        if effect == "compatible":
            return [], f"it takes every record of {self._contract.ref}"
        tried = [*([] if example is None else [example.document]), *self._documents]
        findings = list(_refused(tried, theirs, lambda document: document, self._ours.takes))
        said = "it fits, though that is not proved"
        return findings, f"{said}: {len(self._documents):,} generated documents pass"

    def _mapped(self, theirs: Side) -> tuple[list[Finding], str]:
        """Judge a body that is made of the record by expressions."""
        make = compile_body(self._settings.body)

        def sent(document: Any) -> Any:
            return json.decode(make(document) or b"null")

        findings = list(_refused(self._documents, theirs, sent, self._ours.takes))
        return findings, f"it takes the bodies made of {len(self._documents):,} generated documents"

    def _side(self, schema: Any, pointer: str) -> Side:
        try:
            return Side(self._spec.schemas.standing(schema, pointer), self._contract.formats)
        except ValueError as error:
            raise Unusable(pointer, str(error)) from None


def _is_bad(side: Side, text: str) -> bool:
    """Tell whether a parameter does not take a text: as it is, as a number or word, or as a list of these."""
    plain = [text, *_decoded(text)]
    parts = text.split(",")
    listed = [[text], parts, [(_decoded(part) or [part])[0] for part in parts]]
    return all(side.refuses(value) for value in (*plain, *listed))


def _decoded(text: str) -> list[Any]:
    try:
        value = json.decode(text)
    except ValueError:
        return []
    return [] if isinstance(value, (dict, list, str)) else [value]


def _media(body: Found, settings: HttpSettings) -> Found | Finding:
    """Return what is said of the media type that is sent, or that it is not taken."""
    stated = {name.lower(): value for name, value in settings.headers.items()}
    sent = stated.get("content-type", "application/json").partition(";")[0].strip().lower()
    content = body.get("content")
    if not isinstance(content, dict):
        raise Unusable(f"{body.pointer}/content", "expected the media types of the body")
    for wanted in (sent, f"{sent.partition('/')[0]}/*", "*/*"):
        for name, media in content.items():
            if name.partition(";")[0].strip().lower() == wanted and isinstance(media, dict):
                return Found(body.pointer + pointer_of(("content", name)), media)
    return Finding("content-type", f"{body.pointer}/content", f"it takes {', '.join(content)}, not {sent}")


def _refused(
    tried: Iterable[Any], theirs: Side, sent: Callable[[Any], Any], takes: Callable[[Any], bool]
) -> Iterator[Finding]:
    """Yield a finding for each place and rule by which what is sent is refused, with a small document."""
    shown: dict[tuple[str, str], list[Any]] = {}
    reasons: dict[tuple[str, str], str] = {}

    def why(document: Any) -> dict[tuple[str, str], str]:
        try:
            value = sent(document)
        except DeliveryError:
            return {}
        return _errors(theirs, value) if theirs.refuses(value) else {}

    for document in tried:
        for key, reason in why(document).items():
            shown.setdefault(key, []).append(document)
            reasons.setdefault(key, reason)
    for key, seen in sorted(shown.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST_FINDINGS]:

        def fails(document: Any, key: tuple[str, str] = key) -> bool:
            return takes(document) and key in why(document)

        smallest = shrunk(min(seen, key=lambda one: len(json.encode(one))), fails)
        yield Finding("body", key[0], why(smallest).get(key, reasons[key]), len(seen), smallest)


def _errors(side: Side, value: Any) -> dict[tuple[str, str], str]:
    """Return by place and rule what a schema has against a value that was generated."""
    found = {}
    for error in side.validator(side.root).iter_errors(value):
        rule = error.kind.name
        path = ["-" if isinstance(token, int) else token for token in error.instance_path]
        if rule == "additionalProperties":
            for name in error.kind.value:
                found[pointer_of((*path, name)), rule] = "it takes no field of this name"
            continue
        if rule == "required":
            path = [*path, error.kind.value]
        found[pointer_of(tuple(path)), rule] = violations_of([error], {})[0].message
    return found
