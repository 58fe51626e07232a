"""An upgrade that is killed before one of its statements: `python -m colonnade.testing.migrations.killed`.

Its arguments are a URL, the tree's folder, a target and the statement's number; 0 kills at none, and prints
how many there are.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from sqlalchemy import Engine, event

from colonnade import AlembicManager

KILLED = -signal.SIGKILL


def main(url: str, folder: str, target: str, at: int) -> None:
    """Upgrade without backup and trials, and end the process at the statement."""
    sent = 0

    def count(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        nonlocal sent
        if statement.lstrip()[:6].upper() not in ("SELECT", "PRAGMA", "SHOW F", "SHOW C"):
            sent += 1
            if sent == at:
                os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    manager = AlembicManager(url, script_location=folder)
    manager.upgrade(target, skip=["plan", "drift", "lint", "backup", "rehearse", "verify"])
    manager.db.close()
    sys.stdout.write(f"{sent}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
