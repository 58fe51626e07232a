"""Runs a scenario on both ways, writes down what comes out of each step, and compares the two.

def test_a_type(both):
    def scenario(way):
        made = way.call("create", Clip, Clip(title="fox"))
        way.call("get", Clip, made.id)
        way.live_on(made, {"title": "owl"})
    both(scenario, Clip)
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, Table, event
from sqlalchemy import inspect as state_of
from sqlalchemy.orm import Session
from sqlalchemy.orm import class_mapper as mapper_of

from colonnade import AsyncBaseRepository, BaseRepository
from tests.faces import Face
from tests.ways import snapshots
from tests.ways.snapshots import Snapshot, is_entity, of_entity, of_error, of_result, shown, under

MOST_LINES = 40
MOST_CHARACTERS = 200


@dataclass
class Step:
    """One call, and all that could be seen of it."""

    name: str
    seen: Snapshot


class Records(logging.Handler):
    def __init__(self, kept: list[logging.LogRecord]) -> None:
        super().__init__()
        self.kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record)


@dataclass
class Way:
    """A manager that goes one of the two ways, and the record of what was done with it."""

    name: str
    face: Face
    db: Any
    steps: list[Step] = field(default_factory=list)
    warned: set[str] = field(default_factory=set)
    taken: list[str] = field(default_factory=list)

    @property
    def engine(self) -> Any:
        """The synchronous engine, on both faces, for listeners."""
        return self.db.home.engine

    def repository(self, model: Any) -> Any:
        """A repository of this way's face."""
        made: Any = self.face.pick(BaseRepository, AsyncBaseRepository)
        return made[model](self.db)

    def call(self, operation: str, model: Any, *args: Any, **kwargs: Any) -> Any:
        """Call an operation and write down what comes of it; gives the result, or None for an error."""
        repository = self.repository(model)
        step = self._begin(f"{operation}({model.__name__})")
        result = None
        with self._watched(step):
            try:
                if operation == "stream":
                    result = self.face.collected(repository.stream(*args, **kwargs))
                else:
                    result = self.face.run(getattr(repository, operation)(*args, **kwargs))
            except Exception as error:  # noqa: BLE001 (whatever it is, it's compared)
                step.seen |= under("raised", of_error(error))
        step.seen |= under("result", of_result(result))
        for number, entity in enumerate(_entities(args)):
            if not any(entity is one for one in _entities([result])):
                refused = operation == "create_many" and "raised.error" in step.seen
                seen = _without_made_keys(entity) if refused else of_entity(entity)
                step.seen |= under(f"passed[{number}]", seen)
        return result

    def look(self, name: str, seen: Any) -> None:
        """Write down anything else."""
        step = self._begin(name)
        step.seen |= seen if isinstance(seen, dict) else {"": shown(seen)}

    def rows(self, *models: Any) -> None:
        """Write down what the tables hold, as the driver gives it."""
        for model in models:
            for table in _tables(model):
                step = self._begin(f"rows of {table.name}")
                step.seen |= self.in_session(partial(_rows_of, table))

    def live_on(self, entity: Any, changes: Mapping[str, Any]) -> None:
        """Put an object into a plain Session, read, change, refresh, expire, merge and delete it there.

        All is rolled back. The statements that the Session sends are compared, too.
        """
        self.in_session(lambda session: self._live_on(session, entity, changes))

    def in_session(self, work: Callable[[Session], Any]) -> Any:
        """Call it with a plain Session on this way's engine, which is rolled back."""
        if not self.face.is_async:
            with Session(self.db.engine) as session:
                return work(session)
        from sqlalchemy.ext.asyncio import AsyncSession

        async def awaited() -> Any:
            async with AsyncSession(self.db.engine) as session:
                return await session.run_sync(work)

        return self.face.run(awaited())

    def _begin(self, name: str) -> Step:
        step = Step(f"{len(self.steps)} {name}", {})
        self.steps.append(step)
        return step

    @contextmanager
    def _watched(self, step: Step) -> Iterator[None]:
        records: list[logging.LogRecord] = []
        handler, logger = Records(records), logging.getLogger("colonnade")
        logger.addHandler(handler)
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                yield
        finally:
            logger.removeHandler(handler)
        self.warned |= {f"{one.category.__name__}: {one.message}" for one in caught}
        for number, record in enumerate(records):
            step.seen[f"log[{number}]"] = f"{record.levelname} {record.name} {record.msg}"

    def _live_on(self, session: Session, entity: Any, changes: Mapping[str, Any]) -> None:
        steps: dict[str, Callable[[], Any]] = {
            "added": lambda: session.add(entity),
            "changed": partial(_set_all, entity, changes),
            "flushed": session.flush,
            "refreshed": lambda: session.refresh(entity),
            "expired": lambda: session.expire(entity),
            "merged": lambda: session.merge(entity),
            "deleted": lambda: session.delete(entity),
            "deletion flushed": session.flush,
            "rolled back": session.rollback,
        }
        sent: list[str] = []
        kept: list[Any] = []  # else it's for the garbage collector to say what is loaded anew

        def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            sent.append(statement)

        event.listen(self.engine, "before_cursor_execute", note)
        try:
            for name, do in steps.items():
                sent.clear()
                step = self._begin(f"{kind_of(entity)} in a Session, {name}")
                with self._watched(step):
                    try:
                        kept += [do(), *session.identity_map.values()]
                        step.seen |= of_entity(entity, deep=False) | snapshots._accessed(
                            entity, state_of(entity)
                        )
                    except Exception as error:  # noqa: BLE001 (whatever it is, it's compared)
                        step.seen |= under("raised", of_error(error))
                step.seen |= {f"sent[{number}]": text for number, text in enumerate(sent)}
        finally:
            event.remove(self.engine, "before_cursor_execute", note)


