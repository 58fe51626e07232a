"""Putting seeds into a database: each row known again, in one transaction, parents before children."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from sqlalchemy import Column, MetaData, Table, UniqueConstraint, and_, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from colonnade.dialects.contract import TOUCHED
from colonnade.engine.face import AsyncFace, SyncFace
from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import ConfigurationError, DatabaseError, SeedingError
from colonnade.models.plain import from_plain
from colonnade.repository.operation import operation
from colonnade.seeding.sources import Source, TableSeeds, read_sources

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.engine.home import Home

__all__ = ["Progress", "Seeded", "seed", "status"]

Progress = Callable[[str, int, int], object]
"""Called with the table, how many rows are done, and of how many."""


@dataclass(slots=True)
class Seeded:
    """What seeding came to, rows by table; it's false where nothing had to be done."""

    added: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any((*self.added.values(), *self.changed.values()))

    def to_json(self) -> dict[str, dict[str, int]]:
        """Give what `json.dumps` takes."""
        return {"added": self.added, "changed": self.changed, "unchanged": self.unchanged}

    def __str__(self) -> str:
        tables = dict.fromkeys((*self.added, *self.changed, *self.unchanged))
        return "\n".join(
            f"{table}: {self.added.get(table, 0)} added, {self.changed.get(table, 0)} changed,"
            f" {self.unchanged.get(table, 0)} as they were"
            for table in tables
        )

    def _count(self, what: dict[str, int], table: str) -> None:
        what[table] = what.get(table, 0) + 1


class _Seeding:
    """Seeding on either face."""

    def __init__(self, home: Home, metadata: MetaData) -> None:
        self._home, self._metadata = home, metadata

    @operation
    def seed(self, seeds: Sequence[TableSeeds], dry_run: bool, progress: Progress) -> Seeded:
        seeded = Seeded()
        with self._home.connection() as connection, connection.begin_nested() as trial:
            _Writer(connection, self._metadata, seeded, progress).write(seeds)
            if dry_run:
                trial.rollback()
        return seeded


class _SyncSeeding(_Seeding, SyncFace):
    """On the synchronous face."""


class _AsyncSeeding(_Seeding, AsyncFace):
    """On the asynchronous face."""


