"""What observers are told of each statement: callbacks, the log of slow ones, and spans."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import delete, event, func, insert, make_url, select, text
from sqlalchemy.orm import selectinload

import colonnade.engine
from colonnade import AsyncDatabaseManager, DatabaseManager, StatementEvent
from colonnade.errors import ConfigurationError, StatementError, TransactionError, UniqueViolationError
from colonnade.models import Base
from tests.engine.models import Book, Shelf, ShelfRepository
from tests.faces import Face


@pytest.fixture
def told(db: Any) -> list[StatementEvent]:
    """What a callback of the test's manager is told."""
    events: list[StatementEvent] = []
    db.on_statement(events.append)
    return events


@pytest.fixture
def spans(db: Any) -> InMemorySpanExporter:
    """Where the spans of the test's manager come out."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    db.trace(provider)
    return exporter


def described(told: list[StatementEvent]) -> list[tuple[str, str, str | None, str | None]]:
    """What of an event is the same on all databases: its way, its first word, its entity, its error."""
    return [(each.way, each.statement.split()[0], each.entity, each.error) for each in told]


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def shelf_named(faced: Face, db: Any, name: str) -> None:
    """Write a shelf in a session."""
    with faced.entered(db.session()) as session:
        session.add(Shelf(name=name))


def execute(faced: Face, db: Any, *arguments: Any, **options: Any) -> None:
    """Execute something on the manager's engine."""
    with faced.entered(db.engine.connect()) as connection:
        if options:
            connection = faced.run(connection.execution_options(**options))
        faced.run(connection.execute(*arguments))
        faced.run(connection.commit())


def test_a_session_s_statements_are_told(faced: Face, db: Any, told: list[StatementEvent]) -> None:
    shelf_named(faced, db, "s3cret")
    with faced.entered(db.session()) as session:
        shelf = faced.run(session.scalars(select(Shelf).options(selectinload(Shelf.books)))).one()
        shelf.room = "attic"
        faced.run(session.flush())
        faced.run(session.execute(select(func.count()).select_from(Book)))
        faced.run(session.execute(text("SELECT 1")))
    assert described(told) == [
        ("session", "INSERT", "Shelf", None),
        ("session", "SELECT", "Shelf", None),
        ("session", "SELECT", "Book", None),
        ("session", "UPDATE", "Shelf", None),
        ("session", "SELECT", "Book", None),
        ("session", "SELECT", None, None),
    ]
    assert [each.table for each in told] == ["shelf", "shelf", "book", "shelf", "book", None]
    assert told[3].rows == 1
    assert all(each.seconds >= 0 and each.rows in (None, 0, 1) for each in told)
    assert "s3cret" not in str(told)


def test_an_operation_in_a_session_is_the_session_s(
    faced: Face, db: Any, shelves: Any, told: list[StatementEvent]
) -> None:
    with faced.entered(db.session()):
        faced.run(shelves.create(Shelf(name="a")))
    assert ("session", "INSERT", "Shelf", None) in described(told)
    assert {each.way for each in told} == {"session"}


def test_the_applications_own_use_of_the_engine_is_told(
    faced: Face, db: Any, told: list[StatementEvent]
) -> None:
    execute(faced, db, insert(Shelf), [{"name": "a"}, {"name": "b"}])
    execute(faced, db, select(Shelf))
    execute(faced, db, text("DELETE FROM shelf WHERE name = 'a'"))
    execute(faced, db, text("SELECT 1"))
    assert described(told) == [
        ("engine", "INSERT", "Shelf", None),
        ("engine", "SELECT", "Shelf", None),
        ("engine", "DELETE", "Shelf", None),
        ("engine", "SELECT", None, None),
    ]
    assert [each.batch for each in told] == [2, None, None, None]
    assert told[2].rows == 1


def test_a_factory_s_sessions_are_sessions(faced: Face, db: Any, told: list[StatementEvent]) -> None:
    with faced.entered(db.session_factory()) as session:
        session.add(Shelf(name="a"))
        faced.run(session.flush())
        faced.run(session.scalars(select(Shelf)))
        faced.run(session.execute(text("SELECT 1")))
    assert described(told) == [
        ("session", "INSERT", "Shelf", None),
        ("session", "SELECT", "Shelf", None),
        ("session", "SELECT", None, None),
    ]


