"""What a test does inside `rolled_back` works as ever, on one connection, and is gone afterwards."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, literal_column, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from colonnade import AsyncBaseRepository, AsyncDatabaseManager, BaseRepository, DatabaseManager
from colonnade.errors import (
    DatabaseError,
    EntityNotFoundError,
    ReadOnlyDatabaseError,
    TransactionError,
    UniqueViolationError,
)
from colonnade.models import Conventions
from colonnade.testing import rolled_back
from tests.faces import Face


class Base(Conventions, DeclarativeBase):
    pass


class Fox(Base):
    __tablename__ = "fox"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    den_id: Mapped[int | None] = mapped_column(ForeignKey("fox.id"))


class Foxes(BaseRepository[Fox]): ...


class AsyncFoxes(AsyncBaseRepository[Fox]): ...


@pytest.fixture
def db(faced: Face, face_url: str) -> Iterator[Any]:
    manager = faced.pick(DatabaseManager, AsyncDatabaseManager)(face_url, metadata=Base.metadata)
    with faced.entered(manager) as db:
        yield db


@pytest.fixture
def foxes(faced: Face, db: Any) -> Any:
    return faced.pick(Foxes, AsyncFoxes)(db)


def names(faced: Face, foxes: Any) -> list[str]:
    return sorted(fox.name for fox in faced.run(foxes.find()))


def work_in_every_way(faced: Face, db: Any, foxes: Any) -> None:
    faced.run(foxes.create(Fox(name="alone")))
    with faced.entered(db.session()):
        faced.run(foxes.create(Fox(name="session")))
        with faced.entered(db.session()):
            faced.run(foxes.create(Fox(name="nested")))
    run = faced.pick(lambda: foxes.create(Fox(name="run")), lambda: foxes.create(Fox(name="run")))
    faced.run(db.run(run))
    faced.run(db.options(isolation_level="SERIALIZABLE").run(lambda: foxes.update_where({"den_id": None})))
    with faced.entered(db.session_factory()) as session:
        session.add(Fox(name="factory"))
        faced.run(session.commit())
    with faced.entered(db.engine.begin()) as connection:
        faced.run(connection.execute(Fox.__table__.insert(), [{"name": "engine"}]))


EVERY = ["alone", "engine", "factory", "nested", "run", "session"]


def test_whatever_way_is_taken_all_see_it_and_nothing_stays(faced: Face, db: Any, foxes: Any):
    faced.run(foxes.create(Fox(name="before")))
    with faced.entered(rolled_back(db)) as given:
        assert given is db
        work_in_every_way(faced, db, foxes)
        assert names(faced, foxes) == sorted([*EVERY, "before"])
        assert sorted(fox.name for fox in faced.collected(foxes.stream())) == sorted([*EVERY, "before"])
    assert names(faced, foxes) == ["before"]
    work_in_every_way(faced, db, foxes)
    assert names(faced, foxes) == sorted([*EVERY, "before"])


def test_a_test_that_fails_leaves_nothing_either(faced: Face, db: Any, foxes: Any):
    with pytest.raises(ZeroDivisionError), faced.entered(rolled_back(db)):
        faced.run(foxes.create(Fox(name="a")))
        raise ZeroDivisionError
    assert names(faced, foxes) == []


def test_an_error_undoes_its_own_part_only(faced: Face, db: Any, foxes: Any):
    with faced.entered(rolled_back(db)):
        faced.run(foxes.create(Fox(name="a")))
        with pytest.raises(UniqueViolationError):
            faced.run(foxes.create(Fox(name="a")))
        with faced.entered(db.session()):
            faced.run(foxes.create(Fox(name="b")))
            with pytest.raises(UniqueViolationError), faced.entered(db.session()):
                faced.run(foxes.create(Fox(name="c")))
                faced.run(foxes.create(Fox(name="a")))
        with pytest.raises(ZeroDivisionError), faced.entered(db.session()):
            faced.run(foxes.create(Fox(name="d")))
            raise ZeroDivisionError
        with pytest.raises(DatabaseError):
            faced.run(foxes.find(literal_column("nonsense") == 1))
        assert names(faced, foxes) == ["a", "b"]


def test_a_swallowed_error_poisons_its_session(faced: Face, db: Any, foxes: Any):
    with faced.entered(rolled_back(db)):
        faced.run(foxes.create(Fox(name="a")))
        with pytest.raises(TransactionError), faced.entered(db.session()):
            faced.run(foxes.create(Fox(name="b")))
            with suppress(UniqueViolationError):
                faced.run(foxes.create(Fox(name="a")))
        assert names(faced, foxes) == ["a"]


def test_a_failed_first_read_spoils_its_own_session_only(faced: Face, db: Any, foxes: Any):
    with faced.entered(rolled_back(db)):
        faced.run(foxes.create(Fox(name="a")))
        with pytest.raises(DatabaseError), faced.entered(db.session()) as session:
            faced.run(session.execute(text("SELECT nothing FROM nowhere")))
        assert names(faced, foxes) == ["a"]


def test_callbacks_are_called_after_the_commit(faced: Face, db: Any, foxes: Any):
    called: list[str] = []

    def on_commit(word: str) -> None:
        async def there() -> None:  # in the task that owns the session
            db.on_commit(lambda: called.append(word))

        faced.run(there()) if faced.is_async else db.on_commit(lambda: called.append(word))

    with faced.entered(rolled_back(db)):
        with faced.entered(db.session()):
            on_commit("kept")
            faced.run(foxes.create(Fox(name="a")))
            assert called == []
        assert called == ["kept"]
        with pytest.raises(ZeroDivisionError), faced.entered(db.session()):
            on_commit("dropped")
            raise ZeroDivisionError
    assert called == ["kept"]


def test_a_read_only_session_refuses_writes_and_the_next_may_write(faced: Face, db: Any, foxes: Any):
    with faced.entered(rolled_back(db)):
        faced.run(foxes.create(Fox(name="a")))
        with faced.entered(db.session(read_only=True)) as session:
            assert faced.run(foxes.count()) == 1
            assert faced.run(session.execute(text("SELECT 1"))).scalar() == 1
        for refused in (
            lambda _: foxes.create(Fox(name="b")),
            lambda session: session.execute(text("DELETE FROM fox")),
            lambda session: session.execute(Fox.__table__.delete()),
        ):
            with pytest.raises(ReadOnlyDatabaseError), faced.entered(db.session(read_only=True)) as session:
                faced.run(refused(session))
        with pytest.raises(ReadOnlyDatabaseError):
            faced.run(faced.pick(Foxes, AsyncFoxes)(db.options(read_only=True)).create(Fox(name="b")))
        faced.run(foxes.create(Fox(name="c")))
        assert names(faced, foxes) == ["a", "c"]


def test_a_swallowed_refusal_of_a_write_poisons(faced: Face, db: Any, foxes: Any):
    with (
        faced.entered(rolled_back(db)),
        pytest.raises(TransactionError),
        faced.entered(db.session(read_only=True)),
        suppress(ReadOnlyDatabaseError),
    ):
        faced.run(foxes.create(Fox(name="b")))


def test_blocks_nest(faced: Face, db: Any, foxes: Any):
    with faced.entered(rolled_back(db)):
        faced.run(foxes.create(Fox(name="outer")))
        for _ in range(2):
            with faced.entered(rolled_back(db)):
                faced.run(foxes.create(Fox(name="inner")))
                assert names(faced, foxes) == ["inner", "outer"]
            assert names(faced, foxes) == ["outer"]
        faced.run(foxes.create(Fox(name="after")))
    assert names(faced, foxes) == []


def test_a_stream_goes_on_between_writes(faced: Face, db: Any, foxes: Any):
    with faced.entered(rolled_back(db)):
        faced.run(foxes.create_many([Fox(name=f"fox{number}") for number in range(7)]))
        stream = foxes.stream(order_by="name", batch=2)
        seen = []
        for number in range(7):
            seen.append(faced.run(faced.pick(next, anext)(stream)).name)
            faced.run(foxes.create(Fox(name=f"later{number}")))
        faced.run(stream.aclose() if faced.is_async else stream.close())
        assert seen == [f"fox{number}" for number in range(7)]
        assert faced.run(foxes.count()) == 14


def test_a_reader_that_closes_late_takes_nothing_with_it(faced: Face, db: Any, foxes: Any):
    with faced.entered(rolled_back(db)):
        with faced.entered(db.session_factory()) as session:
            faced.run(session.execute(select(Fox)))
            faced.run(foxes.create(Fox(name="a")))
        assert names(faced, foxes) == ["a"]


def test_a_session_undone_with_an_earlier_one_says_so(faced: Face, db: Any, foxes: Any):
    undone = pytest.raises(TransactionError, match="undone by the rollback")
    factory = db.session_factory
    with (
        faced.entered(rolled_back(db)),
        undone,
        faced.entered(db.session()),
        faced.entered(factory()) as other,
    ):
        other.add(Fox(name="first"))
        faced.run(other.flush())
        faced.run(foxes.create(Fox(name="second")))
        faced.run(other.rollback())
    assert names(faced, foxes) == []


def test_closing_and_initializing_inside_change_nothing(faced: Face, db: Any, foxes: Any):
    with faced.entered(rolled_back(db)):
        faced.run(foxes.create(Fox(name="a")))
        with faced.entered(db):
            assert names(faced, foxes) == ["a"]
        assert faced.run(db.health()).ok
        assert names(faced, foxes) == ["a"]
    assert names(faced, foxes) == []


def test_autocommit_keeps_what_it_wrote(faced: Face, db: Any, foxes: Any):
    with faced.entered(rolled_back(db)):
        with faced.entered(db.engine.connect()) as connection:
            plain = faced.run(connection.execution_options(isolation_level="AUTOCOMMIT"))
            faced.run(plain.execute(Fox.__table__.insert(), [{"name": "a"}]))
        assert names(faced, foxes) == ["a"]
    assert names(faced, foxes) == []


def test_tables_are_undone_too_or_refused(faced: Face, db: Any, foxes: Any):
    extra = MetaData()
    Table("extra", extra, Column("id", Integer, primary_key=True))

    def create() -> None:
        with faced.entered(db.engine.begin()) as connection:
            faced.run(faced.pick(extra.create_all, lambda c: c.run_sync(extra.create_all))(connection))

    def exists() -> bool:
        with faced.entered(db.session()) as session:
            return faced.run(session.execute(text("SELECT count(*) FROM extra"))).scalar() == 0

    with faced.entered(rolled_back(db)):
        faced.run(foxes.create(Fox(name="a")))
        if db.home.dialect.connect.DDL_COMMITS:
            with pytest.raises(TransactionError, match="commits before CREATE"):
                create()
        else:
            create()
            assert exists()
        assert names(faced, foxes) == ["a"]
    with pytest.raises(DatabaseError):
        exists()
    assert names(faced, foxes) == []


def test_inside_an_open_session_it_is_refused(faced: Face, db: Any):
    with (
        faced.entered(db.session()),
        pytest.raises(TransactionError, match="inside an open session"),
        faced.entered(rolled_back(db)),
    ):
        pass


def test_a_transaction_ended_by_sql_text_is_told(faced: Face, db: Any, foxes: Any):
    with (
        pytest.raises(TransactionError),
        faced.entered(rolled_back(db)),
        faced.entered(db.session()) as session,
    ):
        faced.run(session.execute(text("COMMIT")))
    faced.run(foxes.create(Fox(name="a")))
    assert names(faced, foxes) == ["a"]


def test_a_session_kept_beyond_the_block_reaches_nothing(faced: Face, db: Any, foxes: Any):
    kept = db.session_factory()
    with faced.entered(rolled_back(db)):
        kept.add(Fox(name="kept"))
        faced.run(kept.flush())
    with suppress(DatabaseError):
        faced.run(kept.commit())
    with suppress(DatabaseError):
        faced.run(kept.close())
    assert names(faced, foxes) == []


def test_a_missing_row_is_an_error_and_no_harm(faced: Face, db: Any, foxes: Any):
    with faced.entered(rolled_back(db)):
        with pytest.raises(EntityNotFoundError):
            faced.run(foxes.get_one(77))
        faced.run(foxes.create(Fox(name="a")))
        assert names(faced, foxes) == ["a"]


def test_threads_take_turns(sync_url: str):
    with DatabaseManager(sync_url, metadata=Base.metadata) as db:
        foxes = Foxes(db)
        with rolled_back(db):

            def work(number: int) -> None:
                with db.session():
                    foxes.create(Fox(name=f"fox{number}"))
                    if number % 3 == 0:
                        raise ZeroDivisionError

            with ThreadPoolExecutor(4) as threads:
                failed = [bool(f.exception()) for f in [threads.submit(work, n) for n in range(30)]]
            assert sum(failed) == 10
            assert foxes.count() == 20
        assert foxes.count() == 0


def test_a_thread_that_waits_for_its_own_parent_is_told(sync_url: str):
    with DatabaseManager(sync_url, metadata=Base.metadata) as db:
        foxes = Foxes(db)
        with rolled_back(db, wait_s=0.05), db.session():
            foxes.create(Fox(name="a"))
            caught: list[BaseException] = []

            def work() -> None:
                try:
                    foxes.create(Fox(name="b"))
                except TransactionError as error:
                    caught.append(error)

            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            assert "share one connection" in str(caught[0])
            foxes.create(Fox(name="c"))


async def _gather(url: str) -> None:
    async with AsyncDatabaseManager(url, metadata=Base.metadata) as db:
        foxes = AsyncFoxes(db)
        async with rolled_back(db):
            await asyncio.gather(*(foxes.create(Fox(name=f"fox{number}")) for number in range(10)))
            assert len(await asyncio.gather(*(foxes.count() for _ in range(10)))) == 10
            async with db.session():
                pass
            stream = foxes.stream(batch=2)
            await anext(stream)
            async with db.session() as session:  # its commit is what connects it, in a task of its own
                session.add(Fox(name="late"))
            await stream.aclose()
            assert await foxes.count() == 11
        assert await foxes.count() == 0


def test_tasks_take_turns(async_url: str):
    asyncio.run(_gather(async_url))


def test_another_event_loop_is_refused(async_url: str):
    async def scenario() -> None:
        async with AsyncDatabaseManager(async_url, metadata=Base.metadata) as db, rolled_back(db):
            with ThreadPoolExecutor(1) as threads:
                there = threads.submit(lambda: asyncio.run(AsyncFoxes(db).count()))
                with pytest.raises(TransactionError, match="another event loop"):
                    there.result()

    asyncio.run(scenario())


def test_a_given_engine_and_a_database_in_memory(tmp_path: Path):
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    for db in (
        DatabaseManager(engine, metadata=Base.metadata),
        DatabaseManager("sqlite://", metadata=Base.metadata),
    ):
        with db:
            with rolled_back(db):
                Foxes(db).create(Fox(name="a"))
            assert Foxes(db).count() == 0
    engine.dispose()


def test_an_application_in_its_threads_starts_works_and_stops(sqlite_url: str):
    from fastapi.testclient import TestClient

    from tests.frameworks.fastapi_app import create_app
    from tests.frameworks.models import Base as ReelBase
    from tests.frameworks.models import ReelRepository

    with DatabaseManager(sqlite_url, metadata=ReelBase.metadata) as db:
        with rolled_back(db):
            for title in ("fox", "hare"):
                with TestClient(create_app(db), raise_server_exceptions=False) as client:
                    assert client.post(f"/reels/{title}").status_code == 201
                    assert client.post("/refused/badger").status_code == 400
            assert sorted(reel.title for reel in ReelRepository(db).list()) == ["fox", "hare"]
        assert ReelRepository(db).list() == []
