"""Timestamps move whoever updates, versions count, and the mixins fit other bases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, insert, inspect, make_url, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from colonnade.errors import ConfigurationError
from colonnade.models import CreatedAtMixin, SoftDeleteMixin, TimestampMixin, VersionMixin
from tests.models.shapes import Base, Note, Page

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def engine(sync_url: str) -> Iterator[Engine]:
    engine = create_engine(sync_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def _note(engine: Engine, **values: Any) -> int:
    with Session(engine) as session:
        session.add(note := Note(body="a", **values))
        session.commit()
        return note.id


def _times(engine: Engine, key: int) -> tuple[datetime, datetime]:
    with Session(engine) as session:
        created, updated = session.execute(select(Note.created_at, Note.updated_at).filter_by(id=key)).one()
        return created, updated


def _is_now(moment: datetime) -> bool:
    return abs(datetime.now(UTC) - moment) < timedelta(minutes=1)


def test_an_insert_has_one_instant(engine: Engine) -> None:
    created, updated = _times(engine, _note(engine))
    assert created == updated and _is_now(created) and created.tzinfo is UTC


def test_each_row_of_an_insert_has_its_own_instant(engine: Engine) -> None:
    rows = [{"body": str(n), "created_at": LONG_AGO + timedelta(n)} for n in range(2)]
    with engine.begin() as connection:
        connection.execute(insert(Note).values([{"body": "a"}, {"body": "b"}]))
        connection.execute(insert(Note), [{"body": "c"}, {"body": "d"}])
        connection.execute(insert(Note).values(rows))
        columns = select(Note.body, Note.created_at, Note.updated_at).order_by(Note.body)
        stored = connection.execute(columns).all()
    assert [tuple(row)[:2] for row in stored[:2]] == [tuple(row.values()) for row in rows]
    assert all(created == updated for _, created, updated in stored)


def test_a_raw_insert_has_its_times(engine: Engine) -> None:
    _in_foreign_session(engine, "INSERT INTO notes (body, length) VALUES ('a', 0)")
    created, updated = _times(engine, 1)
    assert created == updated and _is_now(created)


def _in_foreign_session(engine: Engine, *statements: str) -> None:
    """What another program does, on a connection with another time zone."""
    setting = {
        "postgresql": "SET TIME ZONE 5",
        "mysql": "SET time_zone = '+05:00'",
        "sqlite": "PRAGMA recursive_triggers = ON",
    }
    other = create_engine(engine.url)
    with other.begin() as connection:
        connection.exec_driver_sql(setting[engine.name])
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount == 1
    other.dispose()


def _by_object(session: Session) -> None:
    session.get_one(Note, 1).length = 7


def _by_statement(session: Session) -> None:
    session.execute(update(Note).values(length=7))


def _by_core(session: Session) -> None:
    session.connection().execute(update(Note.__table__).values(length=7))  # type: ignore[arg-type]


def _in_bulk(session: Session) -> None:
    session.execute(update(Note), [{"id": 1, "length": 7}])


@pytest.mark.parametrize("write", [_by_object, _by_statement, _by_core, _in_bulk])
def test_every_update_moves_updated_at(sqlite_url: str, write: Any) -> None:
    engine = create_engine(sqlite_url)
    Base.metadata.create_all(engine)
    _note(engine, created_at=LONG_AGO)
    with Session(engine) as session:
        before = datetime.now(UTC)
        write(session)
        session.commit()
        note = session.get_one(Note, 1)
        assert note.length == 7 and note.created_at == LONG_AGO and before <= note.updated_at
    engine.dispose()


def test_a_foreign_update_moves_updated_at_forward(engine: Engine) -> None:
    _note(engine, created_at=LONG_AGO)
    _in_foreign_session(engine, "UPDATE notes SET length = 7")
    assert _is_now(first := _times(engine, 1)[1])
    _in_foreign_session(engine, "UPDATE notes SET length = 8", "UPDATE notes SET length = 9")
    assert first < _times(engine, 1)[1]


@pytest.mark.parametrize("fraction", [123456, 999999])
def test_updated_at_never_goes_back(engine: Engine, fraction: int) -> None:
    ahead = datetime(2200, 2, 28, 23, 59, 59, fraction, UTC)
    _note(engine, created_at=ahead)
    _in_foreign_session(engine, "UPDATE notes SET length = 7", "UPDATE notes SET length = 8")
    assert _times(engine, 1)[1] == ahead + timedelta(microseconds=2)


def test_an_update_that_sets_updated_at_is_left_alone(engine: Engine) -> None:
    key = _note(engine)
    with Session(engine) as session:
        session.execute(update(Note).values(updated_at=LONG_AGO))
        session.commit()
    assert _times(engine, key)[1] == LONG_AGO


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_an_update_that_returns_shows_what_is_stored(fresh_url: Callable[[str], str], database: str) -> None:
    """Not on MariaDB: 10.11 has no UPDATE … RETURNING."""
    url = make_url(fresh_url(database))
    engine = create_engine(url.set(drivername="postgresql+psycopg") if database == "postgresql" else url)
    Base.metadata.create_all(engine)
    key = _note(engine)
    with Session(engine) as session:
        told = session.scalars(update(Note).values(length=7).returning(Note.updated_at)).one()
        session.commit()
    assert told == _times(engine, key)[1]
    engine.dispose()


def test_two_writers_of_one_version(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Page(body="a"))
        session.commit()
    with Session(engine) as first, Session(engine) as second:
        mine, theirs = first.get_one(Page, 1), second.get_one(Page, 1)
        mine.body = "b"
        first.commit()
        assert mine.version == 2
        first.commit()
        theirs.body = "c"
        with pytest.raises(StaleDataError):
            second.commit()


def test_a_version_beside_other_mapper_arguments() -> None:
    class Own(DeclarativeBase):
        pass

    class Animal(VersionMixin, Own):
        __tablename__ = "animals"
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": ""}  # noqa: RUF012

        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]

    class Dog(Animal):
        __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012  as users write it

    class Cat(Animal):
        __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012  as users write it

    for kind in (Animal, Dog, Cat):
        assert inspect(kind).version_id_col is Animal.__table__.c.version

    with pytest.raises(ConfigurationError, match="before the base"):

        class Plant(Own, VersionMixin):
            __tablename__ = "plants"
            __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012  as users write it

            id: Mapped[int] = mapped_column(primary_key=True)


def test_a_foreign_base_and_a_dataclass(sync_url: str) -> None:
    class Foreign(MappedAsDataclass, DeclarativeBase):
        pass

    class Film(TimestampMixin, VersionMixin, SoftDeleteMixin, Foreign):
        __tablename__ = 'a table\'s "name": 100%'

        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        length: Mapped[int]

    class Clip(CreatedAtMixin, Foreign):
        __tablename__ = "clips"

        id: Mapped[int] = mapped_column(primary_key=True, init=False)

    engine = create_engine(sync_url)
    Foreign.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([film := Film(length=3), clip := Clip()])
        session.commit()
        assert film.created_at == film.updated_at and film.version == 1 and film.deleted_at is None
        assert _is_now(clip.created_at) and "updated_at" not in Clip.__table__.columns
        before = film.updated_at
        unmoved = update(Film).values(length=4, updated_at=Film.updated_at)
        session.execute(unmoved.execution_options(synchronize_session=False))
        session.commit()
        assert film.updated_at > before
    Foreign.metadata.drop_all(engine)
    engine.dispose()
