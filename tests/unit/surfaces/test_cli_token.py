"""``trunkline token``: the administrator's token is made, shown once, and told about."""

from __future__ import annotations

import json

from trunkline.app.project import Project
from trunkline.app.tokens import keyring_of
from trunkline.kernel.clock import SystemClock
from trunkline.vault.secret import Secret


# A token is made and shown alone on standard output; the next ends it, or leaves it a while.
def test_rotate(trunkline, folder):
    code, first, told = trunkline("token", "rotate")
    assert (code, first[:3], "shown once" in told) == (0, "tl_", True)
    _, second, _ = trunkline("token", "rotate", "--overlap", "1h", "--why", "Ann left", "--json")
    keyring, now = keyring_of(Project.load(folder)).read(), SystemClock().now()
    assert keyring.token(Secret(first.strip()), now).ends_at > now
    assert keyring.token(Secret(json.loads(second)["token"]), now).ends_at == 0


# It is told when a token was made, and what to do where there is none; never the token.
def test_show(trunkline):
    code, out, err = trunkline("token", "show")
    assert (code, out) == (0, "")
    assert "trunkline token rotate" in err
    _, token, _ = trunkline("token", "rotate")
    _, out, _ = trunkline("token", "show", "--json")
    assert (len(json.loads(out)["tokens"]), token.strip() in out) == (1, False)
    _, out, _ = trunkline("token", "show")
    assert "0 sessions are open" in out
    assert token.strip() not in out


# An overlap that is none is a mistake in the command line.
def test_overlap(trunkline):
    code, _, err = trunkline("token", "rotate", "--overlap", "soon")
    assert (code, "--overlap" in err) == (2, True)
