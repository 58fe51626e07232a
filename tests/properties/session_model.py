"""What nested sessions must do, told by a stack of dictionaries; no database is in here.

A `Level` is one open block: a session, a session inside it (a savepoint), one that joined, or
a savepoint of SQLAlchemy's own. A statement that fails spoils the innermost level that has a
savepoint or transaction to undo; from then on nothing goes through until that level is left
or rolled back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Row = tuple[int, str | None]
Rows = dict[int, Row]
Kind = Literal["transaction", "inner", "join", "savepoint"]


@dataclass
class Level:
    """One open block; `before` are the rows that leaving it with an exception brings back.

    `settled` are callbacks of what the session's own `commit()` has committed already.
    `sent`: whether the database knows of it. A savepoint is sent with the first write in it.
    """

    kind: Kind
    block: Any
    session: Any
    before: Rows
    read_only: bool = False
    callbacks: list[int] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    spoilt: bool = False
    sent: bool = False


@dataclass
class Model:
    """The rows as the open transaction sees them, those that are committed, and the callbacks called."""

    rows: Rows = field(default_factory=dict)
    committed: Rows = field(default_factory=dict)
    called: list[int] = field(default_factory=list)
    stack: list[Level] = field(default_factory=list)

    @property
    def read_only(self) -> bool:
        return bool(self.stack) and self.stack[0].read_only

    @property
    def spoilt(self) -> bool:
        return any(level.spoilt for level in self.stack)

    @property
    def is_flat(self) -> bool:
        """Whether a transaction is open that has no savepoint in it."""
        return bool(self.stack) and {level.kind for level in self.stack} <= {"transaction", "join"}

    @property
    def sessions(self) -> list[Level]:
        """The levels that `db.session()` opened."""
        return [level for level in self.stack if level.kind != "savepoint"]

    @property
    def scope(self) -> Level:
        """The innermost level that can be undone by itself."""
        return next(level for level in reversed(self.stack) if level.kind != "join")

    def push(self, kind: Kind, block: Any, session: Any, *, read_only: bool = False) -> None:
        self.stack.append(Level(kind, block, session, dict(self.rows), read_only))

    def send(self) -> None:
        """Something is sent that isn't known to be a read."""
        for level in self.stack:
            level.sent = True

    def fail(self, *, aborts: bool = False) -> None:
        """A statement failed and was swallowed; alone it was a transaction of its own.

        `aborts`: it undid the savepoints not sent yet, too, so they can't be gone back to.
        """
        if self.stack:
            self.scope.spoilt = True
        for level in reversed([level for level in self.stack if level.kind != "join"] if aborts else []):
            level.spoilt = True
            if level.sent:
                break

    def write(self, rows: Rows) -> None:
        """The rows are changed to these, for good when nothing is open."""
        self.rows = rows
        if not self.stack:
            self.committed = dict(rows)

    def register(self, callback: int) -> None:
        if self.stack:
            self.stack[-1].callbacks.append(callback)
        else:
            self.called.append(callback)

    def undo(self, level: Level) -> list[Level]:
        """Leave this level and all inside it, undone; give those inside."""
        at = self.stack.index(level)
        inside = self.stack[at + 1 :]
        del self.stack[at:]
        self.rows = dict(level.before)
        return inside

    def lose(self, level: Level) -> list[Level]:
        """Leave this level before those inside it, which are undone; give those.

        One that joined can't be undone by itself, and spoils what it joined.
        """
        if level.kind != "join":
            return self.undo(level)
        inside = self.stack[self.stack.index(level) + 1 :]
        self.stack = self.stack[: self.stack.index(level)]
        self.fail()
        return inside

    def keep(self, level: Level) -> None:
        """Leave this level, whose work stays, with the savepoints that were left open in it."""
        at = self.stack.index(level)
        callbacks = [callback for one in self.stack[at:] for callback in (*one.settled, *one.callbacks)]
        del self.stack[at:]
        if self.stack:
            self.stack[-1].callbacks.extend(callbacks)
        else:
            self.committed = dict(self.rows)
            self.called.extend(callbacks)

    def roll_back(self) -> None:
        """Undo the whole transaction, and stay in it."""
        self.rows = dict(self.stack[0].before)
        for level in self.stack:
            level.spoilt = False
            level.callbacks.clear()

    def commit(self) -> None:
        """Commit what there is, and stay in the session."""
        self.committed = dict(self.rows)
        self.stack[0].before = dict(self.rows)
        for level in self.stack:
            self.stack[0].settled.extend(level.callbacks)
            level.callbacks.clear()