def test_a_connection_may_say_which_way_it_is(faced: Face, db: Any, told: list[StatementEvent]) -> None:
    execute(faced, db, select(Shelf), colonnade_way="core")
    faced.run(db.health())
    assert {each.way for each in told} == {"core"}


def test_the_direct_path_tells_by_itself(db: Any, told: list[StatementEvent]) -> None:
    observers = db.home.observers
    assert observers
    observers.told("SELECT 1", 0.5, 1, "Shelf", "direct")
    observers.told("SELECT 1", 0.5, None, "Shelf", "direct", ValueError("s3cret"), table="shelf")
    assert told == [
        StatementEvent("SELECT 1", 0.5, 1, "Shelf", None, "direct"),
        StatementEvent("SELECT 1", 0.5, None, "Shelf", "shelf", "direct", "ValueError"),
    ]


def test_a_call_alone_is_told_whichever_way_it_takes(
    faced: Face, shelves: Any, told: list[StatementEvent]
) -> None:
    shelf = faced.run(shelves.create(Shelf(name="s3cret")))
    assert faced.run(shelves.get(shelf.id)) is not None
    words = [each.statement.split()[0] for each in told]
    assert words[0] == "INSERT" and words[-1] == "SELECT"
    assert {each.entity for each in told} == {"Shelf"}
    assert "s3cret" not in str(told)


def test_a_statement_that_failed_is_told_with_its_error(
    faced: Face, db: Any, told: list[StatementEvent]
) -> None:
    shelf_named(faced, db, "a")
    with pytest.raises(UniqueViolationError):
        shelf_named(faced, db, "a")
    with pytest.raises(StatementError):
        execute(faced, db, text("SELEC 1"))
    assert described(told)[1:] == [
        ("session", "INSERT", "Shelf", "unique_violation"),
        ("engine", "SELEC", None, "statement"),
    ]
    assert [each.rows for each in told[1:]] == [None, None]


def test_what_is_never_sent_is_not_told(faced: Face, db: Any, told: list[StatementEvent]) -> None:
    with pytest.raises(TransactionError), faced.entered(db.session()) as session:
        with pytest.raises(StatementError):
            faced.run(session.execute(text("SELEC 1")))
        with pytest.raises(TransactionError):
            faced.run(session.execute(text("SELECT 2")))
    assert [each.statement for each in told] == ["SELEC 1"]


def test_transactions_and_savepoints_are_no_statements(
    faced: Face, db: Any, told: list[StatementEvent]
) -> None:
    with faced.entered(db.session()):
        shelf_named(faced, db, "a")
        with pytest.raises(UniqueViolationError):
            shelf_named(faced, db, "a")
    with faced.entered(db.session(read_only=True)) as session:
        faced.run(session.execute(select(Shelf)))
    assert [each.statement.split()[0] for each in told] == ["INSERT", "INSERT", "SELECT"]


def test_a_callback_is_told_no_more_once_it_is_taken_back(faced: Face, db: Any) -> None:
    one: list[StatementEvent] = []
    other: list[StatementEvent] = []
    forget_one, forget_other = db.on_statement(one.append), db.on_statement(other.append)
    execute(faced, db, text("SELECT 1"))
    forget_one()
    forget_one()
    execute(faced, db, text("SELECT 2"))
    forget_other()
    execute(faced, db, text("SELECT 3"))
    assert ([each.statement for each in one], len(other)) == (["SELECT 1"], 2)
    assert not db.home.observers


def test_a_callback_may_take_itself_back(faced: Face, db: Any) -> None:
    told: list[StatementEvent] = []

    def once(seen: StatementEvent) -> None:
        told.append(seen)
        forget()

    forget = db.on_statement(once)
    db.on_statement(told.append)
    for _ in range(2):
        execute(faced, db, text("SELECT 1"))
    assert len(told) == 3


