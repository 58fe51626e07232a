"""What we rely on of SQLAlchemy beyond its public API, by name: a new version that changes it fails here.

Each function of `engine/internals.py` and `engine/listening.py` has a test that begins with its name; then
come what the pool of `engine/pool.py` overrides, and what `dialects/*/direct.py` asks of asynchronous drivers
(what it asks of aiosqlite is tested in `tests/dialects/test_sqlite_connect.py`).
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import Enum as PythonEnum
from functools import partial
from types import FunctionType, SimpleNamespace
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import (
    JSON,
    Column,
    ColumnDefault,
    Connection,
    DateTime,
    Engine,
    Enum,
    ForeignKey,
    Pool,
    QueuePool,
    String,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    inspect,
    literal,
    select,
    update,
)
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.events import ConnectionEvents, DialectEvents
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Mapper,
    Session,
    mapped_column,
    object_session,
    relationship,
    selectinload,
)
from sqlalchemy.orm import events as orm_events
from sqlalchemy.orm.instrumentation import ClassManager
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.pool.events import PoolEvents
from sqlalchemy.types import TypeDecorator

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.engine import internals, listening
from colonnade.engine.pool import AsyncDirectPool, DirectPool


class Base(DeclarativeBase): ...


class Colour(PythonEnum):
    red = "r"


class Video(Base):
    __tablename__ = "contract_video"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None]
    clips: Mapped[list[Clip]] = relationship(back_populates="video")


class Clip(Base):
    __tablename__ = "contract_clip"

    id: Mapped[int] = mapped_column(primary_key=True)
    video_id: Mapped[int | None] = mapped_column(ForeignKey(Video.id))
    title: Mapped[str | None]
    colour: Mapped[Colour | None] = mapped_column(Enum(Colour))
    plays: Mapped[int] = mapped_column(default=1)
    stored: Mapped[str | None] = mapped_column(server_default="s")
    data: Mapped[Any | None] = mapped_column(JSON)
    video: Mapped[Video | None] = relationship(back_populates="clips")


class DataclassBase(MappedAsDataclass, DeclarativeBase): ...


class Animal(DataclassBase):
    __tablename__ = "contract_animal"
    __mapper_args__ = {"polymorphic_on": "kind"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    kind: Mapped[str] = mapped_column(init=False)
    ears: Mapped[int] = mapped_column(default=2)


class Fox(Animal):
    __mapper_args__ = {"polymorphic_identity": "fox"}  # noqa: RUF012

    legs: Mapped[int] = mapped_column(default=4, use_existing_column=True)


class Owl(Animal):
    __mapper_args__ = {"polymorphic_identity": "owl"}  # noqa: RUF012

    legs: Mapped[int] = mapped_column(default=2, use_existing_column=True)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Clip(id=1, title="fox", colour=Colour.red, video=Video(id=1, title="wood")))
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def sent(engine: Engine) -> list[tuple[str, Any]]:
    """The statements that go to the driver from here on, with their parameters."""
    seen: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *told: seen.append((told[2], told[3])))
    return seen


def nothing(*_: Any) -> None: ...


@contextmanager
def listened(target: Any, name: str) -> Iterator[None]:
    def unheard(*_: Any) -> None: ...

    event.listen(target, name, unheard)
    try:
        yield
    finally:
        event.remove(target, name, unheard)


def test_each_function_has_its_test() -> None:
    names = {
        name
        for room in (internals, listening)
        for name, one in vars(room).items()
        if isinstance(one, FunctionType) and one.__module__ == room.__name__ and name[0] != "_"
    }
    tests = [name for name in globals() if name.startswith("test_")]
    assert {name for name in names if not any(test.startswith(f"test_{name}") for test in tests)} == set()


# Listeners


def kinds(engine: Engine) -> dict[str, tuple[listening.Target, list[Any]]]:
    """Each kind of object with events, and on what one may listen to it."""
    engines = {kind: (kind, one, names) for kind, one, names in listening.engine_targets(engine)}
    hooks = {f"{kind} hook": (kind, one, names) for kind, one, names in listening.hook_targets(engine)}
    on: dict[str, list[Any]] = {
        "engine": [engine, Engine],
        "engine hook": [engine, Engine],
        "connection": [Connection],
        "connection hook": [Connection],
        "dialect": [engine, type(engine.dialect), DefaultDialect],
        "dialect hook": [engine, type(engine.dialect), DefaultDialect],
        "pool": [engine, engine.pool, type(engine.pool), Pool],
    }
    mapped: list[tuple[listening.Target, list[Any]]] = [
        (listening.session_target(), [Session]),
        (("mapper", inspect(Clip), listening.WRITE_EVENTS), [Clip, inspect(Clip), Mapper]),
        (("instance", inspect(Clip).class_manager, listening.LOAD_EVENTS), [Clip]),
        (("instance flush", inspect(Clip).class_manager, listening.FLUSH_EVENTS), [Clip]),
        (("attribute", Clip.title, listening.SET_EVENTS), [Clip.title]),
    ]
    found = {name: (target, on[name]) for name, target in (engines | hooks).items()}
    return found | {target[0]: (target, listened_on) for target, listened_on in mapped}


@pytest.mark.parametrize("kind", kinds(create_engine("sqlite://")))
@pytest.mark.parametrize("doubts", [0, 9])
def test_dispatch_collections_grow_on_listen_and_shrink_on_remove(
    engine: Engine, kind: str, doubts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "DOUBTS", doubts)
    target, listened_on = kinds(engine)[kind]
    for name in target[2]:
        for on in listened_on:
            listeners = listening.Listeners([target])
            assert listeners.silent, name
            with listened(on, name):
                assert not listeners.refreshed().silent, (on, name)
                late = listening.Listeners([target])
                assert not late.silent
                with listened(on, name):
                    assert listening.count_listeners([target])[target[0], name] == 2
            assert listeners.refreshed().silent, (on, name)
            assert late.refreshed().silent


def test_registered_changes_with_each_change(engine: Engine) -> None:
    before = listening.registered()
    with listened(engine, "begin"), listened(Session, "do_orm_execute"):
        during = listening.registered()
        assert during[0] == before[0] + 2
    assert listening.registered()[0] == before[0]

    def another(*_: Any) -> None: ...

    with listened(engine, "begin"):
        count, newest = listening.registered()
        event.listen(engine, "commit", another)
    try:
        assert listening.registered()[0] == count
        assert listening.registered()[1] is not newest
    finally:
        event.remove(engine, "commit", another)


def test_registered_knows_one_that_came_again_from_before(engine: Engine) -> None:
    def again(*_: Any) -> None: ...

    event.listen(engine, "begin", again)
    _, newest = listening.registered()
    event.remove(engine, "begin", again)
    event.listen(engine, "begin", again)
    assert listening.registered()[1] is not newest
    event.remove(engine, "begin", again)


def test_engine_targets_and_hooks_are_told_apart(engine: Engine) -> None:
    listeners = listening.Listeners(listening.engine_targets(engine), listening.hook_targets(engine))
    with listened(engine, "before_cursor_execute"):
        assert (listeners.refreshed().silent, listeners.hooked) == (True, True)
    with listened(engine, "begin"):
        assert (listeners.refreshed().silent, listeners.hooked) == (False, False)
    assert (listeners.refreshed().silent, listeners.hooked) == (True, False)


def test_hook_targets_of_an_engine_are_heard_by_its_connections(engine: Engine) -> None:
    with listened(engine, "before_cursor_execute"), engine.connect() as connection:
        assert len(connection.dispatch.before_cursor_execute) == 1


def test_session_target_sees_the_listeners_of_sessions_to_come(engine: Engine) -> None:
    listeners = listening.Listeners([listening.session_target()])
    with listened(Session, "do_orm_execute"), Session(engine) as session:
        assert len(session.dispatch.do_orm_execute) == 1
        assert not listeners.refreshed().silent


def test_count_listeners_of_a_name(engine: Engine) -> None:
    targets = listening.engine_targets(engine)
    before = listening.count_listeners(targets)
    with listened(engine, "checkout"):
        assert listening.count_listeners(targets) - before == {("pool", "checkout"): 1}


WITHOUT_PART = {
    ConnectionEvents: {
        # Of engines, not of a statement.
        "set_engine_execution_options",
        "engine_disposed",
        # Nothing of the kind is sent.
        "savepoint",
        "rollback_savepoint",
        "release_savepoint",
        "begin_twophase",
        "prepare_twophase",
        "rollback_twophase",
        "commit_twophase",
    },
    DialectEvents: {"do_connect"},  # a new connection is made by the pool, whose listener it is
    # These fire as ever: connections are made and thrown away by SQLAlchemy's own pool.
    PoolEvents: {"connect", "first_connect", "invalidate", "soft_invalidate", "close"}
    | {"detach", "close_detached"},
    # A read is always rolled back or let go; what is written has no session that could be rolled back.
    orm_events.SessionEvents: {"after_rollback", "after_soft_rollback", "pending_to_transient"}
    | {"persistent_to_transient", "deleted_to_persistent"},
    # Of objects that are made, copied or thrown away by the application itself.
    orm_events.InstanceEvents: {"init", "init_failure", "pickle", "unpickle"},
    orm_events.MapperEvents: {"instrument_class", "after_mapper_constructed", "before_mapper_configured"}
    | {"mapper_configured", "before_configured", "after_configured"},
    # Of collections, whose objects take the Session, and of an unset attribute that is read.
    orm_events.AttributeEvents: {"append", "append_wo_mutation", "bulk_replace", "remove", "init_scalar"}
    | {"init_collection", "dispose_collection"},
}
KNOWN = {
    ConnectionEvents: {*listening.CURSOR_EVENTS, *listening.TRANSACTION_EVENTS},
    DialectEvents: {*listening.EXECUTION_EVENTS, "handle_error"},
    PoolEvents: set(listening.POOL_EVENTS),
    orm_events.SessionEvents: set(listening.SESSION_EVENTS),
    orm_events.InstanceEvents: {*listening.LOAD_EVENTS, *listening.FLUSH_EVENTS},
    orm_events.MapperEvents: set(listening.WRITE_EVENTS),
    orm_events.AttributeEvents: set(listening.SET_EVENTS),
}


@pytest.mark.parametrize("family", KNOWN, ids=lambda family: family.__name__)
def test_there_is_no_event_of_which_nobody_decided(family: Any) -> None:
    names = {name for name in vars(family) if name[0] != "_" and name != "dispatch"}
    assert names == KNOWN[family] | WITHOUT_PART[family]


def test_heard_by_a_session_or_its_connection(engine: Engine) -> None:
    with Session(engine) as session:
        connection = session.connection()
        assert not listening.heard(session, connection)
        with listened(session, "before_flush"):
            assert listening.heard(session, connection)
        with listened(connection, "before_execute"):
            assert listening.heard(session, connection)
        assert not listening.heard(session, connection)


def test_echoes_as_the_engine_does(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    echoes = listening.echoes(engine)
    assert not echoes()
    with caplog.at_level(logging.INFO, logger="sqlalchemy.engine"):
        assert listening.echoes(create_engine("sqlite://"))()
    assert listening.echoes(create_engine("sqlite://", echo=True))()


# Instances


def made(**values: Any) -> Clip:
    """An object as the direct path makes one."""
    lines, names = internals.instance_source(inspect(Clip).class_manager)
    scope = dict(names)
    exec("\n".join(lines), scope)
    scope["values"].update(values)
    scope["state"].key = (Clip, (values["id"],), None)
    instance: Clip = scope["instance"]
    return instance


COLUMNS = ("id", "video_id", "title", "colour", "plays", "stored", "data")


def loaded(engine: Engine) -> Clip:
    with Session(engine) as session:
        return session.scalars(select(Clip)).one()


def facts(instance: Any) -> dict[str, Any]:
    """All that a state holds, the key and the dates of an object's own life left out."""
    state = inspect(instance)
    plain = {name: value for name, value in vars(state).items() if name not in ("obj", "manager")}
    flags = ("transient", "pending", "persistent", "deleted", "detached", "modified")
    told = (*flags, "identity", "identity_key", "identity_token", "unloaded")
    return {
        **plain,
        **{name: getattr(state, name) for name in told},
        "load_options": state.load_options,
        "load_path": state.load_path,
        "values": {name: value for name, value in instance.__dict__.items() if name != "_sa_instance_state"},
    }