@overload
def seed(
    db: DatabaseManager,
    *sources: Source,
    environment: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Seeded: ...
@overload
def seed(
    db: AsyncDatabaseManager,
    *sources: Source,
    environment: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Coroutine[Any, Any, Seeded]: ...
def seed(
    db: DatabaseManager | AsyncDatabaseManager,
    *sources: Source,
    environment: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Any:
    """Put seeds into the tables of the manager's metadata, in one transaction; rows that are there stay.

    A row is known by what the seeds name as its key, else by the primary key where it has one, else by a
    unique constraint whose columns it has. One that's known gets the values that differ, another one is
    added. To be awaited with an `AsyncDatabaseManager`.

    Args:
        db: the manager of either face.
        sources: files, folders of them, mappings, or iterables of mapped objects.
        environment: a folder below each folder, whose files are read as well.
        dry_run: count what would be done, and undo it.
        progress: called as the rows are written.

    Raises:
        SeedingError: for what can't be read, unknown tables and columns, references to nothing, and values
            that the database refuses; nothing is stored then.
        ConfigurationError: for a manager without metadata.
    """
    kind = _SyncSeeding if isinstance(db, DatabaseManager) else _AsyncSeeding
    seeds = read_sources(sources, environment)
    return kind(db.home, metadata_of(db)).seed(seeds, dry_run, progress or _silent)


def status(db: DatabaseManager, *sources: Source, environment: str | None = None) -> Seeded:
    """Give what `seed` would do; nothing is stored."""
    return seed(db, *sources, environment=environment, dry_run=True)


def metadata_of(db: DatabaseManager | AsyncDatabaseManager) -> MetaData:
    """Give the manager's metadata.

    Raises:
        ConfigurationError: there's none.
    """
    if db.metadata is None:
        raise ConfigurationError(
            "this manager was given no metadata, so it knows no tables",
            remedy="DatabaseManager(…, metadata=Base.metadata)",
        )
    return db.metadata


class _Writer:
    """Writes the rows of one call."""

    def __init__(
        self, connection: Connection, metadata: MetaData, seeded: Seeded, progress: Progress
    ) -> None:
        self._connection, self._metadata, self._progress = connection, metadata, progress
        self._seeded = seeded

    def write(self, seeds: Sequence[TableSeeds]) -> None:
        order = {table.name: number for number, table in enumerate(_sorted(self._metadata))}
        for each in seeds:
            if each.table not in order:
                near = difflib.get_close_matches(each.table, order, 1)
                raise SeedingError(
                    f"{each.origin}: there is no table {each.table!r}",
                    remedy=f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(sorted(order))}",
                )
        waiting = [
            (each, row) for each in sorted(seeds, key=lambda each: order[each.table]) for row in each.rows
        ]
        total, done, left = len(waiting), 0, list(waiting)
        later: list[tuple[TableSeeds, Mapping[str, Any], list[str]]] = []
        while left:
            again = []
            for each, row in left:
                unresolved = self._try(each, row, final=False)
                if unresolved is None:
                    again.append((each, row))
                    continue
                if unresolved:
                    later.append((each, row, unresolved))
                done += 1
                self._progress(each.table, done, total)
            if len(again) == len(left):
                each, row = again[0]
                self._try(each, row, final=True)
            left = again
        for each, row, columns in later:
            self._finish(each, row, columns)

    def _try(self, seeds: TableSeeds, row: Mapping[str, Any], *, final: bool) -> list[str] | None:
        """Write a row, and give its columns that wait for other rows; None where it has to wait itself."""
        table = self._metadata.tables[seeds.table]
        values, unresolved = self._values(table, seeds, row)
        hard = [name for name in unresolved if not table.columns[name].nullable]
        if hard and not final:
            return None
        if hard:
            wanted = ", ".join(f"{name}={row[name]!r}" for name in hard)
            raise SeedingError(f"{seeds.origin}: a row of {table.name} refers to nothing: {wanted}")
        key = self._key(table, seeds, {**values, **dict.fromkeys(unresolved)})
        there = self._found(table, key, values)
        if there is None:
            self._send(seeds, insert(table).values(values))
            self._seeded._count(self._seeded.added, table.name)
            return unresolved
        different = {name: value for name, value in values.items() if there[name] != value}
        if different:
            self._update(seeds, table, there, different)
        elif not unresolved:
            self._seeded._count(self._seeded.unchanged, table.name)
            return []
        if different or unresolved:
            which = self._seeded.changed if different else self._seeded.unchanged
            self._seeded._count(which, table.name)
        return unresolved

    def _finish(self, seeds: TableSeeds, row: Mapping[str, Any], columns: Sequence[str]) -> None:
        """Set the references of a row that had to wait for others."""
        table = self._metadata.tables[seeds.table]
        values, unresolved = self._values(table, seeds, row)
        if unresolved:
            wanted = ", ".join(f"{name}={row[name]!r}" for name in unresolved)
            raise SeedingError(f"{seeds.origin}: a row of {table.name} refers to nothing: {wanted}")
        rest = {name: value for name, value in values.items() if name not in columns}
        there = self._found(table, self._key(table, seeds, rest), rest)
        assert there is not None
        different = {name: values[name] for name in columns if there[name] != values[name]}
        if different:
            self._update(seeds, table, there, different)
            touched = {name: values[name] for name in values if table.columns[name].info.get(TOUCHED)}
            if touched:  # moved by the statement before
                self._update(seeds, table, there, touched)

    def _values(
        self, table: Table, seeds: TableSeeds, row: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        values: dict[str, Any] = {}
        unresolved = []
        for name, given in row.items():
            column = table.columns.get(name)
            if column is None:
                near = difflib.get_close_matches(str(name), table.columns.keys(), 1)
                raise SeedingError(
                    f"{seeds.origin}: {table.name} has no column {name!r}",
                    remedy=f"Did you mean {near[0]!r}?" if near else "",
                )
            if column.foreign_keys and (isinstance(given, Mapping) or self._is_self(column)):
                found, value = self._referred(column, given)
                if not found:
                    unresolved.append(name)
                    continue
                values[name] = value
                continue
            try:
                values[name] = from_plain(column.type, given)
            except (ValueError, TypeError, DatabaseError) as error:
                where = f"{seeds.origin}: {table.name}.{name}"
                raise SeedingError(f"{where} takes no {given!r}: {error}") from error
        return values, unresolved

    def _is_self(self, column: Column[Any]) -> bool:
        """Tell whether a reference may lead to a row that comes later: its own table's, or round a circle."""
        order = {table.name: number for number, table in enumerate(_sorted(self._metadata))}
        assert column.table is not None
        return any(order[key.column.table.name] >= order[column.table.name] for key in column.foreign_keys)

    def _referred(self, column: Column[Any], given: Any) -> tuple[bool, Any]:
        """Give the value of the row that's referred to, and whether there is one."""
        (key, *_) = column.foreign_keys
        theirs = key.column.table
        if not isinstance(given, Mapping):
            value = from_plain(column.type, given)
            if value is None:
                return True, None
            asked = select(key.column).where(key.column == value)
            return self._connection.execute(asked).first() is not None, value
        terms = []
        for name, part in given.items():
            other = theirs.columns.get(name)
            if other is None:
                raise SeedingError(f"{theirs.name} has no column {name!r}, by which {column} refers to it")
            if isinstance(part, Mapping):
                found, part = self._referred(other, part)
                if not found:
                    return False, None
                terms.append(other == part)
            else:
                terms.append(other == from_plain(other.type, part))
        rows = self._connection.execute(select(key.column).where(and_(*terms)).limit(2)).all()
        if len(rows) > 1:
            raise SeedingError(f"{dict(given)!r} is more than one row of {theirs.name}")
        return (True, rows[0][0]) if rows else (False, None)

    def _key(self, table: Table, seeds: TableSeeds, values: Mapping[str, Any]) -> tuple[str, ...]:
        if seeds.key:
            if missing := [name for name in seeds.key if name not in values]:
                raise SeedingError(f"{seeds.origin}: a row of {table.name} has no {', '.join(missing)}")
            return seeds.key
        candidates = [tuple(column.name for column in table.primary_key), *_unique(table)]
        for names in candidates:
            if names and all(values.get(name) is not None for name in names):
                return names
        raise SeedingError(
            f"{seeds.origin}: nothing tells a row of {table.name} from others",
            remedy=f"Name what does: {table.name}: {{key: […], rows: […]}}",
        )

    def _found(self, table: Table, key: Sequence[str], values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        where = [
            column.is_(None) if values.get(name) is None else column == values[name]
            for name, column in ((name, table.columns[name]) for name in key)
        ]
        row = self._connection.execute(select(table).where(*where)).mappings().first()
        return None if row is None else {column.name: row[column] for column in table.columns}

    def _update(
        self, seeds: TableSeeds, table: Table, there: Mapping[str, Any], values: Mapping[str, Any]
    ) -> None:
        where = [column == there[column.name] for column in table.primary_key]
        self._send(seeds, update(table).where(*where).values(dict(values)))

    def _send(self, seeds: TableSeeds, statement: Any) -> None:
        try:
            self._connection.execute(statement)
        except SQLAlchemyError as error:
            said = error.message if isinstance(error, DatabaseError) else str(error)
            raise SeedingError(f"{seeds.origin}: a row of {seeds.table} is refused: {said}") from error


def _sorted(metadata: MetaData) -> Sequence[Table]:
    """Give the tables, parents first; those that refer to each other by name."""
    placed: list[Table] = []
    left = sorted(metadata.tables.values(), key=lambda table: table.name)
    while left:
        free = [table for table in left if not _parents(table) & ({*left} - {table})] or left[:1]
        placed += free
        left = [table for table in left if table not in free]
    return placed


def _parents(table: Table) -> set[Table]:
    return {key.column.table for key in table.foreign_keys}


def _unique(table: Table) -> Iterator[tuple[str, ...]]:
    found = [
        tuple(column.name for column in each.columns)
        for each in table.constraints
        if isinstance(each, UniqueConstraint)
    ]
    found += [tuple(column.name for column in each.columns) for each in table.indexes if each.unique]
    yield from sorted(found, key=lambda names: (len(names), names))


def _silent(table: str, done: int, total: int) -> None:
    pass
