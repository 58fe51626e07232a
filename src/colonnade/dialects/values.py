"""What the rooms of a database are handed, and what they give back: values, and a driver's own connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from colonnade.errors import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

Phase = Literal["connect", "statement", "commit", "after"]

Kind = Literal["read", "change", "schema", "session", "control", "passing", "opaque"]
"""What a statement does: reads; changes rows; changes the schema; sets something for the connection; begins
or ends a transaction; makes what ends with the connection (a temporary table); or nobody can tell."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What one exception of a driver means, before it is given an entity and a message."""

    error: type[DatabaseError]
    detail: str = ""
    constraint: str | None = None
    table: str | None = None
    columns: tuple[str, ...] = ()
    connection_lost: bool = False
    transaction_ended: bool = False
    retryable: bool | None = None
    """Other than its class says: an unknown database is a connection error that no second try helps."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception as the driver raised it, with what is known of the statement.

    `tables` are those of the metadata in use, by name; `table` is the statement's own.
    `ask` sends one query with positional parameters on the same connection and gives
    its rows; it is None where the connection can't be asked. `rows` are the values of all
    rows where several were sent at once; `values` is None then. `criteria` are the columns
    that the statement's WHERE compares with one value each, where all must hold.
    """

    error: BaseException
    phase: Phase
    tables: Mapping[str, Table]
    table: Table | None = None
    values: Mapping[str, Any] | None = None
    ask: Callable[[str, Sequence[Any]], Sequence[Sequence[Any]]] | None = None
    kind: Literal["insert", "update", "delete"] | None = None
    rows: Sequence[Mapping[str, Any]] = ()
    criteria: Mapping[str, Any] | None = None

    @property
    def all_rows(self) -> Sequence[Mapping[str, Any]]:
        """Give the values of each row, whether one was sent or several."""
        return self.rows if self.values is None else (self.values,)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a schema has, as the database's own catalogue tells it.

    `table` is what it belongs to, empty for what stands by itself. A clause that says nothing special is left
    out. Names outside the first schema that was read carry their schema: `audit.log`.
    """

    kind: str
    table: str
    name: str
    clauses: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column as the catalogue has it; `type` is the database's own name, without length or precision."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table whose rows are kept in this database.

    `label` is its name as in an inventory of the same schemas. `columns` are in their order; `key` are those
    that tell its rows apart, empty where none do. `pages` is how many the database says that it has; 0
    where that isn't known.
    """

    label: str
    schema: str
    name: str
    columns: tuple[StoredColumn, ...]
    key: tuple[str, ...]
    pages: int = 0

    def of(self, names: Sequence[str]) -> tuple[StoredColumn, ...]:
        """Give the columns of these names, in this order."""
        known = {column.name: column for column in self.columns}
        return tuple(known[name] for name in names)


class Tally(NamedTuple):
    """How many rows, and the sum of their digests, of 128 bits each, modulo 2¹²⁸."""

    rows: int
    sum: int

    def plus(self, other: Tally) -> Tally:
        """Give that of both together."""
        return Tally(self.rows + other.rows, (self.sum + other.sum) % 2**128)


@dataclass(frozen=True, slots=True)
class NewRows:
    """Rows to be inserted that have values in the same columns, in order, as the driver is given them.

    `made` are the columns that the database shall tell of each, and `number` the one of them by which it
    numbers rows as they come.
    """

    table: Table
    columns: Sequence[Column[Any]]
    rows: Sequence[tuple[Any, ...]]
    made: Sequence[Column[Any]]
    number: Column[Any] | None


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """New values of rows in the same columns, each followed by its key, as the driver is given them.

    `counter` goes up by one in each, and a row in which `mark` has a value isn't there.
    """

    table: Table
    columns: Sequence[Column[Any]]
    keys: Sequence[Column[Any]]
    rows: Sequence[tuple[Any, ...]]
    counter: Column[Any] | None = None
    mark: Column[Any] | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """One statement, its parameters (a list is one set for each row), and the rows that it is about."""

    text: str
    parameters: Any
    rows: Sequence[tuple[Any, ...]]


class DriverConnection(Protocol):
    """A driver's own connection in autocommit: one statement at a time, past all of SQLAlchemy.

    What is raised is what the driver raises through SQLAlchemy's adapter. On the asynchronous face
    the methods are called inside a greenlet.
    """

    def fetch(self, statement: str, parameters: Any) -> Sequence[Sequence[Any]]:
        """Send the statement and give all its rows."""
        ...

    def read(self, statement: str, parameters: Any) -> Sequence[Sequence[Any]]:
        """Do as `fetch`, but leave values of the types in `READ_AS_TEXT` as the text that the server sent."""
        ...

    def described(self, statement: str, parameters: Any) -> tuple[Sequence[Sequence[Any]], Sequence[Any]]:
        """Send the statement and give all its rows, and the driver's type of each column."""
        ...

    def change(self, statement: str, parameters: Any) -> int:
        """Send the statement and give how many rows it concerned."""
        ...

    def insert(self, statement: str, parameters: Any) -> int:
        """Send an INSERT of one row and give the number that the database gave it."""
        ...

    def is_stale(self) -> bool:
        """Tell without a round trip whether the server has closed the connection."""
        ...

    def looks_stale(self) -> bool:
        """Tell what is known of it without asking the system: a read that fails is tried again."""
        ...

    def leave(self) -> None:
        """Put the connection back to how SQLAlchemy has it."""
        ...


@dataclass(frozen=True, slots=True)
class Steps:
    """How a constraint is added first and proved later, and an index made while others write.

    `unproved` and `beside` are keywords of Alembic's operations, for either; `prove` is the statement for a
    `table` and a `name`. Such an index waits for the transactions that are open, and holds nobody up:
    `patience` asks how long it waits, and `wait` sets that.
    """

    unproved: Mapping[str, Any]
    prove: str
    beside: Mapping[str, Any]
    patience: str
    wait: str


@dataclass(frozen=True, slots=True)
class StoredView:
    """A view in the database's own words, and whether it keeps its rows."""

    text: str
    materialized: bool = False
