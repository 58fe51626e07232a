"""What the random walks have found, each as a case of its own, on all seven drivers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from inspect import getattr_static
from typing import Any

import pytest
from sqlalchemy import insert, literal_column, select, text
from sqlalchemy.exc import SQLAlchemyError

from colonnade import AsyncDatabaseManager, BaseRepository, DatabaseManager, operation
from colonnade.errors import DatabaseError, TransactionError, UniqueViolationError
from colonnade.repository.effects import only_reads
from tests.databases import Driver
from tests.faces import Face
from tests.properties.models import AsyncItems, Base, Item, Items


@pytest.fixture
def db(faced: Face, face_url: str) -> Iterator[Any]:
    """A manager of the test's face."""
    kind = faced.pick(DatabaseManager, AsyncDatabaseManager)
    with faced.entered(kind(face_url, metadata=Base.metadata)) as manager:
        yield manager


@pytest.fixture
def items(faced: Face, db: Any) -> Any:
    """The items' repository of the test's face."""
    return faced.pick(Items, AsyncItems)(db)


def item(id: int) -> Item:
    return Item(id=id, code=id)


def ids(faced: Face, items: Any) -> list[int]:
    return [item.id for item in faced.run(items.list())]


def register(faced: Face, db: Any, called: list[int], number: int) -> None:
    async def in_the_task() -> None:
        db.on_commit(lambda: called.append(number))

    faced.pick(lambda: db.on_commit(lambda: called.append(number)), lambda: faced.run(in_the_task()))()


NONSENSE = text("SELECT nothing FROM nowhere")


def test_a_rollback_drops_what_waited_for_the_commit(faced: Face, db: Any, items: Any) -> None:
    called: list[int] = []
    with faced.entered(db.session()) as session:
        register(faced, db, called, 1)
        faced.run(session.rollback())
        register(faced, db, called, 2)
        with pytest.raises(KeyError), faced.entered(session.begin_nested()):
            register(faced, db, called, 3)
            with faced.entered(db.session()):
                register(faced, db, called, 4)
            raise KeyError
        with faced.entered(session.begin_nested()):
            register(faced, db, called, 5)
        faced.run(items.create(item(1)))
        with pytest.raises(UniqueViolationError), faced.entered(session.begin_nested()):
            register(faced, db, called, 6)
            faced.run(items.create(item(1)))
    assert called == [2, 5]


def test_no_commit_follows_a_swallowed_error(faced: Face, db: Any, items: Any) -> None:
    with pytest.raises(TransactionError), faced.entered(db.session()) as session:
        faced.run(items.create(item(1)))
        with pytest.raises(DatabaseError):
            faced.run(session.execute(NONSENSE))
        faced.run(session.commit())
    assert ids(faced, items) == []


def test_a_refused_commit_can_be_rolled_back(faced: Face, db: Any, items: Any) -> None:
    with faced.entered(db.session()) as session:
        faced.run(items.create(item(1)))
        with pytest.raises(DatabaseError):
            faced.run(session.execute(NONSENSE))
        with pytest.raises(TransactionError):
            faced.run(session.commit())
        with pytest.raises(SQLAlchemyError):
            faced.run(session.execute(text("SELECT 1")))
        faced.run(session.rollback())
        faced.run(items.create(item(2)))
    assert ids(faced, items) == [2]


def test_an_inner_session_left_too_early_is_rolled_back(faced: Face, db: Any, items: Any) -> None:
    with faced.entered(db.session()):
        faced.run(items.create(item(1)))
        inner, innermost = faced.entered(db.session()), faced.entered(db.session())
        inner.__enter__()
        faced.run(items.create(item(2)))
        innermost.__enter__()
        faced.run(items.create(item(3)))
        with pytest.raises(TransactionError, match="reverse order"):
            inner.__exit__(None, None, None)
        faced.run(items.create(item(4)))
        with pytest.raises(TransactionError, match="closed first"):
            innermost.__exit__(None, None, None)
    assert ids(faced, items) == [1, 4]


def test_an_exception_that_leaves_the_outer_first_ends_the_inner(faced: Face, db: Any, items: Any) -> None:
    outer, inner = faced.entered(db.session()), faced.entered(db.session())
    outer.__enter__()
    inner.__enter__()
    error = KeyError()
    with pytest.raises(KeyError):
        if not outer.__exit__(KeyError, error, None):
            raise error
    faced.run(items.create(item(1)))
    with pytest.raises(TransactionError, match="closed first"):
        inner.__exit__(None, None, None)
    assert ids(faced, items) == [1]


def test_a_joined_session_left_too_early_spoils_the_outer_one(faced: Face, db: Any, items: Any) -> None:
    with pytest.raises(TransactionError), faced.entered(db.session()):
        faced.run(items.create(item(1)))
        joined, inner = faced.entered(db.session(join=True)), faced.entered(db.session())
        joined.__enter__()
        inner.__enter__()
        faced.run(items.create(item(2)))
        with pytest.raises(TransactionError, match="reverse order"):
            joined.__exit__(None, None, None)
        with pytest.raises(TransactionError, match="closed first"):
            inner.__exit__(None, None, None)
    assert ids(faced, items) == []


