"""What the application asks of any model: find or make, pages, filters, plain data; and the upkeep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, text

from colonnade import AsyncDatabaseManager, BaseRepository, DatabaseManager
from colonnade.errors import EntityValidationError
from colonnade.models import from_dict, to_dict, validate

__all__ = [
    "Health",
    "PageOfDicts",
    "async_maintain",
    "async_status",
    "find_by",
    "from_dict",
    "get_or_create",
    "maintain",
    "paginate",
    "status",
    "to_dict",
    "validate",
]

T = TypeVar("T")


def get_or_create(
    db: DatabaseManager, model: type[T], defaults: Mapping[str, Any] | None = None, **key: Any
) -> tuple[T, bool]:
    """Give the row with these values, or make it; True where it was made. Safe against other writers.

    Raises:
        EntityValidationError: for unknown fields, and values that they don't take.
    """
    return BaseRepository[model](db).get_or_create(defaults, **key)  # type: ignore[valid-type]


def find_by(
    db: DatabaseManager,
    model: type[T],
    filters: Mapping[str, Any],
    order_by: str = "",
    limit: int | None = None,
) -> list[T]:
    """Give the rows that meet all filters; names are checked, values are bound.

    Raises:
        EntityValidationError: for a name or an order that isn't known, with the nearest that is.
    """
    found: list[T] = BaseRepository[model](db).find(filters=filters, order_by=order_by, limit=limit)  # type: ignore[valid-type]
    return found


@dataclass(frozen=True, slots=True)
class PageOfDicts:
    """One page by number: its rows as plain data, which page it is of how many, how many rows in all."""

    items: list[dict[str, Any]]
    page: int
    pages: int
    total: int


def paginate(
    db: DatabaseManager,
    model: type[Any],
    page: int = 1,
    per_page: int = 20,
    filters: Mapping[str, Any] | None = None,
    order_by: str = "id",
) -> PageOfDicts:
    """Give a page by its number, from 1 up; one past the end is empty.

    Raises:
        EntityValidationError: for a number below 1, and as `find_by`.
    """
    if page < 1 or not 1 <= per_page <= 1000:
        raise EntityValidationError(f"page {page} of {per_page} rows: from 1, with 1 to 1000 rows")
    skip = (page - 1) * per_page
    rows, total = BaseRepository[model](db).list_and_count(  # type: ignore[valid-type]
        skip, per_page, filters=filters or {}, order_by=order_by
    )
    return PageOfDicts([to_dict(row) for row in rows], page, -(-total // per_page), total)


@dataclass(frozen=True, slots=True)
class Health:
    """How the database is: its size in bytes, and what is wrong with it, a line each."""

    size: int
    problems: tuple[str, ...]


def status(db: DatabaseManager) -> Health:
    """Give the database's size, and what an integrity check finds."""
    with db.engine.connect() as connection:
        return _health(connection)


async def async_status(db: AsyncDatabaseManager) -> Health:
    """Give the same in asynchronous code."""
    async with db.engine.connect() as connection:
        return await connection.run_sync(_health)


def maintain(db: DatabaseManager) -> tuple[int, int]:
    """Give back free space and renew the planner's statistics; give the size before and after, in bytes."""
    with db.engine.connect() as connection:
        return _maintained(connection.execution_options(isolation_level="AUTOCOMMIT"))


async def async_maintain(db: AsyncDatabaseManager) -> tuple[int, int]:
    """Do the same in asynchronous code."""
    async with db.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        return await connection.run_sync(_maintained)


@dataclass(frozen=True, slots=True)
class _Upkeep:
    """What one database is told and asked."""

    size: str
    check: Callable[[Connection], list[str]]
    renew: Callable[[Connection], list[str]]


def _health(connection: Connection) -> Health:
    upkeep = _UPKEEP[connection.dialect.name]
    return Health(int(connection.scalar(text(upkeep.size)) or 0), tuple(upkeep.check(connection)))


def _maintained(connection: Connection) -> tuple[int, int]:
    upkeep = _UPKEEP[connection.dialect.name]
    before = int(connection.scalar(text(upkeep.size)) or 0)
    for statement in upkeep.renew(connection):
        connection.exec_driver_sql(statement).close()
    return before, int(connection.scalar(text(upkeep.size)) or 0)


def _tables(connection: Connection) -> list[str]:
    from app.database.models import Base

    quote = connection.dialect.identifier_preparer.quote
    return [quote(table.name) for table in Base.metadata.sorted_tables]


def _check_sqlite(connection: Connection) -> list[str]:
    told = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"]
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return told + [f"{row[0]} {row[1]} refers to a row of {row[2]} that isn't there" for row in orphans]


def _check_postgresql(connection: Connection) -> list[str]:
    invalid = connection.execute(text("SELECT conname FROM pg_constraint WHERE NOT convalidated")).scalars()
    broken = connection.execute(
        text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
    ).scalars()
    return [f"constraint {one} was never checked" for one in invalid] + [
        f"index {one} is invalid" for one in broken
    ]


def _check_mysql(connection: Connection) -> list[str]:
    if not (tables := _tables(connection)):
        return []
    rows = connection.exec_driver_sql(f"CHECK TABLE {', '.join(tables)}").all()
    return [f"{row[0]}: {row[3]}" for row in rows if row[2] in ("error", "warning", "Error", "Warning")]


_MYSQL = _Upkeep(
    "SELECT SUM(data_length + index_length) FROM information_schema.tables WHERE table_schema = DATABASE()",
    _check_mysql,
    lambda connection: [f"ANALYZE TABLE {table}" for table in _tables(connection)],
)
_UPKEEP = {
    "sqlite": _Upkeep(
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        _check_sqlite,
        lambda _: ["VACUUM", "ANALYZE"],
    ),
    "postgresql": _Upkeep(
        "SELECT pg_database_size(current_database())",
        _check_postgresql,
        lambda connection: [f"VACUUM (ANALYZE) {table}" for table in _tables(connection)],
    ),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
}
