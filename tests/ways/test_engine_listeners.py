"""Listeners of engines, pools and dialects: each statement passes them on both ways, and what they do holds.

How many statements a call takes is each way's own; that they are heard of, and what comes of it, isn't.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine

from colonnade import AsyncDatabaseManager, DatabaseManager
from tests.databases import Driver
from tests.faces import Face
from tests.ways import listening
from tests.ways.conftest import ON_THREE, Both
from tests.ways.listening import Heard, brief_walk, heard, target_of
from tests.ways.recording import Records, Way
from tests.ways.test_listeners import listened

CURSOR_HOOKS = ("before_cursor_execute", "after_cursor_execute")
STATEMENT_HOOKS = (*CURSOR_HOOKS, "before_execute", "after_execute")


def calls_by_operation(way: Way, calls: list[str]) -> None:
    """One call of each kind, and which events each of them had; not how often."""
    made, again = Heard(id=5, name="fox"), Heard(id=5)
    operations: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("create", (made,), {}),
        ("get", (5,), {}),
        ("get", (99,), {}),
        ("get_many", ([5, 99],), {}),
        ("find", (Heard.name == "fox",), {}),
        ("list", (), {}),
        ("count", (), {}),
        ("exists", (), {}),
        ("page", (), {}),
        ("stream", (), {}),
        ("update", (5, {"name": "owl"}), {}),
        ("create_many", ([Heard(id=6), Heard(id=7)],), {}),
        ("update_many", ([{"id": 6, "name": "x"}, {"id": 7, "name": "y"}],), {}),
        ("upsert_many", ([Heard(id=7, name="z")],), {}),
        ("create", (again,), {}),
        ("delete", (5,), {}),
        ("delete_many", ([6, 7],), {}),
    ]
    for name, args, kwargs in operations:
        calls.clear()
        way.call(name, Heard, *args, **kwargs)
        if not any(
            one is again for one in args
        ):  # which statement before a refused one is told of is each way's own
            way.look(f"events of {name}", sorted({call.partition("(")[0] for call in calls}))


@pytest.mark.parametrize(
    "kind, names",
    [
        ("this engine", CURSOR_HOOKS),
        ("this engine", STATEMENT_HOOKS),
        ("this engine", ["handle_error"]),
        ("Engine", CURSOR_HOOKS),
        ("Connection", CURSOR_HOOKS),
    ],
    ids=["cursor", "all", "error", "every engine", "every connection"],
)
@ON_THREE
def test_listeners_of_statements(both: Both, kind: str, names: Sequence[str]) -> None:
    def scenario(way: Way) -> None:
        calls: list[str] = []
        brief_walk(way, Heard)
        with heard(target_of(kind, way), names, calls):
            calls_by_operation(way, calls)
        brief_walk(way, Heard)

    both(scenario, Heard)


@pytest.mark.parametrize("name", listening.DIALECT_EVENTS)
@ON_THREE
def test_listeners_of_the_dialect(both: Both, name: str) -> None:
    """Which of the first two is called depends on the statements; that one is called doesn't."""

    def scenario(way: Way) -> None:
        calls: list[str] = []
        with heard(way.engine, [name], calls):
            brief_walk(way, Heard)
        way.look("any was called", bool(calls))

    both(scenario, Heard)


@pytest.mark.parametrize("name", ["checkout", "checkin", "reset", "connect", "first_connect"])
def test_listeners_of_the_pool(both: Both, name: str) -> None:
    def scenario(way: Way) -> None:
        calls: list[str] = []
        with heard(target_of("this pool", way), [name], calls):
            way.call("create", Heard, Heard(id=5))
            way.look("called for create", bool(calls))
            calls.clear()
            way.call("get", Heard, 5)
            way.look("called for get", bool(calls))
            calls.clear()
            way.call("find", Heard)
            way.look("called for find", bool(calls))

    both(scenario, Heard)


@pytest.mark.parametrize("name", ["begin", "commit", "rollback", "engine_connect"])
@ON_THREE
def test_listeners_of_transactions(both: Both, name: str) -> None:
    """Somebody who listens to transactions is told of each call's own."""

    def scenario(way: Way) -> None:
        calls: list[str] = []
        with heard(way.engine, [name], calls):
            calls_by_operation(way, calls)

    both(scenario, Heard)


