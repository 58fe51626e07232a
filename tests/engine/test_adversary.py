"""What a session, a unit of work and a callback must not do, however they're misused."""

from __future__ import annotations

from typing import Any

import pytest

from colonnade.errors import SerializationError, TransactionError, UniqueViolationError
from tests.engine.models import Shelf
from tests.faces import Face


def test_what_a_callback_raises_makes_no_new_try(faced: Face, db: Any, shelves: Any) -> None:
    def fail() -> None:
        raise SerializationError("of something else, after the commit")

    def plain() -> Any:
        db.on_commit(fail)
        return shelves.create(Shelf(name="a"))

    async def awaited() -> None:
        await plain()

    with pytest.raises(SerializationError) as raised:
        faced.run(db.run(faced.pick(plain, awaited)))
    assert not raised.value.retryable
    assert [shelf.name for shelf in faced.run(shelves.list())] == ["a"]


def test_a_block_is_entered_once(faced: Face, db: Any, shelves: Any) -> None:
    block = db.session()
    with faced.entered(block):
        faced.run(shelves.create(Shelf(name="a")))
        with pytest.raises(TransactionError, match="once"):
            faced.entered(block).__enter__()
    with pytest.raises(TransactionError, match="once"):
        faced.entered(block).__enter__()
    assert faced.run(shelves.count()) == 1
    assert db.engine.pool.checkedout() == 0


def test_a_level_is_the_same_in_any_spelling(faced: Face, db: Any) -> None:
    with (
        faced.entered(db.session(isolation_level="REPEATABLE READ")),
        faced.entered(db.session(isolation_level="repeatable_read")),
    ):
        pass


def test_a_swallowed_flush_is_named_and_chained(faced: Face, db: Any, shelves: Any) -> None:
    def flushed(session: Any) -> None:
        session.add(Shelf(name="a"))
        with pytest.raises(UniqueViolationError):
            faced.run(session.flush())

    faced.run(shelves.create(Shelf(name="a")))
    with pytest.raises(TransactionError, match="UniqueViolationError") as whole:
        with faced.entered(db.session()) as session:
            flushed(session)
    with faced.entered(db.session()):
        faced.run(shelves.create(Shelf(name="b")))
        with pytest.raises(TransactionError, match="UniqueViolationError") as inner:
            with faced.entered(db.session()) as session:
                flushed(session)
    with pytest.raises(TransactionError, match="UniqueViolationError") as called:
        with faced.entered(db.session()) as session:
            flushed(session)
            faced.run(shelves.count())
    for raised in (whole, inner, called):
        assert isinstance(raised.value.__cause__, UniqueViolationError)
    assert [shelf.name for shelf in faced.run(shelves.list())] == ["a", "b"]


def test_no_time_for_another_try_is_one_try(faced: Face, db: Any) -> None:
    def plain() -> None:
        raise SerializationError("again")

    async def awaited() -> None:
        plain()

    with pytest.raises(SerializationError) as raised:
        faced.run(db.options(retry_deadline_s=0).run(faced.pick(plain, awaited)))
    assert raised.value.attempts == 1
