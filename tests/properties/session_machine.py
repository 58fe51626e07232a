"""Random walks through sessions, savepoints, failures and threads, compared with `session_model`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import literal_column, select, text
from sqlalchemy.exc import SQLAlchemyError

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import (
    DatabaseError,
    EntityNotFoundError,
    ReadOnlyDatabaseError,
    TransactionError,
    UniqueViolationError,
)
from tests.faces import Face
from tests.properties.models import AsyncItems, Item, Items
from tests.properties.session_model import Level, Model, Row, Rows

ids = st.integers(1, 4)
raw_ids = st.integers(101, 103)
codes = st.integers(1, 6)
notes = st.sampled_from(["a", "b", None])


class Stop(Exception):
    """What a block is left with."""


class SessionMachine(RuleBasedStateMachine):
    """What the databases differ in: whether a reader waits for an open transaction's end, as in SQLite's
    memory, and whether an error aborts all that has no savepoint on the server, as on PostgreSQL.
    """

    def __init__(
        self, face: Face, db: Any, *, readers_wait: bool = False, error_aborts: bool = False
    ) -> None:
        super().__init__()
        self.face = face
        self.db: DatabaseManager | AsyncDatabaseManager | Any = db
        self.items: Any = face.pick(Items, AsyncItems)(db)
        self.readers_wait = readers_wait
        self.error_aborts = error_aborts
        self.model = Model()
        self.dead: list[Level] = []
        self.called: list[int] = []
        self.held: list[Any] = []
        self.numbers = iter(range(1_000_000))
        self.watching = False
        self.run(self.items.delete_where(everything=True))

    # What the rules are written with

    def run(self, value: Any) -> Any:
        return self.face.run(value)

    @property
    def session(self) -> Any:
        return self.model.stack[-1].session

    def visible(self) -> Rows:
        if self.model.stack:
            statement = select(Item.id, Item.code, Item.note)
            return {id: (code, note) for id, code, note in self.run(self.session.execute(statement))}
        return {item.id: (item.code, item.note) for item in self.run(self.items.list())}

    def write(self, after: Rows, call: Callable[[], Any]) -> Any:
        """A write that gives these rows, unless they break a rule; whatever it raises is swallowed."""
        if self.model.spoilt:
            self.refused(call)
            return None
        self.model.send()
        if self.model.read_only:
            self.fails(ReadOnlyDatabaseError, call)
        elif len({code for code, _ in after.values()}) < len(after):
            self.fails(UniqueViolationError, call)
        else:
            result = self.run(call())
            self.model.write(after)
            return result
        return None

    def flush(self) -> None:
        """What was added and not saved is sent with what comes now."""
        if self.model.stack and not self.model.spoilt and self.session.new:
            self.model.send()

    def refused(self, call: Callable[[], Any]) -> None:
        with pytest.raises((TransactionError, SQLAlchemyError)):
            self.run(call())

    def fails(self, error: type[Exception], call: Callable[[], Any]) -> None:
        self.flush()
        with pytest.raises(error) as raised:
            self.run(call())
        if getattr(raised.value, "orig", None) is not None:  # else it was known without a statement
            self.model.fail(aborts=self.error_aborts)

    def leave(self, level: Level, error: Exception | None, *, thread: bool = False) -> BaseException | None:
        """Leave a block, and give what comes out of it."""

        def end() -> None:
            if not level.block.__exit__(type(error) if error else None, error, None) and error:
                raise error

        if thread:
            return in_thread(end)
        try:
            end()
        except (Exception, ExceptionGroup) as raised:  # noqa: BLE001 (judged by the rule)
            return raised
        return None

    @initialize(watching=st.booleans())
    def start(self, watching: bool) -> None:
        """Looking at the rows after each step sends statements, which hides what goes wrong without."""
        self.watching = watching

    # Opening

    @precondition(lambda self: not self.model.stack)
    @rule(read_only=st.sampled_from([False, False, False, True]))
    def open_transaction(self, read_only: bool) -> None:
        block = self.face.entered(self.db.session(read_only=read_only))
        self.model.push("transaction", block, block.__enter__(), read_only=read_only)

    @precondition(lambda self: 0 < len(self.model.stack) < 6)
    @rule(join=st.sampled_from([False, False, True]))
    def open_inner(self, join: bool) -> None:
        self.flush()
        block = self.face.entered(self.db.session(join=join))
        try:
            session = block.__enter__()
        except SQLAlchemyError:
            assert self.model.spoilt
        else:
            self.model.push("join" if join else "inner", block, session)

    @precondition(lambda self: 0 < len(self.model.stack) < 6)
    @rule()
    def open_savepoint(self) -> None:
        self.flush()
        try:
            block = self.face.entered(self.session.begin_nested())
            block.__enter__()
        except SQLAlchemyError:
            assert self.model.spoilt
        else:
            self.model.push("savepoint", block, self.session)

    @precondition(lambda self: self.model.stack and not self.model.read_only)
    @rule(join=st.booleans())
    def ask_for_what_the_outer_one_lacks(self, join: bool) -> None:
        with pytest.raises(TransactionError, match="outermost"):
            self.face.entered(self.db.session(read_only=True, join=join)).__enter__()

    # Leaving

    @precondition(lambda self: self.model.stack)
    @rule(thread=st.booleans())
    def leave_well(self, thread: bool) -> None:
        self.flush()
        level = self.model.stack[-1]
        came = self.leave(level, None, thread=thread and not self.face.is_async and level.kind != "savepoint")
        if level.kind == "join":
            assert came is None
            self.model.keep(level)
        elif level.spoilt:
            # SQLAlchemy says nothing at the end of its own savepoint when a flush failed in it; and what
            # is undone with an outer one may leave it to that one to say so.
            outer = any(one.spoilt for one in self.model.stack[:-1])
            assert isinstance(came, TransactionError) or (not came and (outer or level.kind == "savepoint"))
            self.model.undo(level)
        else:
            assert came is None or self.model.spoilt, came
            self.model.keep(level)

    @precondition(lambda self: self.model.stack)
    @rule(thread=st.booleans())
    def leave_with_an_exception(self, thread: bool) -> None:
        level, error = self.model.stack[-1], Stop()
        thread = thread and not self.face.is_async and level.kind != "savepoint"
        assert self.leave(level, error, thread=thread) is error
        if level.kind == "join":
            self.model.keep(level)
            self.model.fail()
        else:
            self.model.undo(level)

    @precondition(lambda self: len(self.model.sessions) > 1)
    @rule(data=st.data(), well=st.booleans())
    def leave_out_of_order(self, data: st.DataObject, well: bool) -> None:
        """All that the session undoes goes with it; one that joined takes what it joined."""
        level = data.draw(st.sampled_from(self.model.sessions[:-1]))
        error = None if well else Stop()
        came = self.leave(level, error)
        assert isinstance(came, TransactionError) if well else came is error, came
        inside = self.model.lose(level)
        for one in reversed([one for one in inside if one.kind == "savepoint"]):
            self.leave(one, Stop())  # SQLAlchemy does nothing more until its own are left
        self.dead += [one for one in inside if one.kind != "savepoint"]

    @precondition(lambda self: self.dead)
    @rule(data=st.data(), well=st.booleans())
    def leave_what_is_over(self, data: st.DataObject, well: bool) -> None:
        level = self.dead.pop(data.draw(st.integers(0, len(self.dead) - 1)))
        error = None if well else Stop()
        came = self.leave(level, error)
        assert isinstance(came, TransactionError) if well else came is error, came

    # SQLAlchemy's own commit and rollback, in a session that is no savepoint

    @precondition(lambda self: self.model.is_flat)
    @rule()
    def roll_back(self) -> None:
        self.run(self.session.rollback())
        self.model.roll_back()

    @precondition(lambda self: self.model.is_flat)
    @rule()
    def commit(self) -> None:
        session = self.session
        if self.model.spoilt:
            with pytest.raises((TransactionError, SQLAlchemyError)):
                self.run(session.commit())
            self.run(session.rollback())
            self.model.roll_back()
        else:
            self.run(session.commit())
            self.model.commit()

    # Statements

    @rule(id=ids, code=codes, note=notes)
    def create(self, id: int, code: int, note: str | None) -> None:
        after = with_row(self.model.rows, id, (code, note), new=True)
        created = self.write(after, lambda: self.items.create(Item(id=id, code=code, note=note)))
        if created is not None:
            self.held = [*self.held[-3:], created]

    @rule(id=raw_ids, code=codes)
    def insert_by_text(self, id: int, code: int) -> None:
        statement = text("INSERT INTO item (id, code) VALUES (:id, :code)")
        if self.model.stack:
            session, after = self.session, with_row(self.model.rows, id, (code, None), new=True)
            self.write(after, lambda: session.execute(statement, {"id": id, "code": code}))

    @rule(id=ids, code=codes, note=notes)
    def add_unsaved(self, id: int, code: int, note: str | None) -> None:
        after = with_row(self.model.rows, id, (code, note), new=True)
        clash = len({code for code, _ in after.values()}) < len(after)
        if self.model.stack and not clash and not self.model.spoilt and not self.model.read_only:
            self.session.add(Item(id=id, code=code, note=note))
            self.model.rows = after

    @precondition(lambda self: not self.model.read_only)
    @rule(id=ids, change=st.fixed_dictionaries({}, optional={"code": codes, "note": notes}))
    def update(self, id: int, change: dict[str, Any]) -> None:
        there = id in self.model.rows
        if self.model.spoilt and not change:
            return  # nothing is written, and an object in hand may do
        self.flush()
        if change and (there or self.model.spoilt):
            code, note = self.model.rows.get(id, (0, None))
            after = {**self.model.rows, id: (change.get("code", code), change.get("note", note))}
            self.write(after, lambda: self.items.update(id, change))
        elif there:
            item = self.run(self.items.update(id, change))
            assert (item.code, item.note) == self.model.rows[id]
        else:
            with pytest.raises(EntityNotFoundError):
                self.run(self.items.update(id, change))
            if change:
                self.model.send()  # it's read to be locked

    @precondition(lambda self: not self.model.read_only)
    @rule(id=ids)
    def delete(self, id: int) -> None:
        after = {key: row for key, row in self.model.rows.items() if key != id}
        there = id in self.model.rows
        assert self.write(after, lambda: self.items.delete(id)) in (there, None)

    @precondition(lambda self: not self.model.spoilt)
    @rule(id=ids)
    def get(self, id: int) -> None:
        self.flush()
        item = self.run(self.items.get(id))
        assert (item and (item.code, item.note)) == self.model.rows.get(id)

    @precondition(lambda self: self.model.stack)
    @rule()
    def send_nonsense(self) -> None:
        session = self.session
        if self.model.spoilt:
            self.refused(lambda: session.execute(text("SELECT nothing FROM nowhere")))
        else:
            self.model.send()
            self.fails(DatabaseError, lambda: session.execute(text("SELECT nothing FROM nowhere")))

    @precondition(lambda self: self.model.stack)
    @rule()
    def read_nonsense(self) -> None:
        """A SELECT, before which no savepoint need be sent."""
        session, statement = self.session, select(literal_column("nothing")).select_from(Item)
        if self.model.spoilt:
            self.refused(lambda: session.execute(statement))
        else:
            self.fails(DatabaseError, lambda: session.execute(statement))

    # Callbacks and units of work

    @rule()
    def on_commit(self) -> None:
        number = next(self.numbers)

        async def register() -> None:
            self.db.on_commit(lambda: self.called.append(number))

        if self.face.is_async and not self.model.stack:
            return
        self.face.pick(
            lambda: self.db.on_commit(lambda: self.called.append(number)), lambda: self.run(register())
        )()
        self.model.register(number)

    @rule(first=st.tuples(ids, codes), second=st.tuples(ids, codes))
    def run_a_unit(self, first: tuple[int, int], second: tuple[int, int]) -> None:
        pair = [Item(id=id, code=code) for id, code in (first, second)]

        async def unit() -> None:
            for item in pair:
                await self.items.create(item)

        def sync_unit() -> None:
            for item in pair:
                self.items.create(item)

        after = self.model.rows
        for id, code in (first, second):
            after = with_row(after, id, (code, None), new=True)
        call = self.face.pick(lambda: self.db.run(sync_unit), lambda: self.db.run(unit))
        if self.model.stack:
            with pytest.raises(TransactionError, match="inside an open session"):
                self.run(call())
        else:
            self.write(after, call)

    # Others

    @precondition(lambda self: self.model.stack)
    @rule(write=st.booleans())
    def an_heir_is_refused(self, write: bool) -> None:
        """A thread or task with a copy of the context."""

        def call() -> Any:
            return self.items.create(Item(id=9, code=9)) if write else self.items.count()

        came = self.elsewhere(call, copied=True)
        assert isinstance(came, TransactionError), came

    @precondition(lambda self: not (self.readers_wait and self.model.stack))
    @rule(copied=st.booleans())
    def another_sees_what_is_committed(self, copied: bool) -> None:
        seen: list[Any] = []

        def look() -> None:
            with self.db.session(read_only=True):
                seen.extend(self.items.list())

        async def async_look() -> None:
            async with self.db.session(read_only=True):
                seen.extend(await self.items.list())

        assert self.elsewhere(self.face.pick(look, async_look), copied=copied) is None
        assert rows_of(seen) == self.model.committed

    @precondition(lambda self: not self.model.stack)
    @rule(id=ids, code=codes)
    def another_writes(self, id: int, code: int) -> None:
        after = with_row(self.model.rows, id, (code, None), new=True)
        came = self.elsewhere(lambda: self.items.create(Item(id=id, code=code)), copied=False)
        if len({code for code, _ in after.values()}) < len(after):
            assert isinstance(came, UniqueViolationError), came
        else:
            assert came is None, came
            self.model.write(after)

    def elsewhere(self, call: Callable[[], Any], *, copied: bool) -> BaseException | None:
        """Call it in another thread, or another task; give what it raises."""
        if not self.face.is_async:
            context = copy_context() if copied else Context()
            return in_thread(lambda: context.run(call))

        async def child() -> None:
            await call()

        async def start() -> BaseException | None:
            context = copy_context() if copied else Context()
            task = asyncio.get_running_loop().create_task(child(), context=context)
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            return outcome

        came: BaseException | None = self.run(start())
        return came

    # What always holds

    @invariant()
    def all_is_as_the_model_has_it(self) -> None:
        if self.watching and not self.model.spoilt:
            self.flush()
            assert self.visible() == self.model.rows, self.visible()
        assert self.called == self.model.called
        if not self.model.stack:
            assert self.db.engine.pool.checkedout() == 0

    def teardown(self) -> None:
        try:
            while self.model.stack:
                (self.leave_with_an_exception if self.model.spoilt else self.leave_well)(thread=False)
            assert self.model.committed == self.model.rows
            assert self.visible() == self.model.rows, self.visible()
            self.all_is_as_the_model_has_it()
        finally:
            for level in [*reversed(self.model.stack), *self.dead]:
                self.leave(level, Stop())


def with_row(rows: Rows, id: int, row: Row, *, new: bool) -> Rows:
    """Give the rows with one more; a second one with the same key gets one that shows the clash."""
    return {**rows, (-id if new and id in rows else id): (rows[id] if new and id in rows else row)}


def rows_of(items: list[Any]) -> Rows:
    return {item.id: (item.code, item.note) for item in items}


def in_thread(function: Callable[[], Any]) -> BaseException | None:
    """Call the function in a thread, and give what it raised."""
    raised: list[BaseException] = []

    def call() -> None:
        try:
            function()
        except BaseException as error:  # noqa: BLE001 (given to the caller)
            raised.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return raised[0] if raised else None
