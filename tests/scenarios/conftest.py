"""The shop's interface, for every story that needs one."""

from __future__ import annotations

import threading

import pytest
from tests.scenarios.states import Interface


@pytest.fixture
def interface(request):
    """Serve the interface whose moods follow the seed that the test gives."""
    server = Interface(request.param)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
