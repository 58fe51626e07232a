"""Who acts: told with what is written, by thread and task, and to nobody who comes after on a connection."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import text

from colonnade import AuditRepository, BaseRepository, DatabaseManager, audit
from colonnade.errors import EntityValidationError
from tests.audit.models import Base, Project
from tests.databases import Driver
from tests.faces import Face

RENAME = "UPDATE projects SET name = '{}' WHERE id = 1"


@pytest.fixture
def rename(faced: Face, db: Any, repository: Callable[[type], Any], entries: Any) -> Callable[[str], None]:
    """A function that renames the project 1 by text, in a session of its own or the open one."""
    faced.run(repository(Project).create(Project(id=1, name="a")))
    entries()

    def send(name: str) -> None:
        with faced.entered(db.session()) as session:
            faced.run(session.execute(text(RENAME.format(name))))

    return send


def who(found: list[Any]) -> list[str | None]:
    return [entry.user_id for entry in found]


def test_in_the_middle_of_a_transaction(faced: Face, db: Any, rename: Any, acting: Any, entries: Any) -> None:
    with faced.entered(db.session()):
        rename("b")
        with acting("ana"):
            rename("c")
            with acting("bob"):
                rename("d")
            rename("e")
            with acting(None):
                rename("f")
        rename("g")
    found = entries()
    assert who(found) == [None, "ana", "bob", "ana", None, None]
    assert len({entry.transaction_id for entry in found}) == 1


def test_a_savepoint_that_is_rolled_back(
    faced: Face, db: Any, rename: Any, acting: Any, entries: Any
) -> None:
    with acting("ana"), faced.entered(db.session()):
        with pytest.raises(ZeroDivisionError), acting("bob"), faced.entered(db.session()):
            rename("b")
            raise ZeroDivisionError
        rename("c")
        with pytest.raises(ZeroDivisionError), acting(None), faced.entered(db.session()):
            rename("d")
            raise ZeroDivisionError
        rename("e")
    assert who(entries()) == ["ana", "ana"]


def test_the_pools_next_user_is_nobody(
    faced: Face, db: Any, rename: Any, acting: Any, entries: Any, repository: Callable[[type], Any]
) -> None:
    projects = repository(Project)
    with acting("ana", request_id="r"):
        rename("b")
        faced.run(projects.update(1, {"name": "c"}))
        faced.run(projects.create(Project(id=2, name="x")))
        faced.run(projects.delete(2))
        with pytest.raises(ZeroDivisionError), faced.entered(db.session()):
            rename("undone")
            raise ZeroDivisionError
    rename("d")
    faced.run(projects.update(1, {"name": "e"}))
    with faced.entered(db.engine.connect()) as connection:
        autocommit = faced.run(connection.execution_options(isolation_level="AUTOCOMMIT"))
        faced.run(autocommit.execute(text(RENAME.format("f"))))
    if not faced.is_async:
        raw = db.engine.raw_connection()
        raw.cursor().execute(RENAME.format("g"))
        raw.commit()
        raw.close()
    found = entries()
    assert who(found) == ["ana"] * 4 + [None] * (3 if faced.is_async else 4)
    assert all(entry.context == {"request_id": "r"} for entry in found[:4])


def test_a_call_alone_takes_one_statement_where_that_can_be(
    faced: Face, db: Any, rename: Any, acting: Any, entries: Any, repository: Any, driver: Driver
) -> None:
    projects, sent = repository(Project), []
    with acting("ana"):
        faced.run(projects.update(1, {"name": "b"}))
        stop = db.on_statement(sent.append)
        faced.run(projects.create(Project(id=3, name="c")))
        faced.run(projects.update(3, {"name": "d"}))
        faced.run(projects.delete(3))
        stop()
    assert who(entries()) == ["ana"] * 4
    if driver.database == "postgresql":
        assert [one.way for one in sent] == ["direct"] * 3


def test_threads_have_their_own(url: str) -> None:
    with DatabaseManager(url, metadata=Base.metadata) as db:
        projects = BaseRepository[Project](db)

        def write(number: int) -> None:
            for at in range(5):
                with audit.actor(f"user {number}"):
                    projects.create(Project(id=number * 10 + at, name=f"user {number}"))
                projects.update(number * 10 + at, {"note": "nobody"})

        threads = [Thread(target=write, args=(number,)) for number in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for entry in AuditRepository(db).find(order_by="id"):
            assert entry.user_id == (entry.changes["name"] if entry.action == "CREATE" else None)
        assert AuditRepository(db).count() == 80


def test_what_is_no_actor() -> None:
    for given in (7, "", "x" * 256, "a\0"):
        with pytest.raises(EntityValidationError), audit.actor(given):  # type: ignore[arg-type]
            pass
    with pytest.raises(EntityValidationError, match="JSON"), audit.actor("ana", at=object()):
        pass