def _set_all(entity: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(entity, name, value)


def _without_made_keys(entity: Any) -> Snapshot:
    """What can be seen but for the key: where `create_many` was tried twice, numbers were taken twice."""
    mapper = state_of(entity).mapper
    names = {mapper.get_property_by_column(column).key for column in mapper.primary_key}
    return {path: text for path, text in of_entity(entity).items() if path.split(":")[0] not in names}


def kind_of(entity: Any) -> str:
    return type(entity).__name__


def _entities(values: Any) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if is_entity(value):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += _entities(value)
    return found


def _tables(model: Any) -> list[Table]:
    if isinstance(model, Table):
        return [model]
    return [table for table in mapper_of(model).tables if isinstance(table, Table)]


def _rows_of(table: Table, session: Session) -> Snapshot:
    connection: Connection = session.connection()
    quoted = connection.dialect.identifier_preparer
    translated = connection.get_execution_options().get("schema_translate_map") or {}
    schema = translated.get(table.schema, table.schema)
    name = ".".join(quoted.quote(part) for part in (schema, table.name) if part)
    key = ", ".join(quoted.format_column(column) for column in table.primary_key)
    order = f" ORDER BY {key}" if key else ""
    rows = connection.exec_driver_sql(f"SELECT * FROM {name}{order}").all()
    return {
        f"[{number}].{column}": snapshots.shown_under(column, value)
        for number, row in enumerate(rows)
        for column, value in zip(row._fields, row, strict=True)
    }


def differences(first: Way, second: Way) -> list[str]:
    """Tell, one in a line, where the two records differ: the step, the path, and both texts."""
    lines: list[str] = []
    for one, other in zip_longest(first.steps, second.steps):
        if one is None or other is None or one.name != other.name:
            lines.append(f"{first.name} did {one and one.name}, {second.name} {other and other.name}")
            break
        paths = sorted(one.seen.keys() | other.seen.keys())
        if one.seen.get("raised.error") != other.seen.get("raised.error"):
            paths = [path for path in paths if path.startswith("raised")]  # the results then say nothing more
        for path in paths:
            here, there = one.seen.get(path, "nothing"), other.seen.get(path, "nothing")
            if here != there:
                here, there = around(here, there), around(there, here)
                lines.append(f"{one.name}: {path}\n    {first.name}: {here}\n    {second.name}: {there}")
    for warned in first.warned ^ second.warned:
        lines.append(f"only one of the two warned: {warned}")
    return lines


def around(text: str, other: str) -> str:
    """The part of a long text where it begins to differ from the other."""
    if len(text) <= MOST_CHARACTERS:
        return text
    same = next((at for at, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), len(other))
    start = max(0, same - MOST_CHARACTERS // 2)
    return f"… {text[start : start + MOST_CHARACTERS]} …"


def report(lines: list[str]) -> str:
    """The differences as a test's message."""
    left_out = len(lines) - MOST_LINES
    more = [f"… and {left_out} more"] if left_out > 0 else []
    return "\n".join(["the two ways can be told apart:", *lines[:MOST_LINES], *more])