def known_states(monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    if not known:
        monkeypatch.setattr(internals, "_makes_known_states", lambda _: False)


@pytest.mark.parametrize("known", [True, False])
def test_instance_source_makes_what_a_load_leaves(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    known_states(monkeypatch, known)
    expected = loaded(engine)
    instance = made(**{name: expected.__dict__[name] for name in COLUMNS})
    theirs, ours = facts(expected), facts(instance)
    # A Session leaves these behind where there's nothing to say.
    for only_theirs in ("_instance_dict", "runid", "session_id", "_strong_obj", "load_path"):
        theirs.pop(only_theirs, None)
        ours.pop(only_theirs, None)
    assert ours == theirs


@pytest.mark.parametrize("known", [True, False])
def test_instance_source_makes_what_a_session_goes_on_with(
    engine: Engine, sent: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    known_states(monkeypatch, known)
    instance = made(id=1, video_id=1, title="fox", colour=Colour.red, plays=1, stored="s", data=None)
    with Session(engine) as session:
        session.add(instance)
        assert inspect(instance).persistent and not session.dirty
        instance.title = "owl"
        assert inspect(instance).attrs.title.history.deleted == ["fox"]
        session.flush()
        assert sent[-1] == ("UPDATE contract_clip SET title=? WHERE contract_clip.id = ?", ("owl", 1))
        assert instance.video is not None and session.get(Clip, 1) is instance
        session.refresh(instance)
        session.rollback()
        assert instance.title == "fox"


def test_instance_source_knows_the_states_of_this_version() -> None:
    """Where it doesn't, it's right as well, and takes twice the time."""
    _, names = internals.instance_source(inspect(Clip).class_manager)
    assert "new_instance" not in names


def test_is_standard_tells_other_instrumentation() -> None:
    class Others(ClassManager[Any]): ...

    assert internals.is_standard(inspect(Clip))
    other: Any = SimpleNamespace(class_=Clip, class_manager=Mock(spec=Others, __class__=Others))
    assert not internals.is_standard(other)


def test_carried_options_are_those_of_a_loaded_object(engine: Engine) -> None:
    statement = select(Clip).options(selectinload(Clip.video))
    with Session(engine) as session:
        state = inspect(session.scalars(statement).one())
    assert state.load_options == internals.carried_options(statement) != ()


def test_path_of_is_that_of_a_loaded_object(engine: Engine) -> None:
    statement = select(Clip).options(selectinload(Clip.video))
    with Session(engine) as session:
        assert inspect(session.scalars(statement).one()).load_path == internals.path_of(inspect(Clip))


def test_path_along_is_that_of_a_related_object(engine: Engine) -> None:
    path = internals.path_along(internals.path_of(inspect(Clip)), Clip.video.property)
    with Session(engine) as session:
        clip = session.scalars(select(Clip).options(selectinload(Clip.video))).one()
        assert inspect(clip.video).load_path == path


def test_commit_all_leaves_nothing_changed() -> None:
    clip = Clip(id=1, title="fox")
    state: Any = inspect(clip)
    state.key = (Clip, (1,), None)
    assert state.modified
    internals.commit_all(state, state.dict)
    assert not state.modified and state.detached and not state.attrs.title.history.has_changes()
    clip.title = "owl"
    assert state.attrs.title.history == (["owl"], (), ["fox"])


def test_commit_many_leaves_nothing_changed() -> None:
    clips = [Clip(id=id, title="fox") for id in (1, 2)]
    internals.commit_many(inspect(clip) for clip in clips)
    assert not any(inspect(clip).modified for clip in clips)


def test_register_new_makes_objects_the_session_s(engine: Engine) -> None:
    with Session(engine) as session:
        clip = Clip(id=7, title="owl")
        session.execute(insert(Clip).values(id=7, title="owl"))
        internals.register_new(session, [inspect(clip)])
        assert inspect(clip).persistent
        assert not session.new
        assert not session.dirty
        assert session.get(Clip, 7) is clip
        session.rollback()
        assert object_session(clip) is None
        assert inspect(clip).key is None
        session.add(clip)
        session.commit()
    assert loaded_titles(engine) == ["fox", "owl"]


def loaded_titles(engine: Engine) -> list[str | None]:
    with Session(engine) as session:
        return list(session.scalars(select(Clip.title).order_by(Clip.id)))


def test_has_changes_where_a_flush_has_work(engine: Engine) -> None:
    with Session(engine) as session:
        clip = session.scalars(select(Clip)).one()
        assert not internals.has_changes(session)
        clip.title = "owl"
        assert internals.has_changes(session)
        session.flush()
        assert not internals.has_changes(session)
        session.add(Clip())
        assert internals.has_changes(session)
        session.flush()
        session.delete(clip)
        assert internals.has_changes(session)


# What an INSERT sends


class Around(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def bind_expression(self, bindparam: Any) -> Any:
        return func.lower(bindparam)

    def column_expression(self, column: Any) -> Any:
        return func.lower(column)


def test_writes_plain_parameter_where_no_sql_is_around_it(engine: Engine) -> None:
    plain: Any = Column("plain", DateTime())
    around: Any = Column("around", Around())
    assert internals.writes_plain_parameter(plain, engine.dialect)
    assert not internals.writes_plain_parameter(around, engine.dialect)


def test_reads_plainly_where_no_sql_is_around_it(engine: Engine) -> None:
    plain: Any = Column("plain", DateTime())
    around: Any = Column("around", Around())
    assert internals.reads_plainly(plain, engine.dialect)
    assert not internals.reads_plainly(around, engine.dialect)
    assert "lower(around)" in str(select(around))


def test_insert_defaults_are_the_mappings_own() -> None:
    table: Any = Animal.__table__
    found = {model: list(internals.insert_defaults(inspect(model), table)) for model in (Animal, Fox, Owl)}
    assert found == {Animal: [], Fox: [], Owl: [("legs", table.c.legs, 2)]}


def test_columns_as_none_are_sent_where_nothing_is_set(engine: Engine, sent: list[tuple[str, Any]]) -> None:
    found = internals.columns_as_none(inspect(Clip), Clip.__table__)
    assert found == {"video_id", "title", "colour"}
    with Session(engine) as session:
        session.add(Clip())
        session.flush()
    names = sent[-1][0].partition("(")[2].partition(")")[0].split(", ")
    assert set(names) == found | {"plays"}


def test_columns_evaluating_none_are_json_s() -> None:
    assert internals.columns_evaluating_none(inspect(Clip), Clip.__table__) == {Clip.__table__.c.data}


class Counting(Base):
    __tablename__ = "contract_counting"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class CountingOtherwise(Base):
    __tablename__ = "contract_otherwise"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column()
    __mapper_args__ = {"version_id_col": version, "version_id_generator": lambda _: "v"}  # noqa: RUF012


class CountedByServer(Base):
    __tablename__ = "contract_by_server"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012


def test_counts_by_one_where_the_counter_is_sqlalchemy_s() -> None:
    by_one = {model: internals.counts_by_one(inspect(model)) for model in (Clip, Counting)}
    assert by_one == {Clip: True, Counting: True}
    count: Any = inspect(Counting).version_id_generator
    assert [count(given) for given in (None, 1, 7)] == [1, 2, 8]
    assert not internals.counts_by_one(inspect(CountingOtherwise))
    assert not internals.counts_by_one(inspect(CountedByServer))


def test_needs_no_context_of_functions_without_a_parameter() -> None:
    def plain() -> int:
        return 1

    for function in (plain, lambda: 1, dict, list, uuid4, lambda given=2: given):
        assert internals.needs_no_context(ColumnDefault(function).arg), function
        wrapped: Any = ColumnDefault(function).arg
        wrapped(None)  # wrapped: takes a context, and asks nothing of it
    for asking in (lambda context: 1, lambda context, more=1: more):
        assert not internals.needs_no_context(ColumnDefault(asking).arg), asking


# Compiled statements


def test_bind_processors_are_by_name(engine: Engine) -> None:
    table: Any = Clip.__table__
    compiled: Any = insert(table).compile(engine, column_keys=["title", "colour", "data"])
    processors = internals.bind_processors(compiled)
    assert {name: process(value) for name, process, value in _processing(processors)} == {
        "colour": "red",
        "data": "[1]",
    }


def _processing(processors: Any) -> Iterator[tuple[str, Callable[[Any], Any], Any]]:
    for name, value in {"colour": Colour.red, "data": [1], "title": "fox"}.items():
        if name in processors:
            yield name, processors[name], value


def test_compiled_cache_keeps_what_is_in_use() -> None:
    cache = internals.compiled_cache(4)
    for key in range(50):
        cache[key] = str(key)
        assert cache.get(0) == "0"
    assert len(cache) < 10


def test_compiled_with_finds_a_form_by_its_shape(engine: Engine) -> None:
    cache = internals.compiled_cache(10)
    first, values = internals.compiled_with(select(Clip.id).where(Clip.title == "fox"), engine.dialect, cache)
    second, others = internals.compiled_with(select(Clip.id).where(Clip.title == "x"), engine.dialect, cache)
    assert first is second and len(cache) == 1
    assert (list(values.values()), list(others.values())) == (["fox"], ["x"])
    other, _ = internals.compiled_with(select(Clip.id).where(Clip.title != "x"), engine.dialect, cache)
    assert other is not first


def test_shape_of_leaves_out_the_values() -> None:
    fox, owl = (internals.shape_of([Clip.title == title, Clip.plays > 2]) for title in ("fox", "owl"))
    assert fox is not None and owl is not None
    assert fox[0] == owl[0] and hash(fox[0]) == hash(owl[0])
    assert [one.effective_value for one in fox[1]] == ["fox", 2]
    longer = internals.shape_of([Clip.title == "fox"])
    assert longer is not None and longer[0] != fox[0]


def test_shape_of_what_cannot_be_told_apart() -> None:
    class Unknown(TypeDecorator[str]):
        impl = String
        cache_ok = False

    assert internals.shape_of([Column("x", Unknown()) == "x"]) is None


def test_names_of_the_parameters_of_criteria(engine: Engine) -> None:
    criteria = [Clip.title == "fox", Clip.title != "owl"]
    shape = internals.shape_of(criteria)
    assert shape is not None
    statement = select(Clip.id).where(*criteria)
    names = internals.names_of(statement, engine, shape[1])
    compiled: Any = statement.compile(engine)
    assert names is not None
    assert [compiled.params[name] for name in names] == ["fox", "owl"]
    several = Clip.id.in_([1, 2])
    expanding = internals.shape_of([several])
    assert expanding is not None
    assert internals.names_of(select(Clip.id).where(several), engine, expanding[1]) is None


STATEMENTS = {
    "plain": select(Clip.id).where(Clip.title == "fox", Clip.plays < 5),
    "processed": select(Clip.id).where(Clip.colour == Colour.red),
    "several": select(Clip.id).where(Clip.id.in_([1, 2, 3]), Clip.title == "fox"),
    "several, processed": select(Clip.id).where(Clip.colour.in_([Colour.red])),
    "several pairs": select(Clip.id).where(func.coalesce(Clip.plays, 0).in_([1])),
    "none of several": select(Clip.id).where(Clip.id.in_([])),
    "twice": select(Clip.id).where(Clip.plays == bindparam("n", 1), Clip.id == bindparam("n", 1)),
    "limited": select(Clip.id).order_by(Clip.id).limit(3).offset(0),
    "literal": select(literal("a % b :c"), Clip.id),
    "an odd name": select(Clip.id).where(Clip.plays == bindparam("a b(c)%", 1)),
    "expression": update(Clip).where(Clip.id == 1).values(plays=Clip.plays + 2),
}
FREE = "postgresql+psycopg://", "postgresql+asyncpg://", "mysql+pymysql://", "mysql+asyncmy://", "sqlite://"


class StoppedError(Exception):
    """Raised in place of sending."""


@pytest.mark.parametrize("url", FREE)
@pytest.mark.parametrize("name", STATEMENTS)
def test_driver_parameters_are_those_that_core_sends(url: str, name: str) -> None:
    """Of all drivers, without a server: the statement is stopped on its way."""
    sent: list[tuple[str, Any]] = []
    statement = STATEMENTS[name]
    with unconnected(url, sent) as connection:
        with pytest.raises(StoppedError):
            connection.execute(statement)
        cache = internals.compiled_cache(10)
        compiled, values = internals.compiled_with(statement, connection.dialect, cache)
        assert internals.driver_parameters(compiled, values) == sent[0]


def unconnected(url: str, sent: list[tuple[str, Any]]) -> Connection:
    """A connection to nowhere, that notes what it would send."""
    engine = create_engine(url, creator=Mock(), _initialize=False)

    @event.listens_for(engine, "before_cursor_execute")
    def stop(*told: Any) -> None:
        sent.append((told[2], told[3]))
        raise StoppedError

    return engine.connect()


# The pool


def pool_of(kind: type[QueuePool], **options: Any) -> Any:
    creator: Any = partial(sqlite3.connect, ":memory:", check_same_thread=False)
    return kind(creator, **options)


class Following(QueuePool):
    """Notes what goes through the two methods that our pool overrides."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.seen: list[tuple[str, ConnectionPoolEntry]] = []

    def _do_get(self) -> ConnectionPoolEntry:
        record = super()._do_get()
        self.seen.append(("get", record))
        return record

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        self.seen.append(("return", record))
        super()._do_return_conn(record)


def test_a_pool_gives_and_takes_back_by_the_two_methods() -> None:
    pool = pool_of(Following)
    fairy = pool.connect()
    record = fairy._connection_record
    assert pool.seen == [("get", record)]
    fairy.close()
    assert pool.seen == [("get", record), ("return", record)]
    assert pool.connect()._connection_record is record


def test_a_returned_record_may_be_used_on_and_put_back_later() -> None:
    """As the second place of our pool does: the handle is closed, the record stays out."""
    kept: list[ConnectionPoolEntry] = []

    class Keeping(QueuePool):
        def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
            kept.append(record)

    pool = pool_of(Keeping, pool_size=1, max_overflow=0, timeout=0.01)
    pool.connect().close()
    (record,) = kept
    assert record.dbapi_connection is not None
    assert record.dbapi_connection.cursor().execute("SELECT 1").fetchall() == [(1,)]
    assert (pool.checkedin(), pool.checkedout()) == (0, 1)
    QueuePool._do_return_conn(pool, record)
    assert (pool.checkedin(), pool.checkedout()) == (1, 0)
    assert pool.connect()._connection_record is record


def test_a_record_that_was_invalidated_connects_anew() -> None:
    pool = pool_of(QueuePool, pool_size=1, max_overflow=0, timeout=0.01)
    fairy = pool.connect()
    record, old = fairy._connection_record, fairy.dbapi_connection
    record.invalidate(None)
    assert record.dbapi_connection is None
    QueuePool._do_return_conn(pool, record)
    again = pool.connect()
    assert again._connection_record is record
    assert again.dbapi_connection is not old


def test_a_record_knows_since_when_it_is_connected() -> None:
    pool = pool_of(QueuePool, recycle=30)
    record = pool.connect()._connection_record
    assert isinstance(record.last_connect_time, float)
    assert (pool._recycle, pool_of(QueuePool)._recycle) == (30, -1)


@pytest.mark.parametrize("kind", [DirectPool, AsyncDirectPool])
def test_our_pool_speaks_as_sqlalchemys(kind: type[DirectPool], caplog: pytest.LogCaptureFixture) -> None:
    """And not in the logger `colonnade`, whose records are errors with a code."""
    with caplog.at_level(logging.DEBUG):
        pool = pool_of(kind)
        pool.logger.info("one")
        pool_of(kind, echo=True, logging_name="mine").logger.info("two")
    assert {record.name.partition(".")[0] for record in caplog.records} == {"sqlalchemy"}
    assert pool.logger.name == "sqlalchemy.pool.impl.QueuePool"


def test_a_managers_pool_leaves_its_logger_to_errors(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        with DatabaseManager("sqlite://") as db:
            assert db.health().ok
        assert not [record for record in caplog.records if record.name.startswith("colonnade")]


# Asynchronous drivers


async def driver_of(url: str, look: Callable[[Any, Any], Awaitable[None]]) -> None:
    """Show SQLAlchemy's adapted connection, and the driver's own."""
    async with AsyncDatabaseManager(url) as db, db.engine.connect() as connection:
        fairy = await connection.get_raw_connection()
        await look(fairy.dbapi_connection, fairy.driver_connection)


def test_asyncpgs_adapter_makes_of_an_error_what_sqlalchemy_shows(postgresql_url: str) -> None:
    async def look(adapted: Any, driver: Any) -> None:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await driver.fetch("SELECT nothing")
        with pytest.raises(adapted.dbapi.Error) as translated:
            adapted._handle_exception(refused.value)
        assert translated.value.sqlstate == "42703"
        assert translated.value.__cause__ is refused.value

    asyncio.run(driver_of(postgresql_url.replace("postgresql:", "postgresql+asyncpg:"), look))


def test_asyncpg_tells_its_loop(postgresql_url: str) -> None:
    async def look(_: Any, driver: Any) -> None:
        assert driver._loop is asyncio.get_running_loop()
        assert not driver.is_closed()
        driver.terminate()
        assert driver.is_closed()

    asyncio.run(driver_of(postgresql_url.replace("postgresql:", "postgresql+asyncpg:"), look))


def test_asyncmy_tells_its_loop_and_its_transport(mysql_url: str) -> None:
    async def look(_: Any, driver: Any) -> None:
        assert driver.loop is asyncio.get_running_loop()
        assert isinstance(driver._transport, asyncio.Transport)
        assert not driver._transport.is_closing()
        driver._transport.close()
        assert driver._transport.is_closing()

    asyncio.run(driver_of(mysql_url.replace("mysql:", "mysql+asyncmy:"), look))
