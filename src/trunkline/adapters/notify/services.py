"""Messages by e-mail, chat and pagers: whatever Apprise has a URL for (https://github.com/caronc/apprise).

It is an extra, and imported when the first letter goes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trunkline.kernel.errors import Retryable
from trunkline.observe.alerts.channel import Letter
from trunkline.vault.secret import Secrets

if TYPE_CHECKING:
    from types import ModuleType

INSTALL = "pip install 'trunkline[alerts]'"
_KINDS = {"page": "failure", "ticket": "warning", "info": "info"}


class AppriseServices:
    """Gives letters to the services whose URLs a secret holds, parted by spaces."""

    def __init__(self, urls: str, secrets: Secrets) -> None:
        self._urls, self._secrets = urls, secrets

    async def send(self, letter: Letter) -> None:
        """Give a letter to every service; see ``Channel.send``. Where one fails all are asked again."""
        apprise = _library()
        services: Any = apprise.Apprise()
        for url in self._secrets.get(self._urls).reveal().split():
            if not services.add(url):
                raise Retryable("apprise-url", "a URL that Apprise does not know: look at its wiki")
        kind = "success" if letter.over else _KINDS[letter.severity]
        told = await services.async_notify(body=letter.text, title=letter.title, notify_type=kind)
        if not told:
            raise Retryable("apprise", "a service refused it, or cannot be reached")


def _library() -> ModuleType:
    try:
        import apprise  # noqa: PLC0415  an extra, and half a second that most processes need not pay
    except ImportError:
        raise Retryable("extra", f"Apprise is not installed: {INSTALL}") from None
    return apprise