def test_callbacks_come_and_go_while_a_statement_is_on_its_way(faced: Face, db: Any) -> None:
    told: list[StatementEvent] = []

    def come_and_go(*_: Any) -> None:
        db.on_statement(told.append)()

    engine = db.home.engine
    for name in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(engine, name, come_and_go)
        event.listen(engine, name, lambda *_: None)
    execute(faced, db, text("SELECT 1"))
    assert told == []


def test_a_callback_that_raises_disturbs_nobody(
    faced: Face, db: Any, told: list[StatementEvent], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: StatementEvent) -> None:
        raise RuntimeError("a fault of the callback's own")

    forget = db.on_statement(fail)
    later: list[StatementEvent] = []
    db.on_statement(later.append)
    with caplog.at_level(logging.WARNING, logger="colonnade"):
        for name in ("a", "b"):
            shelf_named(faced, db, name)
        with pytest.raises(UniqueViolationError):
            shelf_named(faced, db, "b")
    assert told == later and len(told) == 3
    [record] = caplog.records
    assert record.exc_info is not None and "fail" in record.getMessage()
    forget()
    with faced.entered(db.session()) as session:
        assert len(faced.run(session.scalars(select(Shelf))).all()) == 2


def test_a_callback_is_not_told_of_its_own_statements(sync_url: str) -> None:
    told: list[str] = []
    with DatabaseManager(sync_url, metadata=Base.metadata) as db:
        shelves = ShelfRepository(db)

        def count(seen: StatementEvent) -> None:
            told.append(f"{seen.statement.split()[0]} {shelves.count()}")

        db.on_statement(count)
        with db.engine.begin() as connection:
            connection.execute(text("SELECT 1"))
        assert told == ["SELECT 0"]


def test_a_view_shares_the_callbacks(faced: Face, db: Any, told: list[StatementEvent]) -> None:
    with faced.entered(db.options(read_only=True).session()) as session:
        faced.run(session.execute(select(Shelf)))
    assert len(told) == 1


def test_managers_of_one_engine_share_the_callbacks(faced: Face, db: Any, told: list[StatementEvent]) -> None:
    kind = faced.pick(DatabaseManager, AsyncDatabaseManager)
    others = [kind(db.engine), kind(db.engine)]
    forget = others[0].on_statement(told.append)
    for manager in (db, *others):
        shelf_named(faced, manager, str(id(manager)))
    assert len(told) == 6
    forget()
    shelf_named(faced, db, "a")
    assert len(told) == 7


