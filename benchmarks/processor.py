"""One processor for this process and for those that serve its connections.

Where the scheduler puts the two is luck, and stays so for a connection's life: side by side psycopg
takes 20 µs for a `get`, on two processors of a virtual machine 100. The second hides what a layer
adds. So both are kept on one processor, where the server runs on this machine and lets us.
"""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from benchmarks.clips import Store

_SERVING = {
    "postgresql": text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()"),
    "mysql": text("SELECT tid FROM information_schema.processlist WHERE db = database()"),  # MariaDB alone
}
_NAMES = ("postgres", "mariadb", "mysqld", "one_connection")


class Together:
    """Keeps this process and what serves a store's connections on one processor, until it's closed."""

    def __init__(self, store: Store, *, wanted: bool) -> None:
        self._store = store
        self._own = os.sched_getaffinity(0)
        self._before: dict[int, set[int]] = {}
        self._processor = {max(self._own)} if wanted else set()
        if wanted:
            os.sched_setaffinity(0, self._processor)

    def keep_together(self) -> None:
        """Bring all that serve this store's database to the processor."""
        for task in self._tasks() if self._processor else ():
            if task not in self._before and _is_server(task):
                try:
                    self._before[task] = os.sched_getaffinity(task)
                    os.sched_setaffinity(task, self._processor)
                except (PermissionError, ProcessLookupError):  # another's, or it has ended
                    continue

    def close(self) -> None:
        """Give them back where they may run: MariaDB keeps a thread for the next client."""
        for task, processors in self._before.items():
            try:
                os.sched_setaffinity(task, processors)
            except (PermissionError, ProcessLookupError):
                continue
        self._before.clear()
        os.sched_setaffinity(0, self._own)

    def _tasks(self) -> list[int]:
        if self._store.database not in _SERVING:
            return []
        try:
            return self._store.numbers(_SERVING[self._store.database])
        except DBAPIError:  # MySQL doesn't tell
            return []


def model_name() -> str:
    """Give the processors' number and name."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} processors, {names[0] if names else 'of an unknown name'}"


def _is_server(task: int) -> bool:
    """Tell whether it's a server's: a server on another machine tells numbers that mean nothing here."""
    name = Path(f"/proc/{task}/comm")
    return name.exists() and name.read_text().startswith(_NAMES)
