"""The journal of the statements that a revision sends, where it can be committed in part.

A revision that was interrupted runs again from its start: what was done isn't done again, and gives what it
gave; what the revision asked for is answered as it was then. A mark is committed with its statement, by
whatever commits that. A statement that commits by itself is marked before, with the schema's fingerprint: if
it was interrupted, the schema tells whether it was done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import event

from colonnade.dialects.cursors import driver_of, send
from colonnade.errors import HalfMigratedError
from colonnade.migrations.exact import digest_of
from colonnade.migrations.fingerprint import fingerprint_of
from colonnade.migrations.given import Given, error_of, given_again, kept_error, taken
from colonnade.migrations.runs import Mark, Run, keep_marks, marks_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.dialects.contract import Dialect
    from colonnade.migrations.inventory import Inventory

__all__ = ["Journal"]

MOST_OF_TEXT = 4000
"""How much of a statement's text is kept."""

_SET_AGAIN = ("session", "control")


class Journal:
    """The journal of one run on one connection: what was done in it before, and what is done now.

    `inventory` takes the schema's.
    """

    def __init__(
        self, connection: Connection, dialect: Dialect, run: Run, inventory: Callable[[], Inventory]
    ) -> None:
        self.writing = False
        """Whether what is sent right now is the journal's own."""
        self._connection = connection
        self._dialect = dialect
        self._runner = dialect.runner
        self._run = run
        self._inventory = inventory
        self._known = marks_of(connection, run)
        self._revision: str | None = None
        self._found: dict[int, Mark] = {}
        self._pending: list[Mark] = []
        self._savepoints: dict[str, int] = {}
        self._number = 0
        self._has_inventory = False
        self._refused: HalfMigratedError | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """See each statement of the connection in the block."""
        listeners: list[tuple[Any, str, Any]] = [
            (self._connection.engine, "do_execute", self._one),
            (self._connection.engine, "do_executemany", self._many),
            (self._connection.engine, "do_execute_no_params", self._bare),
            (self._connection, "commit", self._committing),
            (self._connection, "rollback", self._rolled_back),
        ]
        for listener in listeners:
            event.listen(*listener)
        try:
            yield
        finally:
            for listener in listeners:
                event.remove(*listener)

    @contextmanager
    def revision(self, name: str) -> Iterator[None]:
        """Journal the statements in the block as those of a revision.

        Raises:
            HalfMigratedError: the revision doesn't do what it did when it was interrupted.
        """
        self._revision, self._number, self._pending = name, 0, []
        self._found = self._known.pop(name, {})
        self._has_inventory = any(mark.inventory for mark in self._found.values())
        self._savepoints.clear()
        try:
            yield
            if self._refused is not None:  # the revision has caught it
                raise self._refused
            if self._found:
                self._refuse(next(iter(self._found.values())), "it was sent then, and isn't now")
            if self._dialect.connect.DDL_COMMITS and self._commits_itself():
                # The rows that say that it's done are to be committed together.
                self._send("BEGIN")
        finally:
            self._revision = None

    # What SQLAlchemy tells

    def _one(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        return self._sent(cursor, statement, parameters, context, context.dialect.do_execute)

    def _many(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        return self._sent(cursor, statement, parameters, context, context.dialect.do_executemany)

    def _bare(self, cursor: Any, statement: str, context: Any) -> bool:
        def execute(cursor: Any, statement: str, parameters: Any, context: Any) -> None:
            context.dialect.do_execute_no_params(cursor, statement, context)

        return self._sent(cursor, statement, None, context, execute)

    def _committing(self, connection: Connection) -> None:
        if self._revision is not None and not self.writing:
            self._keep()

    def _rolled_back(self, connection: Connection) -> None:
        self._undone_from(0)

    def _undone_from(self, place: int) -> None:
        for mark in self._pending[place:]:
            if mark.kind != "read" and mark.state == "done":
                mark.state = "undone"

    # One statement

    def _sent(self, cursor: Any, statement: str, parameters: Any, context: Any, execute: Any) -> bool:
        """Carry out one statement, or give what it gave; false leaves it to SQLAlchemy."""
        if self._revision is None or self.writing or context.root_connection is not self._connection:
            return False
        if self._refused is not None:
            raise self._refused
        kind = self._runner.kind(statement)
        if kind in _SET_AGAIN:
            if kind == "control":
                self._controlled(statement.replace(";", " ").lower().split())
            return False
        self._number += 1
        digest = digest_of(statement, parameters)
        text = statement[:MOST_OF_TEXT]
        mark = Mark(revision=self._revision, number=self._number, digest=digest, text=text, kind=kind)

        def carry_out() -> Given | None:
            execute(cursor, statement, parameters, context)
            given, mark.result = taken(cursor)
            return given if given.description is not None else None

        again = partial(self._again, cursor=cursor, context=context) if self._found else self._first
        given = again(mark, carry_out)
        if given is not None:
            context.cursor = given
            context.fetchall_for_returning = lambda _: given.fetchall()
        return True

    def _controlled(self, words: list[str]) -> None:
        """Follow a transaction's begin and end, and its savepoints, SQLAlchemy's own among them."""
        if words[0] == "savepoint":
            self._savepoints[words[-1]] = len(self._pending)
        elif words[0] in ("rollback", "abort"):
            self._undone_from(self._savepoints.get(words[-1], 0) if "to" in words else 0)
        elif words[0] != "release":
            self._keep()

    def _first(self, mark: Mark, carry_out: Callable[[], Given | None]) -> Given | None:
        """Carry out a statement that wasn't before."""
        by_itself = self._commits_itself()
        may_commit = mark.kind in ("schema", "opaque", "passing")
        if may_commit and (by_itself or self._dialect.connect.DDL_COMMITS):
            return self._apart(mark, carry_out)
        if by_itself and not (mark.kind == "read" and self._dialect.connect.DDL_COMMITS):
            return self._together(mark, carry_out)
        given = self._tried(mark, carry_out)
        self._pending.append(mark)
        return given

    def _together(self, mark: Mark, carry_out: Callable[[], Given | None]) -> Given | None:
        """Carry out a statement in a transaction, with its mark."""
        self._send("BEGIN")
        try:
            given = self._tried(mark, carry_out)
        except Exception:
            if not self._dialect.connect.DDL_COMMITS:
                self._send("ROLLBACK")
            raise
        self._pending.append(mark)
        if not self._dialect.connect.DDL_COMMITS:  # else it's left open, for what follows up to the next DDL
            self._keep()
            self._send("COMMIT")
        return given

    def _apart(self, mark: Mark, carry_out: Callable[[], Given | None]) -> Given | None:
        """Carry out a statement that commits by itself, marked before and after."""
        with self._writing():
            inventory = self._inventory()
        mark.state, mark.fingerprint = "begun", fingerprint_of(inventory)
        if not self._has_inventory:
            mark.inventory, self._has_inventory = json.dumps(inventory.to_json()["items"]), True
        if self._dialect.connect.DDL_COMMITS and self._commits_itself():
            self._send("BEGIN")
        self._pending.append(mark)
        self._keep()
        if mark.kind == "opaque" and self._dialect.connect.DDL_COMMITS:
            self._send("COMMIT")
        given = self._tried(mark, carry_out)
        mark.state = "done"
        self._pending.append(mark)
        if not self._dialect.connect.DDL_COMMITS:
            self._keep()
        return given

    def _tried(self, mark: Mark, carry_out: Callable[[], Given | None]) -> Given | None:
        try:
            return carry_out()
        except Exception as error:
            self._failed(mark, error)
            raise

    def _failed(self, mark: Mark, error: Exception) -> None:
        """Note it: a revision may go on after it."""
        driver = driver_of(self._connection)
        in_transaction = self._dialect.connect.in_transaction(driver)
        if any(each.kind == "change" for each in self._pending) and in_transaction is False:
            self._refused = HalfMigratedError(
                f"the database has rolled back what {self._revision} had done, and the revision went on"
            )
        mark.state, mark.result = "failed", kept_error(error)
        self._pending.append(mark)

    # A revision that was interrupted

    def _again(
        self, mark: Mark, carry_out: Callable[[], Given | None], *, cursor: Any, context: Any
    ) -> Given | None:
        """Give what a statement gave; carry it out where it was only begun."""
        found = self._found.pop(self._number, None)
        if found is None:
            self._refuse(mark, "the first time it was rolled back by the revision itself")
        if found.digest != mark.digest:
            self._refuse(found, f"it isn't the same now: {mark.text}")
        if found.kind == "passing":
            self._refuse(found, "what it made has ended with its connection")
        if found.state == "failed":
            if found.result is None:
                self._refuse(found, "it failed, and the revision went on")
            raise error_of(found.result, context.dialect.loaded_dbapi)
        if found.state == "begun" and not self._was_done(found):
            mark.kept = True
            return self._first(mark, carry_out)
        if found.state == "begun":
            found.state = "done"
            self._pending.append(found)
            return None
        if found.result is None:
            self._refuse(found, "it gave more than is kept")
        return self._given(found.result, cursor, context)

    def _was_done(self, found: Mark) -> bool:
        if found.kind == "opaque":
            self._refuse(found, "whether it was done can't be told from the schema")
        driver = driver_of(self._connection)
        with self._writing():
            left = self._runner.leftovers(driver, found.text)
        for statement in left:
            self._send(statement)
        with self._writing():
            return fingerprint_of(self._inventory()) != found.fingerprint

    def _given(self, result: str, cursor: Any, context: Any) -> Given | None:
        given = given_again(cursor, result)
        if given.description is not None and context.execute_style.name == "INSERTMANYVALUES":
            # There SQLAlchemy asks the driver's own cursor for the columns.
            with self._writing():
                nothing = ", ".join("NULL" for _ in given.description)
                context.dialect.do_execute_no_params(cursor, f"SELECT {nothing}", context)
        return given

    def _refuse(self, mark: Mark, why: str) -> NoReturn:
        self._refused = HalfMigratedError(
            f"revision {mark.revision} was interrupted and can't go on by itself: statement {mark.number}"
            f" ({' '.join(mark.text.split())[:200]}): {why}",
            remedy="`colonnade db repair` undoes the statements, or forgets them where you've put all right",
        )
        raise self._refused

    # The journal's own

    def _commits_itself(self) -> bool:
        return self._runner.commits_itself(driver_of(self._connection))

    def _keep(self) -> None:
        """Write the marks that aren't written, in the transaction that is open.

        That a statement failed is written only once the revision has gone on after it.
        """
        failed_last = bool(self._pending) and self._pending[-1].state == "failed"
        end = len(self._pending) - failed_last
        marks, self._pending = self._pending[:end], self._pending[end:]
        self._savepoints.clear()
        if marks:
            with self._writing():
                keep_marks(self._connection, self._run, marks)

    def _send(self, statement: str) -> None:
        send(driver_of(self._connection), statement)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        before, self.writing = self.writing, True
        try:
            yield
        finally:
            self.writing = before