def test_close_keeps_the_callbacks(faced: Face, face_url: str) -> None:
    told: list[StatementEvent] = []
    db: Any = faced.pick(DatabaseManager, AsyncDatabaseManager)(face_url)
    db.on_statement(told.append)  # before there is an engine
    for _ in range(2):
        execute(faced, db, text("SELECT 1"))
        faced.run(db.close())
    assert [each.statement for each in told] == ["SELECT 1", "SELECT 1"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system doesn't fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_is_told_too(sync_url: str) -> None:
    told: list[StatementEvent] = []
    with DatabaseManager(sync_url, metadata=Base.metadata) as db:
        db.on_statement(told.append)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                with db.session() as session:
                    session.execute(text("SELECT 1"))
                status = 0 if len(told) == 1 else 2
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert told == []


@pytest.fixture
def slow(faced: Face, face_url: str, caplog: pytest.LogCaptureFixture) -> Any:
    """A function: what a manager that finds each statement slow, or none, logs of a session's work."""

    def logged(slow_statement_s: float, name: str) -> list[logging.LogRecord]:
        kind: Any = faced.pick(DatabaseManager, AsyncDatabaseManager)
        settings = {"url": face_url, "slow_statement_s": slow_statement_s}
        with faced.entered(kind(settings, metadata=Base.metadata)) as db:
            caplog.clear()
            with caplog.at_level(logging.WARNING, logger="colonnade"):
                shelf_named(faced, db, name)
                execute(faced, db, select(*[func.abs(number) for number in range(200)]))
            return list(caplog.records)

    return logged


def test_slow_statements_are_logged_without_values(slow: Any) -> None:
    insertion, long = slow(0, "s3cret")
    line = insertion.getMessage()
    assert "s3cret" not in line and "INSERT INTO shelf" in line
    assert (insertion.levelno, insertion.way, insertion.entity) == (logging.WARNING, "session", "Shelf")
    assert "way session, entity Shelf" in line
    assert line.startswith(f"slow statement: {insertion.seconds:.3f} s")
    assert long.getMessage().endswith("…") and len(long.getMessage()) < 600


def test_other_statements_are_not_logged(slow: Any) -> None:
    assert slow(3600, "a") == []


def test_each_statement_has_its_span(
    faced: Face, db: Any, face_url: str, spans: InMemorySpanExporter
) -> None:
    shelf_named(faced, db, "s3cret")
    execute(faced, db, insert(Shelf), [{"name": "a"}, {"name": "b"}])
    execute(faced, db, text("SELECT 1"))
    one, several, plain = spans.get_finished_spans()
    url = make_url(face_url)
    server: dict[str, Any] = {"db.system.name": url.get_backend_name(), "db.namespace": url.database}
    server |= {} if url.host is None else {"server.address": url.host}
    server |= {} if url.port is None else {"server.port": url.port}
    assert one.kind is trace.SpanKind.CLIENT and one.name == "INSERT shelf"
    found = attributes(one)
    assert found.pop("db.query.text").startswith("INSERT INTO shelf")
    assert found == server | {
        "db.operation.name": "INSERT",
        "db.collection.name": "shelf",
        "colonnade.way": "session",
    }
    assert one.status.is_unset and one.start_time is not None and one.end_time is not None
    assert one.start_time <= one.end_time
    assert several.name == "BATCH INSERT shelf"
    assert attributes(several)["db.operation.batch.size"] == 2
    assert plain.name == f"SELECT {url.database}"
    assert "s3cret" not in "".join(span.to_json() for span in spans.get_finished_spans())


def test_the_span_of_a_failed_statement_says_so(faced: Face, db: Any, spans: InMemorySpanExporter) -> None:
    shelf_named(faced, db, "s3cret")
    with pytest.raises(UniqueViolationError):
        shelf_named(faced, db, "s3cret")
    failed = spans.get_finished_spans()[-1]
    assert attributes(failed)["error.type"] == "unique_violation"
    assert failed.status.status_code is trace.StatusCode.ERROR and failed.status.description is None
    assert "s3cret" not in failed.to_json()


def test_a_span_belongs_to_the_one_around_the_call(faced: Face, db: Any, spans: InMemorySpanExporter) -> None:
    tracer = TracerProvider().get_tracer("an application")
    if faced.is_async:

        async def work() -> None:
            with tracer.start_as_current_span("work"):
                async with db.session() as session:
                    await session.execute(text("SELECT 1"))

        faced.run(work())
    else:
        with tracer.start_as_current_span("work"), db.session() as session:
            session.execute(text("SELECT 1"))
    [span] = spans.get_finished_spans()
    assert span.parent is not None and span.context is not None
    assert span.parent.trace_id == span.context.trace_id


def test_spans_end_with_the_function_that_trace_gives(faced: Face, db: Any) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    forget = db.trace(provider)
    forget()
    execute(faced, db, text("SELECT 1"))
    assert exporter.get_finished_spans() == ()


def test_without_the_package_trace_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colonnade.engine.tracing", raising=False)
    monkeypatch.delattr(colonnade.engine, "tracing", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'colonnade\[otel\]'"):
        DatabaseManager("sqlite://").trace()


def test_a_table_deleted_from_by_a_classs_attribute(faced: Face, db: Any, told: list[StatementEvent]) -> None:
    """SQLAlchemy 2.1.9 can't describe the statement, which must not keep it from being sent."""
    execute(faced, db, delete(Shelf.__table__).where(Shelf.name == "fox"))
    assert [(each.way, each.statement.split()[0]) for each in told] == [("engine", "DELETE")]
