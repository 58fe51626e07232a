"""Who is told of each statement: callbacks, the log of slow ones, and spans (in `tracing`).

In come statements, from SQLAlchemy's events and from the direct path; out goes a
`StatementEvent` for each, once it was answered. Parameters are in none of them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import get_ident
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal
from weakref import WeakKeyDictionary

from sqlalchemy import Delete, Insert, Select, Table, TextClause, Update, event, inspect
from sqlalchemy.engine.interfaces import ExecuteStyle
from sqlalchemy.orm import class_mapper

from colonnade.engine.entities import entity_of, known_registries, remember, remember_objects
from colonnade.engine.failures import table_in_text, table_of
from colonnade.engine.guard import GUARD_OPTION
from colonnade.errors import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy.engine.interfaces import ExceptionContext

Way = Literal["direct", "core", "session", "engine"]

WAY_OPTION = "colonnade_way"
"""The execution option that holds the `Way` of what goes through SQLAlchemy, where it can't be seen."""

SHOWN = 500
"""How many characters of a slow statement are logged."""

_STARTED = "colonnade_started"
_CONTROL = re.compile(r"\s*(BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)

_logger = logging.getLogger("colonnade")


@dataclass(frozen=True, slots=True)
class StatementEvent:
    """One statement that was sent and answered.

    Attributes:
        statement: the SQL text as it was sent; parameters are placeholders.
        seconds: how long the driver took, the fetching of rows not counted where it's done later.
        rows: how many were found or changed; None where the driver doesn't tell before they're fetched.
        entity: the mapped class that it's about, else the table; None where that can't be told.
        table: the table's own name, with its schema where the model has one.
        way: "direct" past SQLAlchemy, "core" through SQLAlchemy's Core, "session" through a manager's
            Session, "engine" for an application's own use of the engine.
        error: of a statement that failed the error's `code`, else its class; None for one that didn't.
        batch: how many sets of parameters were sent at once (executemany); None for one.
    """

    statement: str
    seconds: float
    rows: int | None
    entity: str | None
    table: str | None
    way: Way
    error: str | None = None
    batch: int | None = None


Callback = Callable[[StatementEvent], object]


class Observers:
    """Those who are told of one database's statements; false while there are none.

    `server` is where the database is, once its engine is made: SQLAlchemy's name of it, and the URL.

    The listeners stay on the engine from its making on, and do nothing while there is nobody to
    tell: SQLAlchemy 2.1.9 iterates over a deque, and a statement that is in another listener
    then, waiting for a SAVEPOINT, would fail if one came or went.
    """

    HOOKS: Final[Mapping[str, int]] = {
        "before_cursor_execute": 1,
        "after_cursor_execute": 1,
        "handle_error": 1,
    }
    """How many listeners of each event are these."""

    def __init__(self) -> None:
        self.listening = False
        self.server: tuple[str, URL] | None = None
        self.callbacks: dict[object, Callback] = {}
        self._faulty: set[object] = set()
        self._telling: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self.callbacks)

    def add(self, callback: Callback) -> Callable[[], None]:
        """Tell the callback of each statement, until the function that is given back is called."""
        key = object()
        self.callbacks[key] = callback

        def forget() -> None:
            self.callbacks.pop(key, None)
            self._faulty.discard(key)

        return forget

    def told(
        self,
        statement: str,
        seconds: float,
        rows: int | None,
        entity: str | None,
        way: Way,
        error: BaseException | None = None,
        *,
        table: str | None = None,
        batch: int | None = None,
    ) -> None:
        """Tell everybody of a statement; what a callback raises is logged, and passes nobody.

        A callback isn't told of statements that it sends itself.
        """
        thread = get_ident()
        if thread in self._telling:
            return
        told = StatementEvent(statement, seconds, rows, entity, table, way, _named(error), batch)
        self._telling.add(thread)
        try:
            for key, callback in list(self.callbacks.items()):
                try:
                    callback(told)
                except Exception:  # noqa: BLE001 (the user's own code; logged below)
                    self._report(key, callback)
        finally:
            self._telling.discard(thread)

    def attach(self, engine: Engine, slow_statement_s: float | None) -> None:
        """See what goes through SQLAlchemy on this engine, and log what takes longer than that."""
        self.server = (engine.dialect.name, engine.url)
        self.listening = True
        if slow_statement_s is not None:
            self.callbacks[_log_slow] = lambda told: _log_slow(told, slow_statement_s)
        _by_engine[engine] = self
        event.listen(engine, "before_cursor_execute", self._before, retval=True)
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "handle_error", self._failed)

    def _before(
        self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> tuple[str, Any]:
        if self.callbacks and context is not None and not _CONTROL.match(statement):
            setattr(context, _STARTED, perf_counter())
        return statement, parameters

    def _after(
        self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        if self.callbacks:
            self._tell(context, statement, parameters, _rows(cursor, statement), None)

    def _failed(self, failed: ExceptionContext) -> None:
        if self.callbacks and failed.statement is not None:
            # SQLAlchemy sets `chained_exception` once a listener before this one has given one.
            error = getattr(failed, "chained_exception", None) or failed.original_exception
            self._tell(failed.execution_context, failed.statement, failed.parameters, None, error)

    def _tell(
        self,
        context: Any,
        statement: str,
        parameters: Any,
        rows: int | None,
        error: BaseException | None,
    ) -> None:
        now = perf_counter()
        if context is None or not hasattr(context, _STARTED):
            return  # refused before it was sent, told already, or nobody was there at its start
        seconds = now - vars(context).pop(_STARTED)
        entity, table = _concerned(context, statement)
        many = context.execute_style is ExecuteStyle.EXECUTEMANY
        batch = len(parameters) if many else None
        self.told(statement, seconds, rows, entity, _way(context), error, table=table, batch=batch)

    def _report(self, key: object, callback: Callback) -> None:
        if key not in self._faulty:
            self._faulty.add(key)
            _logger.exception("the observer %r raised; further errors of it aren't logged", callback)


def observers_of(engine: Engine) -> Observers:
    """Give the observers of a given engine: the same for all its managers."""
    return _by_engine.setdefault(engine, Observers())


_by_engine: WeakKeyDictionary[Engine, Observers] = WeakKeyDictionary()


def first_word(statement: str) -> str:
    """Give a statement's first word in capitals: `SELECT`; empty for an empty one."""
    found = re.match(r"\W*(\w+)", statement)
    return found[1].upper() if found else ""


def _log_slow(told: StatementEvent, limit_s: float) -> None:
    if told.seconds > limit_s:
        text = told.statement
        shown = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
        fields = {"seconds": told.seconds, "way": told.way, "entity": told.entity}
        line = "slow statement: %.3f s, way %s, entity %s: %s"
        _logger.warning(line, told.seconds, told.way, told.entity, shown, extra=fields)


def _named(error: BaseException | None) -> str | None:
    if error is None:
        return None
    return error.code if isinstance(error, DatabaseError) else type(error).__name__


def _rows(cursor: Any, statement: str) -> int | None:
    count: int = cursor.rowcount
    if count == 0 and cursor.description is not None and first_word(statement) != "SELECT":
        return None  # sqlite3 counts what RETURNING gives only while it's fetched
    return count if count >= 0 else None


def _way(context: Any) -> Way:
    options: Mapping[str, Any] = context.execution_options
    given: Way | None = options.get(WAY_OPTION)
    if given is not None:
        return given
    return "session" if GUARD_OPTION in options else "engine"


_known: WeakKeyDictionary[Any, tuple[int, tuple[str | None, str | None]]] = WeakKeyDictionary()
"""Class and table of statements that SQLAlchemy has compiled and keeps, with the registries known then."""


def _concerned(context: Any, statement: str) -> tuple[str | None, str | None]:
    """Give the class and the table that a statement is about, as far as they can be told."""
    compiled = context.compiled
    source = getattr(compiled, "statement", None)
    if source is None or isinstance(source, TextClause):
        name = table_in_text(statement)
        return entity_of(None, name), name
    then, found = _known.get(compiled, (-1, (None, None)))
    if then != known_registries():
        found = _found(source, context.execution_options)
        _known[compiled] = known_registries(), found
    return found


def _found(statement: Any, options: Mapping[str, Any]) -> tuple[str | None, str | None]:
    described = _described(statement)
    if described is None:
        table = table_of(statement)
        _remember_flushed(options)
    else:
        remember(described)
        mapped = class_mapper(described).local_table
        table = mapped if isinstance(mapped, Table) else None
    if table is None:
        return (None if described is None else described.__name__), None
    return entity_of(table, None), table.fullname


def _remember_flushed(options: Mapping[str, Any]) -> None:
    """Make the classes known that a session is writing; a flush comes with a cache of its mapper's own."""
    guard = options.get(GUARD_OPTION)
    if guard is not None and guard.session is not None and options.get("compiled_cache") is not None:
        remember_objects(guard.session)


def _described(statement: Any) -> type | None:
    """Give the mapped class that the statement was made for: the first that it gives whole, else in part."""
    if isinstance(statement, Select):
        descriptions = statement.column_descriptions
    elif isinstance(statement, Insert | Update | Delete):
        try:
            descriptions = [statement.entity_description]
        except KeyError:  # SQLAlchemy 2.1.9, for delete(table).where(Model.name == …)
            return None
    else:
        return None
    entities = [each for each in descriptions if each.get("entity") is not None]
    whole = [each["entity"] for each in entities if each.get("expr") is each["entity"]]
    chosen = next(iter(whole or [each["entity"] for each in entities]), None)
    return None if chosen is None else inspect(chosen).mapper.class_
