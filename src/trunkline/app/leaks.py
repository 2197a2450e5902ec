"""Credentials in the text of a project's files: by their issuers' prefixes, by name, in URLs, by entropy.

What a system's file may hold where is known, and ``credentials`` looks there key by key; here every YAML
file and Python mapping is read as lines, comments too, because whoever copies a key does not ask where it
counts. A finding says where and what, never the text. A line that only looks like one ends with
``# no-secret: why``.
"""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from os import stat_result
from os.path import samestat
from pathlib import Path
from stat import S_ISREG

import msgspec
import re2

from trunkline.kernel.faults import Fault, Place

PLACES = (".", "systems", "contracts", "flows", "mappings")
"""The folders of a project that are under version control and read."""

_ENDINGS = (".yaml", ".yml", ".py")
_LONGEST_BYTES = 4 * 1_048_576
_NONE = re2.compile(r"#\s*no-secret:(.*)$")
_MIXED_BITS, _HEX_BITS = 4.2, 3.0
_HEX_LETTERS, _FEWEST_DIGITS = 32, 2


class Known(msgspec.Struct, frozen=True):
    """A kind of credential that is known by its form, as its issuer publishes it."""

    what: str
    pattern: str


KNOWN: tuple[Known, ...] = (
    Known("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    Known("an AWS access key", r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    Known("a GitHub token", r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22})"),
    Known("a GitLab token", r"\bgl(pat|dt|rt|cbt)-[A-Za-z0-9_-]{20}"),
    Known("a Slack token", r"\b(xox[abeprs]-[A-Za-z0-9-]{10}|xapp-[0-9]-[A-Za-z0-9-]{10})"),
    Known("a Slack webhook", r"hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16}"),
    Known("a Stripe key", r"\b[sr]k_(live|test)_[A-Za-z0-9]{16}"),
    Known("a webhook's signing key", r"\bwhsec_[A-Za-z0-9+/]{20}"),
    Known("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}"),
    Known("a Google client secret", r"\bGOCSPX-[A-Za-z0-9_-]{28}"),
    Known("a Google access token", r"\bya29\.[A-Za-z0-9_-]{20}"),
    Known("a SendGrid key", r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16}"),
    Known("a Twilio key", r"\bSK[0-9a-f]{32}\b"),
    Known("a Mailgun key", r"\bkey-[0-9a-f]{32}\b"),
    Known("an npm token", r"\bnpm_[A-Za-z0-9]{36}"),
    Known("a PyPI token", r"\bpypi-[A-Za-z0-9_-]{50}"),
    Known("a Shopify token", r"\bshp(at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    Known("a Square token", r"\b(sq0(atp|csp)-[A-Za-z0-9_-]{22}|EAAA[A-Za-z0-9_-]{50})"),
    Known("a key of a language model's service", r"\bsk-(ant-|proj-)?[A-Za-z0-9_-]{32}"),
    Known("a Hugging Face token", r"\bhf_[A-Za-z0-9]{30}"),
    Known("a DigitalOcean token", r"\bdo[opr]_v1_[a-f0-9]{64}"),
    Known("an Azure key", r"\b(AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40}"),
    Known("a bot's token", r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b"),
    Known("a signed token (JWT)", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8}"),
    Known("a Vault token", r"\bhv[sbr]\.[A-Za-z0-9_-]{24}"),
    Known("a Databricks token", r"\bdapi[a-f0-9]{32}\b"),
    Known("an Atlassian token", r"\bATATT3[A-Za-z0-9_=-]{20}"),
    Known("a New Relic key", r"\bNRAK-[A-Z0-9]{27}"),
    Known("a Postman key", r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    Known("an age key", r"\bAGE-SECRET-KEY-1[A-Z0-9]{50}"),
)
"""Prefixes and lengths as the issuers document them; a pattern is anchored at what they promise."""

_FORMS = re2.compile("|".join(f"({one.pattern})" for one in KNOWN))
_EACH = tuple((one.what, re2.compile(one.pattern)) for one in KNOWN)
_URL = re2.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@'\"]*:([^\s/@'\"]+)@")
_NAMED = re2.compile(
    r"(?im)(?:^|[\s{,(\"'_-])(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key"
    r"|private[_-]?key|client[_-]?secret|credential)['\"]?[ \t]*[:=][ \t]*['\"]?([^\s'\",}#()]+)"
)
_PLACEHOLDER = re2.compile(r"(?i)^([$<{%*].*|secret://.*|.*(change-?me|example|your[-_]).*|x+|\*+)$")
_RUN = re2.compile(r"[A-Za-z0-9+/_=-]{24,}")
_HEX = re2.compile(r"^[0-9a-f]+$|^[0-9A-F]+$")
_DIGEST = re2.compile(
    r"(?i)(sha[0-9]*|digest|checksum|hash|trace|correlation|commit|md5|etag|fingerprint|id)"
    r"[\"']?[ \t]*[:= -]?[ \t]*[\"']?$"
)
_ALPHABET = ("0123456789", "abcdefghij", "ABCDEFGHIJ")
_UUID = re2.compile(r"(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def leaks(folder: Path, besides: Path) -> list[Fault]:
    """Return a fault for each credential in the files of a project folder, ``besides`` the file for them."""
    own = besides.stat() if besides.exists() else None
    files = [(path, state) for path, state in _files(folder) if own is None or not samestat(state, own)]
    return [fault for path, state in files for fault in _of_file(path, folder, _print(state))]


def stamp(folder: Path) -> int:
    """Return another number where a file that is read was made, changed or removed."""
    return hash(tuple((str(path), _print(state)) for path, state in _files(folder)))


def leaks_of(text: str, file: str) -> Iterator[Fault]:
    """Yield a fault for each line of a file that holds a credential, or says it holds none and not why."""
    lines: dict[int, tuple[int, str]] = {}
    for what, offset in _found(text):
        lines.setdefault(text.count("\n", 0, offset) + 1, (offset, what))
    for number, (offset, what) in sorted(lines.items()):
        start = text.rfind("\n", 0, offset) + 1
        end = text.find("\n", offset)
        excuse = _NONE.search(text[start : end if end >= 0 else len(text)])
        if excuse is None:
            yield _fault(Place(file, number, offset - start + 1), what)
        elif not excuse[1].strip():
            place = Place(file, number, excuse.start() + 1)
            yield Fault(place, "no-secret without a reason", "# no-secret: and why it is none")


def _files(folder: Path) -> Iterator[tuple[Path, stat_result]]:
    for place in PLACES:
        paths = (folder / place).rglob("*") if place == "mappings" else (folder / place).glob("*")
        for path in sorted(path for path in paths if path.suffix in _ENDINGS):
            with contextlib.suppress(OSError):  # it went away just now
                if S_ISREG((state := path.stat()).st_mode):
                    yield path, state


def _print(state: stat_result) -> tuple[int, int, int]:
    """Return what is another where a file was changed or replaced."""
    return state.st_ino, state.st_mtime_ns, state.st_size


@lru_cache(maxsize=16_384)
def _of_file(path: Path, folder: Path, _: tuple[int, int, int]) -> tuple[Fault, ...]:
    """Return what a file in some state holds: it is read again when it is in another."""
    try:
        with path.open("rb") as opened:
            text = opened.read(_LONGEST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ()  # a file of the project that cannot be read is told by whoever reads the project
    return tuple(leaks_of(text, str(path.relative_to(folder))))


def _found(text: str) -> Iterator[tuple[str, int]]:
    """Yield what a file holds and where each begins, the surest first."""
    for match in _FORMS.finditer(text):
        yield next((what for what, form in _EACH if form.search(match[0])), "a credential"), match.start()
    for match in _URL.finditer(text):
        if not _PLACEHOLDER.match(match[1]):
            yield "a password in a URL", match.start(1)
    for match in _NAMED.finditer(text):
        if _is_chosen(match[1]):
            yield "a value under the name of a credential", match.start(1)
    for match in _RUN.finditer(text):
        before = text[max(text.rfind("\n", 0, match.start()) + 1, match.start() - 40) : match.start()]
        if _is_random(match[0]) and not _DIGEST.search(before):
            yield "a text as random as a key", match.start()


def _is_chosen(value: str) -> bool:
    """Tell whether somebody made this up to be secret: letters and digits, no path and no placeholder."""
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    enough = len(value) >= 6  # noqa: PLR2004  below, it is a number or a word
    return letters and digits and enough and "." not in value and not _PLACEHOLDER.match(value)


def _is_random(text: str) -> bool:
    """Tell whether letters stand as no word, number or path would have them (Shannon's entropy a letter)."""
    if _UUID.match(text) or any(alphabet in text for alphabet in _ALPHABET):
        return False
    if len(text) >= _HEX_LETTERS and _HEX.match(text):
        return _bits(text) > _HEX_BITS
    kinds = (str.isupper, str.islower, str.isdigit)
    mixed = all(any(map(kind, text)) for kind in kinds)
    return mixed and sum(map(str.isdigit, text)) >= _FEWEST_DIGITS and _bits(text) > _MIXED_BITS


def _bits(text: str) -> float:
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)


def _fault(place: Place, what: str) -> Fault:
    return Fault(
        place,
        f"{what} stands in the file itself",
        "a reference, such as secret://system/name",
        "keep the value elsewhere and replace it: it was seen; if it is none, end the line # no-secret: why",
    )
