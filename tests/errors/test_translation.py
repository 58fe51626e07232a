"""What doesn't come from a statement on our own engine; what's logged; what's left alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    Table,
    TypeDecorator,
    create_engine,
    event,
    exc,
    insert,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session, object_session

from colonnade.dialects.contract import dialect_named
from colonnade.engine.translate import attach, translate_orm, translated
from colonnade.errors import (
    DatabaseConnectionError,
    DatabaseError,
    EntityNotFoundError,
    EntityValidationError,
    MultipleEntitiesError,
    RelationshipNotLoadedError,
    SchemaMismatchError,
    StaleEntityError,
    StatementError,
    TransactionError,
    UniqueViolationError,
    ValueRejectedError,
)
from tests.errors.models import Base, Clip, Video


@pytest.fixture
def foreign() -> Iterator[Engine]:
    """An engine of an application's own, without our listener."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Video), [{"id": 1, "title": "fox"}, {"id": 2, "title": "owl"}])
    yield engine
    engine.dispose()


@pytest.fixture
def ours(foreign: Engine) -> Engine:
    """The same with it."""
    attach(foreign, dialect_named("sqlite"), lambda: Base.metadata)
    return foreign


@pytest.fixture
def session(foreign: Engine) -> Iterator[Session]:
    """A plain session."""
    with Session(foreign) as session:
        yield session


def _error(session: Session | None, call: Any) -> DatabaseError:
    with pytest.raises(DatabaseError) as raised, translated(session):
        call()
    assert raised.value.__cause__ is not None
    return raised.value


def test_nothing_found_and_too_much(session: Session) -> None:
    nothing = _error(session, session.scalars(select(Video).where(Video.id == 9)).one)
    assert type(nothing) is EntityNotFoundError
    assert type(_error(session, session.scalars(select(Video)).one)) is MultipleEntitiesError


def test_a_row_that_someone_else_deleted(session: Session) -> None:
    film = session.get_one(Video, 1)
    session.execute(text("DELETE FROM film WHERE id = 1"))
    film.title = "wolf"
    error = _error(session, session.flush)
    assert (type(error), error.entity) == (StaleEntityError, "Video")


def test_a_refresh_of_a_row_that_is_gone(session: Session) -> None:
    film = session.get_one(Video, 1)
    session.execute(text("DELETE FROM film WHERE id = 1"))
    session.expire(film)
    error = _error(session, lambda: film.title)
    assert (type(error), error.entity) == (StaleEntityError, "Video")


def test_what_was_not_loaded(session: Session) -> None:
    session.add(Clip(id=1, film_id=1))
    session.commit()
    scene = session.get_one(Clip, 1)
    session.expunge(scene)
    error = _error(None, lambda: scene.film)
    assert (type(error), error.entity, error.columns) == (RelationshipNotLoadedError, "Clip", ("film",))
    assert "load=[Clip.film]" in str(error)


def test_a_transaction_that_failed_before(session: Session) -> None:
    session.add(Video(id=1, title="x"))
    assert type(_error(session, session.flush)) is UniqueViolationError
    error = _error(session, lambda: session.scalars(select(Video)).all())
    assert type(error) is TransactionError
    assert "rolled back" in str(error)


def test_an_object_of_another_session(session: Session, foreign: Engine) -> None:
    film = session.get_one(Video, 1)
    with Session(foreign) as other:
        assert type(_error(other, lambda: other.add(film))) is TransactionError
    assert object_session(film) is session


def test_two_objects_with_one_key(session: Session) -> None:
    kept = session.get_one(Video, 2)  # in the session, so that the two meet there
    session.add(Video(id=2, title="x"))
    with pytest.warns(exc.SAWarning, match="conflicts with persistent"):
        error = _error(session, session.flush)
    assert (type(error), error.entity) == (UniqueViolationError, "Video")
    del kept


def test_a_key_that_was_taken_away(session: Session) -> None:
    film = session.get_one(Video, 1)
    film.id = None  # type: ignore[assignment]
    error = _error(session, session.flush)
    assert isinstance(error, DatabaseError)


def test_a_plain_session_on_an_engine_of_others(session: Session) -> None:
    error = _error(session, lambda: session.execute(text("SELECT * FROM nowhere")))
    assert (type(error), error.entity) == (SchemaMismatchError, "nowhere")
    assert error.statement == "SELECT * FROM nowhere"


def test_what_is_ours_and_what_is_nobodys_passes(session: Session) -> None:
    first = TransactionError("ours")
    with pytest.raises(TransactionError) as raised, translated(session):
        raise first
    assert raised.value is first
    with pytest.raises(KeyError), translated(session):
        raise KeyError("theirs")
    assert translate_orm(first) is first


