"""Carries out a migration and kills its own process at a statement: `python -m tests.migrations.kills …`.

Each line of its input is a list of commands as JSON: a URL, a tree, `upgrade` or `downgrade`, a target, and
the number of the point at which it's killed (none: never). They're carried out at once, each in a process
forked from this one, which has imported everything; each line of the output tells their exit statuses. Points
lie before each statement that changes something, after it was sent, and after it was answered.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

import alembic.autogenerate  # noqa: F401 (what is imported here isn't in each child)
import psycopg  # noqa: F401
import stamina  # noqa: F401
from pymysql.connections import Connection as MySQLConnection
from sqlalchemy import Engine, event

from colonnade import AlembicManager
from colonnade.dialects.contract import dialect_named
from colonnade.errors import MigrationLockError

SKIPPED = ("plan", "drift", "lint", "backup", "rehearse", "verify")
_READING = ("select", "show", "pragma", "set")


class Points:
    """Counts the points, and ends the process at one of them."""

    def __init__(self, deadly: int | None) -> None:
        self.passed = 0
        self._deadly = deadly

    def passing(self, statement: Any) -> None:
        text = statement.decode() if isinstance(statement, bytes) else str(statement)
        if text.lstrip("( \n").lower().startswith(_READING):
            return
        self.passed += 1
        if self.passed == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Watch all engines of this process; of PyMySQL also what goes past SQLAlchemy."""
        query, send = MySQLConnection.query, MySQLConnection._execute_command

        def queried(connection: Any, sql: Any, unbuffered: bool = False) -> Any:
            self.passing(sql)
            answer = query(connection, sql, unbuffered)
            self.passing(sql)
            return answer

        def sent(connection: Any, command: int, sql: Any) -> None:
            send(connection, command, sql)
            self.passing(sql or "select")

        MySQLConnection.query = queried
        MySQLConnection._execute_command = sent
        event.listen(Engine, "before_cursor_execute", self._on_cursor)
        event.listen(Engine, "after_cursor_execute", self._on_cursor)
        event.listen(Engine, "commit", lambda connection: self.passing("commit"))

    def _on_cursor(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if connection.dialect.driver != "pymysql":
            self.passing(statement)


def carry_out(command: dict[str, Any]) -> int:
    """Carry out one command, and give the program's exit status."""
    points = Points(command["point"])
    points.watch()
    manager = AlembicManager(command["url"], script_location=command["tree"])
    move = manager.upgrade if command["direction"] == "upgrade" else manager.downgrade
    try:
        migration = move(command["target"], skip=command.get("skip", SKIPPED))
    except MigrationLockError:
        return 5
    finally:
        with open(command["report"], "w", encoding="utf-8") as report:
            json.dump({"points": points.passed}, report)
    with open(command["report"], "w", encoding="utf-8") as report:
        json.dump({"points": points.passed, "recovered": migration.recovered}, report)
    return 0


def main() -> None:
    """Carry out the commands one after the other."""
    for name in ("sqlite", "postgresql", "mysql"):
        dialect = dialect_named(name)
        _ = dialect.runner, dialect.inventory, dialect.errors, dialect.locks, dialect.direct
    for line in sys.stdin:
        commands = json.loads(line)
        children = [_begun(command) for command in commands]
        statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        print(json.dumps(statuses), flush=True)


def _begun(command: dict[str, Any]) -> int:
    """Carry out a command in a child, and give its process id."""
    child = os.fork()
    if child == 0:
        os._exit(_status_of(command))
    return child


def _status_of(command: dict[str, Any]) -> int:
    try:
        return carry_out(command)
    except Exception as error:  # noqa: BLE001 (it's told, as a program would)
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    main()
