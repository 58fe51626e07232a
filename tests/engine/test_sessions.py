"""Transactions, savepoints, and who may join them; on all seven drivers."""

from __future__ import annotations

import asyncio
import gc
import threading
from contextvars import copy_context
from typing import Any

import pytest
from sqlalchemy import event, text

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import (
    DatabaseError,
    LockTimeoutError,
    ReadOnlyDatabaseError,
    TransactionError,
    UniqueViolationError,
)
from tests.engine.models import AsyncShelfRepository, Base, Book, Shelf, ShelfRepository
from tests.faces import Face


def names(faced: Face, shelves: Any) -> list[str]:
    return [shelf.name for shelf in faced.run(shelves.list())]


def test_a_call_alone_is_its_own_transaction(faced: Face, shelves: Any) -> None:
    faced.run(shelves.create(Shelf(name="a")))
    with pytest.raises(UniqueViolationError):
        faced.run(shelves.create_pair("b", "a"))
    assert names(faced, shelves) == ["a"]


def test_a_session_commits_at_its_end(faced: Face, db: Any, shelves: Any) -> None:
    with faced.entered(db.session()):
        faced.run(shelves.create(Shelf(name="a")))
        faced.run(shelves.create(Shelf(name="b")))
    assert names(faced, shelves) == ["a", "b"]


def test_a_session_rolls_back_on_an_exception(faced: Face, db: Any, shelves: Any) -> None:
    with pytest.raises(KeyError), faced.entered(db.session()):
        faced.run(shelves.create(Shelf(name="a")))
        raise KeyError
    assert names(faced, shelves) == []


def test_an_inner_session_is_a_savepoint(faced: Face, db: Any, shelves: Any) -> None:
    with faced.entered(db.session()):
        faced.run(shelves.create(Shelf(name="outer")))
        with pytest.raises(UniqueViolationError), faced.entered(db.session()):
            faced.run(shelves.create(Shelf(name="inner")))
            faced.run(shelves.create(Shelf(name="outer")))
        faced.run(shelves.create(Shelf(name="after")))
    assert names(faced, shelves) == ["outer", "after"]


def test_an_inner_session_keeps_the_outer_ones_unsaved_changes(faced: Face, db: Any, shelves: Any) -> None:
    with faced.entered(db.session()) as session:
        session.add(Shelf(name="unsaved"))
        with pytest.raises(KeyError), faced.entered(db.session()):
            raise KeyError
    assert names(faced, shelves) == ["unsaved"]


def test_a_swallowed_error_spoils_its_own_block_only(faced: Face, db: Any, shelves: Any) -> None:
    with faced.entered(db.session()):
        faced.run(shelves.create(Shelf(name="outer")))
        with pytest.raises(TransactionError, match="db.session"), faced.entered(db.session()):
            faced.run(shelves.create(Shelf(name="lost")))
            with pytest.raises(UniqueViolationError):
                faced.run(shelves.create(Shelf(name="outer")))
        faced.run(shelves.create(Shelf(name="after")))
    assert names(faced, shelves) == ["outer", "after"]


def test_a_swallowed_error_of_a_statement_spoils_the_transaction(faced: Face, db: Any, shelves: Any) -> None:
    with pytest.raises(TransactionError), faced.entered(db.session()) as session:
        faced.run(shelves.create(Shelf(name="lost")))
        with pytest.raises(DatabaseError):
            faced.run(session.execute(text("SELECT nothing FROM nowhere")))
    assert names(faced, shelves) == []


def test_the_next_statement_after_a_swallowed_error_raises(faced: Face, db: Any, shelves: Any) -> None:
    with pytest.raises(TransactionError, match="rolled back"), faced.entered(db.session()) as session:
        with pytest.raises(DatabaseError):
            faced.run(session.execute(text("SELECT nothing FROM nowhere")))
        faced.run(shelves.count())


def test_rolling_back_heals(faced: Face, db: Any, shelves: Any) -> None:
    with faced.entered(db.session()) as session:
        with pytest.raises(DatabaseError):
            faced.run(session.execute(text("SELECT nothing FROM nowhere")))
        faced.run(session.rollback())
        faced.run(shelves.create(Shelf(name="a")))
    assert names(faced, shelves) == ["a"]


def test_sqlalchemys_own_savepoints_work_inside(faced: Face, db: Any, shelves: Any) -> None:
    with faced.entered(db.session()) as session:
        with pytest.raises(DatabaseError), faced.entered(session.begin_nested()):
            faced.run(session.execute(text("SELECT nothing FROM nowhere")))
        faced.run(shelves.create(Shelf(name="a")))
    assert names(faced, shelves) == ["a"]