def test_a_value_that_its_type_refuses(ours: Engine) -> None:
    with pytest.raises(ValueRejectedError) as raised, ours.begin() as connection:
        connection.execute(insert(Video).values(id=9, title="x", added="s3cret"))
    assert raised.value.entity == "Video"
    assert "s3cret" not in str(raised.value)
    assert isinstance(raised.value.orig, TypeError)


def test_a_type_that_raises_one_of_ours(ours: Engine) -> None:
    class Even(TypeDecorator[int]):
        impl = Integer
        cache_ok = True

        def process_bind_param(self, value: int | None, dialect: Any) -> int | None:
            raise EntityValidationError("odd", columns=["n"])

    numbers = Table("numbers", MetaData(), Column("n", Even()))
    with pytest.raises(EntityValidationError) as raised, ours.connect() as connection:
        connection.execute(insert(numbers).values(n=1))
    assert raised.value.columns == ("n",)
    assert raised.value.__cause__ is not raised.value


def test_a_parameter_without_a_value(ours: Engine) -> None:
    with pytest.raises(StatementError) as raised, ours.connect() as connection:
        connection.execute(text("SELECT :x"))
    assert "'x'" in str(raised.value)


def test_sqlalchemys_handlers_go_on(ours: Engine) -> None:
    with pytest.raises(exc.IntegrityError) as raised, ours.begin() as connection:
        connection.execute(insert(Video).values(id=1, title="x"))
    assert isinstance(raised.value, UniqueViolationError)
    assert raised.value.statement is not None
    assert "UNIQUE constraint failed" in str(raised.value.orig)
    assert raised.value.params is None


def test_autoflush_adds_its_detail(ours: Engine) -> None:
    with pytest.raises(UniqueViolationError, match="autoflush"), Session(ours) as session:
        session.add(Video(id=1, title="x"))
        session.scalars(select(Video)).all()


def test_an_error_is_logged_once_and_without_values(ours: Engine, caplog: pytest.LogCaptureFixture) -> None:
    attach(ours, dialect_named("sqlite"), lambda: None)  # as a second manager on the same engine does
    with (
        caplog.at_level(logging.DEBUG, "colonnade"),
        pytest.raises(UniqueViolationError),
        Session(ours) as session,
        translated(session),
    ):
        session.execute(insert(Video).values(id=1, title="s3cret"))
    (record,) = [each for each in caplog.records if each.name == "colonnade"]
    fields = vars(record)
    assert (fields["code"], fields["entity"], fields["columns"]) == ("unique_violation", "Video", ("id",))
    assert (fields["constraint"], fields["phase"]) == ("film_pkey", "statement")
    assert "s3cret" not in repr(fields)


def test_a_listener_of_the_applications_has_the_last_word(ours: Engine) -> None:
    seen: list[Any] = []
    event.listen(ours, "handle_error", lambda context: seen.append(context.chained_exception))
    with pytest.raises(UniqueViolationError), ours.begin() as connection:
        connection.execute(insert(Video).values(id=1, title="x"))
    assert isinstance(seen[0], UniqueViolationError)


def test_values_are_cut_and_secrets_left_out(ours: Engine) -> None:
    with pytest.raises(UniqueViolationError) as raised, ours.begin() as connection:
        connection.execute(insert(Video).values(id=3, title="x", path="y" * 500))
        connection.execute(insert(Video).values(id=4, title="x", path="y" * 500))
    assert len(str(raised.value)) < 250
    with pytest.raises(UniqueViolationError) as raised, ours.begin() as connection:
        connection.execute(update(Video).values(password_hash="h4sh"))
    assert raised.value.columns == ("password_hash",)
    assert "h4sh" not in str(raised.value)


def test_a_socket_that_breaks_ends_the_connection(postgresql_url: str) -> None:
    # A driver may let the socket's own error through, in which SQLAlchemy sees no end of the connection.
    engine = create_engine(make_url(postgresql_url).set(drivername="postgresql+psycopg"))
    attach(engine, dialect_named("postgresql"), lambda: None)
    with engine.connect() as connection:
        event.listen(engine, "do_execute", _reset)
        with pytest.raises(DatabaseConnectionError) as raised:
            connection.execute(text("SELECT 1"))
        assert connection.invalidated
        assert raised.value.connection_invalidated
    engine.dispose()


def _reset(*_: Any) -> None:
    raise ConnectionResetError(104, "Connection reset by peer")
