"""Servers of a test's own, on a port of their own, with a log of every statement that reached them.

`private_server("postgresql")` makes one in an empty folder, starts it, and takes it away at the end.
Where its programs aren't installed the test is skipped, but not in CI.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

_STARTING_S = 60
_FOLDERS = (
    "/usr/sbin",
    "/usr/bin",
    *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True),
)


@dataclass(frozen=True)
class PrivateServer:
    """A running server: the URL of an account that may do everything, and the file of what it was sent."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def statements(self) -> str:
        """Give what has been logged so far."""
        return self.log.read_text(errors="replace")


@contextmanager
def private_server(database: str) -> Iterator[PrivateServer]:
    """Run a server of this kind while the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="colonnade-server-"))
    account = _account(database)
    if account:
        shutil.chown(folder, account)
    port = _free_port()
    log = folder / "statements.log"
    make, start, url = _commands(database, folder, log, port)
    try:
        subprocess.run(make, check=True, user=account, cwd=folder, capture_output=True)
        with (folder / "output").open("wb") as output, log.open("wb"):
            if account:
                shutil.chown(log, account)
            process = subprocess.Popen(start, user=account, cwd=folder, stdout=output, stderr=output)
        try:
            _wait_for(url, process)
            yield PrivateServer(url, log, process)
        finally:
            process.terminate()
            process.wait(_STARTING_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _commands(database: str, folder: Path, log: Path, port: int) -> tuple[Sequence[str], Sequence[str], str]:
    data = str(folder / "data")
    if database == "postgresql":
        make = (_program("initdb"), "-D", data, "-U", "root", "-A", "trust", "-E", "UTF8", "--no-sync")
        given = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "fsync": "off",
            "log_statement": "all",
            "logging_collector": "on",
            "log_directory": folder,
            "log_filename": log.name,
        }
        settings = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
        start = (_program("postgres"), "-D", data, *settings)
        return make, start, f"postgresql+psycopg://root@127.0.0.1:{port}/postgres"
    make = (
        *(_program("mariadb-install-db"), "--no-defaults", f"--datadir={data}"),
        *("--auth-root-authentication-method=normal", "--skip-test-db"),
    )
    start = (
        *(_program("mariadbd"), "--no-defaults", f"--datadir={data}", f"--port={port}"),
        *("--bind-address=127.0.0.1", f"--socket={folder}/socket", f"--pid-file={folder}/pid"),
        f"--tmpdir={folder}",  # a server that starts takes what others left in theirs away
        *("--general-log=1", f"--general-log-file={log}", "--innodb-flush-log-at-trx-commit=0"),
    )
    return make, start, f"mysql+pymysql://root@127.0.0.1:{port}/mysql"


def _account(database: str) -> str | None:
    """Give the account to run as: neither server likes to be root's."""
    if getpass.getuser() != "root":
        return None
    return "postgres" if database == "postgresql" else "mysql"


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join((*_FOLDERS, os.environ.get("PATH", ""))))
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed, and CI needs a server of its own")
        pytest.skip(f"{name} is not installed")
    return found


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    engine = create_engine(url, poolclass=NullPool)
    deadline = time.monotonic() + _STARTING_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(DBAPIError), engine.connect():
            return
        time.sleep(0.1)
    pytest.fail(f"a server of the test's own didn't start (exit code {process.poll()})")