def test_a_savepoint_is_sent_with_its_first_write(faced: Face, db: Any, shelves: Any) -> None:
    sent = watch(faced, db)
    with faced.entered(db.session()), faced.entered(db.session()):
        faced.run(shelves.count())
    assert not [statement for statement in sent if "SAVEPOINT" in statement]
    with faced.entered(db.session()), faced.entered(db.session()):
        faced.run(shelves.count())
        faced.run(shelves.create(Shelf(name="a")))
    assert [statement.split()[0] for statement in sent if "SAVEPOINT" in statement] == [
        "SAVEPOINT",
        "RELEASE",
    ]


def test_join_sends_no_savepoint_and_spoils_the_outer_one(faced: Face, db: Any, shelves: Any) -> None:
    sent = watch(faced, db)
    with faced.entered(db.session()), faced.entered(db.session(join=True)):
        faced.run(shelves.create(Shelf(name="a")))
    with pytest.raises(TransactionError), faced.entered(db.session()):
        faced.run(shelves.create(Shelf(name="b")))
        with pytest.raises(KeyError), faced.entered(db.session(join=True)):
            raise KeyError
    assert names(faced, shelves) == ["a"]
    assert not [statement for statement in sent if "SAVEPOINT" in statement]


def watch(faced: Face, db: Any) -> list[str]:
    """Collect the statements that the manager's engine sends."""
    sent: list[str] = []
    engine = faced.pick(db.engine, getattr(db.engine, "sync_engine", None))
    event.listen(engine, "before_cursor_execute", lambda *event: sent.append(event[2]))
    return sent


def test_read_only_refuses_writes(faced: Face, db: Any, shelves: Any) -> None:
    faced.run(shelves.create(Shelf(name="a")))
    with faced.entered(db.session(read_only=True)):
        assert names(faced, shelves) == ["a"]
    with pytest.raises(ReadOnlyDatabaseError), faced.entered(db.session(read_only=True)):
        faced.run(shelves.create(Shelf(name="b")))
    faced.run(shelves.create(Shelf(name="c")))
    assert names(faced, shelves) == ["a", "c"]


def test_an_option_that_the_outer_session_lacks_is_refused(faced: Face, db: Any) -> None:
    for options in ({"read_only": True}, {"isolation_level": "SERIALIZABLE"}):
        with faced.entered(db.session()), pytest.raises(TransactionError, match="outermost"):
            faced.entered(db.session(**options)).__enter__()
    serializable = db.options(isolation_level="SERIALIZABLE")
    with faced.entered(serializable.session()), faced.entered(serializable.session()):
        pass
    with faced.entered(serializable.session()), faced.entered(db.session()):
        pass


def test_on_commit_waits_for_the_outermost_commit(faced: Face, db: Any) -> None:
    called: list[str] = []

    def remember(word: str) -> None:
        async def register() -> None:
            db.on_commit(lambda: called.append(word))

        faced.pick(lambda: db.on_commit(lambda: called.append(word)), lambda: faced.run(register()))()

    with faced.entered(db.session()):
        remember("outer")
        with faced.entered(db.session()):
            remember("inner")
        with pytest.raises(KeyError), faced.entered(db.session()):
            remember("dropped")
            raise KeyError
        assert called == []
    assert called == ["outer", "inner"]
    with pytest.raises(KeyError), faced.entered(db.session()):
        remember("rolled back")
        raise KeyError
    assert called == ["outer", "inner"]


def test_sessions_closed_out_of_order_roll_back_and_raise(faced: Face, db: Any, shelves: Any) -> None:
    outer, inner = faced.entered(db.session()), faced.entered(db.session())
    outer.__enter__()
    inner.__enter__()
    faced.run(shelves.create(Shelf(name="lost")))
    with pytest.raises(TransactionError, match="reverse order"):
        outer.__exit__(None, None, None)
    with pytest.raises(TransactionError, match="closed first"):
        inner.__exit__(None, None, None)
    assert names(faced, shelves) == []


def test_lazy_relationships_load_in_a_body(faced: Face, shelves: Any) -> None:
    shelf = faced.run(shelves.create(Shelf(name="a", books=[Book(title="fox")])))
    assert faced.run(shelves.first_title(shelf.id)) == "fox"


def test_two_managers_do_not_join_each_other(sync_url: str, tmp_path: Any) -> None:
    db = DatabaseManager(sync_url, metadata=Base.metadata)
    with db, DatabaseManager(tmp_path / "other.db", metadata=Base.metadata) as other:
        with pytest.raises(KeyError), db.session():
            ShelfRepository(other).create(Shelf(name="kept"))
            raise KeyError
        assert ShelfRepository(other).count() == 1