def comment(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    return f"/* traced */ {statement}", parameters


def other_table(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    return statement.replace("SELECT ", "SELECT /* rewritten */ ", 1).replace("'fox'", "'hen'"), parameters


def other_parameters(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    if isinstance(parameters, dict):
        return statement, {name: _otherwise(value) for name, value in parameters.items()}
    if isinstance(parameters, tuple):
        return statement, tuple(_otherwise(value) for value in parameters)
    return statement, parameters


def _otherwise(value: Any) -> Any:
    return "hen" if value == "fox" else value


class Refused(Exception):
    """What a user's own listener raises; no OSError, which is a lost connection."""


def refuse(*_: Any) -> None:
    raise Refused("no statement passes")


class TranslatedError(Exception):
    """What a user's own listener makes of an error."""


def translate(context: Any) -> None:
    raise TranslatedError(type(context.original_exception).__name__)


def only_select(_connection: Any, clause: Any, multiparams: Any, params: Any, _options: Any) -> Any:
    if clause.is_select:
        clause = clause.where(Heard.id != 61)
    return clause, multiparams, params


ACTING: list[tuple[str, str, Callable[..., Any], dict[str, Any]]] = [
    ("a comment on each statement", "before_cursor_execute", comment, {"retval": True}),
    ("a statement rewritten", "before_cursor_execute", other_table, {"retval": True}),
    ("parameters rewritten", "before_cursor_execute", other_parameters, {"retval": True}),
    ("a refusal before", "before_cursor_execute", refuse, {}),
    ("a clause rewritten", "before_execute", only_select, {"retval": True}),
    ("an error translated", "handle_error", translate, {}),
]


@pytest.mark.parametrize("name, function, options", [a[1:] for a in ACTING], ids=[a[0] for a in ACTING])
@ON_THREE
def test_listeners_that_act(
    both: Both, name: str, function: Callable[..., Any], options: dict[str, Any]
) -> None:
    def scenario(way: Way) -> None:
        way.call("create_many", Heard, [Heard(id=60, name="fox"), Heard(id=61, name="b")])
        with listened(way.engine, name, function, **options):
            way.call("get", Heard, 61)
            way.call("find", Heard, Heard.name == "fox")
            way.call("create", Heard, Heard(id=60))
            way.call("update", Heard, 60, {"name": "x"})
            brief_walk(way, Heard)
        brief_walk(way, Heard)

    both(scenario, Heard)


def test_a_listener_of_new_connections_has_run(both: Both, faced: Face, driver: Driver) -> None:
    """What a user's listener says to a new connection holds for each call."""
    said = {
        "sqlite": "PRAGMA case_sensitive_like = ON",
        "postgresql": "SET TIME ZONE 'Asia/Tokyo'",
        "mysql": "SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'",
    }[driver.database]

    def say(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(said)
        cursor.close()

    def manager(url: str) -> Any:
        create: Any = faced.pick(create_engine, create_async_engine)
        engine = create(url)
        event.listen(faced.pick(engine, getattr(engine, "sync_engine", None)), "connect", say)
        return faced.pick(DatabaseManager, AsyncDatabaseManager)(engine)

    def scenario(way: Way) -> None:
        brief_walk(way, Heard)
        way.call("create", Heard, Heard(name="Fox"))
        way.call("find", Heard, Heard.name.like("fox"))
        way.call("find", Heard, (Heard.name + "!") == "Fox!")

    both(scenario, Heard, manager=manager)


@ON_THREE
def test_an_engine_that_echoes(both: Both) -> None:
    """`echo` shows statements of each call, on and off in between."""

    def scenario(way: Way) -> None:
        shown: list[logging.LogRecord] = []
        handler = Records(shown)
        logger = logging.getLogger("sqlalchemy.engine.Engine")
        level = logger.level
        logger.addHandler(handler)
        try:
            for echo in (False, True, False):
                logger.setLevel(logging.INFO if echo else logging.WARNING)
                way.engine.echo = echo
                for name, args in (
                    ("create", (Heard(name="x"),)),
                    ("get", (1,)),
                    ("find", ()),
                    ("delete", (1,)),
                ):
                    shown.clear()
                    way.call(name, Heard, *args)
                    tables = [record.getMessage() for record in shown if "ways_heard" in record.getMessage()]
                    way.look(f"echo {echo} shows the statement of {name}", bool(tables))
        finally:
            way.engine.echo = False
            logger.setLevel(level)
            logger.removeHandler(handler)

    both(scenario, Heard)


@pytest.mark.parametrize("late", [False, True])
def test_a_class_wide_listener_comes_and_goes(both: Both, late: bool) -> None:
    def scenario(way: Way) -> None:
        if late:
            brief_walk(way, Heard)
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            statements.append(statement)

        with listened(Engine, "before_cursor_execute", note):
            way.call("create", Heard, Heard(id=5))
            way.call("get", Heard, 5)
        way.look(
            "heard of both",
            {sql.split()[0] for sql in statements if "ways_heard" in sql} >= {"INSERT", "SELECT"},
        )
        statements.clear()
        way.call("get", Heard, 5)
        way.look("heard when it's gone", statements)

    both(scenario, Heard)