def test_an_exception_in_a_joined_session_counts_before_the_first_statement(
    faced: Face, db: Any, items: Any
) -> None:
    with pytest.raises(TransactionError), faced.entered(db.session()):
        with pytest.raises(KeyError), faced.entered(db.session(join=True)):
            raise KeyError
        faced.run(items.create(item(1)))
    assert ids(faced, items) == []


def test_a_rollback_inside_never_loses_the_outer_ones_work_in_silence(
    faced: Face, db: Any, items: Any
) -> None:
    with pytest.raises(TransactionError), faced.entered(db.session()):
        faced.run(items.create(item(1)))
        with pytest.raises(TransactionError), faced.entered(db.session()) as session:
            faced.run(items.create(item(2)))
            faced.run(session.rollback())
        faced.run(items.create(item(3)))
    assert ids(faced, items) == []


def test_a_failed_read_spoils_its_own_block_only(faced: Face, db: Any, items: Any, driver: Driver) -> None:
    """Except on PostgreSQL, which aborts all that's open: an inner session's savepoint waits for a write."""
    with ExitStack() as expected:
        if driver.database == "postgresql":
            expected.enter_context(pytest.raises(TransactionError, match="SchemaMismatchError"))
        with faced.entered(db.session()) as session:
            faced.run(items.create(item(1)))
            with pytest.raises(DatabaseError), faced.entered(db.session()):
                faced.run(session.execute(select(literal_column("nothing")).select_from(Item)))
            faced.run(items.create(item(2)))
    assert ids(faced, items) == ([] if driver.database == "postgresql" else [1, 2])


def test_a_swallowed_error_spoils_sqlalchemys_savepoint_only(faced: Face, db: Any, items: Any) -> None:
    with faced.entered(db.session()) as session:
        faced.run(items.create(item(1)))
        with pytest.raises(TransactionError), faced.entered(session.begin_nested()):
            faced.run(items.create(item(2)))
            with pytest.raises(DatabaseError):
                faced.run(session.execute(NONSENSE))
        faced.run(items.create(item(3)))
    assert ids(faced, items) == [1, 3]


def test_what_was_refused_is_not_stored_later(faced: Face, db: Any, items: Any) -> None:
    """SQLAlchemy closes its savepoint without a word when a flush failed in it, and keeps what was added."""
    with faced.entered(db.session()) as session:
        faced.run(items.create(item(1)))
        with faced.entered(session.begin_nested()):
            with pytest.raises(UniqueViolationError):
                faced.run(items.create(item(1)))
            for refused in (lambda: items.create(item(2)), lambda: items.update(1, {"note": "lost"})):
                with pytest.raises(TransactionError, match=r"db\.session"):
                    faced.run(refused())
        faced.run(items.create(item(3)))
    assert ids(faced, items) == [1, 3]
    assert faced.run(items.get(1)).note is None


def test_an_exception_after_a_failed_flush_spoils_no_more(faced: Face, db: Any, items: Any) -> None:
    with faced.entered(db.session()) as session:
        faced.run(items.create(item(1)))
        sqlalchemys, joined = session.begin_nested(), db.session(join=True)
        with faced.entered(sqlalchemys), pytest.raises(KeyError), faced.entered(joined):
            with pytest.raises(UniqueViolationError):
                faced.run(items.create(item(1)))
            raise KeyError
    assert ids(faced, items) == [1]


def test_a_select_that_writes_is_undone_with_its_block(postgresql_url: str) -> None:
    with DatabaseManager(postgresql_url, metadata=Base.metadata) as db:
        inserted = insert(Item).values(id=1, code=1).returning(Item.id).cte("inserted")
        with db.session() as session, pytest.raises(KeyError), db.session():
            assert session.scalars(select(inserted.c.id)).all() == [1]
            raise KeyError
        assert Items(db).count() == 0


class OwnItems(BaseRepository[Item]):
    @operation
    def create(self, entity: Item) -> Item:
        return super().create(entity)

    @operation
    def coded(self, code: int) -> list[Item]:
        return list(self.scalars(self.named(code)).unique())

    def named(self, code: int) -> Any:
        return select(Item).where(Item.code == code)


@pytest.mark.parametrize("name", ["create", "save", "update", "update_where", "delete", "upsert_many"])
def test_what_writes_is_not_taken_for_a_read(name: str) -> None:
    assert not only_reads(found(Items, name), Items)
    assert not only_reads(found(OwnItems, name), OwnItems)


def test_a_finder_is_taken_for_a_read() -> None:
    assert only_reads(found(OwnItems, "coded"), OwnItems)


def found(owner: type, name: str) -> Any:
    return getattr_static(owner, name)