class TestOwnership:
    """A session is joined by the thread and task that opened it, and by no other."""

    def test_a_thread_with_the_context_is_refused(self, sync_url: str) -> None:
        with DatabaseManager(sync_url, metadata=Base.metadata) as db:
            shelves = ShelfRepository(db)
            with db.session():
                context = copy_context()
                assert "pass its session" in str(error_in_thread(lambda: context.run(shelves.count)))

    def test_a_thread_without_it_is_on_its_own(self, sync_url: str) -> None:
        with DatabaseManager(sync_url, metadata=Base.metadata) as db:
            shelves = ShelfRepository(db)
            with db.session(read_only=True):
                assert error_in_thread(shelves.count) is None

    def test_a_thread_with_the_context_may_open_its_own(self, sync_url: str) -> None:
        def own() -> None:
            with db.session(read_only=True):
                shelves.count()

        with DatabaseManager(sync_url, metadata=Base.metadata) as db:
            shelves = ShelfRepository(db)
            with db.session(read_only=True):
                context = copy_context()
                assert error_in_thread(lambda: context.run(own)) is None

    def test_a_child_task_is_refused(self, async_url: str) -> None:
        async def gathered(shelves: AsyncShelfRepository) -> None:
            await asyncio.gather(shelves.count(), shelves.count())

        async def timed(shelves: AsyncShelfRepository) -> None:
            await asyncio.wait_for(shelves.count(), 5)

        async def main() -> None:
            async with AsyncDatabaseManager(async_url, metadata=Base.metadata) as db:
                for inherited in (gathered, timed):
                    with pytest.raises(TransactionError, match=r"asyncio\.timeout"):
                        async with db.session():
                            await inherited(AsyncShelfRepository(db))

        asyncio.run(main())

    def test_a_session_may_be_left_in_another_thread(self, sync_url: str) -> None:
        with DatabaseManager(sync_url, metadata=Base.metadata) as db:
            shelves = ShelfRepository(db)
            block = db.session()
            session = copy_context().run(block.__enter__)
            ShelfRepository(session).create(Shelf(name="a"))
            assert error_in_thread(lambda: block.__exit__(None, None, None)) is None
            assert shelves.count() == 1

    def test_an_abandoned_generator_harms_nobody(self, sync_url: str) -> None:
        def using() -> Any:
            with db.session():
                shelves.create(Shelf(name="lost"))
                yield

        with DatabaseManager(sync_url, metadata=Base.metadata) as db:
            shelves = ShelfRepository(db)
            generator = using()
            next(generator)
            assert error_in_thread(generator.close) is None
            del generator
            gc.collect()
            assert shelves.count() == 0
            shelves.create(Shelf(name="a"))
            assert shelves.count() == 1


def error_in_thread(function: Any) -> BaseException | None:
    """Run the function in a thread, and give what it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as error:  # noqa: BLE001 (given to the test)
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised[0] if raised else None


def test_a_connection_whose_begin_failed_commits_nothing_by_itself(tmp_path: Any) -> None:
    settings = {"url": tmp_path / "shelves.db", "lock_timeout_s": 0.05}
    with DatabaseManager(settings, metadata=Base.metadata) as db:
        insert = text("INSERT INTO shelf (name) VALUES ('lost')")
        with db.engine.connect() as connection:
            with db.session(), pytest.raises(LockTimeoutError):
                ShelfRepository(db).create(Shelf(name="kept"))
                connection.execute(insert)
            connection.execute(insert)
            connection.rollback()
        assert [shelf.name for shelf in ShelfRepository(db).list()] == ["kept"]


def test_a_body_that_only_reads_waits_for_no_writer(tmp_path: Any) -> None:
    settings = {"url": tmp_path / "shelves.db", "lock_timeout_s": 0.05}
    with DatabaseManager(settings, metadata=Base.metadata) as db, DatabaseManager(settings) as other:
        shelves = ShelfRepository(db)
        with other.session():
            ShelfRepository(other).create(Shelf(name="a"))
            assert shelves.named("a") is None
            with pytest.raises(LockTimeoutError):
                shelves.create_pair("b", "c")
            with pytest.raises(LockTimeoutError):
                shelves.move_to(1, "kitchen")
        assert shelves.named("a") is not None


def test_a_body_may_change_an_entity_as_an_object(faced: Face, shelves: Any) -> None:
    shelf = faced.run(shelves.create(Shelf(name="a")))
    faced.run(shelves.move_to(shelf.id, "kitchen"))
    assert faced.run(shelves.get_one(shelf.id)).room == "kitchen"
