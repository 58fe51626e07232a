"""What stands in the tables: how many rows, and one digest for all of them, to be compared with another.

A digest is of the values alone, to the last bit: the same for the same rows in any physical order, whatever
the session's settings. Copies within one kind of database have the same; two kinds are never compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from colonnade.dialects.contract import dialect_named
from colonnade.dialects.values import StoredTable, Tally
from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.dialects.contract import Content as ContentRoom

__all__ = [
    "Content",
    "ContentDifference",
    "RowChanges",
    "TableContent",
    "TableDifference",
    "compare_content",
    "sample_changes",
    "take_content",
]

FORMAT = "1"
"""What a digest starts with; it changes when the same rows would be given another one."""

Progress = Callable[[str, int, int], object]
"""Called with the table, how many of its rows are done, and how many it has."""

_ROWS_A_BUCKET = 64
_BUCKETS = (16, 2**16)


@dataclass(frozen=True, slots=True)
class TableContent:
    """What one table has; `columns` are those that the digest is of, in its order."""

    table: str
    rows: int
    digest: str
    columns: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        return {"rows": self.rows, "digest": self.digest, "columns": list(self.columns)}


@dataclass(frozen=True)
class Content:
    """What all tables have, by name."""

    tables: Mapping[str, TableContent] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(table.rows for table in self.tables.values())

    def only(self, tables: Iterable[str]) -> Content:
        """Give the same with no other tables than these."""
        wanted = frozenset(tables)
        return Content({name: table for name, table in self.tables.items() if name in wanted})

    def without(self, tables: Iterable[str]) -> Content:
        """Give the same without these tables."""
        return self.only(self.tables.keys() - frozenset(tables))

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes, tables in the order of their names."""
        return {name: self.tables[name].to_json() for name in sorted(self.tables)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Content:
        """Give back what `to_json` gave."""
        return cls(
            {
                name: TableContent(name, int(told["rows"]), str(told["digest"]), tuple(told["columns"]))
                for name, told in value.items()
            }
        )

    def __str__(self) -> str:
        return "\n".join(f"{name}: {self.tables[name].rows:,} rows" for name in sorted(self.tables))


@dataclass(frozen=True, slots=True)
class TableDifference:
    """One table that hasn't the same rows; `before` or `after` is None where there's no such table."""

    table: str
    before: TableContent | None
    after: TableContent | None

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        if self.before is None or self.after is None:
            there = self.before or self.after
            assert there is not None
            return f"table {self.table} is {'gone' if self.after is None else 'new'}: {there.rows:,} rows"
        if len(self.before.columns) != len(self.after.columns):
            was, is_ = self.before.columns, self.after.columns
            return f"table {self.table} had the columns {', '.join(was)}, has {', '.join(is_)}"
        if self.before.rows != self.after.rows:
            return f"table {self.table} had {self.before.rows:,} rows, has {self.after.rows:,}"
        return f"table {self.table} has other values in its {self.after.rows:,} rows"

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes."""
        sides = {"before": self.before, "after": self.after}
        told = {name: None if side is None else side.to_json() for name, side in sides.items()}
        return {"table": self.table, **told, "sentence": self.sentence}

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class ContentDifference:
    """How two contents differ, table by table; it's false where they're the same."""

    tables: tuple[TableDifference, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tables)

    def to_json(self) -> list[dict[str, Any]]:
        """Give what `json.dumps` takes."""
        return [table.to_json() for table in self.tables]

    def __str__(self) -> str:
        return "\n".join(table.sentence for table in self.tables) or "no difference"


@dataclass(frozen=True, slots=True)
class RowChanges:
    """Keys of rows that one table has lost, has got, or has with other values: some of each, not all.

    Where a table has no key, a row that changed is one gone and one new, and shown by its digest.
    """

    table: str
    gone: tuple[tuple[Any, ...], ...] = ()
    new: tuple[tuple[Any, ...], ...] = ()
    changed: tuple[tuple[Any, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gone or self.new or self.changed)

    def to_json(self) -> dict[str, Any]:
        """Give what `json.dumps` takes; keys as text."""
        kinds = {"gone": self.gone, "new": self.new, "changed": self.changed}
        texts = {kind: [[str(part) for part in key] for key in keys] for kind, keys in kinds.items()}
        return {"table": self.table, **texts}

    def __str__(self) -> str:
        kinds = (("gone", self.gone), ("new", self.new), ("changed", self.changed))
        told = [f"{kind}: {', '.join(map(_shown, keys))}" for kind, keys in kinds if keys]
        return f"{self.table}: {'; '.join(told) or 'no row differs'}"


def take_content(
    connection: Connection,
    tables: Iterable[str] | None = None,
    schemas: Sequence[str] = (),
    *,
    columns: Mapping[str, Sequence[str]] | None = None,
    progress: Progress | None = None,
) -> Content:
    """Count and digest the rows of these tables, named as in an inventory of the schemas; of all by default.

    `columns` names for a table the columns to look at, and their order: two tables whose columns are called
    otherwise can be compared so. By default it's all of them, by name.

    It reads every row, in the connection's transaction, and leaves that open. Many statements are of one
    moment only where the transaction is: give a connection in REPEATABLE READ (SQLite: in any transaction)
    where others write. On PostgreSQL and MySQL large tables are read piece by piece there, in autocommit
    each at once, so that `progress` is called at its end alone.

    Raises:
        MigrationError: there's no such table or column, or a row is too long for the server.
    """
    room = dialect_named(connection.dialect.name).content
    known = _labelled(room, connection, schemas)
    with room.reading(connection):
        wanted = list(known) if tables is None else list(tables)
        found = {
            name: _table_content(connection, room, _named(known, name), (columns or {}).get(name), progress)
            for name in wanted
        }
    return Content(found)


def compare_content(before: Content, after: Content) -> ContentDifference:
    """Tell which tables haven't the same rows in the second; columns are compared by their places."""
    names = sorted(before.tables.keys() | after.tables.keys())
    pairs = ((name, before.tables.get(name), after.tables.get(name)) for name in names)
    return ContentDifference(
        tuple(TableDifference(name, was, is_) for name, was, is_ in pairs if not _same(was, is_))
    )


def sample_changes(
    before: Connection,
    after: Connection,
    table: str,
    schemas: Sequence[str] = (),
    *,
    columns: Sequence[str] | None = None,
    after_columns: Sequence[str] | None = None,
    after_table: str | None = None,
    most: int = 10,
) -> RowChanges:
    """Give keys of rows that differ between two databases of one kind, up to `most` of each sort.

    `columns` are compared, by default those that both have; `after_columns` and `after_table` are their names
    in the second, where they differ. Rows are told by the first one's key. Both tables are read twice.

    Raises:
        MigrationError: there's no such table or column.
    """
    room = dialect_named(before.dialect.name).content
    ours = _named(_labelled(room, before, schemas), table)
    theirs = _named(_labelled(room, after, schemas), after_table or table)
    with room.reading(before), room.reading(after):
        names = list(columns or _common(ours, theirs))
        renamed = dict(zip(names, after_columns or names, strict=True))
        sides = (
            _Side(room, before, ours, names, ours.key),
            _Side(room, after, theirs, [renamed[n] for n in names], [renamed.get(k, k) for k in ours.key]),
        )
        return _sampled(table, *sides, most)


class _Side:
    """One of two tables that are compared row by row."""

    def __init__(
        self,
        room: ContentRoom,
        connection: Connection,
        table: StoredTable,
        columns: Sequence[str],
        key: Sequence[str],
    ) -> None:
        self._room = room
        self._connection = connection
        self._table = table
        self._columns = _columns_of(table, columns)
        self._has_key = bool(key)
        self._key = _columns_of(table, key) if key else self._columns

    def count(self) -> int:
        return self._room.count(self._connection, self._table)

    def buckets(self, count: int) -> Mapping[int, Tally]:
        return self._room.buckets(self._connection, self._table, self._columns, self._key, count)

    def rows(self, count: int, bucket: int) -> Counter[tuple[tuple[Any, ...], int]]:
        found = self._room.rows(self._connection, self._table, self._columns, self._key, count, bucket)
        return Counter((key if self._has_key else (f"row {digest:032x}",), digest) for key, digest in found)


def _sampled(table: str, ours: _Side, theirs: _Side, most: int) -> RowChanges:
    wanted = max(ours.count(), theirs.count()) // _ROWS_A_BUCKET
    count = min(max(1 << wanted.bit_length(), _BUCKETS[0]), _BUCKETS[1])
    before, after = ours.buckets(count), theirs.buckets(count)
    found: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
    for bucket in sorted(before.keys() | after.keys()):
        if before.get(bucket) != after.get(bucket):
            pieces = _differing(ours.rows(count, bucket), theirs.rows(count, bucket))
            for keys, more in zip(found, pieces, strict=True):
                keys += more
        if any(len(keys) >= most for keys in found):  # of the other sorts there may be more than is told
            break
    return RowChanges(table, *(tuple(sorted(keys, key=str)[:most]) for keys in found))


def _differing(before: Counter[Any], after: Counter[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    gone = Counter(key for key, _ in (before - after).elements())
    new = Counter(key for key, _ in (after - before).elements())
    changed = gone & new
    return list((gone - changed).elements()), list((new - changed).elements()), list(changed)


def _table_content(
    connection: Connection,
    room: ContentRoom,
    table: StoredTable,
    names: Sequence[str] | None,
    progress: Progress | None,
) -> TableContent:
    columns = _columns_of(table, names or sorted(column.name for column in table.columns))
    total = 0 if progress is None else room.count(connection, table)
    tally = Tally(0, 0)
    for piece in room.tallies(connection, table, columns):
        tally = tally.plus(piece)
        if progress is not None:
            progress(table.label, tally.rows, max(total, tally.rows))
    digest = f"{FORMAT}:{tally.sum:032x}"
    return TableContent(table.label, tally.rows, digest, tuple(column.name for column in columns))


def _columns_of(table: StoredTable, names: Sequence[str]) -> Sequence[Any]:
    try:
        return table.of(names)
    except KeyError as error:
        known = ", ".join(column.name for column in table.columns)
        raise MigrationError(
            f"the table {table.label} has no column {error.args[0]!r}; it has {known}"
        ) from None


def _labelled(room: ContentRoom, connection: Connection, schemas: Sequence[str]) -> dict[str, StoredTable]:
    return {table.label: table for table in room.tables(connection, schemas)}


def _named(known: Mapping[str, StoredTable], name: str) -> StoredTable:
    if name not in known:
        raise MigrationError(f"there is no table {name!r} whose rows are kept here")
    return known[name]


def _common(ours: StoredTable, theirs: StoredTable) -> list[str]:
    there = {column.name for column in theirs.columns}
    return sorted(column.name for column in ours.columns if column.name in there)


def _same(before: TableContent | None, after: TableContent | None) -> bool:
    if before is None or after is None:
        return False
    return (before.rows, before.digest) == (after.rows, after.digest)


def _shown(key: Sequence[Any]) -> str:
    return str(key[0]) if len(key) == 1 else f"({', '.join(map(str, key))})"
